/* SPDX-License-Identifier: ISC */
#include "driver/around.h"

#include <string.h>

#include "base/str.h"
#include "driver/folder.h"

enum { HOOK_MS = 60 * 1000, KEEPER_GONE_MS = 5000, KILL_MS = 1000 };

int around_check(const struct driver *d, const struct guest *g, enum verb v, struct err *e)
{
	struct place at = guest_place(g, "run.restart");

	if (v != VERB_START || !guest_restarts(g))
		return 0;
	if (d->foreign)
		return err_set(e, ERR_UNSUPPORTED, "%s:%d: run.restart: %s guests are started again by %s itself, or not at all",
			       g->file, at.line, d->name, d->name);
	if (str_eq(g->restart, "on-crash") && !d->qmp)
		return err_set(e, ERR_UNSUPPORTED, "%s:%d: run.restart: %s does not tell a crash from a power-off (try 'always')",
			       g->file, at.line, d->name);
	return 0;
}

static bool has_folder(const struct facts *f)
{
	return f->built || f->state == STATE_BUILT || f->state == STATE_SAVED;
}

/* As the user the guest runs as: who may write a machine file gets no further with it than into the guest. */
static struct step *hook(const struct guest *g, const struct facts *f, enum verb v, const struct words *argv, const char *why,
			 struct plan *p)
{
	const char *folder = has_folder(f) ? guest_folder(f, g->name, &p->mem) : g->dir;
	struct words w = { 0 };
	struct step *s;

	words_extend(&w, &p->mem, ARGV("env", plan_fmt(p, "BERTH_NAME=%s", g->name), plan_fmt(p, "BERTH_FOLDER=%s", folder),
				       plan_fmt(p, "BERTH_VERB=%s", verb_word(v))));
	for (size_t i = 0; i < argv->n; i++)
		words_add(&w, &p->mem, argv->v[i]);
	s = plan_run(p, why, argv_of(&w, &p->mem));
	s->cwd = arena_str(&p->mem, folder);
	s->timeout_ms = HOOK_MS;
	if (f->run_uid != f->uid) {
		s->uid = f->run_uid;
		s->gid = f->run_gid;
	}
	return s;
}

/* One that fails is told, and undoes nothing. */
static void soft_hook(const struct guest *g, const struct facts *f, enum verb v, const struct words *argv, const char *why,
		      struct plan *p)
{
	struct step *s;

	if (!argv->n)
		return;
	s = hook(g, f, v, argv, why, p);
	s->may_fail = s->told = true;
}

static bool wants_keeper(const struct guest *g, const struct facts *f)
{
	return guest_restarts(g) && !f->throwaway;
}

static bool ends_it(const struct guest *g, const struct facts *f, enum verb v)
{
	if (v == VERB_STOP || v == VERB_KILL || v == VERB_SUSPEND)
		return wants_keeper(g, f) || f->kept;
	return f->kept && (v == VERB_RESTORE || v == VERB_DESTROY || v == VERB_UNREGISTER);
}

static bool plan_has(const struct plan *p, enum step_kind kind, const char *lock)
{
	for (size_t i = 0; i < p->steps.n; i++) {
		const struct step *s = &p->steps.v[i];

		if (s->kind == kind && str_eq(kind == STEP_DAEMON ? s->lock : s->path, lock))
			return true;
	}
	return false;
}

/* It has ended, and its keeper waits until it may start it again. */
static bool restarts_soon(const struct facts *f)
{
	return f->kept && f->state < STATE_RUNNING;
}

bool around_suffices(const struct facts *f, enum verb v)
{
	return (v == VERB_STOP || v == VERB_KILL) && restarts_soon(f);
}

static void until_keeper_gone(const struct guest *g, const struct facts *f, struct plan *p)
{
	const char *lock = guest_keep_lock(f, g->name, &p->mem);

	plan_wait(p, "until its keeper has gone", WAIT_GONE, lock, KEEPER_GONE_MS);
	plan_end(p, "it does not go by itself", lock);
	plan_otherwise(p);
}

/* Its keeper may have been quicker, and has it stopped then. */
static void until_stopped(const struct guest *g, const struct facts *f, enum verb v, struct plan *p)
{
	const char *lock = guest_lock(f, g->name, &p->mem);

	plan_wait(p, "and it does not run", WAIT_GONE, lock, v == VERB_STOP ? guest_stop_ms(g) : KILL_MS);
	plan_end(p, "it does not end by itself", lock);
	plan_otherwise(p);
}

void around_begin(const struct guest *g, const struct facts *f, enum verb v, struct plan *p)
{
	/* Somebody who has it already says the same. */
	if (ends_it(g, f, v))
		plan_lock(p, "its keeper knows that its end is wanted", guest_ending_lock(f, g->name, &p->mem), false)->may_fail = true;
	if (ends_it(g, f, v) && restarts_soon(f)) {
		until_keeper_gone(g, f, p);
		until_stopped(g, f, v, p);
	}
	if (v == VERB_START && g->pre_start.n)
		hook(g, f, v, &g->pre_start, "what comes before its start", p);
	if (v == VERB_STOP && !around_suffices(f, v))
		soft_hook(g, f, v, &g->pre_stop, "what comes before its end", p);
}

/*
 * It may start what may gain rights, as berth itself may: newuidmap, qemu-bridge-helper. A guest
 * goes by its name; one without a folder has none, and is found by its machine file.
 */
static void keeper(const struct guest *g, const struct facts *f, struct plan *p)
{
	const char *berth = facts_tool(f, "berth"), *word = has_folder(f) ? arena_str(&p->mem, g->name) : folder_machine_file(g, p);

	plan_daemon(p, "who starts it again", ARGV(berth ? berth : "berth", "keep", "--running", "--", word), NULL,
		    plan_fmt(p, "%s/log/%s.log", f->data_dir, g->name), (uid_t)-1, (gid_t)-1)->new_privs = true;
}

void around_end(const struct guest *g, const struct facts *f, enum verb v, struct plan *p)
{
	bool ended = plan_has(p, STEP_LOCK, guest_ending_lock(f, g->name, &p->mem));

	if (ends_it(g, f, v) && !restarts_soon(f))
		until_keeper_gone(g, f, p);
	if (wants_keeper(g, f) && (!f->kept || ended) && plan_has(p, STEP_DAEMON, guest_lock(f, g->name, &p->mem)))
		keeper(g, f, p);
	if (v == VERB_START)
		soft_hook(g, f, v, &g->post_start, "what comes after its start", p);
	if (v == VERB_STOP && !around_suffices(f, v))
		soft_hook(g, f, v, &g->post_stop, "what comes after its end", p);
}
