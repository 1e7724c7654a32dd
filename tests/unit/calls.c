/* SPDX-License-Identifier: ISC */
/* Every documented call of qemu-init's programs, and what berth makes of it. */
#include "tap.h"

#include "base/str.h"
#include "front/calls.h"

enum { MOST = 8 };

/* What is typed, behind what the program is called; what berth is asked for, NULL: a wrong call. */
static const struct {
	const char *call, *becomes;
} rows[] = {
	{ "qemud start", "boot" },
	{ "qemud start --dry-run", "boot --dry-run" },
	{ "qemud start web1", "start web1" },
	{ "qemud start web1 db", "start web1 db" },
	{ "qemud stop", "stop --all" },
	{ "qemud stop web1", "stop web1" },
	{ "qemud stop --dry-run web1 db", "stop --dry-run web1 db" },
	{ "qemud status", "list --short" },
	{ "qemud status --json", "list --short --json" },
	{ "qemud status web1", "list --short web1" },
	{ "qemud", NULL },
	{ "qemud restart", NULL },
	{ "qemud Start", NULL },

	{ "qemud-ast web1", "autostart toggle web1" },
	{ "qemud-ast", NULL },
	{ "qemud-ast web1 db", NULL },

	{ "qemud-vnc", "vnc" },
	{ "qemud-vnc web1", "vnc web1" },
	{ "qemud-vnc -x", "vnc" },                      /* invalid options are ignored */
	{ "qemud-vnc -x web1", "vnc web1" },
	{ "qemud-vnc -V", "version" },
	{ "qemud-vnc -V web1", "version" },             /* a valid option takes precedence over a name */
	{ "qemud-vnc web1 -w", "vnc --write" },
	{ "qemud-vnc -w", "vnc --write" },
	{ "qemud-vnc web1 db", NULL },

	{ "qemud-reg register web1 /vm", "import --register /vm/web1-qemud.rc" },
	{ "qemud-reg register web1 vm", "import --register vm/web1-qemud.rc" },
	{ "qemud-reg register web1", NULL },
	{ "qemud-reg register a.b /vm", NULL },
	{ "qemud-reg register a-b /vm", NULL },
	{ "qemud-reg register a_b /vm", NULL },
	{ "qemud-reg register web10 /vm", NULL },
	{ "qemud-reg register a123456789b123456789c123456789d123456789 /vm",
	  "import --register /vm/a123456789b123456789c123456789d123456789-qemud.rc" },
	{ "qemud-reg register a123456789b123456789c123456789d1234567891 /vm", NULL },
	{ "qemud-reg unregister web10", "unregister web10" },
	{ "qemud-reg list", "list --short" },
	{ "qemud-reg web1", NULL },

	{ "qemu-adm register web1 /vm", "import --register /vm/web1-qemud.rc" },
	{ "qemu-adm unregister web1", "unregister web1" },
	{ "qemu-adm autostart web1", "autostart toggle web1" },
	{ "qemu-adm vnc", "vnc" },
	{ "qemu-adm vnc web1", "vnc web1" },
	{ "qemu-adm start web1", "start web1" },
	{ "qemu-adm start", NULL },
	{ "qemu-adm stop web1", "stop web1" },
	{ "qemu-adm status", "list --short" },
	{ "qemu-adm status web1", "list --short web1" },

	{ "qemu-mon web1", "monitor web1" },
	{ "qemu-mon", NULL },
	{ "qemu-cmd web1 info", "monitor web1 info" },
	{ "qemu-cmd web1", NULL },
};

static void join(const struct words *w, struct str *out)
{
	for (size_t i = 0; i < w->n; i++)
		str_fmt(out, "%s%s", i ? " " : "", w->v[i]);
}

/* The words of a call, the program first. */
static int split(const char *text, char **argv, struct arena *a)
{
	int n = 0;

	while (*text && n < MOST) {
		size_t len = strcspn(text, " ");

		argv[n++] = arena_strn(a, text, len);
		text += len + (text[len] == ' ');
	}
	return n;
}

static void one(const char *call, bool system, const char *want)
{
	DEFER(arena_done) struct arena a = { 0 };
	DEFER(str_done) struct str got = { 0 };
	struct words w = { 0 };
	struct err e = { 0 };
	char *argv[MOST] = { NULL };
	int argc = split(call, argv, &a);
	const struct front_call *c = front_call(argv[0], argc - 1, argv + 1, system, &w, &a, &e);

	join(&w, &got);
	if (want && c)
		is(str_text(&got), want, call);
	else
		ok(!want && !c && e.kind == ERR_USAGE, "%s: %s", call, c ? str_text(&got) : e.msg);
}

static void statuses(void)
{
	static const struct front_call plain = { 0 }, stop = { .idle = ERR_EXISTS };

	ok(front_status(&plain, ERR_NONE) == 0, "it worked");
	ok(front_status(&plain, ERR_FAILED) == 1 && front_status(&plain, ERR_INVALID) == 1, "it failed");
	ok(front_status(NULL, ERR_USAGE) == 2, "a wrong call");
	ok(front_status(&stop, ERR_EXISTS) == 3, "not running");
	ok(front_status(&plain, ERR_EXISTS) == 1, "running already");
	ok(front_status(&plain, ERR_PERMISSION) == 4, "no permission");
	ok(front_status(&plain, ERR_NOT_FOUND) == 5, "an unknown name");
}

int main(void)
{
	struct err e = { 0 };
	struct arena a = { 0 };
	struct words w = { 0 };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		one(rows[i].call, false, rows[i].becomes);
	one("qemud start", true, "boot --system");
	one("qemud stop web1", true, "stop --system web1");
	one("qemud-vnc -w", true, "vnc --write --system");
	ok(front_is("qemud") && front_is("qemu-cmd") && !front_is("berth") && !front_is("qemu"), "which programs berth can be");
	front_call("qemud-ast", 0, NULL, false, &w, &a, &e);
	is(e.msg, "usage: qemud-ast NAME (see 'berth help as')", "the usage");
	statuses();
	arena_done(&a);
	return tap_done();
}
