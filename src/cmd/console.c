/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/attendant.h"
#include "app/window.h"
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
	if (str_eq(word, "all") || str_eq(word, "none")) {
		*lines = str_eq(word, "all") ? -1 : 0;
		return 0;
	}
	*lines = strtol(word, &end, 10);
	if (end == word || *end || *lines < 0)
		return err_set(e, ERR_USAGE, "--history: '%s' is no number of lines (and not 'all' or 'none')", word);
	return 0;
}

/* "^]", "ctrl-x": control keys are the letter, less 64. */
static int escape(const struct call *c, int *key, struct err *e)
{
	const char *word = call_option(c, "escape"), *letter;

	if (!word)
		return 0;
	if (str_eq(word, "none")) {
		*key = -1;
		return 0;
	}
	letter = *word == '^' ? word + 1 : str_starts(word, "ctrl-") ? word + 5 : "";
	*key = toupper((unsigned char)*letter) - '@';
	if (strlen(letter) != 1 || *key <= 0 || *key > 31)
		return err_set(e, ERR_USAGE, "--escape: '%s' is no control key (try '^]', ctrl-x or none)", word);
	return 0;
}

/* The same call without --in, for the program that opens the window: it may have another environment. */
static const char *const *call_again(struct call *c)
{
	static const char *const passed[] = { "history", "escape", "read-only", "coupled", "quiet", NULL };
	const char *home = getenv("BERTH_HOME");
	struct words w = { 0 };
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self);

	if (home)
		words_extend(&w, &c->mem, ARGV("env", arena_fmt(&c->mem, "BERTH_HOME=%s", home)));
	words_add(&w, &c->mem, n > 0 && n < (ssize_t)sizeof self ? arena_strn(&c->mem, self, (size_t)n) : "berth");
	words_add(&w, &c->mem, "console");
	for (const char *const *name = passed; *name; name++) {
		const char *value = call_option(c, *name);

		if (value)
			words_add(&w, &c->mem, arena_fmt(&c->mem, *value ? "--%s=%s" : "--%s", *name, value));
	}
	words_add(&w, &c->mem, c->argv[0]);
	return argv_of(&w, &c->mem);
}

static int in_window(struct call *c, const struct target *t, const char *program, struct err *e)
{
	const char *const *argv = window_argv(program, t->guest.name, call_again(c), &c->mem, e);

	return argv ? window_become(argv, window_package(program), e) : -1;
}

/*
 * The guest ends with the session, however that ended: also when its terminal has gone,
 * which is told more than once.
 */
static int end_guest(struct call *c, struct err *e)
{
	static const int late[] = { SIGHUP, SIGINT, SIGTERM };
	DEFER(target_done) struct target t = { 0 };
	DEFER(plan_done) struct plan p = { 0 };

	for (size_t i = 0; i < sizeof late / sizeof *late; i++)
		signal(late[i], SIG_IGN);
	if (call_target(c, c->argv[0], 0, &t, e) < 0)
		return -1;
	if (t.facts.state < STATE_RUNNING)
		return 0;
	if (act_plan(&t, t.driver->plan[VERB_STOP] ? VERB_STOP : VERB_KILL, &p, e) < 0 || call_plan(c, &t, &p, e) < 0)
		return err_add(e, "stop '%s'", t.guest.name);
	return 0;
}

static int by_attendant(struct call *c, const struct target *t, struct console *con, struct err *e)
{
	int failed;

	con->attended = true;
	con->attendant = attendant_connect(t, e);
	if (con->attendant < 0)
		return -1;
	failed = call_console(c, con, e);
	if (call_option(c, "coupled")) {
		struct err why = { 0 };

		if (end_guest(c, &why) < 0)
			return err_set(e, why.kind, "%s", why.msg);
	}
	return failed;
}

/* Some consoles are a terminal, and so is what attaches to them. */
static int by_program(struct call *c, const struct target *t, const struct reach *way, long lines, struct err *e)
{
	const char *name = t->guest.name;

	if (call_option(c, "read-only") || call_option(c, "coupled") || call_option(c, "escape"))
		return err_set(e, ERR_UNSUPPORTED, "%s has its own way into '%s', without --read-only, --coupled and --escape", way->argv[0],
			       name);
	if (!isatty(0) || !isatty(1))
		return err_set(e, ERR_UNSUPPORTED, "the console of '%s' wants a terminal (berth exec %s -- COMMAND runs one "
						   "inside, berth log %s shows what was said)", name, name, name);
	if (way->log && console_history(way->log, lines, 1, e) < 0)
		return -1;
	return window_become(way->argv, NULL, e);
}

static int console(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	struct console con = { .what = "console", .in = 0, .out = 1, .read_only = call_option(c, "read-only") };
	const char *program = call_option(c, "in");
	struct reach way = { 0 };

	if (history(c, &con.history, e) < 0 || escape(c, &con.escape, e) < 0 || call_target(c, c->argv[0], 0, &t, e) < 0 ||
	    target_reach(&t, REACH_CONSOLE, &way, &c->mem, e) < 0)
		return -1;
	con.name = t.guest.name;
	con.ending = way.ending;
	if (program)
		return in_window(c, &t, program, e);
	return way.argv ? by_program(c, &t, &way, con.history, e) : by_attendant(c, &t, &con, e);
}

static const struct opt options[] = {
	{ "history",   'H', "LINES|all|none", "show so much of what was said before (default: a screenful)" },
	{ "read-only", 'r', NULL,             "look on and type nothing" },
	{ "escape",    'e', "KEY",            "the key that leaves: '^]' (default), ctrl-x, none" },
	{ "coupled",   0,   NULL,             "end the guest, too, when the session ends" },
	{ "in",        0,   "PROGRAM",        "in a window of xterm, gnome-terminal, tmux, screen, emacs" },
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
		"input is typed and the session ends with it, once the guest has been quiet for a moment. Any number of people can "
		"be there, see the same, and type unless they are there to look on; 'berth sessions' lists them and ends their "
		"sessions, never the guest. When a terminal goes away the guest goes on, except with --coupled. Neither a serial line "
		"nor lxc-console passes on how large a terminal is: that is told in the guest, by hand (stty rows 50 columns 132). "
		"--in becomes a program that opens a window: xterm, gnome-terminal, xfce4-terminal, konsole, tmux, screen; emacs, emacs-split, emacs-shell and emacs-shell-split are the ways of Emacs.",
	.example = "berth console hello\nberth console --read-only --history all hello\nberth console --in tmux hello",
	.options = options,
	.min = 1,
	.max = 1,
	.completes = "guest",
	.run = console,
};
