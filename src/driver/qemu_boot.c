/* SPDX-License-Identifier: ISC */
/*
 * What one start boots from: the device that was chosen stands at boot index 0, where
 * otherwise direct kernel boot is, and gets its usual place back as soon as QEMU
 * answers. The firmware is told of that at the next reset and not before, so who
 * installs from a CD reboots into the disk. The machine file does not change.
 */
#include <jansson.h>
#include <string.h>

#include "base/str.h"
#include "driver/folder.h"
#include "driver/qemu.h"
#include "model/image.h"

#define ID     "once"
#define BUS    "oncebus"
#define MEDIUM "oncemedium"

/* Of floppies the controller knows. */
#define FLOPPY_INDEX "bootindexA"

enum { SLOT_ONCE = 0x05 };

bool qemu_boots_from(const struct facts *f, const char *from, const char *name)
{
	return str_eq(f->boot_from, from) && str_eq(f->boot_device, name);
}

const char *qemu_boot_first(const struct facts *f, const char *from, struct place at, long slot)
{
	return !qemu_boots_from(f, from, at.name) ? "" : slot ? ",bootindex=0" : ",bootindex=0,id=" ID;
}

static void add(struct plan *p, struct words *w, const char *option, const char *value)
{
	words_extend(w, &p->mem, ARGV(option, value));
}

void qemu_boot_medium(const struct facts *f, struct plan *p, struct words *w)
{
	if (!f->boot_medium)
		return;
	add(p, w, "-blockdev", plan_fmt(p, "driver=%s,node-name=" MEDIUM ",read-only=on,file.driver=file,file.filename=%s",
					str_ends(f->boot_medium, ".qcow2") ? "qcow2" : "raw", qemu_value(f->boot_medium, &p->mem)));
	if (str_eq(f->boot_from, "fdd")) {
		add(p, w, "-device", "isa-fdc,id=" ID "," FLOPPY_INDEX "=0");
		add(p, w, "-device", "floppy,bus=" ID ".0,drive=" MEDIUM);
		return;
	}
	add(p, w, "-device", plan_fmt(p, "qemu-xhci,id=" BUS ",addr=%#x", SLOT_ONCE));
	add(p, w, "-device", "usb-storage,id=" ID ",bus=" BUS ".0,drive=" MEDIUM ",bootindex=0");
}

/* Its id, and the boot index it has at other times; -1: it is nothing to boot from then. */
static const char *chosen(const struct guest *g, const struct facts *f, long *usual, struct arena *a)
{
	*usual = -1;
	for (size_t i = 0; i < g->disks.n; i++)
		if (qemu_boots_from(f, "hdd", g->disks.v[i].place.name)) {
			*usual = (long)i + 1;
			return g->disks.v[i].slot ? arena_fmt(a, QEMU_PLUG, g->disks.v[i].slot) : ID;
		}
	for (size_t i = 0; i < g->cdroms.n; i++)
		if (qemu_boots_from(f, "cd", g->cdroms.v[i].place.name)) {
			*usual = (long)(g->disks.n + i) + 1;
			return arena_fmt(a, QEMU_CD, i);
		}
	for (size_t i = 0; i < g->nics.n; i++)
		if (qemu_boots_from(f, "pxe", g->nics.v[i].place.name) && g->nics.v[i].slot)
			return arena_fmt(a, QEMU_PLUG, g->nics.v[i].slot);
	return ID;
}

void qemu_boot_usual(const struct guest *g, const struct facts *f, struct plan *p)
{
	const char *id, *property = str_eq(f->boot_from, "fdd") ? FLOPPY_INDEX : "bootindex";
	long usual;

	if (!f->boot_from)
		return;
	id = chosen(g, f, &usual, &p->mem);
	qemu_say(p, "the next reset boots as ever", guest_run_file(f, g->name, "qmp.sock", &p->mem), "qom-set",
		 json_pack("{s:s, s:s, s:I}", "path", plan_fmt(p, "/machine/peripheral/%s", id), "property", property,
			   "value", (json_int_t)usual));
}

int qemu_boot_erase(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *folder = guest_folder(f, g->name, &p->mem);
	size_t i = 0;

	if (!f->boot_erase)
		return 0;
	while (i < g->disks.n && !str_eq(g->disks.v[i].place.name, f->boot_erase))
		i++;
	if (i == g->disks.n)
		return err_set(e, ERR_NOT_FOUND, "'%s' has no disk '%s'", g->name, f->boot_erase);
	/* Nobody who starts it meanwhile writes there. */
	folder_run_dir(f, p);
	folder_hold_start(g, f, p);
	return qemu_new_disk(f, &g->disks.v[i], folder, plan_fmt(p, "%s/%s", folder, image_file(g, i, &p->mem)), p, e);
}
