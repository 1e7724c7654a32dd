/* SPDX-License-Identifier: ISC */
#include "app/keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/fanout.h"
#include "app/survey.h"
#include "exec/qmp.h"
#include "sys/file.h"
#include "sys/intr.h"
#include "sys/lock.h"
#include "sys/notify.h"
#include "sys/proc.h"
#include "sys/sock.h"

enum {
	CONNECT_MS = 1000, GREET_MS = 30 * 1000, GRACE_MS = 10 * 1000,
	LOOK_MS = 100, LOOK_FOREIGN_MS = 10 * 1000,
	SPARE_S = 30,
};

enum outcome { ENDED_WELL, ENDED_BADLY, ENDED_UNKNOWN, NOT_STARTED };

const char *keep_note(const struct facts *f, const char *name, enum state s)
{
	struct arena a = { 0 };
	const char *lock = guest_keep_lock(f, name, &a), *note = NULL;

	if (s >= STATE_RUNNING)
		note = file_exists(lock) && !lock_held(lock) ? KEEP_LOST : NULL;
	else if (s == STATE_BUILT)
		note = lock_held(lock) ? KEEP_RESTARTS : NULL;
	arena_done(&a);
	return note;
}

static const char *name_of(const struct keep *k)
{
	return k->t->guest.name;
}

static bool runs(const struct keep *k)
{
	struct arena a = { 0 };
	bool yes = k->t->driver->foreign ? survey_one(&k->t->facts, k->t->driver, name_of(k)) >= STATE_RUNNING :
					   lock_held(guest_lock(&k->t->facts, name_of(k), &a));

	arena_done(&a);
	return yes;
}

static bool end_is_wanted(const struct keep *k)
{
	struct arena a = { 0 };
	bool yes = lock_held(guest_ending_lock(&k->t->facts, name_of(k), &a));

	arena_done(&a);
	return yes;
}

/* To systemd, if it started us; one that was started beside the guest has nothing to tell anybody. */
static void tell(const struct keep *k, const char *lines)
{
	if (!k->running)
		notify(lines);
}

static void tell_status(const struct keep *k, const char *ready, const char *status)
{
	DEFER(str_done) struct str s = { 0 };

	str_fmt(&s, "%sSTATUS=%s\n", ready, status);
	tell(k, s.s);
}

/* This program once more; what it says is said here. Its status, or what a shell makes of our own interruption. */
static int child(const char *const *words, struct err *e)
{
	struct arena a = { 0 };
	struct proc_opts o = PROC_OPTS;
	struct words w = { 0 };
	DEFER(close_fd) int pidfd = -1;
	int status;
	pid_t pid;

	words_add(&w, &a, FAN_SELF);
	words_extend(&w, &a, words);
	pid = proc_start(argv_of(&w, &a), &o, &pidfd, e);
	arena_done(&a);
	if (pid < 0)
		return -1;
	status = proc_wait(pid, pidfd, -1, e);
	return status < 0 ? proc_stop(pid, pidfd, GRACE_MS) : status;
}

/* That it runs already is fine: somebody was quicker. */
static int start(const struct keep *k, struct err *e)
{
	int status = child(ARGV("start", "--quiet", "--", k->word), e);

	return status == ERR_EXISTS && runs(k) ? 0 : status;
}

/* No time makes these any better. */
static bool is_final(int status)
{
	return status == ERR_NOT_FOUND || status == ERR_PERMISSION || status == ERR_INVALID || status == ERR_UNSUPPORTED;
}

/* The lock and its file: who is killed leaves the file, and by that the guest shows as one that nobody keeps. */
static void let_go(struct keep *k)
{
	struct arena a = { 0 };

	if (k->lock >= 0)
		unlink(guest_keep_lock(&k->t->facts, name_of(k), &a));
	close_fd(&k->lock);
	arena_done(&a);
}

/* The guest is asked to stop as anybody would ask; its keeper is not to be waited for then. */
static int stop(struct keep *k, struct err *e)
{
	DEFER(str_done) struct str s = { 0 };
	int status = 0;

	intr_shield();
	/* Its time is what the machine file says, and then there is no more asking. */
	str_fmt(&s, "STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=%lld\n",
		((long long)guest_stop_ms(&k->t->guest) / 1000 + SPARE_S) * 1000000);
	tell(k, s.s);
	let_go(k);
	if (runs(k))
		status = child(ARGV(k->t->driver->plan[VERB_STOP] ? "stop" : "kill", "--quiet", "--", k->word), e);
	return status == ERR_EXISTS ? 0 : status;
}

static int become_ready(const struct keep *k, struct err *e)
{
	struct arena a = { 0 };
	struct words w = { 0 };
	int status = 0;

	words_extend(&w, &a, ARGV("wait", "--quiet", "--stage", k->stage ? k->stage : "process"));
	if (k->timeout)
		words_add(&w, &a, arena_fmt(&a, "--timeout=%s", k->timeout));
	words_extend(&w, &a, ARGV("--", k->word));
	if (k->stage)
		status = child(argv_of(&w, &a), e);
	arena_done(&a);
	if (!status)
		tell_status(k, "READY=1\n", "running");
	return status;
}

/* {"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}} */
static void hear(void *arg, const json_t *event)
{
	struct keep *k = arg;
	const char *reason = json_string_value(json_object_get(json_object_get(event, "data"), "reason"));

	if (str_eq(json_string_value(json_object_get(event, "event")), "SHUTDOWN") && reason)
		k->reason = arena_str(&k->mem, reason);
}

static bool is_bad(const char *reason)
{
	return !reason || str_eq(reason, "host-error") || str_eq(reason, "guest-panic");
}

/* QEMU's own account; false: nobody gives one. */
static bool listen_to_it(struct keep *k)
{
	struct qmp q = { .fd = -1, .event = hear, .event_arg = k };
	struct err ignored = { 0 };
	int fd = sock_connect(guest_run_file(&k->t->facts, name_of(k), "end.sock", &k->mem), CONNECT_MS, &ignored);

	if (fd < 0 || qmp_greet(&q, fd, false, GREET_MS, &ignored) < 0)
		return false;
	qmp_listen(&q);
	qmp_close(&q);
	return true;
}

/* Until it has ended, or we are asked to stop. */
static enum outcome watch(struct keep *k)
{
	struct err ignored = { 0 };
	bool told, gone;

	arena_done(&k->mem);
	k->reason = NULL;
	told = k->t->driver->qmp && guest_restarts(&k->t->guest) && listen_to_it(k);
	/* Whoever is gone before he could be asked has hardly powered off. */
	gone = !runs(k);
	if (k->t->driver->foreign)
		while (runs(k) && intr_poll(NULL, 0, LOOK_FOREIGN_MS) >= 0)
			;
	else
		lock_wait(guest_lock(&k->t->facts, name_of(k), &k->mem), -1, &ignored);
	if (k->t->driver->qmp && (told || gone))
		return is_bad(k->reason) ? ENDED_BADLY : ENDED_WELL;
	return ENDED_UNKNOWN;
}

static bool is_restarted(const struct keep *k, enum outcome how)
{
	const char *when = k->t->guest.restart;

	return str_eq(when, "always") || (str_eq(when, "on-crash") && (how == ENDED_BADLY || how == NOT_STARTED));
}

static const char *words_for(const struct keep *k, enum outcome how)
{
	if (how == NOT_STARTED)
		return "it could not be started";
	return k->reason ? k->reason : how == ENDED_BADLY ? "it died" : "nobody knows why";
}

/* Sleep, unless its end is wanted or somebody else starts it; true: go on. */
static bool pause_for(const struct keep *k, long ms)
{
	long until = now_ms() + ms, left;

	while ((left = until - now_ms()) > 0 && !runs(k)) {
		if (end_is_wanted(k) || intr_poll(NULL, 0, left < LOOK_MS ? (int)left : LOOK_MS) < 0)
			return false;
	}
	return !end_is_wanted(k);
}

/* What follows from an end: 1, it is to run again; else what keep_guest() returns. */
static int after_end(struct keep *k, enum outcome how, struct err *e)
{
	const char *why = words_for(k, how);
	DEFER(str_done) struct str s = { 0 };
	long wait;

	if (end_is_wanted(k) || !guest_restarts(&k->t->guest))
		return 0;
	if (!is_restarted(k, how)) {
		fprintf(stderr, "berth: '%s' has ended (%s), and is not started again (run.restart = %s)\n", name_of(k), why,
			k->t->guest.restart);
		return 0;
	}
	wait = restart_next(&k->restart, now_ms());
	if (wait < 0)
		return err_set(e, ERR_FAILED, "it has ended once more (%s), and is left alone: run.restart_limit is %ld within %ld s "
			       "(berth start %s begins anew)", why, k->restart.limit, k->restart.window / 1000, name_of(k));
	str_fmt(&s, "'%s' has ended (%s): started again%s", name_of(k), why, wait ? "" : " at once");
	if (wait)
		str_fmt(&s, " in %g s", (double)wait / 1000.0);
	fprintf(stderr, "berth: %s\n", s.s);
	tell_status(k, "", s.s);
	return pause_for(k, wait) ? 1 : 0;
}

/* What did not become ready is not left running: who asked for it believes that it failed. */
static int give_up(struct keep *k, int status, struct err *e)
{
	int stopped = stop(k, e);

	return status && !intr_asked() ? status : stopped;
}

static int keep_on(struct keep *k, struct err *e)
{
	int status = runs(k) ? 0 : start(k, e);

	if (!status)
		status = become_ready(k, e);
	if (status || intr_asked())
		return give_up(k, status, e);
	for (;;) {
		enum outcome how = status ? NOT_STARTED : watch(k);
		int next = intr_asked() ? 0 : after_end(k, how, e);

		if (next <= 0)
			return intr_asked() ? stop(k, e) : next;
		status = runs(k) ? 0 : start(k, e);
		if (is_final(status))
			return give_up(k, status, e);
		/* Whoever came too late to prevent the start waits for us, and then for the guest. */
		if (!status && end_is_wanted(k))
			return stop(k, e);
		if (!status)
			tell_status(k, "", "running");
	}
}

static struct restart rules(const struct guest *g)
{
	return (struct restart){ .delay = g->restart_delay * 1000, .max_delay = g->restart_max_delay * 1000,
				 .limit = g->restart_limit, .window = g->restart_window * 1000 };
}

int keep_guest(struct keep *k, struct err *e)
{
	struct arena a = { 0 };
	const char *lock = guest_keep_lock(&k->t->facts, name_of(k), &a);
	int status = dir_make(k->t->facts.run_dir, 0755, e);

	k->restart = rules(&k->t->guest);
	k->lock = status ? -1 : lock_take(lock, false, arena_fmt(&a, "pid %d\nberth keep\n", (int)getpid()), e);
	status = k->lock < 0 ? -1 : 0;
	if (!status && (!k->running || runs(k))) {
		intr_begin();
		status = keep_on(k, e);
		intr_end();
	}
	let_go(k);
	arena_done(&k->mem);
	arena_done(&a);
	return status;
}
