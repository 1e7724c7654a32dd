/* SPDX-License-Identifier: ISC */
#include "app/run_as.h"

#include <pwd.h>
#include <string.h>

#include "base/str.h"
#include "model/image.h"
#include "sys/passage.h"

static bool starts_as_another(const struct target *t, const struct plan *p)
{
	const struct facts *f = &t->facts;

	if (f->uid || f->run_uid == f->uid || !str_eq(t->driver->name, "qemu"))
		return false;
	for (size_t i = 0; i < p->steps.n; i++)
		if (p->steps.v[i].kind == STEP_DAEMON)
			return true;
	return false;
}

static void add_file(const struct guest *g, const char *file, struct words *out, struct arena *a)
{
	if (file)
		words_add(out, a, *file == '/' ? arena_str(a, file) : arena_fmt(a, "%s/%s", g->dir, file));
}

/* Everything QEMU opens or makes that has a path. */
static void files(const struct target *t, struct words *out, struct arena *a)
{
	const struct guest *g = &t->guest;

	/* Its run directory is made its own; what counts is the way there. */
	words_add(out, a, arena_fmt(a, "%s/%s.new", t->facts.run_dir, g->name));
	for (size_t i = 0; i < g->disks.n; i++) {
		words_add(out, a, arena_fmt(a, "%s/%s", guest_folder(&t->facts, g->name, a), image_file(g, i, a)));
		/* Of any other source the guest's disk is a copy. */
		if (str_eq(image_format(&g->disks.v[i]), "qcow2") && g->disks.v[i].source && str_ends(g->disks.v[i].source, ".qcow2"))
			add_file(g, g->disks.v[i].source, out, a);
	}
	for (size_t i = 0; i < g->cdroms.n; i++)
		add_file(g, g->cdroms.v[i].path, out, a);
	add_file(g, t->facts.boot_medium, out, a);
	add_file(g, g->qemu.kernel, out, a);
	add_file(g, g->qemu.initrd, out, a);
}

static int kept_out(const struct facts *f, const struct passage *at, struct err *e)
{
	const struct passwd *pw = getpwuid(f->run_uid);
	const char *who = pw ? pw->pw_name : "nobody";
	bool ours = str_starts(at->where, f->data_dir);

	if (at->at_file)
		return err_set(e, ERR_PERMISSION, "'%s', whom the guest runs as, may not read '%s' (%s %s %s)", who, at->where,
			       ours ? "chown" : "chmod", ours ? who : "o+r", at->where);
	return err_set(e, ERR_PERMISSION, "'%s', whom the guest runs as, may not enter '%s' (chmod o+x %s, or %s)", who, at->where,
		       at->where, str_starts(f->data_dir, at->where) ? "keep guests in another directory with BERTH_HOME" :
		       "move what is in it");
}

int run_as_check(const struct target *t, const struct plan *p, struct err *e)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct words list = { 0 };

	if (!starts_as_another(t, p))
		return 0;
	files(t, &list, &a);
	for (size_t i = 0; i < list.n; i++) {
		struct passage at;

		if (passage_check(list.v[i], t->facts.run_uid, t->facts.run_gid, &at, &a, e) < 0)
			return -1;
		if (at.where)
			return kept_out(&t->facts, &at, e);
	}
	return 0;
}
