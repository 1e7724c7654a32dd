/* SPDX-License-Identifier: ISC */
/*
 * Carrying out a plan. What must stay true:
 *
 *  1. A step is on r->done exactly when it was carried out successfully; only
 *     those are taken back, last one first.
 *  2. A helper ends when its SPAWN is taken back, so what was set up before it is
 *     still there for it, and what uses it is gone already.
 *  3. Locks are given up last, whatever happens.
 *  4. The error of a plan is that of the step that failed; trouble while taking
 *     things back is added behind it.
 */
#include <stdio.h>
#include <string.h>

#include "exec/exec.h"
#include "exec/run.h"
#include "sys/file.h"
#include "sys/intr.h"

static step_fn *const action[] = {
	[STEP_RUN]    = do_run,
	[STEP_SPAWN]  = do_spawn,
	[STEP_DAEMON] = do_daemon,
	[STEP_READ]   = do_read,
	[STEP_FILE]   = do_file,
	[STEP_DIR]    = do_dir,
	[STEP_MOVE]   = do_move,
	[STEP_REMOVE] = do_remove,
	[STEP_COPY]   = do_copy,
	[STEP_SHIFT]  = do_shift,
	[STEP_LINK]   = do_link,
	[STEP_LOCK]   = do_lock,
	[STEP_QMP]    = do_qmp,
	[STEP_AGENT]  = do_agent,
	[STEP_WAIT]   = do_wait,
	[STEP_END]    = do_end,
};

static int act(struct run *r, const struct step *s, struct err *e)
{
	int failed;

	journal_step(r, s);
	failed = action[s->kind](r, s, e);
	journal_fuse(r);
	if (failed)
		return s->why && *s->why ? err_add(e, "%s", s->why) : -1;
	*vec_add(&r->done, &r->mem) = s;
	return 0;
}

static int do_step(struct run *r, const struct step *s, struct err *e);

/* A WAIT whose time is up goes on with what was prepared for that case. */
static int do_otherwise(struct run *r, const struct step *s, struct err *e)
{
	r->x->otherwise = true;
	for (const struct step *o = s->otherwise; o; o = o->next_otherwise)
		if (do_step(r, o, e) < 0)
			return -1;
	return 0;
}

static int do_step(struct run *r, const struct step *s, struct err *e)
{
	struct err why = { 0 };

	if (intr_asked())
		return err_set(e, ERR_FAILED, "interrupted");
	if (s->guard && file_exists(s->guard))
		return 0;
	if (act(r, s, &why) == 0)
		return 0;
	if (s->kind == STEP_WAIT && s->otherwise && why.kind == ERR_TIMEOUT)
		return do_otherwise(r, s, e);
	if (s->may_fail && !intr_asked()) {
		if (s->told && r->x->trouble)
			r->x->trouble(r->x->trouble_arg, why.msg);
		return 0;
	}
	*e = why;
	return -1;
}

static void tell(const struct run *r, size_t step, bool done, long began)
{
	if (r->x->progress)
		r->x->progress(r->x->progress_arg, r->plan, step, done, (double)(now_ms() - began) / 1000.0);
}

static int do_steps(struct run *r, struct err *e)
{
	const struct plan *p = r->plan;

	for (size_t i = 0; i < p->steps.n; i++) {
		long began = now_ms();

		tell(r, i, false, began);
		if (do_step(r, &p->steps.v[i], e) < 0)
			return -1;
		tell(r, i, true, began);
	}
	return 0;
}

static void end_helper_of(struct run *r, const struct step *s)
{
	for (size_t i = r->children.n; i-- > 0; )
		if (r->children.v[i].step == s && s->kind == STEP_SPAWN)
			child_end(&r->children.v[i]);
}

static void add_behind(struct err *e, const struct err *more)
{
	size_t n = strlen(e->msg);

	snprintf(e->msg + n, sizeof e->msg - n, "; undo: %s", more->msg);
}

static void take_back(struct run *r, struct err *e)
{
	intr_shield();
	while (r->done.n) {
		const struct step *s = r->done.v[--r->done.n];
		struct err why = { 0 };

		end_helper_of(r, s);
		if (!s->undo || (s->undo->guard && file_exists(s->undo->guard)))
			continue;
		if (act(r, s->undo, &why) == 0)
			r->done.n--;    /* an undo is not undone */
		else if (!s->undo->may_fail)
			add_behind(e, &why);
	}
}

int plan_execute(const struct plan *p, struct exec *x, struct err *e)
{
	struct run r = { .plan = p, .x = x, .log = -1, .trace = -1 };
	int failed;

	if (x->lock)
		*vec_add(&r.locks, &r.mem) = (struct held){ x->lock, x->lock_fd };
	if (journal_open(&r, e) < 0) {
		release_all(&r);
		arena_done(&r.mem);
		return -1;
	}
	intr_begin();
	failed = do_steps(&r, e);
	if (failed)
		take_back(&r, e);
	release_all(&r);
	intr_end();
	journal_close(&r);
	secret_forget(&r);
	arena_done(&r.mem);
	return failed;
}
