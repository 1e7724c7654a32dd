/* SPDX-License-Identifier: ISC */
/*
 * Until a job of QEMU's has ended. Every question is a connection of its own: QEMU
 * talks to one client at a time, and a backup of hours must not shut out everybody
 * else. QEMU answers nobody while it writes the guest's memory, so a question that
 * finds no time is asked again, and one that finds nobody is an error.
 */
#include "exec/qmp.h"
#include "exec/run.h"
#include "sys/intr.h"
#include "sys/sock.h"

enum { QUESTION_MS = 30000, FIRST_PAUSE_MS = 2, LAST_PAUSE_MS = 50, CANCEL_MS = 5000 };

/* One command to a QEMU that is there; *result is the caller's, and may be NULL. */
static int ask(const char *socket, const char *command, const char *id, json_t **result, struct err *e)
{
	DEFER(qmp_close) struct qmp q = { .fd = -1 };
	json_t *args = id ? json_pack("{s:s}", "id", id) : NULL;
	int fd = sock_connect(socket, 0, e);
	int failed = fd < 0 || qmp_greet(&q, fd, false, QUESTION_MS, e) < 0 ? -1 : 0;

	if (!failed)
		failed = qmp_call(&q, command, args, result, QUESTION_MS, e);
	json_decref(args);
	return failed;
}

static const json_t *job_of(const json_t *jobs, const char *id)
{
	const json_t *job;
	size_t i;

	json_array_foreach(jobs, i, job)
		if (str_eq(json_string_value(json_object_get(job, "id")), id))
			return job;
	return NULL;
}

static double share_of(const json_t *job)
{
	json_int_t total = json_integer_value(json_object_get(job, "total-progress"));

	return total ? (double)json_integer_value(json_object_get(job, "current-progress")) / (double)total : 0;
}

enum progress { GOES_ON, HAS_ENDED, IS_LOST };

/* One look at it. What went wrong in the job itself is in *why, an empty string when nothing did. */
static enum progress look(const struct step *s, struct str *why, double *share, struct err *e)
{
	json_t *jobs = NULL;
	enum progress p = GOES_ON;
	const json_t *job;
	const char *error;

	if (ask(s->path, "query-jobs", NULL, &jobs, e) < 0)
		return e->kind == ERR_TIMEOUT || e->kind == ERR_BUSY ? GOES_ON : IS_LOST;
	job = job_of(jobs, s->text);
	if (!job) {
		err_set(e, ERR_NOT_FOUND, "QEMU has no job '%s'", s->text);
		p = IS_LOST;
	} else if (str_eq(json_string_value(json_object_get(job, "status")), "concluded")) {
		error = json_string_value(json_object_get(job, "error"));
		str_add(why, error ? error : "");
		p = HAS_ENDED;
	}
	*share = share_of(job);
	json_decref(jobs);
	return p;
}

static int until_ended(struct run *r, const struct step *s, int timeout_ms, struct str *why, struct err *e)
{
	long until = deadline_ms(timeout_ms);
	int pause = FIRST_PAUSE_MS;

	for (;;) {
		struct err lost = { 0 };
		double share = 0;
		enum progress p = look(s, why, &share, &lost);

		if (p == HAS_ENDED)
			return 0;
		if (intr_asked())
			return err_set(e, ERR_FAILED, "interrupted");
		if (p == IS_LOST) {
			*e = lost;
			return -1;
		}
		if (r->x->part)
			r->x->part(r->x->progress_arg, r->plan, s, share);
		if (!left_ms(until))
			return err_set(e, ERR_TIMEOUT, "the job '%s' has not ended within %g s", s->text, timeout_ms / 1000.0);
		if (intr_poll(NULL, 0, pause) < 0)
			return err_set(e, ERR_FAILED, "interrupted");
		pause = pause * 2 < LAST_PAUSE_MS ? pause * 2 : LAST_PAUSE_MS;
	}
}

/* What is given up must not go on in the dark. */
static void cancel(struct run *r, const struct step *s)
{
	struct err ignored = { 0 };
	DEFER(str_done) struct str why = { 0 };

	intr_shield();
	if (!ask(s->path, "job-cancel", s->text, NULL, &ignored) && !until_ended(r, s, CANCEL_MS, &why, &ignored))
		ask(s->path, "job-dismiss", s->text, NULL, &ignored);
}

int wait_job(struct run *r, const struct step *s, int timeout_ms, struct err *e)
{
	DEFER(str_done) struct str why = { 0 };

	if (until_ended(r, s, timeout_ms, &why, e) < 0) {
		if (intr_asked() || e->kind == ERR_TIMEOUT)
			cancel(r, s);
		return -1;
	}
	if (ask(s->path, "job-dismiss", s->text, NULL, e) < 0)
		return -1;
	return why.n ? err_set(e, ERR_FAILED, "%s", why.s) : 0;
}
