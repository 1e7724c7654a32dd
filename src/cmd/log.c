/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/ways.h"
#include "cmd/common.h"
#include "sys/file.h"
#include "sys/follow.h"
#include "sys/intr.h"
#include "sys/lock.h"
#include "sys/sock.h"
#include "text/plain.h"

enum { MAX_LOG = 1 << 30, LOCK_TICK_MS = 50 };

/* Prints as plain lines; of an unfinished one, such as a prompt, what there is so far. */
struct printer {
	bool raw;
	struct plain plain;
	size_t shown;           /* of the unfinished line */
};

static void print_rest(struct printer *p)
{
	/* A line that was rewritten to something shorter is shown again, below. */
	if (p->plain.line.n < p->shown) {
		putchar('\n');
		p->shown = 0;
	}
	fwrite(str_text(&p->plain.line) + p->shown, 1, p->plain.line.n - p->shown, stdout);
	p->shown = p->plain.line.n;
}

static void print_bytes(struct printer *p, const char *bytes, size_t n)
{
	if (p->raw)
		fwrite(bytes, 1, n, stdout);
	for (size_t i = 0; i < n && !p->raw; i++)
		if (plain_byte(&p->plain, bytes[i])) {
			print_rest(p);
			putchar('\n');
			str_clear(&p->plain.line);
			p->shown = 0;
		}
	if (!p->raw)
		print_rest(p);
}

static void print_end(struct printer *p)
{
	if (p->shown)
		putchar('\n');
	plain_done(&p->plain);
}

/* Where the last lines of a text begin; what follows the last newline is a line too. */
static const char *last_lines(const char *text, size_t n, long lines)
{
	const char *at = text + n;

	if (at > text && at[-1] == '\n')
		at--;
	for (; at > text; at--)
		if (at[-1] == '\n' && --lines <= 0)
			break;
	return at;
}

/* How to notice that the guest has ended. */
struct life {
	int process;            /* of its hypervisor; -1: none can be watched */
	const char *lock;       /* then its lock is; NULL: it holds none, and ends unnoticed */
};

/* The order matters: who is seen to have ended says nothing more. */
static bool has_ended(const struct life *l, const struct pollfd *process)
{
	return l->process < 0 ? l->lock && !lock_held(l->lock) : process->revents != 0;
}

/* Until the guest ends: everything that is added. */
static int follow_to_end(struct printer *p, struct follow *f, const struct life *l, struct err *e)
{
	struct pollfd fds[] = { { .fd = f->watch, .events = POLLIN }, { .fd = l->process, .events = POLLIN } };
	char buf[16384];
	ssize_t n;

	for (;;) {
		bool over = has_ended(l, &fds[1]);

		while ((n = follow_read(f, buf, sizeof buf)) > 0)
			print_bytes(p, buf, (size_t)n);
		if (fflush(stdout) || over)
			return 0;
		if (intr_poll(fds, 2, l->process < 0 ? LOCK_TICK_MS : -1) < 0)
			return err_errno(e, errno, "waiting for the guest");
	}
}

static int find_life(struct call *c, const struct target *t, struct life *l, struct err *e)
{
	struct reach control = { 0 };
	struct err why = { 0 };

	if (target_reach(t, REACH_CONTROL, &control, &c->mem, &why) == 0) {
		l->process = sock_listener(control.socket, e);
		return l->process < 0 ? -1 : 0;
	}
	if (why.kind != ERR_UNSUPPORTED)
		return err_set(e, why.kind, "%s", why.msg);
	if (!t->driver->foreign)
		l->lock = guest_lock(&t->facts, t->guest.name, &c->mem);
	return 0;
}

static int follow(struct call *c, const struct target *t, const char *log, size_t from, struct printer *p,
		  struct err *e)
{
	DEFER(follow_done) struct follow f = FOLLOW_NONE;
	struct life l = { .process = -1 };
	int failed;

	if (find_life(c, t, &l, e) < 0)
		return -1;
	failed = follow_open(&f, log, e);
	f.at = (off_t)from;
	if (!failed)
		failed = follow_to_end(p, &f, &l, e);
	close_fd(&l.process);
	return failed;
}

static int lines_wanted(const struct call *c, long *lines, struct err *e)
{
	const char *word = call_option(c, "lines");
	char *end;

	*lines = -1;
	if (!word)
		return 0;
	*lines = strtol(word, &end, 10);
	if (end == word || *end || *lines < 0)
		return err_set(e, ERR_USAGE, "--lines: '%s' is no number of lines", word);
	return 0;
}

static int as_json(const struct target *t, const char *text, size_t n)
{
	DEFER(str_done) struct str plain = { 0 };

	plain_text(&plain, text, n);
	out_json("berth.log/1", json_pack("{s:s, s:o}", "guest", t->guest.name, "text", ways_json(str_text(&plain), plain.n)));
	return 0;
}

static int show(struct call *c, const struct target *t, const char *log, long lines, struct err *e)
{
	size_t n = 0;
	DEFER(free_str) char *text = file_read(log, MAX_LOG, &n, e);
	struct printer p = { .raw = call_option(c, "raw") };
	const char *from;
	int failed = 0;

	if (!text)
		return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "'%s' has not run yet, so its console has no log",
							  t->guest.name) : -1;
	from = lines < 0 ? text : last_lines(text, n, lines);
	if (!lines)
		from = text + n;
	if (c->json)
		return as_json(t, from, n - (size_t)(from - text));
	print_bytes(&p, from, n - (size_t)(from - text));
	if (call_option(c, "follow"))
		failed = follow(c, t, log, n, &p, e);
	print_end(&p);
	return failed;
}

static int log_command(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	struct reach way = { 0 };
	long lines;

	if (c->json && call_option(c, "follow"))
		return err_set(e, ERR_USAGE, "--follow and --json exclude each other");
	if (lines_wanted(c, &lines, e) < 0 || call_target(c, c->argv[0], 0, &t, e) < 0)
		return -1;
	if (!t.driver->reach)
		return err_set(e, ERR_UNSUPPORTED, "%s guests have no console", t.driver->name);
	/* The log outlives the guest, so unlike other ways this one needs no running guest. */
	if (t.driver->reach(&t.guest, &t.facts, REACH_CONSOLE, &way, &c->mem, e) < 0)
		return -1;
	if (!way.log)
		return err_set(e, ERR_UNSUPPORTED, "what '%s' says on its console is not kept (try berth console)", t.guest.name);
	return show(c, &t, way.log, lines, e);
}

static const struct opt options[] = {
	{ "follow", 'f', NULL,  "go on as the guest does, until it ends" },
	{ "lines",  'n', "N",   "only the last N lines" },
	{ "raw",    0,   NULL,  "the bytes as they came, escape sequences and all" },
	{ 0 },
};

const struct command cmd_log = {
	.name = "log",
	.group = "Reaching guests",
	.args = "GUEST",
	.summary = "what the guest said on its console since power-on",
	.description =
		"Prints the console's log of the present run of the guest, or of its last one, as plain text: escape sequences and "
		"control bytes are taken out, so it is safe to print and fit for grep.",
	.example = "berth log -n 20 hello\nberth log -f hello",
	.options = options,
	.min = 1,
	.max = 1,
	.completes = "guest",
	.run = log_command,
};
