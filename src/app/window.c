/* SPDX-License-Identifier: ISC */
#include "app/window.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/vec.h"
#include "model/plan.h"

/*
 * Emacs is given title and command behind the expression, which takes them off its
 * command line: so no name is ever part of a text that is evaluated.
 */
#define WORDS(body) "(let ((w command-line-args-left)) (setq command-line-args-left nil) " body ")"
#define TERM  "(require 'term) (switch-to-buffer (apply 'make-term (car w) (cadr w) nil (cddr w))) (term-char-mode)"
#define SHELL "(switch-to-buffer (apply 'make-comint (car w) (cadr w) nil (cddr w)))"
#define BELOW " (split-window-below) (other-window 1) (shell) (other-window 1)"

/* "%t" is the title, "%c" the command, which comes last. The first row that is possible counts. */
static const struct window {
	const char *name, *package;
	bool desktop;           /* wants one */
	const char *inside;     /* only where this variable is set */
	const char *words[8];
} windows[] = {
	{ "xterm",             "xterm",          true,  NULL,   { "xterm", "-T", "%t", "-e", "%c" } },
	{ "gnome-terminal",    "gnome-terminal", true,  NULL,   { "gnome-terminal", "--title", "%t", "--", "%c" } },
	{ "xfce4-terminal",    "xfce4-terminal", true,  NULL,   { "xfce4-terminal", "-T", "%t", "-x", "%c" } },
	{ "konsole",           "konsole",        true,  NULL,   { "konsole", "-p", "tabtitle=%t", "-e", "%c" } },
	{ "tmux",              "tmux",           false, "TMUX", { "tmux", "new-window", "-n", "%t", "%c" } },
	{ "tmux",              "tmux",           false, NULL,   { "tmux", "new-session", "-n", "%t", "%c" } },
	{ "screen",            "screen",         false, NULL,   { "screen", "-t", "%t", "%c" } },
	{ "emacs",             "emacs",          false, NULL,   { "emacs", "--eval", WORDS(TERM), "%t", "%c" } },
	{ "emacs-split",       "emacs",          false, NULL,   { "emacs", "--eval", WORDS(TERM BELOW), "%t", "%c" } },
	{ "emacs-shell",       "emacs",          false, NULL,   { "emacs", "--eval", WORDS(SHELL), "%t", "%c" } },
	{ "emacs-shell-split", "emacs",          false, NULL,   { "emacs", "--eval", WORDS(SHELL BELOW), "%t", "%c" } },
};

enum { WINDOWS = sizeof windows / sizeof *windows };

static const struct window *find(const char *program)
{
	for (size_t i = 0; i < WINDOWS; i++)
		if (!strcmp(windows[i].name, program) && (!windows[i].inside || getenv(windows[i].inside)))
			return &windows[i];
	return NULL;
}

static int unknown(const char *program, struct err *e)
{
	DEFER(str_done) struct str all = { 0 };

	for (size_t i = 0; i < WINDOWS; i++)
		if (!windows[i].inside)
			str_fmt(&all, "%s%s", all.n ? ", " : "", windows[i].name);
	return err_set(e, ERR_USAGE, "--in: '%s' is no program that berth can open a window with (%s)", program, all.s);
}

bool window_desktop(void)
{
	return getenv("DISPLAY") || getenv("WAYLAND_DISPLAY");
}

const char *const *window_argv(const char *program, const char *title, const char *const *command, struct arena *a, struct err *e)
{
	const struct window *w = find(program);
	struct words argv = { 0 };

	if (!w) {
		unknown(program, e);
		return NULL;
	}
	if (w->desktop && !window_desktop()) {
		err_set(e, ERR_UNSUPPORTED, "%s wants a desktop, and neither DISPLAY nor WAYLAND_DISPLAY is set (--in tmux needs none)",
			program);
		return NULL;
	}
	for (const char *const *word = w->words; *word; word++) {
		const char *t = strstr(*word, "%t");

		if (!strcmp(*word, "%c"))
			words_extend(&argv, a, command);
		else
			words_add(&argv, a, t ? arena_fmt(a, "%.*s%s", (int)(t - *word), *word, title) : *word);
	}
	return argv_of(&argv, a);
}

const char *window_package(const char *program)
{
	const struct window *w = find(program);

	return w ? w->package : NULL;
}

int window_become(const char *const *argv, const char *package, struct err *e)
{
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], (char *const *)argv);
	if (errno == ENOENT && package)
		return err_set(e, ERR_NOT_FOUND, "%s is missing: apt-get install %s", argv[0], package);
	return err_errno(e, errno, "%s", argv[0]);
}
