/* SPDX-License-Identifier: ISC */
#include "app/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/proc.h"

enum { GRACE_MS = 3000 };

/* One of the two streams that are kept: the pipe's end here, and the one of the command. */
struct stream {
	int here, theirs;
	struct str *text;
};

static void stream_done(struct stream *s)
{
	close_fd(&s->here);
	close_fd(&s->theirs);
}

static int stream_open(struct stream *s, struct str *text, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(e, errno, "pipe");
	*s = (struct stream){ ends[0], ends[1], text };
	fcntl(s->here, F_SETFL, O_NONBLOCK);
	return 0;
}

/* Some of what is there; false when there is no more now. At its end the stream is closed. */
static bool hear(struct stream *s)
{
	char buf[65536];
	ssize_t n = s->here < 0 ? -1 : read(s->here, buf, sizeof buf);

	if (n > 0)
		str_addn(s->text, buf, (size_t)n);
	else if (!n || (errno != EAGAIN && errno != EINTR))
		close_fd(&s->here);
	return n > 0;
}

/* Listen until the program ends; what it left running in the guest may keep the pipes for ever. */
static int listen_to(struct stream *out, struct stream *err, int pidfd, int timeout_ms, struct err *e)
{
	long until = deadline_ms(timeout_ms ? timeout_ms : -1);

	for (;;) {
		struct pollfd p[] = {
			{ .fd = out->here, .events = POLLIN },
			{ .fd = err->here, .events = POLLIN },
			{ .fd = pidfd, .events = POLLIN },
		};
		int n = intr_poll(p, 3, left_ms(until));

		if (n < 0)
			return err_set(e, ERR_FAILED, "interrupted");
		if (!n || !left_ms(until))
			return err_set(e, ERR_TIMEOUT, "no end after %g s", timeout_ms / 1000.0);
		/* A little of each, so that who talks without pause can be interrupted; all that a pipe holds. */
		hear(out);
		hear(err);
		if (p[2].revents)
			return 0;
	}
}

/*
 * The whole group: who took the command into the guest may die of the signal without
 * passing it on. While that leader is not reaped, the number of its group is nobody
 * else's. The command has ended when nobody holds its streams any more.
 */
static void end(pid_t pid, int pidfd, struct stream *out, struct stream *err)
{
	long until = deadline_ms(GRACE_MS);

	kill(-pid, SIGTERM);
	while ((out->here >= 0 || err->here >= 0) && left_ms(until)) {
		struct pollfd p[] = { { .fd = out->here, .events = POLLIN }, { .fd = err->here, .events = POLLIN } };

		/* Plain poll: who stops something is not stopped himself by a second request. */
		poll(p, 2, left_ms(until));
		hear(out);
		hear(err);
	}
	kill(-pid, SIGKILL);
	proc_stop(pid, pidfd, 0);
}

static pid_t start(const char *const *words, const struct enter *streams, struct stream *out, struct stream *err,
		   int *pidfd, struct err *e)
{
	struct proc_opts opts = PROC_OPTS;
	pid_t pid;

	opts.in = streams->in;
	opts.out = streams->out < 0 ? out->theirs : streams->out;
	opts.err = err->theirs;
	opts.session = true;
	opts.die_with_parent = true;
	pid = proc_start(words, &opts, pidfd, e);
	close_fd(&out->theirs);
	close_fd(&err->theirs);
	return pid;
}

int enter_run(const char *const *words, const struct enter *streams, struct outcome *o, struct err *e)
{
	DEFER(stream_done) struct stream out = { -1, -1, NULL }, err = { -1, -1, NULL };
	DEFER(close_fd) int pidfd = -1;
	pid_t pid;

	if ((streams->out < 0 && stream_open(&out, &o->out, e) < 0) || stream_open(&err, &o->err, e) < 0)
		return -1;
	pid = start(words, streams, &out, &err, &pidfd, e);
	if (pid < 0)
		return -1;
	if (listen_to(&out, &err, pidfd, streams->timeout_ms, e) < 0) {
		end(pid, pidfd, &out, &err);
		return -1;
	}
	o->status = proc_wait(pid, pidfd, -1, e);
	return o->status < 0 ? -1 : 0;
}
