/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/common.h"
#include "sys/tty.h"

/* A person gets the last screenful; a script what is said from now on. */
static int history(const struct call *c, long *lines, struct err *e)
{
	const char *word = call_option(c, "history");
	char *end;

	*lines = isatty(0) ? tty_rows(0) - 2 : 0;
	if (!word)
		return 0;
	if (str_eq(word, "all")) {
		*lines = -1;
		return 0;
	}
	*lines = strtol(word, &end, 10);
	if (end == word || *end || *lines < 0)
		return err_set(e, ERR_USAGE, "--history: '%s' is no number of lines (and not 'all')", word);
	return 0;
}

static int by_socket(struct call *c, const struct target *t, const struct reach *way, long lines, struct err *e)
{
	struct console con = { .name = t->guest.name, .what = "console", .socket = way->socket, .log = way->log, .in = 0, .out = 1,
			       .history = lines };
	struct reach control = { 0 };

	if (target_reach(t, REACH_CONTROL, &control, &c->mem, e) < 0)
		return -1;
	con.control = control.socket;
	con.lock = guest_run_file(&t->facts, t->guest.name, "console.lock", &c->mem);
	return call_console(c, &con, e);
}

/* A container's console is a terminal, and so is what attaches to it. */
static int by_program(const struct target *t, const struct reach *way, long lines, struct err *e)
{
	const char *name = t->guest.name;

	if (!isatty(0) || !isatty(1))
		return err_set(e, ERR_UNSUPPORTED, "the console of '%s' wants a terminal (berth exec %s -- COMMAND runs one "
						   "inside, berth log %s shows what was said)", name, name, name);
	if (way->log && console_history(way->log, lines, 1, e) < 0)
		return -1;
	signal(SIGPIPE, SIG_DFL);
	execvp(way->argv[0], (char *const *)way->argv);
	return err_errno(e, errno, "%s", way->argv[0]);
}

static int console(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	struct reach way = { 0 };
	long lines;

	if (history(c, &lines, e) < 0 || call_target(c, c->argv[0], 0, &t, e) < 0 ||
	    target_reach(&t, REACH_CONSOLE, &way, &c->mem, e) < 0)
		return -1;
	return way.argv ? by_program(&t, &way, lines, e) : by_socket(c, &t, &way, lines, e);
}

static const struct opt options[] = {
	{ "history", 'H', "LINES|all", "show so much of what was said before (default: a screenful)" },
	{ 0 },
};

const struct command cmd_console = {
	.name = "console",
	.group = "Reaching guests",
	.args = "GUEST",
	.summary = "sit down at the guest's serial console",
	.description =
		"Connects this terminal to the guest's serial console, from firmware to login; Ctrl-] leaves, and the terminal is "
		"as it was. Everything since power-on is kept, so the last screenful is shown first. Without a terminal standard "
		"input is typed and the session ends with it, once the guest has been quiet for a moment. One at a time can type; "
		"who holds the console is named, and 'berth log -f' watches along. For a container this becomes the program that "
		"attaches to its console, which says how to leave, and wants a terminal.",
	.example = "berth console hello",
	.options = options,
	.min = 1,
	.max = 1,
	.completes = "guest",
	.run = console,
};
