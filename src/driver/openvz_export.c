/* SPDX-License-Identifier: ISC */
/*
 * A container in one file, as the people who pass them around have it: fs.tar.gz, its
 * root file system, and NUMBER.conf, what OpenVZ knows of it. Put into place, the two
 * are a container again. guest.conf is the machine file.
 */
#include "base/str.h"
#include "driver/folder.h"
#include "driver/openvz.h"

static bool is_packed(const char *file)
{
	return str_ends(file, ".tar.gz") || str_ends(file, ".tgz");
}

/* The container's settings may be a link to where they are kept. */
static const char *const *all_in_one(struct vz *v, const char *parts)
{
	struct plan *p = v->p;
	struct words w = { 0 };
	const char *const fixed[] = {
		"--dereference", "--numeric-owner", "-cf", "-", "-C", parts, "fs.tar.gz",
		"-C", v->g->openvz.conf, v->d->settings(v), "-C", guest_folder(v->f, v->g->name, &p->mem), "guest.conf", NULL,
	};

	words_add(&w, &p->mem, "tar");
	if (is_packed(v->f->other))
		words_add(&w, &p->mem, "--gzip");
	words_extend(&w, &p->mem, fixed);
	return argv_of(&w, &p->mem);
}

int vz_export(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *parts = plan_fmt(p, "%s/export/%s", f->cache_dir, g->name), *file, *root;
	struct vz v;

	if (vz_begin(&v, g, f, p, e) < 0)
		return -1;
	if (!is_packed(f->other) && !str_ends(f->other, ".tar"))
		return err_set(e, ERR_USAGE, "'%s': a container of OpenVZ is exported to a file that ends in .tar or "
			       ".tar.gz", f->other);
	file = folder_export_begin(g, f, p);
	plan_remove(p, "what an interrupted export left", parts);
	plan_dir(p, "a place for its parts", parts, 0700);
	plan_remove(p, "the parts", parts);
	plan_undo(p);
	root = v.d->open(&v);
	plan_run(p, "its root file system, packed",
		 ARGV("tar", "--gzip", "--numeric-owner", "--xattrs", "--xattrs-include=*", "-C", root,
		      "-cf", plan_fmt(p, "%s/fs.tar.gz", parts), "."));
	v.d->close(&v);
	plan_run(p, "that and its settings in one file", all_in_one(&v, parts))->stdout_path = file;
	folder_export_publish(f, p);
	plan_remove(p, "the parts", parts);
	return 0;
}
