/* SPDX-License-Identifier: ISC */
/* Programs that are run and waited for: RUN steps, and questions to the host. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exec/run.h"
#include "sys/file.h"
#include "sys/proc.h"

enum { TAIL = 8 * 1024, LONGEST_LINE = 64 * 1024, GRACE_MS = 3000 };

/* What a running program says, line by line. */
struct output {
	struct run *r;
	const struct step *step;
	struct str line;        /* begun, not ended yet */
	struct str tail;        /* the end of everything, at least TAIL bytes when there was so much */
	struct str verdict;     /* the first line that means failure */
};

typedef void sink_fn(void *arg, const char *bytes, size_t n);

static void judge(struct output *o)
{
	const char *const *prefix = o->step->fail_lines;

	for (; prefix && *prefix && !o->verdict.n; prefix++)
		if (str_starts(str_text(&o->line), *prefix))
			str_addn(&o->verdict, o->line.s, o->line.n);
}

static void end_line(struct output *o)
{
	judge(o);
	journal_output(o->r, o->line.s, o->line.n);
	secret_mask(o->r, o->line.s, o->line.n, &o->tail);
	str_clear(&o->line);
	if (o->tail.n > 2 * TAIL) {
		memmove(o->tail.s, o->tail.s + o->tail.n - TAIL, TAIL);
		o->tail.n = TAIL;
	}
}

static void hear(void *arg, const char *bytes, size_t n)
{
	struct output *o = arg;

	for (size_t i = 0; i < n; i++) {
		/* A NUL would hide the rest of the line from every function on strings. */
		str_addc(&o->line, bytes[i] ? bytes[i] : ' ');
		if (bytes[i] == '\n' || o->line.n >= LONGEST_LINE)
			end_line(o);
	}
}

static void output_done(struct output *o)
{
	str_done(&o->line);
	str_done(&o->tail);
	str_done(&o->verdict);
}

/* What is in the pipe now; false at its end. */
static bool drain(int fd, sink_fn *sink, void *arg)
{
	char buf[16384];
	ssize_t n;

	while ((n = read(fd, buf, sizeof buf)) > 0)
		sink(arg, buf, (size_t)n);
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/*
 * Listen until the program ends. Its end is that of the process, not of the pipe:
 * something it left running in the background may keep the pipe for ever.
 */
static int follow(int pipe_fd, int pidfd, int timeout_ms, sink_fn *sink, void *arg, struct err *e)
{
	struct pollfd p[] = { { .fd = pipe_fd, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };
	long until = deadline_ms(timeout_ms);

	for (;;) {
		int n = intr_poll(p, 2, left_ms(until));

		if (n < 0)
			return err_set(e, ERR_FAILED, "interrupted");
		if (n == 0)
			return err_set(e, ERR_TIMEOUT, "no end after %g s", timeout_ms / 1000.0);
		if (p[0].revents && !drain(pipe_fd, sink, arg))
			p[0].fd = -1;
		if (p[1].revents) {
			drain(pipe_fd, sink, arg);
			return 0;
		}
	}
}

/* Start argv with its output in a pipe whose other end we read without blocking. */
static pid_t start_piped(const char *const *argv, struct proc_opts *o, int *pipe_fd, int *pidfd, struct err *e)
{
	DEFER(close_fd) int theirs = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(e, errno, "pipe");
	*pipe_fd = ends[0];
	theirs = ends[1];
	fcntl(*pipe_fd, F_SETFL, O_NONBLOCK);
	if (o->out < 0)
		o->out = theirs;
	if (o->err < 0)
		o->err = theirs;
	return proc_start(argv, o, pidfd, e);
}

/* What a step feeds to its program, in memory only; -1 in *fd when it feeds nothing. */
static int open_input(struct run *r, const struct step *s, int *fd, struct err *e)
{
	DEFER(str_done) struct str text = { 0 };

	if (!s->stdin_text)
		return 0;
	if (secret_expand(r, s->stdin_text, false, &text, e) < 0)
		return -1;
	*fd = memfd_create("stdin", MFD_CLOEXEC);
	if (*fd < 0 || write_all(*fd, text.s, text.n) < 0 || lseek(*fd, 0, SEEK_SET) < 0)
		return err_errno(e, errno, "standard input");
	return 0;
}

static int open_output(const struct step *s, int *fd, struct err *e)
{
	if (!s->stdout_path)
		return 0;
	*fd = open(s->stdout_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return *fd < 0 ? err_errno(e, errno, "%s", s->stdout_path) : 0;
}

/* In the program's own words, unless the plan knows what the status means. */
static int failed(struct output *o, int status, struct err *e)
{
	const struct step_status *s = o->step->statuses;

	said_failed(o->step->argv[0], str_text(&o->tail), o->tail.n, 1, status, e);
	while (s && s->status && s->status != status)
		s++;
	if (!s || !s->status)
		return -1;
	if (s->message)
		return err_set(e, s->kind, "%s", s->message);
	e->kind = s->kind;
	return -1;
}

/* The program has ended by itself: did it do its work? */
static int verdict(struct output *o, int status, struct err *e)
{
	const char *program = o->step->argv[0];

	if (o->line.n)
		end_line(o);
	journal_status(o->r, status);
	if (o->verdict.n) {
		struct str masked = { 0 };

		secret_mask(o->r, o->verdict.s, o->verdict.n, &masked);
		said_failed(program, masked.s, masked.n, 1, status, e);
		str_done(&masked);
		return -1;
	}
	return status ? failed(o, status, e) : 0;
}

int do_run(struct run *r, const struct step *s, struct err *e)
{
	DEFER(output_done) struct output o = { .r = r, .step = s };
	DEFER(close_fd) int in = -1, out = -1, pipe_fd = -1, pidfd = -1;
	struct proc_opts opts = PROC_OPTS;
	pid_t pid;

	if (open_input(r, s, &in, e) < 0 || open_output(s, &out, e) < 0)
		return -1;
	opts.in = in;
	opts.out = out;
	opts.cwd = s->cwd;
	opts.drop = s->uid != (uid_t)-1;
	opts.uid = s->uid;
	opts.gid = s->gid;
	/* A killed berth gives up its locks, so nothing that they guard may go on. */
	opts.die_with_parent = true;
	pid = start_piped(s->argv, &opts, &pipe_fd, &pidfd, e);
	if (pid < 0)
		return -1;
	if (follow(pipe_fd, pidfd, s->timeout_ms ? s->timeout_ms : -1, hear, &o, e) < 0) {
		journal_status(r, proc_stop(pid, pidfd, GRACE_MS));
		return e->kind == ERR_TIMEOUT ? err_add(e, "%s", s->argv[0]) : -1;
	}
	if (verdict(&o, proc_wait(pid, pidfd, -1, e), e) == 0)
		return 0;
	/* The terminal's ^C reaches the program as well, and may do so before us. */
	return intr_asked() ? err_set(e, ERR_FAILED, "interrupted") : -1;
}

static void collect(void *arg, const char *bytes, size_t n)
{
	str_addn(arg, bytes, n);
}

int exec_capture(const char *const *argv, int timeout_ms, struct str *out, struct err *e)
{
	DEFER(close_fd) int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	DEFER(close_fd) int pipe_fd = -1, pidfd = -1;
	struct proc_opts o = PROC_OPTS;
	struct err why = { 0 };
	pid_t pid;

	o.err = nowhere;
	o.die_with_parent = true;
	pid = start_piped(argv, &o, &pipe_fd, &pidfd, &why);
	if (pid < 0)
		return 127;
	if (follow(pipe_fd, pidfd, timeout_ms, collect, out, e) < 0) {
		proc_stop(pid, pidfd, 0);
		return err_add(e, "%s", argv[0]);
	}
	return proc_wait(pid, pidfd, -1, e);
}
