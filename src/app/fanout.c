/* SPDX-License-Identifier: ISC */
#include "app/fanout.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/intr.h"
#include "sys/proc.h"

enum { GRACE_MS = 10 * 1000, MAX_JOBS = 1000, FDS = 3 };

struct fan_task *fan_add(struct fan *f, const char *name, const char *const *words)
{
	struct fan_task *t = vec_add(&f->tasks, &f->mem);
	struct words w = { 0 };

	words_add(&w, &f->mem, FAN_SELF);
	for (; *words; words++)
		words_add(&w, &f->mem, arena_str(&f->mem, *words));
	words_add(&w, &f->mem, NULL);
	t->name = arena_str(&f->mem, name);
	t->argv = w.v;
	t->pidfd = t->out_fd = t->err_fd = -1;
	return t;
}

void fan_done(struct fan *f)
{
	for (size_t i = 0; i < f->tasks.n; i++) {
		struct fan_task *t = &f->tasks.v[i];

		close_fd(&t->pidfd);
		close_fd(&t->out_fd);
		close_fd(&t->err_fd);
		str_done(&t->out);
		str_done(&t->err);
	}
	arena_done(&f->mem);
	*f = (struct fan){ 0 };
}

bool fan_good(const struct fan_task *t)
{
	return t->state == FAN_ENDED && (!t->status || t->status == t->fine);
}

enum err_kind fan_kind(const struct fan_task *t)
{
	if (fan_good(t))
		return ERR_NONE;
	return t->state == FAN_ENDED && t->status <= ERR_UNSUPPORTED ? (enum err_kind)t->status : ERR_FAILED;
}

int fan_jobs(const char *text, int def, int *jobs, struct err *e)
{
	char *end = NULL;
	long n = text ? strtol(text, &end, 10) : def;

	if (text && (end == text || *end || n < 1 || n > MAX_JOBS))
		return err_set(e, ERR_USAGE, "'%s' is no number of jobs (1 to %d)", text, MAX_JOBS);
	*jobs = (int)n;
	return 0;
}

static void tell(const struct fan *f, const struct fan_task *t)
{
	if (f->ended)
		f->ended(f->arg, f, t);
}

/* A pipe that we read without waiting, and the child writes as usual. */
static int open_pipe(int *ours, int *theirs, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
		return err_errno(e, errno, "pipe");
	*ours = ends[0];
	*theirs = ends[1];
	return 0;
}

static int spawn(struct fan_task *t, struct err *e)
{
	DEFER(close_fd) int out = -1, err = -1;
	struct proc_opts o = PROC_OPTS;

	if (open_pipe(&t->out_fd, &out, e) < 0 || open_pipe(&t->err_fd, &err, e) < 0)
		return -1;
	o.out = out;
	o.err = err;
	t->pid = proc_start(t->argv, &o, &t->pidfd, e);
	return t->pid < 0 ? -1 : 0;
}

static void begin(struct fan *f, struct fan_task *t)
{
	struct err e = { 0 };

	t->state = FAN_RUNNING;
	if (spawn(t, &e) == 0)
		return;
	t->state = FAN_ENDED;
	t->status = ERR_FAILED;
	str_fmt(&t->err, "berth: '%s': %s\n", t->name, e.msg);
	tell(f, t);
}

/* May it begin now? 1; 0: not yet, or never, which its state says then. */
static bool is_ready(struct fan *f, struct fan_task *t, long now)
{
	for (size_t i = 0; i < t->after.n; i++) {
		const struct fan_task *before = &f->tasks.v[t->after.v[i]];

		if (before->state < FAN_ENDED)
			return false;
		if (t->anyway || fan_good(before))
			continue;
		t->state = FAN_SKIPPED;
		t->cause = t->after.v[i];
		tell(f, t);
		return false;
	}
	if (!t->due)
		t->due = now + t->delay_ms;
	return t->due <= now;
}

static int running(const struct fan *f, bool all)
{
	int n = 0;

	for (size_t i = 0; i < f->tasks.n; i++)
		n += f->tasks.v[i].state == FAN_RUNNING && (all || !f->tasks.v[i].watches);
	return n;
}

/* Once more from the start whenever one will not run, since others may have waited for it. */
static void begin_ready(struct fan *f)
{
	long now = now_ms();

	for (size_t i = 0; i < f->tasks.n; i++) {
		struct fan_task *t = &f->tasks.v[i];

		if (t->state != FAN_WAITING)
			continue;
		if (is_ready(f, t, now) && (t->watches || running(f, false) < f->jobs))
			begin(f, t);
		if (t->state > FAN_RUNNING)
			i = (size_t)-1;
	}
}

/* How long until the next delay is over; -1: there is none. */
static int next_due(const struct fan *f)
{
	long first = -1;

	for (size_t i = 0; i < f->tasks.n; i++) {
		const struct fan_task *t = &f->tasks.v[i];

		if (t->state == FAN_WAITING && t->due > now_ms() && (first < 0 || t->due < first))
			first = t->due;
	}
	return left_ms(first);
}

/* A pipe at its end is not asked any more. */
static void hear(int *fd, struct str *out)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(*fd, buf, sizeof buf)) > 0)
		str_addn(out, buf, (size_t)n);
	if (!n)
		close_fd(fd);
}

static void hear_both(struct fan_task *t)
{
	hear(&t->out_fd, &t->out);
	hear(&t->err_fd, &t->err);
}

static void end(struct fan *f, struct fan_task *t, int status)
{
	hear_both(t);
	close_fd(&t->pidfd);
	close_fd(&t->out_fd);
	close_fd(&t->err_fd);
	t->state = FAN_ENDED;
	t->status = status;
	tell(f, t);
}

/* Until something has been said, has ended or is due. */
static int watch(struct fan *f, struct pollfd *fds, struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < f->tasks.n; i++) {
		const struct fan_task *t = &f->tasks.v[i];

		if (t->state != FAN_RUNNING)
			continue;
		fds[n++] = (struct pollfd){ .fd = t->pidfd, .events = POLLIN };
		fds[n++] = (struct pollfd){ .fd = t->out_fd, .events = POLLIN };
		fds[n++] = (struct pollfd){ .fd = t->err_fd, .events = POLLIN };
	}
	if (intr_poll(fds, n, next_due(f)) < 0)
		return err_set(e, ERR_FAILED, "interrupted");
	n = 0;
	for (size_t i = 0; i < f->tasks.n; i++) {
		struct fan_task *t = &f->tasks.v[i];

		if (t->state != FAN_RUNNING)
			continue;
		hear_both(t);
		if (fds[n].revents)
			end(f, t, proc_stop(t->pid, t->pidfd, 0));
		n += FDS;
	}
	return 0;
}

/* All are asked before the first is waited for; what they had begun they take back. */
static void end_all(struct fan *f)
{
	for (size_t i = 0; i < f->tasks.n; i++)
		if (f->tasks.v[i].state == FAN_RUNNING)
			pidfd_send_signal(f->tasks.v[i].pidfd, SIGTERM, NULL, 0);
	for (size_t i = 0; i < f->tasks.n; i++)
		if (f->tasks.v[i].state == FAN_RUNNING)
			end(f, &f->tasks.v[i], proc_stop(f->tasks.v[i].pid, f->tasks.v[i].pidfd, GRACE_MS));
}

int fan_run(struct fan *f, struct err *e)
{
	struct pollfd *fds = arena_alloc(&f->mem, (f->tasks.n * FDS + 1) * sizeof *fds);
	int status = 0;

	intr_begin();
	begin_ready(f);
	while (!status && (running(f, true) || next_due(f) >= 0)) {
		status = watch(f, fds, e);
		if (!status)
			begin_ready(f);
	}
	if (status < 0)
		end_all(f);
	intr_end();
	return status;
}
