/* SPDX-License-Identifier: ISC */
/*
 * No hypervisor at all: a guest is a file. For tests and rehearsals, and the driver
 * to read before writing another.
 */
#include "driver/folder.h"
#include "model/driver.h"

static int null_build(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *work = folder_begin(g, f, p);

	plan_file(p, "a guest of paper", plan_fmt(p, "%s/paper", work), 0644, "built\n");
	folder_publish(g, f, "null", NULL, p);
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

static const char *const null_tools[] = { "sleep", NULL };

const struct driver driver_null = {
	.name = "null",
	.summary = "no hypervisor at all, for tests and rehearsals",
	.tools = null_tools,
	.plan = {
		[VERB_BUILD] = null_build,
		[VERB_START] = null_start,
		[VERB_KILL] = null_kill,
		[VERB_DESTROY] = null_destroy,
	},
};
