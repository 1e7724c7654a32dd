/* SPDX-License-Identifier: ISC */
#include "app/act.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/act_secret.h"
#include "app/qcow2.h"
#include "app/run_as.h"
#include "app/trust.h"
#include "sys/file.h"

enum { RUNS_NOT_MS = 1000 };

/*
 * A guest with saved memory goes on as a new process; one that is there is none it
 * could be (driver/qemu_memory.c). It is to run, whatever it was.
 */
static int go_on(const struct target *t, struct plan *p, struct err *e)
{
	struct target later = *t;

	if (act_is_free(t, VERB_START, e) < 0)
		return -1;
	if (target_runs(t) && driver_plan(t->driver, VERB_KILL, &t->guest, &t->facts, p, e) < 0)
		return -1;
	later.facts.state = STATE_SAVED;
	later.facts.was = "running";
	return driver_plan(t->driver, VERB_START, &t->guest, &later.facts, p, e);
}

/* To files of the owner's, which are opened by these links. */
static int check_links(const struct target *t, const struct plan *p, struct err *e)
{
	for (size_t i = 0; !t->elsewhere && i < p->steps.n; i++) {
		const struct step *s = &p->steps.v[i];

		if (s->kind == STEP_LINK && !file_exists(s->target))
			return err_set(e, ERR_NOT_FOUND, "'%s' needs %s, which is not there", t->guest.name, s->target);
		if (s->kind == STEP_LINK && qcow2_base_check(s->target, e) < 0)
			return -1;
	}
	return 0;
}

/* What has been killed and could not end yet is no guest that runs. */
static int start_over(const struct target *t, struct plan *p, struct err *e)
{
	struct target later = *t;

	later.facts.state = STATE_BUILT;
	later.facts.killed.n = 0;
	return driver_plan(t->driver, VERB_KILL, &t->guest, &t->facts, p, e) < 0 ? -1 : act_plan(&later, VERB_START, p, e);
}

int act_plan(const struct target *t, enum verb v, struct plan *p, struct err *e)
{
	if (v == VERB_START && t->facts.killed.n)
		return start_over(t, p, e);
	if (act_fits(t, v, e) < 0 || act_is_free(t, v, e) < 0)
		return -1;
	if (v == VERB_RESUME && (t->facts.state == STATE_SAVED || t->facts.saved))
		return go_on(t, p, e);
	if (v == VERB_DESTROY && target_runs(t) && t->driver->plan[VERB_KILL] &&
	    driver_plan(t->driver, VERB_KILL, &t->guest, &t->facts, p, e) < 0)
		return -1;
	if (v == VERB_DESTROY && t->facts.state == STATE_SAVED)
		p->note = "its saved memory goes, too";
	if (driver_plan(t->driver, v, &t->guest, &t->facts, p, e) < 0)
		return -1;
	if (v == VERB_REGISTER && !t->elsewhere)
		p->note = trust_note(t, &p->mem);
	return v == VERB_REGISTER || v == VERB_ATTACH ? check_links(t, p, e) : 0;
}

int act_plan_reap(const struct target *t, struct plan *p, struct err *e)
{
	const char *lock = guest_lock(&t->facts, t->guest.name, &p->mem);

	if (!t->facts.throwaway)
		return err_set(e, ERR_FAILED, "'%s' is no throwaway guest (berth up --rm makes them)", t->guest.name);
	plan_wait(p, "until the guest has ended", WAIT_GONE, lock, 0);
	plan_lock(p, "nobody starts it meanwhile", plan_fmt(p, "%s.lock", guest_folder(&t->facts, t->guest.name, &p->mem)), true);
	plan_wait(p, "and nobody has", WAIT_GONE, lock, RUNS_NOT_MS);
	return driver_plan(t->driver, VERB_DESTROY, &t->guest, &t->facts, p, e);
}

/*
 * A small process of its own waits for the end of the guest; should it be killed, the record still tells. What
 * it starts may gain rights, as what berth starts may: trees of an ordinary user's containers go with newuidmap.
 */
void act_add_reaper(const struct target *t, struct plan *p)
{
	const struct facts *f = &t->facts;
	const char *berth = facts_tool(f, "berth");

	plan_daemon(p, "who deletes it when it ends", ARGV(berth ? berth : "berth", "reap", "--quiet", t->guest.name), NULL,
		    plan_fmt(p, "%s/log/%s.log", f->data_dir, t->guest.name), (uid_t)-1, (gid_t)-1)->new_privs = true;
}

static int check_throwaway(const struct target *t, struct err *e)
{
	const char *name = t->guest.name;

	if (t->driver->foreign)
		return err_set(e, ERR_UNSUPPORTED, "%s guests cannot be thrown away when they end", t->driver->name);
	if (t->facts.state >= STATE_BUILT && !t->facts.throwaway)
		return err_set(e, ERR_EXISTS, "'%s' is there already, and stays (without --rm, or berth destroy %s first)", name, name);
	return 0;
}

int act_plan_up_once(struct target *t, struct plan *p, struct err *e)
{
	bool starts = t->facts.state < STATE_RUNNING;

	if (check_throwaway(t, e) < 0)
		return -1;
	/* Its reaper was killed: what it left is no guest any more. */
	if (t->facts.state == STATE_BUILT) {
		if (act_plan(t, VERB_DESTROY, p, e) < 0)
			return -1;
		t->facts.state = STATE_DEFINED;
		t->facts.machine = NULL;
	}
	t->facts.throwaway = true;
	if (act_plan_up(t, p, e) < 0)
		return -1;
	if (starts)
		act_add_reaper(t, p);
	return 0;
}

int act_plan_up(const struct target *t, struct plan *p, struct err *e)
{
	struct target later = *t;

	if (act_knows_state(t, e) < 0)
		return -1;
	if (t->facts.killed.n)
		return start_over(t, p, e);
	if (t->facts.state < STATE_RUNNING && act_is_free(t, VERB_START, e) < 0)
		return -1;
	if ((t->facts.state == STATE_BUILT || t->facts.state == STATE_SAVED) && act_fits(t, VERB_START, e) < 0)
		return -1;
	if (t->facts.state == STATE_ABSENT || t->facts.state == STATE_DEFINED) {
		if (act_is_free(t, VERB_BUILD, e) < 0)
			return -1;
		if (driver_plan(t->driver, VERB_BUILD, &t->guest, &t->facts, p, e) < 0)
			return -1;
		later.facts.state = STATE_BUILT;
	}
	if (later.facts.state == STATE_SAVED || (later.facts.state == STATE_PAUSED && later.facts.saved)) {
		if (go_on(t, p, e) < 0)
			return -1;
	} else if (later.facts.state == STATE_PAUSED &&
		   driver_plan(t->driver, VERB_RESUME, &t->guest, &later.facts, p, e) < 0) {
		return -1;
	}
	if (later.facts.state == STATE_BUILT && driver_plan(t->driver, VERB_START, &t->guest, &later.facts, p, e) < 0)
		return -1;
	p->title = plan_fmt(p, "up %s on %s", t->guest.name, t->driver->name);
	return 0;
}

static bool writes_in(const char *dir)
{
	return access(dir, W_OK) == 0;
}

/* One directory of root's is open to members of the group (driver/folder.c): a plan that writes nowhere else is theirs, too. */
static bool writes_where_it_may(const struct plan *p)
{
	for (size_t i = 0; i < p->steps.n; i++) {
		const struct step *s = &p->steps.v[i];
		DEFER(arena_done) struct arena a = { 0 };
		const char *slash = s->path ? strrchr(s->path, '/') : NULL;

		if (!slash || (s->kind != STEP_DIR && s->kind != STEP_FILE))
			return false;
		if (!writes_in(s->kind == STEP_DIR ? s->path : arena_strn(&a, s->path, (size_t)(slash - s->path))))
			return false;
	}
	return true;
}

int act_execute(const struct target *t, const struct plan *p, struct act_show *show, struct err *e)
{
	const struct facts *f = &t->facts;
	struct exec x = { .secret = act_secret, .secret_arg = (void *)t, .trace = getenv("BERTH_TRACE"),
			  .die_after = getenv("BERTH_DIE_AFTER") };
	DEFER(arena_done) struct arena a = { 0 };
	char *dir = arena_fmt(&a, "%s/log", f->data_dir);
	bool ours = access(f->data_dir, W_OK) == 0 || errno != EACCES;
	int status;

	if (run_as_check(t, p, e) < 0)
		return -1;
	if (!ours && !writes_where_it_may(p))
		return err_set(e, ERR_PERMISSION, "%s: permission denied: only its owner makes and runs guests there (try it with sudo)",
			       f->data_dir);
	if (show) {
		x.progress = show->progress;
		x.part = show->part;
		x.progress_arg = show->arg;
		x.trouble = show->trouble;
		x.trouble_arg = (void *)t;
	}
	if (ours)
		x.log = arena_fmt(&a, "%s/%s.log", dir, t->guest.name);
	status = ours ? dir_make(dir, 0755, e) : 0;
	if (!status)
		status = plan_execute(p, &x, e);
	if (show)
		show->forced = x.otherwise;
	return status;
}
