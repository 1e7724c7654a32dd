/* SPDX-License-Identifier: ISC */
#include "app/wait.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "app/agent.h"
#include "app/wait_probe.h"
#include "exec/qmp.h"
#include "sys/file.h"
#include "sys/follow.h"
#include "sys/intr.h"
#include "sys/lock.h"
#include "sys/sock.h"

enum {
	TAIL_LINES = 10, TAIL_BYTES = 64 * 1024,
	AGENT_MS = 300,                 /* how long the agent may take to say hello ... */
	AGENT_PAUSE_MS = 1000,          /* ... and how often it is asked */
};

struct wait {
	const struct wait_ways *ways;
	enum stage want, reached;
	long deadline;
	int process;                    /* pidfd of the hypervisor */
	struct follow log;
	struct stage_scan scan;
	struct port_probe port;
	long ask_agent;                 /* when next */
};

static void wait_done(struct wait *w)
{
	close_fd(&w->process);
	follow_done(&w->log);
	port_probe_done(&w->port);
	stage_scan_done(&w->scan);
}

static void reach(struct wait *w, enum stage s)
{
	if (w->reached < s)
		w->reached = s;
}

/* What is new in the log; a new log means a new start, of which nothing is known yet. */
static void read_log(struct wait *w)
{
	char buf[16384];
	ssize_t n;

	while ((n = follow_read(&w->log, buf, sizeof buf)) > 0) {
		if (w->log.restarted) {
			stage_scan_done(&w->scan);
			w->scan = (struct stage_scan){ 0 };
			w->log.restarted = false;
		}
		stage_feed(&w->scan, buf, (size_t)n);
	}
}

enum stage wait_log_stage(const char *log)
{
	DEFER(wait_done) struct wait w = { .process = -1, .log = FOLLOW_NONE, .port.fd = -1 };
	struct err ignored = { 0 };

	if (follow_open(&w.log, log, &ignored) == 0)
		read_log(&w);
	return w.scan.stage;
}

/* The last lines of a log, indented, each cut so that ten of them fit an error. */
static void add_tail(struct str *out, const char *path, const char *title)
{
	DEFER(close_fd) int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	DEFER(str_done) struct str tail = { 0 };
	DEFER(free_str) char *buf = xmalloc(TAIL_BYTES);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	ssize_t n = fd < 0 ? 0 : pread(fd, buf, TAIL_BYTES, size > TAIL_BYTES ? size - TAIL_BYTES : 0);

	if (n > 0)
		plain_tail(&tail, buf, (size_t)n, TAIL_LINES);
	if (tail.n)
		str_fmt(out, "\n%s", title);
	for (const char *line = str_text(&tail); *line; line = strchr(line, '\n') + 1) {
		int len = (int)strcspn(line, "\n");

		str_fmt(out, "\n  %.*s%s", len > 130 ? 127 : len, line, len > 130 ? "..." : "");
	}
}

static int ended(const struct wait *w, struct err *e)
{
	DEFER(str_done) struct str more = { 0 };

	add_tail(&more, w->ways->errors, "its hypervisor said:");
	add_tail(&more, w->ways->log, "its console's last lines:");
	return err_set(e, ERR_FAILED, "'%s' ended before it reached '%s'; it had come as far as '%s'%s", w->ways->name,
		       stage_word(w->want), stage_word(w->reached), str_text(&more));
}

static int stuck(const struct wait *w, struct err *e)
{
	DEFER(str_done) struct str more = { 0 };

	add_tail(&more, w->ways->log, "the console's last lines:");
	return err_set(e, ERR_FAILED, "'%s' got stuck at '%s' on the way to '%s': %.200s%s", w->ways->name,
		       stage_word(w->reached), stage_word(w->want), str_text(&w->scan.trouble), str_text(&more));
}

static int late(const struct wait *w, int timeout_ms, struct err *e)
{
	DEFER(str_done) struct str more = { 0 };

	add_tail(&more, w->ways->log, "the console's last lines:");
	return err_set(e, ERR_TIMEOUT, "'%s' did not reach '%s' within %g s; it came as far as '%s'%s", w->ways->name,
		       stage_word(w->want), timeout_ms / 1000.0, stage_word(w->reached), str_text(&more));
}

static void ask_agent(struct wait *w)
{
	struct agent a = { 0 };
	struct words addresses = { 0 };
	struct arena mem = { 0 };
	struct err ignored = { 0 };

	if (!w->ways->agent || now_ms() < w->ask_agent)
		return;
	if (agent_open(&a, w->ways->agent, AGENT_MS, &ignored) == 0 &&
	    agent_addresses(&a, &addresses, &mem, &ignored) == 0 && addresses.n)
		reach(w, STAGE_NETWORK);
	agent_close(&a);
	arena_done(&mem);
	w->ask_agent = now_ms() + AGENT_PAUSE_MS;
}

/* What no file tells: the later stages have to be asked for. */
static void ask(struct wait *w)
{
	if (w->want < STAGE_NETWORK)
		return;
	if (w->ways->port)
		reach(w, port_probe_step(&w->port));
	if (w->want == STAGE_NETWORK && w->reached < w->want)
		ask_agent(w);
}

/* How long nothing has to be done unless something happens. */
static int idle_ms(const struct wait *w)
{
	long until = w->deadline;

	if (w->want >= STAGE_NETWORK && w->ways->port && (until < 0 || w->port.next < until))
		until = w->port.next;
	if (w->want == STAGE_NETWORK && w->ways->agent && (until < 0 || w->ask_agent < until))
		until = w->ask_agent;
	return left_ms(until);
}

/* 1: the hypervisor has ended; 0: something may have happened; -1: asked to stop. */
static int sleep_on(struct wait *w, struct err *e)
{
	struct pollfd p[] = {
		{ .fd = w->process, .events = POLLIN },
		{ .fd = w->log.watch, .events = POLLIN },
		{ .fd = w->port.fd, .events = POLLIN },
	};

	if (intr_poll(p, 3, idle_ms(w)) < 0)
		return err_set(e, ERR_FAILED, "interrupted");
	return p[0].revents != 0;
}

static int go_on(struct wait *w, int timeout_ms, struct err *e)
{
	for (int gone = 0;;) {
		read_log(w);
		reach(w, w->scan.stage);
		if (!gone)
			ask(w);
		if (w->reached >= w->want)
			return 0;
		if (gone)
			return ended(w, e);
		if (w->scan.trouble.n)
			return stuck(w, e);
		if (w->deadline >= 0 && now_ms() >= w->deadline)
			return late(w, timeout_ms, e);
		gone = sleep_on(w, e);
		if (gone < 0)
			return -1;
	}
}

/* Its own process is there; that QMP answers too is asked only of who waits for no more than that. */
static int begin(struct wait *w, int timeout_ms, struct err *e)
{
	struct qmp q = { .fd = -1 };

	w->process = sock_listener(w->ways->control, e);
	if (w->process < 0 || !lock_held(w->ways->lock))
		return err_set(e, ERR_FAILED, "'%s' is not running (berth start %s)", w->ways->name, w->ways->name);
	if (w->ways->log && follow_open(&w->log, w->ways->log, e) < 0)
		return -1;
	if (w->want == STAGE_PROCESS) {
		if (qmp_open(&q, w->ways->control, false, timeout_ms, e) < 0)
			return -1;
		qmp_close(&q);
	}
	w->reached = STAGE_PROCESS;
	return 0;
}

int wait_stage(const struct wait_ways *ways, enum stage want, int timeout_ms, enum stage *reached, struct err *e)
{
	DEFER(wait_done) struct wait w = { .ways = ways, .want = want, .deadline = deadline_ms(timeout_ms),
					   .process = -1, .log = FOLLOW_NONE, .port = { .port = ways->port, .fd = -1 } };
	int failed = begin(&w, timeout_ms, e);

	if (!failed)
		failed = go_on(&w, timeout_ms, e);
	*reached = w.reached;
	return failed;
}
