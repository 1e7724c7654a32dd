/* SPDX-License-Identifier: ISC */
#include "model/plan.h"

#include <stdarg.h>
#include <string.h>

static struct step *step_add(struct plan *p, enum step_kind kind, const char *why, const char *path)
{
	struct step *s = vec_add(&p->steps, &p->mem);

	/* The slot may have been that of an undo, which moved out. */
	*s = (struct step){
		.kind = kind,
		.why = arena_str(&p->mem, why),
		.path = arena_str(&p->mem, path),
		.guard = p->guard,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1,
	};
	return s;
}

static const char *const *argv_copy(struct plan *p, const char *const *argv)
{
	struct words w = { 0 };

	for (; *argv; argv++)
		words_add(&w, &p->mem, arena_str(&p->mem, *argv));
	return argv_of(&w, &p->mem);
}

const char *const *argv_of(struct words *w, struct arena *a)
{
	words_add(w, a, NULL);
	w->n--;
	return w->v;
}

struct step *plan_run(struct plan *p, const char *why, const char *const *argv)
{
	struct step *s = step_add(p, STEP_RUN, why, NULL);

	s->argv = argv_copy(p, argv);
	return s;
}

struct step *plan_spawn(struct plan *p, const char *why, const char *const *argv)
{
	struct step *s = step_add(p, STEP_SPAWN, why, NULL);

	s->argv = argv_copy(p, argv);
	return s;
}

struct step *plan_wait_true(struct plan *p, const char *why, const char *const *argv, int timeout_ms)
{
	struct step *s = plan_wait(p, why, WAIT_TRUE, NULL, timeout_ms);

	s->argv = argv_copy(p, argv);
	return s;
}

static struct step *wait_text(struct plan *p, const char *why, enum wait_for what, const char *path, const char *text,
			      int timeout_ms)
{
	struct step *s = plan_wait(p, why, what, path, timeout_ms);

	s->text = arena_str(&p->mem, text);
	return s;
}

struct step *plan_wait_refused(struct plan *p, const char *why, const char *socket, const char *json, int timeout_ms)
{
	return wait_text(p, why, WAIT_REFUSED, socket, json, timeout_ms);
}

struct step *plan_wait_taken(struct plan *p, const char *why, const char *socket, const char *json, int timeout_ms)
{
	return wait_text(p, why, WAIT_TAKEN, socket, json, timeout_ms);
}

struct step *plan_wait_says(struct plan *p, const char *why, const char *path, const char *text, int timeout_ms)
{
	struct step *s = plan_wait(p, why, WAIT_SAYS, path, timeout_ms);

	s->text = arena_str(&p->mem, text);
	return s;
}

struct step *plan_daemon(struct plan *p, const char *why, const char *const *argv,
			 const char *lock, const char *log, uid_t uid, gid_t gid)
{
	struct step *s = step_add(p, STEP_DAEMON, why, NULL);

	s->argv = argv_copy(p, argv);
	s->lock = arena_str(&p->mem, lock);
	s->stdout_path = arena_str(&p->mem, log);
	s->uid = uid;
	s->gid = gid;
	return s;
}

struct step *plan_read(struct plan *p, const char *why, const char *path)
{
	return step_add(p, STEP_READ, why, path);
}

struct step *plan_file(struct plan *p, const char *why, const char *path, mode_t mode, const char *text)
{
	struct step *s = step_add(p, STEP_FILE, why, path);

	s->mode = mode;
	s->text = arena_str(&p->mem, text);
	return s;
}

struct step *plan_dir(struct plan *p, const char *why, const char *path, mode_t mode)
{
	struct step *s = step_add(p, STEP_DIR, why, path);

	s->mode = mode;
	return s;
}

struct step *plan_move(struct plan *p, const char *why, const char *from, const char *to)
{
	struct step *s = step_add(p, STEP_MOVE, why, from);

	s->target = arena_str(&p->mem, to);
	return s;
}

struct step *plan_remove(struct plan *p, const char *why, const char *path)
{
	return step_add(p, STEP_REMOVE, why, path);
}

struct step *plan_copy(struct plan *p, const char *why, const char *from, const char *to, mode_t mode)
{
	struct step *s = step_add(p, STEP_COPY, why, from);

	s->target = arena_str(&p->mem, to);
	s->mode = mode;
	return s;
}

struct step *plan_shift(struct plan *p, const char *why, const char *path, uid_t by)
{
	struct step *s = step_add(p, STEP_SHIFT, why, path);

	s->uid = by;
	return s;
}

struct step *plan_link(struct plan *p, const char *why, const char *path, const char *target)
{
	struct step *s = step_add(p, STEP_LINK, why, path);

	s->target = arena_str(&p->mem, target);
	return s;
}

struct step *plan_lock(struct plan *p, const char *why, const char *path, bool wait)
{
	struct step *s = step_add(p, STEP_LOCK, why, path);

	s->wait_lock = wait;
	return s;
}

struct step *plan_qmp(struct plan *p, const char *why, const char *socket, const char *json)
{
	struct step *s = step_add(p, STEP_QMP, why, socket);

	s->text = arena_str(&p->mem, json);
	return s;
}

struct step *plan_agent(struct plan *p, const char *why, const char *socket, const char *json)
{
	struct step *s = step_add(p, STEP_AGENT, why, socket);

	s->text = arena_str(&p->mem, json);
	return s;
}

struct step *plan_wait(struct plan *p, const char *why, enum wait_for w, const char *path, int timeout_ms)
{
	struct step *s = step_add(p, STEP_WAIT, why, path);

	s->wait = w;
	s->timeout_ms = timeout_ms;
	return s;
}

struct step *plan_wait_job(struct plan *p, const char *why, const char *socket, const char *id)
{
	struct step *s = plan_wait(p, why, WAIT_JOB, socket, 0);

	s->text = arena_str(&p->mem, id);
	return s;
}

struct step *plan_end(struct plan *p, const char *why, const char *lock)
{
	return step_add(p, STEP_END, why, lock);
}

void plan_guard(struct plan *p, const char *path)
{
	p->guard = arena_str(&p->mem, path);
}

/* The last step, taken out of the plan; NULL unless there is one before it. */
static struct step *take_last(struct plan *p)
{
	struct step *s;

	if (p->steps.n < 2)
		return NULL;
	s = arena_alloc(&p->mem, sizeof *s);
	*s = p->steps.v[--p->steps.n];
	s->guard = NULL;
	return s;
}

void plan_undo(struct plan *p)
{
	struct step *s = take_last(p);

	if (s)
		p->steps.v[p->steps.n - 1].undo = s;
}

void plan_otherwise(struct plan *p)
{
	struct step *s = take_last(p), **end;

	if (!s)
		return;
	for (end = &p->steps.v[p->steps.n - 1].otherwise; *end; end = &(*end)->next_otherwise)
		;
	*end = s;
}

const char *plan_secret(struct plan *p, const char *how, const char *key_path)
{
	return arena_fmt(&p->mem, "@{%s:%s}", how, key_path);
}

char *plan_fmt(struct plan *p, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = arena_vfmt(&p->mem, fmt, ap);
	va_end(ap);
	return s;
}

void plan_done(struct plan *p)
{
	arena_done(&p->mem);
	*p = (struct plan){ 0 };
}
