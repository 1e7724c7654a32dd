/* SPDX-License-Identifier: ISC */
/*
 * The disks of a guest, in the order of its file. The first one of a guest with an
 * os carries the system: root tree, base disk, layer, settings. Others are empty, or
 * divided and formatted. A disk with a source starts as that image and is not
 * looked into.
 */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "driver/image.h"
#include "model/digest.h"

/* Change it when the same tree and layout have to make another disk. */
#define FORMAT "disk 2"

static const struct { const char *name, *package; } packages[] = {
	{ "debugfs",             "e2fsprogs" },
	{ "lxc-usernsexec",      "lxc" },
	{ "grub-mkimage",        "grub-common grub-pc-bin grub-efi-amd64-bin" },
	{ "mcopy",               "mtools" },
	{ "mke2fs",              "e2fsprogs" },
	{ "mkfs.vfat",           "dosfstools" },
	{ "mkntfs",              "ntfs-3g" },
	{ "mkswap",              "util-linux" },
	{ "mmd",                 "mtools" },
	{ "ntfslabel",           "ntfs-3g" },
	{ "qemu-img",            "qemu-utils" },
	{ "qemu-storage-daemon", "qemu-utils" },
	{ "sfdisk",              "fdisk" },
};

/* What finds the disks before the root file system is there. The last row of a driver or of NULL wins by its bus. */
static const struct { const char *driver, *bus; const char *modules[4]; } controllers[] = {
	{ "vmware", "scsi",   { "mptspi", "vmw_pvscsi", "sd_mod" } },
	{ NULL,     "virtio", { "virtio_pci", "virtio_blk" } },
	{ NULL,     "scsi",   { "virtio_pci", "virtio_scsi", "sd_mod" } },
	{ NULL,     "nvme",   { "nvme" } },
	{ NULL,     "sata",   { "ahci", "sd_mod" } },
	{ NULL,     "ide",    { "ahci", "ata_piix", "sd_mod" } },
};

const char *tool(struct build *b, const char *name)
{
	const char *path = facts_tool(b->f, name);

	for (size_t i = 0; !path && !b->missing && i < sizeof packages / sizeof *packages; i++)
		if (!strcmp(packages[i].name, name))
			b->missing = plan_fmt(b->p, "%s is missing: apt-get install %s", name, packages[i].package);
	return path ? path : name;
}

const char *image_format(const struct disk *d)
{
	static const char *const suffixes[] = { "qcow2", "raw", "vmdk", "vdi" };
	const char *dot = d->file ? strrchr(d->file, '.') : NULL;

	if (d->format)
		return d->format;
	for (size_t i = 0; dot && i < sizeof suffixes / sizeof *suffixes; i++)
		if (!strcmp(dot + 1, suffixes[i]))
			return suffixes[i];
	return "qcow2";
}

const char *image_file(const struct guest *g, size_t nth, struct arena *a)
{
	const struct disk *d = &g->disks.v[nth];

	return d->file ? arena_str(a, d->file) : arena_fmt(a, "%s.%s", d->place.name, image_format(d));
}

int image_boot(const struct guest *g, const struct facts *f, struct image_boot *out, struct arena *a, struct err *e)
{
	const char *folder = guest_folder(f, g->name, a);

	if (!g->os || !g->disks.n || g->disks.v[0].source)
		return err_set(e, ERR_INVALID, "%s: boot = kernel needs a system built from packages (boot = disk)", g->file);
	out->kernel = arena_fmt(a, "%s/vmlinuz", folder);
	out->initrd = arena_fmt(a, "%s/initrd", folder);
	out->append = "root=LABEL=root ro console=tty0 console=ttyS0";
	return 0;
}

static bool has_system(const struct guest *g)
{
	return g->os && !(g->disks.n && g->disks.v[0].source);
}

static void add_modules(const struct guest *g, const struct disk *d, struct words *out, struct arena *a)
{
	for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++) {
		if (!str_eq(controllers[i].bus, d->bus ? d->bus : "virtio") ||
		    (controllers[i].driver && !str_eq(controllers[i].driver, g->driver)))
			continue;
		for (const char *const *m = controllers[i].modules; *m; m++)
			if (!words_has(out, *m))
				words_add(out, a, *m);
		return;
	}
}

static bool mounts_ntfs(const struct disk *d)
{
	for (size_t i = 0; i < d->partitions.n; i++)
		if (str_eq(d->partitions.v[i].fs, "ntfs") && d->partitions.v[i].mount)
			return true;
	return false;
}

static int make_recipe(struct build *b, struct err *e)
{
	const struct guest *g = b->g;
	struct arena *a = &b->p->mem;

	if (template_recipe(b, e) < 0)
		return -1;
	words_add(&b->recipe.modules, a, "ext4");
	for (size_t i = 0; i < g->disks.n; i++) {
		add_modules(g, &g->disks.v[i], &b->recipe.modules, a);
		if (mounts_ntfs(&g->disks.v[i]))
			words_add(&b->recipe.packages, a, "ntfs-3g");
	}
	return template_key(b, e);
}

/* Everything that decides what a base disk holds. */
static const char *disk_key(struct build *b)
{
	const struct layout *l = &b->layouts[0];
	DEFER(str_done) struct str s = { 0 };

	str_fmt(&s, FORMAT " %s %s %" PRIu64 "\n%s", b->recipe.key, loader_kind(b), l->sectors,
		layout_script(l, &b->p->mem));
	for (size_t i = 0; i < l->parts.n; i++)
		str_fmt(&s, "%s %s\n", l->parts.v[i].fs ? l->parts.v[i].fs : "-",
			l->parts.v[i].mount ? l->parts.v[i].mount : "-");
	return digest_hex(str_text(&s), 16, &b->p->mem);
}

static void add_mount(struct build *b, size_t disk, int part, const char *path)
{
	struct mount *m;
	size_t at = b->mounts.n;

	vec_add(&b->mounts, &b->p->mem);
	for (m = b->mounts.v; at && strlen(m[at - 1].path) < strlen(path); at--)
		m[at] = m[at - 1];
	m[at] = (struct mount){ .disk = disk, .part = part, .path = path,
				.stage = plan_fmt(b->p, "%s/%zu.%d", b->stages, disk, part) };
}

/* The root has a stage of its own; what is no ext file system cannot be written into while it is not mounted. */
static void find_mounts(struct build *b)
{
	for (size_t d = 0; d < b->g->disks.n; d++)
		for (size_t i = 0; i < b->layouts[d].parts.n; i++) {
			const struct part *part = &b->layouts[d].parts.v[i];

			if (fs_is_ext(part) && part->mount && part->mount[0] == '/' && part->mount[1] &&
			    !(d == 0 && (int)i == b->layouts[0].root))
				add_mount(b, d, (int)i, part->mount);
		}
}

static int make_layouts(struct build *b, struct err *e)
{
	const struct guest *g = b->g;
	struct arena *a = &b->p->mem;

	b->layouts = arena_alloc(a, (g->disks.n + 1) * sizeof *b->layouts);
	for (size_t i = 0; i < g->disks.n; i++) {
		const struct disk *d = &g->disks.v[i];
		bool system = !i && has_system(g);
		const char *seed = system ? b->recipe.key : arena_fmt(a, "%s:%zu", g->name, i);

		b->layouts[i].root = b->layouts[i].esp = -1;
		if (!d->source && layout_make(&b->layouts[i], g, d, system, seed, a, e) < 0)
			return -1;
	}
	return 0;
}

static const char *path_of(struct build *b, size_t nth)
{
	return plan_fmt(b->p, "%s/%s", b->work, image_file(b->g, nth, &b->p->mem));
}

static void convert(struct build *b, const char *raw_or_layer, const char *from_format, size_t nth)
{
	plan_run(b->p, plan_fmt(b->p, "%s as %s", b->g->disks.v[nth].place.name, image_format(&b->g->disks.v[nth])),
		 ARGV(tool(b, "qemu-img"), "convert", "-f", from_format, "-O", image_format(&b->g->disks.v[nth]),
		      raw_or_layer, path_of(b, nth)));
	plan_remove(b->p, "what it was made from", raw_or_layer);
}

/* A layer over the base disk; without FUSE nothing could be written into a layer, and it is a copy. */
static void system_disk(struct build *b)
{
	const struct disk *d = &b->g->disks.v[0];
	const char *format = image_format(d), *final = path_of(b, 0), *made = final;
	bool layered = b->f->fuse;

	if (!str_eq(format, layered ? "qcow2" : "raw"))
		made = plan_fmt(b->p, "%s/system.new", b->work);
	if (layered)
		plan_run(b->p, "a layer over the base disk", ARGV(tool(b, "qemu-img"), "create", "-q", "-f", "qcow2", "-b", b->base,
								  "-F", "raw", made));
	else
		plan_run(b->p, "a copy of the base disk", ARGV("cp", "--sparse=always", "--reflink=auto", b->base, made));
	stage_into_disk(b, made, layered);
	if (made != final)
		convert(b, made, layered ? "qcow2" : "raw", 0);
}

static int build_system(struct build *b, struct err *e)
{
	if (template_tree(b, e) < 0 || template_disk(b, e) < 0 || stage_gather(b, e) < 0)
		return -1;
	system_disk(b);
	plan_link(b->p, "its kernel, as built", plan_fmt(b->p, "%s/vmlinuz", b->work), plan_fmt(b->p, "%s/vmlinuz", b->boot));
	plan_link(b->p, "its initial ramdisk", plan_fmt(b->p, "%s/initrd", b->work), plan_fmt(b->p, "%s/initrd", b->boot));
	return 0;
}

static void blank_disk(struct build *b, size_t nth)
{
	const struct disk *d = &b->g->disks.v[nth];

	plan_run(b->p, plan_fmt(b->p, "%s, empty", d->place.name),
		 ARGV(tool(b, "qemu-img"), "create", "-q", "-f", image_format(d), path_of(b, nth),
		      plan_fmt(b->p, "%" PRIu64, d->size)));
}

static void divided_disk(struct build *b, size_t nth)
{
	const struct layout *l = &b->layouts[nth];
	const char **dirs = arena_alloc(&b->p->mem, l->parts.n * sizeof *dirs);
	bool raw = str_eq(image_format(&b->g->disks.v[nth]), "raw");
	const char *file = raw ? path_of(b, nth) : plan_fmt(b->p, "%s/disk%zu.new", b->work, nth);

	for (size_t i = 0; i < b->mounts.n; i++)
		if (b->mounts.v[i].disk == nth)
			dirs[b->mounts.v[i].part] = b->mounts.v[i].stage;
	fs_disk(b, file, l, dirs, b->work);
	if (!raw)
		convert(b, file, "raw", nth);
}

/* The format of somebody's image by its name; NULL: qemu-img finds out. */
static const char *source_format(const char *file)
{
	static const char *const suffixes[] = { ".qcow2", ".raw", ".vmdk", ".vdi" };

	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (str_ends(file, suffixes[i]))
			return suffixes[i] + 1;
	return NULL;
}

/* A layer where both are qcow2, which takes no time; else a copy in the wanted format. */
static void source_disk(struct build *b, size_t nth)
{
	struct plan *p = b->p;
	const struct disk *d = &b->g->disks.v[nth];
	const char *source = *d->source == '/' ? d->source : plan_fmt(p, "%s/%s", b->g->dir, d->source);
	const char *from = source_format(source), *format = image_format(d), *file = path_of(b, nth);

	if (str_eq(from, "qcow2") && str_eq(format, "qcow2"))
		plan_run(p, plan_fmt(p, "%s, a layer over its source", d->place.name),
			 ARGV(tool(b, "qemu-img"), "create", "-q", "-f", format, "-b", source, "-F", from, file));
	else if (from)
		plan_run(p, plan_fmt(p, "%s, a copy of its source", d->place.name),
			 ARGV(tool(b, "qemu-img"), "convert", "-f", from, "-O", format, source, file));
	else
		plan_run(p, plan_fmt(p, "%s, a copy of its source", d->place.name),
			 ARGV(tool(b, "qemu-img"), "convert", "-O", format, source, file));
	if (d->size)
		plan_run(p, plan_fmt(p, "%s in its own size", d->place.name),
			 ARGV(tool(b, "qemu-img"), "resize", "-q", "-f", format, file, plan_fmt(p, "%" PRIu64, d->size)));
}

static int check_files(const struct guest *g, struct err *e)
{
	for (size_t i = 0; i < g->disks.n; i++) {
		const struct disk *d = &g->disks.v[i];

		if (d->file && (strchr(d->file, '/') || d->file[0] == '.' || !d->file[0]))
			return err_set(e, ERR_INVALID, "%s:%d: %s: '%s' must be a plain file name in the guest's folder",
				       g->file, d->place.line, d->place.name, d->file);
	}
	return 0;
}

static int prepare(struct build *b, struct err *e)
{
	struct plan *p = b->p;

	if (has_system(b->g) && !b->g->disks.n)
		return err_set(e, ERR_INVALID, "%s: hardware.os needs a disk to be put on: [[hdds]] [[[hdd0]]] size = 8GB", b->g->file);
	if (check_files(b->g, e) < 0 || (has_system(b->g) && make_recipe(b, e) < 0) || make_layouts(b, e) < 0)
		return -1;
	if (!has_system(b->g))
		return 0;
	if (b->layouts[0].root < 0)
		return err_set(e, ERR_INVALID, "%s:%d: %s: the system needs a partition with fs = ext4 and mount = /",
			       b->g->file, b->g->disks.v[0].place.line, b->g->disks.v[0].place.name);
	find_mounts(b);
	b->boot = plan_fmt(p, "%s/boot/%s", b->f->cache_dir, b->recipe.key);
	b->disk_key = disk_key(b);
	b->base = plan_fmt(p, "%s/disk/%s.raw", b->f->cache_dir, b->disk_key);
	return 0;
}

int image_build(const struct guest *g, const struct facts *f, const char *work, const struct surroundings *s,
		struct plan *p, struct err *e)
{
	struct build b = { .g = g, .f = f, .s = s, .work = work, .p = p };
	bool system = has_system(g);

	if (prepare(&b, e) < 0 || (system && build_system(&b, e) < 0))
		return -1;
	for (size_t i = system; i < g->disks.n; i++)
		if (g->disks.v[i].source)
			source_disk(&b, i);
		else if (b.layouts[i].parts.n)
			divided_disk(&b, i);
		else
			blank_disk(&b, i);
	if (system)
		stage_clear(&b);
	if (b.missing)
		return err_set(e, ERR_NOT_FOUND, "%s", b.missing);
	return 0;
}

static void link_beside(const struct guest *g, const char *work, const char *name, struct plan *p)
{
	plan_link(p, plan_fmt(p, "%s, where its owner has it", name), plan_fmt(p, "%s/%s", work, name),
		  plan_fmt(p, "%s/%s", g->dir, name));
}

int image_link(const struct guest *g, const char *work, struct plan *p, struct err *e)
{
	if (check_files(g, e) < 0)
		return -1;
	for (size_t i = 0; i < g->disks.n; i++)
		link_beside(g, work, image_file(g, i, &p->mem), p);
	if (has_system(g) && g->disks.n && str_eq(g->boot, "kernel") && !g->qemu.kernel) {
		link_beside(g, work, "vmlinuz", p);
		link_beside(g, work, "initrd", p);
	}
	return 0;
}
