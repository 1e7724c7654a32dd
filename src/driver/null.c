/* SPDX-License-Identifier: ISC */
/*
 * No hypervisor at all: a guest is a file. For tests and rehearsals, and the driver
 * to read before writing another.
 */
#include "driver/folder.h"
#include "model/driver.h"

static int null_build(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *work = folder_begin(g, f, FOLDER_OPEN, p);

	plan_file(p, "a guest of paper", plan_fmt(p, "%s/paper", work), 0644, "built\n");
	folder_publish(g, f, "null", NULL, p);
	return 0;
}

static int null_register(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	folder_begin(g, f, FOLDER_OPEN, p);
	folder_register(g, f, "null", NULL, p);
	return 0;
}

static int null_start(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	char *dir = guest_run_dir(f, g->name, &p->mem);

	plan_dir(p, "the run directory", dir, 0700);
	plan_daemon(p, "a process that does nothing", ARGV("sleep", "infinity"),
		    guest_lock(f, g->name, &p->mem),
		    guest_run_file(f, g->name, "console.log", &p->mem), f->run_uid, f->run_gid);
	return 0;
}

static int null_kill(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	char *lock = guest_lock(f, g->name, &p->mem);

	plan_end(p, "end it", lock);
	plan_wait(p, "until it is gone", WAIT_GONE, lock, 5000);
	return 0;
}

static int null_destroy(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	folder_destroy(g, f, p);
	return 0;
}

static const char *paper(const char *folder, struct plan *p)
{
	return plan_fmt(p, "%s/paper", folder);
}

static int null_clone(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *work = folder_clone_begin(g, f, FOLDER_OPEN, p);

	plan_run(p, "the same on another sheet",
		 ARGV("cp", "-a", paper(guest_folder(f, f->other, &p->mem), p), paper(work, p)));
	folder_clone_publish(g, f, "null", NULL, p);
	return 0;
}

static int null_rename(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	folder_rename(g, f, "null", NULL, p);
	return 0;
}

static int null_snapshot(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *work = folder_snapshot_begin(g, f, p);

	plan_run(p, "the paper as it is", ARGV("cp", "-a", paper(guest_folder(f, g->name, &p->mem), p), paper(work, p)));
	folder_snapshot_publish(g, f, "null", p);
	return 0;
}

static int null_forget(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	folder_forget_begin(g, f, p);
	folder_forget_end(g, f, p);
	return 0;
}

/* The copy is complete before it takes the place of the old one, in one instant. */
static int null_restore(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *now = paper(guest_folder(f, g->name, &p->mem), p), *then = plan_fmt(p, "%s.new", now);

	folder_hold(g->name, f, p);
	plan_remove(p, "what an interrupted restore left", then);
	plan_run(p, "the paper as it was", ARGV("cp", "-a", paper(guest_snapshot(f, g->name, f->other, &p->mem), p), then));
	plan_move(p, "it is what it was", then, now);
	return 0;
}

static int null_export(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *file = folder_export_begin(g, f, p);

	plan_run(p, "the paper, to take away", ARGV("cp", paper(guest_folder(f, g->name, &p->mem), p), file));
	folder_export_publish(f, p);
	return 0;
}

static const char *const null_tools[] = { "sleep", NULL };

const struct driver driver_null = {
	.name = "null",
	.summary = "no hypervisor at all, for tests and rehearsals",
	.tools = null_tools,
	.plan = {
		[VERB_BUILD] = null_build,
		[VERB_START] = null_start,
		[VERB_KILL] = null_kill,
		[VERB_RENAME] = null_rename,
		[VERB_CLONE] = null_clone,
		[VERB_SNAPSHOT] = null_snapshot,
		[VERB_RESTORE] = null_restore,
		[VERB_EXPORT] = null_export,
		[VERB_DESTROY] = null_destroy,
		[VERB_REGISTER] = null_register,
		[VERB_UNREGISTER] = folder_unregister,
	},
	.forget = null_forget,
};
