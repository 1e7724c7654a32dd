/* SPDX-License-Identifier: ISC */
/*
 * Copies of a container that does not run. All it has ever written is one directory
 * of its folder (lxc_content): the layer over a tree that never changes, or a whole
 * tree. A snapshot is a copy of that directory, a restore a copy back, which
 * takes the place of the other in one instant. Owners are copied by number.
 *
 * An export is what two directories say, because nothing is mounted for it: base/ is
 * the tree, upper/ the layer over it as overlayfs has it (a character device 0:0 is a
 * deleted file, an xattr overlay.opaque hides a directory of the tree). A guest with a
 * tree of its own is rootfs/. guest.conf is the machine file.
 */
#include "base/str.h"
#include "driver/folder.h"
#include "driver/image.h"
#include "driver/lxc.h"

/* A step on files that may belong to the container's own users. */
static struct step *with_its_files(const struct facts *f, const char *why, const char *const *argv, struct plan *p)
{
	return tree_run(&(struct build){ .f = f, .p = p }, why, argv);
}

static void copy(const struct facts *f, const char *why, const char *from, const char *to, struct plan *p)
{
	with_its_files(f, why, ARGV("cp", "-a", "--reflink=auto", "-T", from, to), p);
}

static const char *content(const struct guest *g, const char *folder, struct plan *p)
{
	return plan_fmt(p, "%s/%s", folder, lxc_content(g));
}

int lxc_clone(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *work = folder_clone_begin(g, f, lxc_access(g, f), p);

	if (lxc_root_clone(g, f, work, p, e) < 0)
		return -1;
	folder_clone_publish(g, f, "lxc", NULL, p);
	return 0;
}

int lxc_snapshot(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *work = folder_snapshot_begin(g, f, p);

	copy(f, "all it has written", content(g, guest_folder(f, g->name, &p->mem), p), content(g, work, p), p);
	folder_snapshot_publish(g, f, "lxc", p);
	return 0;
}

/*
 * An instant exchange leaves the other to be deleted by who may not: an ordinary user
 * deletes it first, and the guest is marked until it is whole again.
 */
static void replace(const struct guest *g, const struct facts *f, const char *then, const char *now, struct plan *p)
{
	if (f->uid) {
		folder_restore_begin(g, f, p);
		plan_remove_tree(f, "what it has written since", now, p);
	}
	plan_move(p, "instead of what it has written since", then, now);
	if (f->uid)
		folder_restore_end(g, f, p);
}

int lxc_restore(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *now = content(g, guest_folder(f, g->name, &p->mem), p), *then = plan_fmt(p, "%s.new", now);

	folder_hold(g->name, f, p);
	plan_remove_tree(f, "what an interrupted restore left", then, p);
	plan_dir(p, "a place for what it had written then", then, 0755);
	plan_remove_tree(f, "the unfinished copy", then, p);
	plan_undo(p);
	copy(f, "what it had written then", content(g, guest_snapshot(f, g->name, f->other, &p->mem), p), then, p);
	replace(g, f, then, now, p);
	return 0;
}

int lxc_forget(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	folder_forget_begin(g, f, p);
	folder_forget_end(g, f, p);
	return 0;
}

int lxc_export(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *folder = guest_folder(f, g->name, &p->mem), *file, *packing;
	const char *const fixed[] = {
		"--numeric-owner", "--xattrs", "--xattrs-include=*", "--transform", "s,^\\.,base,S", "-C", folder,
		"-cf", "-", "guest.conf", lxc_content(g), NULL,
	};
	bool layered = str_eq(lxc_content(g), "upper");
	struct words w = { 0 };

	if (folder_packing(f, &packing, e) < 0)
		return -1;
	words_add(&w, &p->mem, "tar");
	if (packing)
		words_add(&w, &p->mem, packing);
	words_extend(&w, &p->mem, fixed);
	if (layered)
		words_extend(&w, &p->mem, ARGV("-C", plan_fmt(p, "%s/base", folder), "."));
	file = folder_export_begin(g, f, p);
	with_its_files(f, "the container, packed", argv_of(&w, &p->mem), p)->stdout_path = file;
	folder_export_publish(f, p);
	return 0;
}
