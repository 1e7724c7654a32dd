/* SPDX-License-Identifier: ISC */
#include "app/wait.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "app/wait_probe.h"
#include "exec/qmp.h"
#include "model/plan.h"
#include "sys/file.h"
#include "sys/follow.h"
#include "sys/intr.h"
#include "sys/lock.h"
#include "sys/sock.h"

enum {
	TAIL_LINES = 10, TAIL_BYTES = 64 * 1024,
	AGENT_MS = 300,                 /* how long the agent may take to say hello ... */
	AGENT_PAUSE_MS = 1000,          /* ... and how often it is asked */
	LOGIN_PAUSE_MS = 200,           /* between questions to a container's systemd */
	OFFLINE_MS = 1000,              /* so long another init is taken for a systemd that begins */
	LOCK_TICK_MS = 50,              /* between looks at the lock, where no process can be watched */
};

struct wait {
	const struct wait_ways *ways;
	enum stage want, reached;
	long deadline;
	int process;                    /* pidfd of the hypervisor */
	struct follow log;
	struct stage_scan scan;
	struct port_probe port;
	long ask_agent, ask_login;      /* when next */
	long offline_since;             /* 0: not said */
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

static bool has_address(const struct wait *w)
{
	struct inside in = { 0 };
	struct words addresses = { 0 };
	struct arena mem = { 0 };
	struct err ignored = { 0 };
	bool has = false;

	if (w->ways->inside)
		in = *w->ways->inside;
	if (w->ways->inside || inside_open_agent(&in, w->ways->agent, AGENT_MS, &ignored) == 0)
		has = inside_addresses(&in, &addresses, &mem, &ignored) == 0 && addresses.n;
	inside_close(&in);
	arena_done(&mem);
	return has;
}

static bool asks_agent(const struct wait *w)
{
	return w->want == STAGE_NETWORK && (w->ways->agent || w->ways->inside);
}

static void ask_agent(struct wait *w)
{
	if (!asks_agent(w) || w->reached >= w->want || now_ms() < w->ask_agent)
		return;
	if (has_address(w))
		reach(w, STAGE_NETWORK);
	w->ask_agent = now_ms() + AGENT_PAUSE_MS;
}

static bool can_run(struct inside *in)
{
	DEFER(outcome_done) struct outcome o = { 0 };
	struct err ignored = { 0 };

	return inside_ask(in, ARGV("true"), &o, &ignored) == 0 && !o.status;
}

/* What systemctl says of the whole: "offline" of an init that is no systemd, but also before there is one. */
static bool all_started(struct wait *w, const struct outcome *o)
{
	const char *word = str_text(&o->out);

	if (str_eq(word, "running\n") || str_eq(word, "degraded\n"))
		return true;
	if (!str_eq(word, "offline\n"))
		w->offline_since = 0;
	else if (!w->offline_since)
		w->offline_since = now_ms();
	return w->offline_since && now_ms() - w->offline_since >= OFFLINE_MS;
}

static bool asks_login(const struct wait *w)
{
	return w->ways->inside && w->want > STAGE_PROCESS && w->reached < STAGE_LOGIN;
}

static void ask_login(struct wait *w)
{
	DEFER(outcome_done) struct outcome o = { 0 };
	struct err ignored = { 0 };

	if (!asks_login(w) || now_ms() < w->ask_login)
		return;
	w->ask_login = now_ms() + LOGIN_PAUSE_MS;
	if (inside_ask(w->ways->inside, ARGV("systemctl", "is-system-running"), &o, &ignored) < 0)
		return;
	if (o.status == 127 ? can_run(w->ways->inside) : all_started(w, &o))
		reach(w, STAGE_LOGIN);
	else if (o.out.n)
		reach(w, STAGE_KERNEL);
}

/* What no file tells has to be asked for. */
static void ask(struct wait *w)
{
	ask_login(w);
	if (w->want >= STAGE_NETWORK && w->ways->port)
		reach(w, port_probe_step(&w->port));
	ask_agent(w);
}

static void sooner(long *until, long other)
{
	if (*until < 0 || other < *until)
		*until = other;
}

/* How long nothing has to be done unless something happens. */
static int idle_ms(const struct wait *w)
{
	long until = w->deadline;

	if (w->want >= STAGE_NETWORK && w->ways->port)
		sooner(&until, w->port.next);
	if (asks_agent(w))
		sooner(&until, w->ask_agent);
	if (asks_login(w))
		sooner(&until, w->ask_login);
	if (w->process < 0 && w->ways->lock)
		sooner(&until, now_ms() + LOCK_TICK_MS);
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
	if (w->process < 0)
		return w->ways->lock && !lock_held(w->ways->lock);
	return p[0].revents != 0;
}

/* The prompt on a container's console comes while its services still start. */
static enum stage said_by_console(const struct wait *w)
{
	return w->ways->inside && w->scan.stage > STAGE_KERNEL ? STAGE_KERNEL : w->scan.stage;
}

static int go_on(struct wait *w, int timeout_ms, struct err *e)
{
	for (int gone = 0;;) {
		read_log(w);
		reach(w, said_by_console(w));
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

static bool runs(struct wait *w, struct err *e)
{
	if (w->ways->control)
		w->process = sock_listener(w->ways->control, e);
	return (!w->ways->control || w->process >= 0) && (!w->ways->lock || lock_held(w->ways->lock));
}

/* Its own process is there; that QMP answers too is asked only of who waits for no more than that. */
static int begin(struct wait *w, int timeout_ms, struct err *e)
{
	struct qmp q = { .fd = -1 };

	if (!runs(w, e))
		return err_set(e, ERR_FAILED, "'%s' is not running (berth start %s)", w->ways->name, w->ways->name);
	if (w->ways->log && follow_open(&w->log, w->ways->log, e) < 0)
		return -1;
	if (w->want == STAGE_PROCESS && w->ways->control) {
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
					   .process = -1, .log = FOLLOW_NONE, .port = { .host = ways->host, .port = ways->port, .fd = -1 } };
	int failed = begin(&w, timeout_ms, e);

	if (!failed && w.reached < want)
		failed = go_on(&w, timeout_ms, e);
	*reached = w.reached;
	return failed;
}
