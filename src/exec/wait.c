/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "exec/qmp.h"
#include "exec/run.h"
#include "sys/file.h"
#include "sys/follow.h"
#include "sys/intr.h"
#include "sys/lock.h"
#include "sys/sock.h"

enum { ANSWER_MS = 30000, LAST_WORDS_MS = 1000, FIRST_PAUSE_MS = 2, LAST_PAUSE_MS = 50 };

/* WAIT_SOCKET and WAIT_QMP: somebody accepts, and for the latter also speaks. */
static int ready(const struct step *s, int timeout_ms, int alive_fd, struct err *e)
{
	DEFER(qmp_close) struct qmp q = { .fd = -1 };
	long until = deadline_ms(timeout_ms);
	DEFER(close_fd) int fd = sock_connect_to(s->path, timeout_ms, alive_fd, e);
	int theirs = fd;

	if (fd < 0)
		return -1;
	if (s->wait == WAIT_SOCKET)
		return 0;
	fd = -1;
	return qmp_greet(&q, theirs, false, left_ms(until), e) < 0 ? err_add(e, "%s", s->path) : 0;
}

/* The status of a process that has ended or is about to, as a closed connection tells; -1: it lives on, or there is none. */
static int ended(struct child *c, const struct err *e)
{
	struct err ignored = { 0 };

	if (!c || c->pidfd < 0 || intr_asked())
		return -1;
	return child_wait(c, e->kind == ERR_TIMEOUT ? 0 : LAST_WORDS_MS, &ignored);
}

/*
 * Wait for the process that was started last to be ready. When it ends instead,
 * what it said is a better reason than ours. A helper that ends well has gone into
 * the background by itself; nobody is left to watch then.
 */
static int wait_ready(struct run *r, const struct step *s, int timeout_ms, struct err *e)
{
	struct child *c = newest_child(r);
	long until = deadline_ms(timeout_ms);
	int status;

	if (ready(s, timeout_ms, c ? c->pidfd : -1, e) == 0)
		return 0;
	status = ended(c, e);
	if (status < 0)
		return -1;
	if (status == 0 && c->step->kind == STEP_SPAWN)
		return ready(s, left_ms(until), -1, e);
	return child_failed(c, status, e);
}

static int wait_spawn(struct run *r, int timeout_ms, struct err *e)
{
	struct child *c = NULL;
	int status;

	for (size_t i = 0; i < r->children.n; i++)
		if (r->children.v[i].step->kind == STEP_SPAWN)
			c = &r->children.v[i];
	if (!c || c->pidfd < 0)
		return 0;
	status = child_wait(c, timeout_ms, e);
	if (status < 0)
		return err_add(e, "%s", c->step->argv[0]);
	return status ? child_failed(c, status, e) : 0;
}

/* Has the process ended that the answer is about? A helper that ended well has gone into the background. */
static int has_failed(struct child *c, struct pollfd *alive, struct err *e)
{
	int status = child_wait(c, LAST_WORDS_MS, e);

	alive->fd = -1;
	if (status < 0 || (!status && c->step->kind == STEP_SPAWN))
		return status;
	return child_failed(c, status, e);
}

/* An eighth of the time it has taken so far: who asks so is never late by more than that. */
static int pause_after(long ms)
{
	return ms / 8 < FIRST_PAUSE_MS ? FIRST_PAUSE_MS : ms / 8 > LAST_PAUSE_MS ? LAST_PAUSE_MS : (int)(ms / 8);
}

/* Ask the program again and again, as long as the process that it is about lives. */
static int wait_true(struct run *r, const struct step *s, int timeout_ms, struct err *e)
{
	struct child *c = newest_child(r);
	struct pollfd alive = { .fd = c ? c->pidfd : -1, .events = POLLIN };
	long began = now_ms(), until = deadline_ms(timeout_ms);

	for (;;) {
		DEFER(str_done) struct str said = { 0 };
		struct err why = { 0 };
		int n, status = exec_capture(s->argv, left_ms(until), &said, &why);

		if (!status)
			return 0;
		if (intr_asked() || (n = intr_poll(&alive, 1, pause_after(now_ms() - began))) < 0)
			return err_set(e, ERR_FAILED, "interrupted");
		if (c && n > 0 && has_failed(c, &alive, e) < 0)
			return -1;
		if (!left_ms(until))
			return err_set(e, ERR_TIMEOUT, "%s: no success within %g s", s->argv[0], timeout_ms / 1000.0);
	}
}

static bool hears(struct follow *f, struct str *said, const char *text)
{
	char buf[4096];
	ssize_t n;

	while ((n = follow_read(f, buf, sizeof buf)) > 0)
		str_addn(said, buf, (size_t)n);
	return said->n && strstr(said->s, text);
}

/* Read what is written to a file, as long as the process that it is about lives. */
static int wait_says(struct run *r, const struct step *s, int timeout_ms, struct err *e)
{
	struct child *c = newest_child(r);
	DEFER(follow_done) struct follow file = FOLLOW_NONE;
	DEFER(str_done) struct str said = { 0 };
	struct pollfd fds[] = { { .fd = c ? c->pidfd : -1, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
	long until = deadline_ms(timeout_ms);
	struct err ignored = { 0 };
	/* A host has a limited number of watches; who has none looks from time to time. */
	bool blind = follow_open(&file, s->path, &ignored) < 0;

	fds[1].fd = file.watch;
	while (!hears(&file, &said, s->text)) {
		int n = intr_poll(fds, 2, blind ? LAST_PAUSE_MS : left_ms(until));

		if (n < 0)
			return err_set(e, ERR_FAILED, "interrupted");
		if (!n && !left_ms(until))
			return err_set(e, ERR_TIMEOUT, "%s: no '%s' within %g s", s->path, s->text, timeout_ms / 1000.0);
		/* Its last words count: what it is waited for may be all that it does. */
		if (c && fds[0].revents && !hears(&file, &said, s->text) && has_failed(c, fds, e) < 0)
			return -1;
	}
	return 0;
}

/* Ask until the answer is an error, or is none. Each question is a connection of its own: between two others get through. */
static int wait_answer(const struct step *s, int timeout_ms, struct err *e)
{
	bool taken = s->wait == WAIT_TAKEN;
	long began = now_ms(), until = deadline_ms(timeout_ms);

	for (;;) {
		DEFER(qmp_close) struct qmp q = { .fd = -1 };
		struct err why = { 0 };

		/* A guest that has ended has nothing any more. */
		if (qmp_open(&q, s->path, false, left_ms(until), &why) < 0)
			return why.kind == ERR_TIMEOUT || taken ? (*e = why, -1) : 0;
		if ((qmp_send_text(&q, s->text, left_ms(until), &why) == 0) == taken)
			return why.kind == ERR_TIMEOUT ? (*e = why, -1) : 0;
		qmp_close(&q);
		if (intr_poll(NULL, 0, pause_after(now_ms() - began)) < 0)
			return err_set(e, ERR_FAILED, "interrupted");
		if (!left_ms(until))
			return err_set(e, ERR_TIMEOUT, "not so within %g s", timeout_ms / 1000.0);
	}
}

int do_wait(struct run *r, const struct step *s, struct err *e)
{
	int timeout_ms = s->timeout_ms ? s->timeout_ms : -1;

	switch (s->wait) {
	case WAIT_SOCKET:
	case WAIT_QMP:
		return wait_ready(r, s, timeout_ms, e);
	case WAIT_GONE:
		return lock_wait(s->path, timeout_ms, e);
	case WAIT_SPAWN:
		return wait_spawn(r, timeout_ms, e);
	case WAIT_TRUE:
		return wait_true(r, s, timeout_ms, e);
	case WAIT_REFUSED:
	case WAIT_TAKEN:
		return wait_answer(s, timeout_ms, e);
	case WAIT_SAYS:
		return wait_says(r, s, timeout_ms, e);
	case WAIT_JOB:
		return wait_job(r, s, timeout_ms, e);
	}
	return err_set(e, ERR_FAILED, "waits for nothing known");
}

static int send_command(struct run *r, const struct step *s, bool agent, struct err *e)
{
	long until = deadline_ms(s->timeout_ms ? s->timeout_ms : ANSWER_MS);
	DEFER(qmp_close) struct qmp q = { .fd = -1 };
	DEFER(str_done) struct str text = { 0 };

	if (secret_expand(r, s->text, true, &text, e) < 0)
		return -1;
	if (qmp_open(&q, s->path, agent, left_ms(until), e) < 0)
		return -1;
	return qmp_send_text(&q, text.s, left_ms(until), e);
}

int do_qmp(struct run *r, const struct step *s, struct err *e)
{
	return send_command(r, s, false, e);
}

int do_agent(struct run *r, const struct step *s, struct err *e)
{
	return send_command(r, s, true, e);
}
