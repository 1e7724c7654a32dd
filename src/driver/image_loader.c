/* SPDX-License-Identifier: ISC */
/*
 * GRUB on a disk file, put together as plain bytes. What it boots is the pair of
 * links in / that Debian's kernel packages keep pointing at the newest kernel, so an
 * upgrade inside the guest needs nothing from here; the menu is an ordinary file of
 * the guest.
 *
 * BIOS: boot.img (440 bytes of the first sector) loads one sector, the first of
 * core.img, which loads the rest of itself. Behind an MBR core.img begins in sector 1
 * and both know that by themselves. On a GPT it stands in the partition made for it,
 * and the two low bytes that say where are changed.
 */
#include <inttypes.h>

#include "base/str.h"
#include "driver/image.h"

enum {
	BOOT_CODE = 440,
	BOOT_KERNEL_SECTOR = 0x5c,      /* in boot.img: where core.img begins */
	CORE_NEXT_SECTOR = 0x1f4,       /* in the first sector of core.img: where its second one is */
};

#define MODULES "normal", "linux", "echo", "test", "search", "search_label", "ext2", "part_msdos", "part_gpt", \
		"configfile", "serial", "terminal"

static const char menu[] =
	"set timeout=1\n"
	"serial --unit=0 --speed=115200\n"
	"terminal_input console serial\n"
	"terminal_output console serial\n"
	"search --no-floppy --label root --set=root\n"
	"menuentry 'Linux' {\n"
	"\tlinux /vmlinuz root=LABEL=root ro console=tty0 console=ttyS0\n"
	"\tinitrd /initrd.img\n"
	"}\n";

static const char find_menu[] =
	"search --no-floppy --label root --set=root\n"
	"set prefix=($root)/boot/grub\n"
	"configfile /boot/grub/grub.cfg\n";

const char *loader_kind(const struct build *b)
{
	if (!str_eq(b->g->boot, "disk"))
		return "none";
	return str_eq(b->g->firmware, "uefi") ? "uefi" : "bios";
}

/* One byte of a file. */
static void poke(struct build *b, const char *why, const char *file, uint64_t at, uint64_t value)
{
	struct plan *p = b->p;
	struct step *s = plan_run(p, why, ARGV("dd", "status=none", "bs=1", "count=1", "conv=notrunc",
					       plan_fmt(p, "seek=%" PRIu64, at), plan_fmt(p, "of=%s", file)));

	s->stdin_text = plan_fmt(p, "%c", (char)value);
}

static void bios(struct build *b, const char *file, const char *core, const char *config)
{
	struct plan *p = b->p;
	uint64_t sector = layout_core_sector(&b->layouts[0]);

	plan_run(p, "the boot loader", ARGV(tool(b, "grub-mkimage"), "-O", "i386-pc", "-p", "/boot/grub", "-c", config,
					    "-o", core, "biosdisk", MODULES));
	plan_run(p, "its first sector", ARGV("dd", "status=none", "conv=notrunc", plan_fmt(p, "bs=%d", BOOT_CODE), "count=1",
					     "if=/usr/lib/grub/i386-pc/boot.img", plan_fmt(p, "of=%s", file)));
	plan_run(p, "the rest of it", ARGV("dd", "status=none", "conv=notrunc", plan_fmt(p, "bs=%d", SECTOR),
					   plan_fmt(p, "seek=%" PRIu64, sector), plan_fmt(p, "if=%s", core),
					   plan_fmt(p, "of=%s", file)));
	if (sector == 1)
		return;
	poke(b, "where the rest begins", file, BOOT_KERNEL_SECTOR, sector);
	poke(b, "and goes on", file, sector * SECTOR + CORE_NEXT_SECTOR, sector + 1);
}

static void uefi(struct build *b, const char *file, const char *core, const char *config)
{
	struct plan *p = b->p;
	const struct part *esp = &b->layouts[0].parts.v[b->layouts[0].esp];
	char *image = plan_fmt(p, "%s@@%" PRIu64, file, esp->start * SECTOR);

	plan_run(p, "the boot loader", ARGV(tool(b, "grub-mkimage"), "-O", "x86_64-efi", "-p", "/boot/grub", "-c", config,
					    "-o", core, MODULES));
	plan_run(p, "where the firmware looks for it", ARGV(tool(b, "mmd"), "-i", image, "::/EFI", "::/EFI/BOOT"));
	plan_run(p, "it takes its place", ARGV(tool(b, "mcopy"), "-i", image, core, "::/EFI/BOOT/BOOTX64.EFI"));
}

static int check(const struct build *b, struct err *e)
{
	const struct layout *l = &b->layouts[0];

	if (!str_eq(b->recipe.os->arch, "amd64"))
		return err_set(e, ERR_UNSUPPORTED, "%s: %s disks cannot boot by themselves yet (boot = kernel)",
			       b->g->file, b->recipe.os->arch);
	for (size_t i = 0; i < l->parts.n; i++)
		if (str_eq(l->parts.v[i].mount, "/boot"))
			return err_set(e, ERR_UNSUPPORTED, "%s:%d: boot = disk needs /boot on the root file system",
				       b->g->file, l->parts.v[i].place.line);
	if (str_eq(b->g->firmware, "uefi") && l->esp < 0)
		return err_set(e, ERR_INVALID, "%s:%d: uefi boots from a partition with fs = vfat and mount = /boot/efi",
			       b->g->file, b->g->disks.v[0].place.line);
	return 0;
}

int loader_install(struct build *b, const char *file, const char *scratch, struct err *e)
{
	char *config = plan_fmt(b->p, "%s/grub.cfg", scratch), *core = plan_fmt(b->p, "%s/core.img", scratch);

	if (str_eq(loader_kind(b), "none"))
		return 0;
	if (check(b, e) < 0)
		return -1;
	plan_file(b->p, "how the loader finds its menu", config, 0644, find_menu);
	if (str_eq(loader_kind(b), "uefi"))
		uefi(b, file, core, config);
	else
		bios(b, file, core, config);
	return 0;
}

const char *loader_menu(void)
{
	return menu;
}
