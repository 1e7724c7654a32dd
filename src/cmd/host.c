/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/session.h"
#include "cmd/common.h"
#include "sys/file.h"
#include "sys/intr.h"
#include "sys/lock.h"

enum { MOST = 100, LET_GO_MS = 5000 };

/* What the user says, and what berth calls it. */
static const struct kind {
	const char *word, *session;
	bool sits;              /* there is something to sit down at */
} kinds[] = {
	{ "shell", "shell", true },
	{ "run", "command", true },
	{ "x11", "x11", false },
	{ "vnc", "vnc", false },
};

static const struct kind *kind_of(const char *word)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (str_eq(kinds[i].word, word))
			return &kinds[i];
	return NULL;
}

static int read_count(const struct call *c, int *n, struct err *e)
{
	const char *word = call_option(c, "count");
	char *end;

	*n = word ? (int)strtol(word, &end, 10) : 0;
	if (word && (!*word || *end || *n < 1 || *n > MOST))
		return err_set(e, ERR_USAGE, "--count: '%s' is no number from 1 to %d", word, MOST);
	return 0;
}

static int describe(const struct call *c, const struct kind *k, const char *name, struct str *text, struct arena *a, struct err *e)
{
	const struct passwd *pw = geteuid() ? NULL : getpwuid(0);
	DEFER(free_str) char *here = getcwd(NULL, 0);
	const char *dir = call_option(c, "dir");
	struct session s = {
		.name = name, .kind = k->session,
		.command = c->behind ? (const char *const *)c->argv + c->argc - c->behind : NULL,
		/* Root's guests run as somebody without rights, unless that is said. */
		.run_as = pw ? pw->pw_name : NULL,
		.remote = call_option(c, "on"), .display = call_option(c, "display"),
		.geometry = call_option(c, "geometry"), .depth = call_option(c, "depth"),
	};

	s.dir = dir ? path_absolute(dir, a) : s.remote ? NULL : here;
	return session_text(&s, text, e);
}

static int must_be_session(const struct target *t, struct err *e)
{
	if (str_eq(t->driver->name, "host"))
		return 0;
	return err_set(e, ERR_UNSUPPORTED, "'%s' is no session of this host, but a guest of %s", t->guest.name, t->driver->name);
}

static int must_be_new(const struct target *t, struct err *e)
{
	const char *name = t->guest.name;

	if (t->facts.state < STATE_BUILT)
		return 0;
	return err_set(e, ERR_EXISTS, "there is a guest '%s' already (berth up %s starts it, berth destroy %s deletes it)", name, name, name);
}

/* Does the caller stay until it ends, or he leaves? A command has something to say without a terminal, too. */
static bool sits(const struct call *c, const struct kind *k)
{
	if (!k->sits || c->dry_run || c->json || call_option(c, "detach") || call_option(c, "count"))
		return false;
	return str_eq(k->word, "run") || (isatty(0) && isatty(1));
}

/* Who sits there looks after the end himself: a reaper would take away what it said, and its status. */
static int make_plan(const struct call *c, const struct kind *k, struct target *t, struct plan *p, struct err *e)
{
	bool once = call_option(c, "rm");

	if (once && !sits(c, k))
		return act_plan_up_once(t, p, e);
	t->facts.throwaway = once;
	return act_plan_up(t, p, e);
}

static int start(struct call *c, const struct kind *k, const char *name, struct target *t, struct err *e)
{
	const struct target_want want = { .probe = PROBE_START, .facts_file = c->facts_file };
	DEFER(arena_done) struct arena a = { 0 };
	DEFER(plan_done) struct plan p = { 0 };
	DEFER(str_done) struct str text = { 0 };

	if (describe(c, k, name, &text, &a, e) < 0 || target_of_text(t, str_text(&text), &want, e) < 0)
		return -1;
	/* As it was made, whatever is said now. */
	if (call_option(c, "reuse") && t->facts.state >= STATE_BUILT) {
		target_done(t);
		if (call_target(c, name, PROBE_START, t, e) < 0 || must_be_session(t, e) < 0)
			return -1;
	} else if (must_be_new(t, e) < 0) {
		return -1;
	}
	return make_plan(c, k, t, &p, e) < 0 ? -1 : call_plan(c, t, &p, e);
}

static json_t *told(const struct call *c, const struct target *t, struct arena *a)
{
	struct reach console = { 0 }, screen = { 0 };
	struct err none = { 0 };
	char buf[32] = "";

	t->driver->reach(&t->guest, &t->facts, REACH_CONSOLE, &console, a, &none);
	t->driver->reach(&t->guest, &t->facts, REACH_SCREEN, &screen, a, &none);
	return json_pack("{s:s, s:s?, s:s?}", "guest", t->guest.name, "display", session_display(console.ending, buf, sizeof buf),
			 "socket", screen.socket);
}

static void say(const struct call *c, const json_t *one)
{
	const char *name = json_string_value(json_object_get(one, "guest")), *display = json_string_value(json_object_get(one, "display"));

	if (c->quiet || c->json)
		return;
	if (display)
		printf("'%s' is up, display %s (berth vnc %s)\n", name, display, name);
	else
		printf("'%s' is up (berth console %s)\n", name, name);
}

/* One of these names, the first that nobody has: two who ask at the same time get two. */
static int start_any(struct call *c, const struct kind *k, struct target *t, struct err *e)
{
	for (int i = 1; i <= 999; i++) {
		struct err why = { 0 };

		if (start(c, k, arena_fmt(&c->mem, "%s%d", k->word, i), t, &why) == 0)
			return 0;
		if (why.kind != ERR_EXISTS && why.kind != ERR_BUSY)
			return err_set(e, why.kind, "%s", why.msg);
		target_done(t);
	}
	return err_set(e, ERR_EXISTS, "'%s1' to '%s999' are there already (berth destroy)", k->word, k->word);
}

/* It may have been quick: then what it said is all there is. */
static int sit_down(struct call *c, const struct target *t, struct err *e)
{
	char *name = arena_str(&c->mem, t->guest.name);
	struct call next = { .command = command_find("console"), .argc = 1, .argv = &name, .quiet = c->quiet };
	struct reach way = { 0 };
	struct err ignored = { 0 };
	int status;

	t->driver->reach(&t->guest, &t->facts, REACH_CONSOLE, &way, &c->mem, e);
	words_add(&next.options, &next.mem, "history=all");
	/* What comes from somewhere else than a terminal is not meant for it, and its end not for us. */
	if (!isatty(0))
		words_add(&next.options, &next.mem, "read-only");
	status = next.command->run(&next, e);
	arena_done(&next.mem);
	/* Its attendant tells viewers first: what is said next finds it stopped. */
	if (session_status(way.ending) >= 0)
		lock_wait(guest_lock(&t->facts, t->guest.name, &c->mem), LET_GO_MS, &ignored);
	if (status >= 0 || session_status(way.ending) < 0)
		return status;
	*e = (struct err){ 0 };
	return console_history(way.log, -1, 1, e) < 0 ? -1 : session_status(way.ending);
}

static int stay(struct call *c, const struct target *t, struct err *e)
{
	DEFER(plan_done) struct plan p = { 0 };
	int status = sit_down(c, t, e);
	struct err ignored = { 0 };

	p.title = plan_fmt(&p, "host %s", t->guest.name);
	if (t->facts.throwaway) {
		act_add_reaper(t, &p);
		call_plan(c, t, &p, &ignored);
	}
	return status;
}

static int one(struct call *c, const struct kind *k, const char *name, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	json_t *told_of;

	if ((name ? start(c, k, name, &t, e) : start_any(c, k, &t, e)) < 0)
		return err_add(e, "host %s", k->word);
	if (c->dry_run)
		return 0;
	if (sits(c, k))
		return stay(c, &t, e);
	told_of = told(c, &t, &c->mem);
	say(c, told_of);
	if (c->json)
		out_json("berth.host/1", json_pack("{s:[o]}", "sessions", told_of));
	else
		json_decref(told_of);
	return 0;
}

/* desk01, desk02 ...; one that fails keeps no other from starting. */
static int many(struct call *c, const struct kind *k, const char *base, int n, struct err *e)
{
	json_t *list = json_array();
	struct tally tally = { 0 };

	for (int i = 1; i <= n; i++) {
		DEFER(target_done) struct target t = { 0 };
		struct err why = { 0 };
		json_t *told_of;

		if (start(c, k, arena_fmt(&c->mem, "%s%02d", base, i), &t, &why) < 0) {
			fprintf(stderr, "berth: %s\n", why.msg);
		} else if (!c->dry_run) {
			told_of = told(c, &t, &c->mem);
			say(c, told_of);
			json_array_append_new(list, told_of);
		}
		tally_add(&tally, why.kind);
	}
	if (c->json && !c->dry_run)
		out_json("berth.host/1", json_pack("{s:o}", "sessions", list));
	else
		json_decref(list);
	return tally_end(&tally, "host", e);
}

/* Until it has ended; the status is its own. */
static int await(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	struct reach way = { 0 };
	int failed, status;

	if (c->argc != 2)
		return command_usage(c->command, e);
	if (call_target(c, c->argv[1], 0, &t, e) < 0)
		return -1;
	if (must_be_session(&t, e) < 0)
		return -1;
	intr_begin();
	failed = lock_wait(guest_lock(&t.facts, t.guest.name, &c->mem), -1, e);
	intr_end();
	if (failed || t.driver->reach(&t.guest, &t.facts, REACH_CONSOLE, &way, &c->mem, e) < 0)
		return -1;
	status = session_status(way.ending);
	return status < 0 ? err_set(e, ERR_FAILED, "'%s' has not run, or was killed: nobody knows a status", t.guest.name) : status;
}

static int check(const struct call *c, const struct kind *k, int words, int count, struct err *e)
{
	bool vnc = str_eq(k->word, "vnc");

	if (words > 2)
		return err_set(e, ERR_USAGE, "'%s' is one word too many: what is to run stands behind '--'", c->argv[2]);
	if ((str_eq(k->word, "run") || str_eq(k->word, "x11")) && !c->behind)
		return err_set(e, ERR_USAGE, "it is not said what to run (try berth host %s -- xterm)", k->word);
	if (!vnc && (call_option(c, "geometry") || call_option(c, "depth")))
		return err_set(e, ERR_USAGE, "--geometry and --depth are of a desktop (berth host vnc)");
	if (count > 1 && vnc && call_option(c, "display"))
		return err_set(e, ERR_USAGE, "--display is one, and --count %d desktops want as many (leave it out)", count);
	return 0;
}

static int host(struct call *c, struct err *e)
{
	const struct kind *k = kind_of(c->argv[0]);
	int words = c->argc - c->behind, count;
	const char *name = words > 1 ? c->argv[1] : NULL;

	if (str_eq(c->argv[0], "wait"))
		return await(c, e);
	if (!k || words < 1)
		return err_set(e, ERR_USAGE, "host: '%s' is none of shell, run, x11, vnc and wait", c->argv[0]);
	if (read_count(c, &count, e) < 0 || check(c, k, words, count, e) < 0)
		return -1;
	return count ? many(c, k, name ? name : k->word, count, e) : one(c, k, name, e);
}

static const struct opt options[] = {
	{ "on",       'o', "HOST",   "run it there, over ssh" },
	{ "dir",      0,   "DIR",    "begin in that directory (default: this one)" },
	{ "detach",   'd', NULL,     "do not sit down at it" },
	{ "reuse",    0,   NULL,     "when it is there already, leave or start it as it is" },
	{ "rm",       0,   NULL,     "forget it as soon as it ends" },
	{ "count",    'c', "NUMBER", "so many: NAME01, NAME02 and so on" },
	{ "geometry", 'g', "WxH",    "size of a desktop (default: 1024x768)" },
	{ "depth",    0,   "BITS",   "its colours: 16, 24, 32" },
	{ "display",  0,   ":N",     "the display to make (default: the first free one); of x11 the one to use" },
	{ 0 },
};

const struct command cmd_host = {
	.name = "host",
	.group = "Guests",
	.args = "shell|run|x11|vnc [NAME] [-- COMMAND...] | wait NAME",
	.summary = "start a session on this host: a shell, a command, a desktop",
	.description =
		"Makes a session of this host and starts it, as who asks for it: 'shell' is a login shell, 'run' one command, 'x11' a program "
		"with windows, 'vnc' a desktop of its own with a VNC screen on a socket that only its owner opens. A session is a guest (driver host): "
		"'berth list' shows it, 'berth console' is at its terminal, with as many people as like to be, 'berth vnc' shows a desktop, "
		"'berth log' what it said, 'berth stop' and 'berth kill' end it, 'berth up' starts it again and 'berth destroy' forgets it. "
		"'shell' on a terminal, and 'run', sit down at it; Ctrl-] leaves, and it goes on. The status is then the program's own; 'wait' waits for "
		"the end of one, and has its status. With --on ssh(1) takes the program to another host; a desktop stays here, and shows what runs there.",
	.example = "berth host shell\nberth host run --detach build -- make -j4\nberth host wait build\nberth host vnc desk --count 3 --geometry 1280x800",
	.options = options,
	.min = 1,
	.max = -1,
	.completes = NULL,
	.acts = true,
	.run = host,
};
