/* SPDX-License-Identifier: ISC */
/*
 * Copies of a QEMU guest. A clone is a copy of its folder; disks that are layers
 * stay layers over the same base. Snapshots live inside its qcow2 disks, under the
 * snapshot's name, with a copy of the firmware's memory beside their record. A disk
 * may hold one that a killed run left; a snapshot counts when its record is there. One
 * of a running guest has its memory in that folder, too (qemu_memory.c).
 *
 * An export is a tar file of guest.conf and the disks, each whole in itself: without
 * a base below it and without snapshots. A machine file may take them as its source.
 * Where a folder is wanted, it has the same in it.
 */
#include "base/str.h"
#include "driver/folder.h"
#include "driver/qemu.h"
#include "model/image.h"

const char *qemu_img(const struct facts *f, struct err *e)
{
	const char *path = facts_tool(f, "qemu-img");

	if (!path)
		err_set(e, ERR_NOT_FOUND, "qemu-img is missing: apt-get install qemu-utils");
	return path;
}

/* Where an export is gathered. */
static const char *export_parts(const char *guest, const struct facts *f, struct plan *p)
{
	return plan_fmt(p, "%s/export.new", guest_folder(f, guest, &p->mem));
}

/* In the folder is a link to it: it is its owner's. */
static bool is_linked(const struct disk *d, const struct facts *f)
{
	return f->registered || (d->slot && d->source);
}

static bool any_linked(const struct guest *g, const struct facts *f)
{
	for (size_t i = 0; i < g->disks.n; i++)
		if (is_linked(&g->disks.v[i], f))
			return true;
	return false;
}

/* The copy is the guest's, whoever has the original. */
static void own_linked(const struct guest *g, const struct facts *f, const char *work, struct plan *p)
{
	for (size_t i = 0; i < g->disks.n; i++) {
		const char *file = plan_fmt(p, "%s/%s", work, image_file(g, i, &p->mem));

		if (!is_linked(&g->disks.v[i], f))
			continue;
		if (f->run_uid != f->uid || f->run_gid != f->gid)
			plan_run(p, "it belongs to the user guests run as",
				 ARGV("chown", plan_fmt(p, "%u:%u", (unsigned)f->run_uid, (unsigned)f->run_gid), file));
		plan_run(p, "nobody else reads it", ARGV("chmod", "0600", file));
	}
}

int qemu_clone(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *work = folder_clone_begin(g, f, FOLDER_CLOSED, p);

	plan_remove(p, "what an interrupted export left", export_parts(f->other, f, p));
	plan_run(p, "its disks, and what belongs to them",
		 ARGV("cp", any_linked(g, f) ? "-aL" : "-a", "--sparse=always", "--reflink=auto", "-T", guest_folder(f, f->other, &p->mem), work));
	own_linked(g, f, work, p);
	folder_clone_publish(g, f, "qemu", &(struct pin){ .machine = qemu_machine(g, f, &p->mem), .slots = qemu_slots(g, f, &p->mem) }, p);
	return 0;
}

int qemu_rename(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	folder_rename(g, f, "qemu", &(struct pin){ .machine = qemu_machine(g, f, &p->mem), .slots = qemu_slots(g, f, &p->mem) }, p);
	return 0;
}

static bool has_memory(const struct guest *g, const struct facts *f)
{
	return str_eq(g->firmware, "uefi") && f->ovmf_vars;
}

static const char *memory(const char *folder, struct plan *p)
{
	return plan_fmt(p, "%s/nvram.fd", folder);
}

static int keep_snapshots(const struct guest *g, struct err *e)
{
	for (size_t i = 0; i < g->disks.n; i++)
		if (!str_eq(image_format(&g->disks.v[i]), "qcow2"))
			return err_set(e, ERR_UNSUPPORTED, "disk '%s' of '%s' is %s: only qcow2 disks can keep snapshots",
				       g->disks.v[i].place.name, g->name, image_format(&g->disks.v[i]));
	return 0;
}

/* qemu-img snapshot -c, -a or -d on the nth disk. */
static struct step *on_disk(const struct guest *g, const struct facts *f, size_t nth, const char *img,
			    const char *why, const char *action, struct plan *p)
{
	const char *file = plan_fmt(p, "%s/%s", guest_folder(f, g->name, &p->mem), image_file(g, nth, &p->mem));

	return plan_run(p, plan_fmt(p, "%s %s", g->disks.v[nth].place.name, why),
			ARGV(img, "snapshot", "-q", action, f->other, file));
}

int qemu_snapshot(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *img = qemu_img(f, e), *work;

	if (!img || keep_snapshots(g, e) < 0)
		return -1;
	work = folder_snapshot_begin(g, f, p);
	if (has_memory(g, f))
		plan_run(p, "the firmware's own memory",
			 ARGV("cp", "-a", memory(guest_folder(f, g->name, &p->mem), p), memory(work, p)));
	if (f->state >= STATE_RUNNING) {
		if (qemu_snapshot_online(g, f, work, img, p, e) < 0)
			return -1;
		folder_snapshot_publish(g, f, "qemu", p);
		return 0;
	}
	for (size_t i = 0; i < g->disks.n; i++) {
		on_disk(g, f, i, img, "without what an interrupted snapshot left", "-d", p)->may_fail = true;
		on_disk(g, f, i, img, "as it is", "-c", p);
		on_disk(g, f, i, img, "without the unfinished snapshot", "-d", p);
		plan_undo(p);
	}
	folder_snapshot_publish(g, f, "qemu", p);
	return 0;
}

/* Disk by disk: between the first and the last the guest is neither what it was nor what it will be. */
int qemu_restore(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *img = qemu_img(f, e), *now = memory(guest_folder(f, g->name, &p->mem), p);
	const char *then = plan_fmt(p, "%s.new", now);

	if (!img || keep_snapshots(g, e) < 0)
		return -1;
	folder_restore_begin(g, f, p);
	if (f->state >= STATE_RUNNING)
		qemu_end(g, f, p);
	qemu_forget_saved("saved memory that does not fit any more", g, f, p);
	for (size_t i = 0; !f->memory && i < g->disks.n; i++)
		on_disk(g, f, i, img, "as it was", "-a", p);
	if (has_memory(g, f)) {
		plan_run(p, "the firmware's own memory",
			 ARGV("cp", "-a", memory(guest_snapshot(f, g->name, f->other, &p->mem), p), then));
		plan_move(p, "as it was", then, now);
	}
	if (f->memory)
		return qemu_restore_online(g, f, p, e);
	folder_restore_end(g, f, p);
	return 0;
}

int qemu_forget(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *img = qemu_img(f, e);

	if (!img)
		return -1;
	folder_forget_begin(g, f, p);
	if (f->state >= STATE_RUNNING) {
		qemu_forget_online(g, f, p);
		folder_forget_end(g, f, p);
		return 0;
	}
	for (size_t i = 0; i < g->disks.n; i++)
		if (str_eq(image_format(&g->disks.v[i]), "qcow2"))
			on_disk(g, f, i, img, "without the snapshot", "-d", p)->may_fail = true;
	folder_forget_end(g, f, p);
	return 0;
}

/* One part of the export, in the guest's folder until it is packed. */
static void part(const char *why, const char *folder, const char *parts, const char *name,
		 struct plan *p)
{
	plan_run(p, why, ARGV("cp", "-L", "--sparse=always", "--reflink=auto", plan_fmt(p, "%s/%s", folder, name),
			      plan_fmt(p, "%s/%s", parts, name)));
}

static void gather(const struct guest *g, const struct facts *f, const char *img, const char *parts, struct plan *p)
{
	const char *folder = guest_folder(f, g->name, &p->mem);

	part("the machine file", folder, parts, "guest.conf", p);
	if (f->state >= STATE_RUNNING)
		qemu_backup(g, f, img, parts, p);
	for (size_t i = 0; f->state < STATE_RUNNING && i < g->disks.n; i++) {
		const char *file = image_file(g, i, &p->mem), *format = image_format(&g->disks.v[i]);

		plan_run(p, plan_fmt(p, "%s, whole in itself", g->disks.v[i].place.name),
			 ARGV(img, "convert", "-f", format, "-O", format, plan_fmt(p, "%s/%s", folder, file),
			      plan_fmt(p, "%s/%s", parts, file)));
	}
	if (has_memory(g, f))
		part("the firmware's own memory", folder, parts, "nvram.fd", p);
}

static void pack(const char *packing, const char *parts, const char *file, struct plan *p)
{
	struct words w = { 0 };

	words_add(&w, &p->mem, "tar");
	if (packing)
		words_add(&w, &p->mem, packing);
	words_extend(&w, &p->mem, ARGV("--sparse", "--owner=0", "--group=0", "-C", parts, "-cf", "-", "."));
	plan_run(p, "the guest, packed", argv_of(&w, &p->mem))->stdout_path = file;
}

int qemu_export(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *img = qemu_img(f, e), *parts = export_parts(g->name, f, p), *packing = NULL, *file;

	if (!img || (!f->as_folder && folder_packing(f, &packing, e) < 0))
		return -1;
	file = folder_export_begin(g, f, p);
	plan_remove(p, "what an interrupted export left", parts);
	/* A running guest writes there itself, as the user it runs as. */
	plan_dir(p, "a place for its parts", parts, f->state >= STATE_RUNNING ? 0711 : 0700);
	plan_remove(p, "its parts", parts);
	plan_undo(p);
	gather(g, f, img, parts, p);
	if (f->as_folder)
		plan_run(p, "the guest, as a folder", ARGV("cp", "-R", "--sparse=always", "--reflink=auto", "-T", parts, file));
	else
		pack(packing, parts, file, p);
	plan_remove(p, "its parts", parts);
	folder_export_publish(f, p);
	return 0;
}
