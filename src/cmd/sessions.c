/* SPDX-License-Identifier: ISC */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/attendant.h"
#include "app/sessions.h"
#include "app/tunnel.h"
#include "cmd/common.h"
#include "cmd/rows.h"
#include "text/frame.h"

/* A row as fields see it. */
struct shown_session {
	const struct session_row *row;
	const char *moment;             /* how a time is written */
};

#define TEXT_FIELD(name, member) \
static const char *name##_of(const struct field *f, const void *record, struct arena *a) \
{ \
	return ((const struct shown_session *)record)->row->member; \
}

TEXT_FIELD(id, id)
TEXT_FIELD(guest, guest)
TEXT_FIELD(kind, kind)
TEXT_FIELD(user, user)
TEXT_FIELD(tty, tty)
TEXT_FIELD(what, what)

static const char *side_of(const struct field *f, const void *record, struct arena *a)
{
	return arena_fmt(a, "%c", ((const struct shown_session *)record)->row->side);
}

static const char *pid_of(const struct field *f, const void *record, struct arena *a)
{
	pid_t pid = ((const struct shown_session *)record)->row->pid;

	return pid ? arena_fmt(a, "%d", (int)pid) : NULL;
}

static const char *since_of(const struct field *f, const void *record, struct arena *a)
{
	const struct shown_session *s = record;
	time_t t = s->row->since;
	struct tm when;
	char text[64];

	if (!t || !localtime_r(&t, &when) || !strftime(text, sizeof text, s->moment, &when))
		return NULL;
	return arena_str(a, text);
}

static const struct field fields[] = {
	{ "id",    "ID",    0, false, "what 'sessions end' takes", id_of },
	{ "side",  "SIDE",  0, false, "server (S), client (C) or tunnel (T)", side_of },
	{ "guest", "GUEST", 0, false, "whose it is", guest_of },
	{ "kind",  "KIND",  0, false, "console or screen", kind_of },
	{ "user",  "USER",  0, false, "who sits there, or whose socket it is", user_of },
	{ "tty",   "TTY",   0, false, "the client's terminal", tty_of },
	{ "pid",   "PID",   0, true,  "its process", pid_of },
	{ "since", "SINCE", 0, false, "when it began", since_of },
	{ "what",  "WHAT",  0, false, "rw or ro, or where it is, or where it comes from", what_of },
	{ 0 },
};

static int list(struct call *c, struct err *e)
{
	DEFER(facts_done) struct facts f = { 0 };
	DEFER(sessions_done) struct sessions s = { 0 };
	DEFER(view_done) struct view v = { 0 };
	const char *sides = call_option(c, "clients") ? "C" : call_option(c, "servers") ? "S" : call_option(c, "tunnels") ? "T" : "SCT";
	const char *moment = c->json || call_for_programs(c) ? "%FT%T%z" : "%F %T";
	struct words only = { 0 };

	if (call_view(c, &v, e) < 0 || view_usual(&v, "id,side=,guest,kind,user,tty,pid,since,what", e) < 0)
		return -1;
	for (int i = 0; i < c->argc; i++) {
		DEFER(target_done) struct target t = { 0 };

		if (call_target(c, c->argv[i], 0, &t, e) < 0)
			return -1;
		words_add(&only, &c->mem, arena_str(&c->mem, t.guest.name));
	}
	if (probe_places(&f, e) < 0 || sessions_list(&f, &only, &s, e) < 0)
		return -1;
	for (size_t i = 0; i < s.rows.n; i++)
		if (strchr(sides, s.rows.v[i].side))
			view_add(&v, &(struct shown_session){ &s.rows.v[i], moment });
	call_rows(c, &v, "berth.sessions/1", "sessions", NULL);
	return 0;
}

static int end_viewer(struct call *c, const struct target *t, long number, struct err *e)
{
	struct reach way = { 0 };

	if (target_reach(t, REACH_CONSOLE, &way, &c->mem, e) < 0)
		return -1;
	return way.argv ? 0 : attendant_end(way.socket, number, e);
}

/* "web:7": the guest, and the number of a viewer; "web:tunnel5901": a port. */
static int end_one(struct call *c, const char *id, struct err *e)
{
	const char *colon = strrchr(id, ':'), *which = colon ? colon + 1 : "";
	bool tunnel = str_starts(which, SESSION_TUNNEL);
	long number = frame_number(tunnel ? which + strlen(SESSION_TUNNEL) : which, INT_MAX);
	DEFER(target_done) struct target t = { 0 };
	int ended;

	if (str_starts(which, "screen"))
		return err_set(e, ERR_UNSUPPORTED, "'%s': QEMU cannot send one viewer of a screen away", id);
	if (number <= 0)
		return err_set(e, ERR_USAGE, "'%s' is no session that can be ended (try tiny:1; berth sessions --clients lists them)", id);
	if (call_target(c, arena_strn(&c->mem, id, (size_t)(colon - id)), 0, &t, e) < 0)
		return -1;
	ended = tunnel ? tunnel_end(&t.facts, t.guest.name, (int)number, e) : end_viewer(c, &t, number, e);
	if (ended < 0)
		return -1;
	return ended ? 0 : err_set(e, ERR_NOT_FOUND, "there is no session '%s' (berth sessions lists them)", id);
}

static int end(struct call *c, struct err *e)
{
	struct tally tally = { 0 };

	if (c->argc < 2)
		return command_usage(c->command, e);
	if (c->argc == 2)
		return end_one(c, c->argv[1], e);
	for (int i = 1; i < c->argc; i++) {
		struct err one = { 0 };

		if (end_one(c, c->argv[i], &one) < 0)
			fprintf(stderr, "berth: %s\n", one.msg);
		tally_add(&tally, one.kind);
	}
	return tally_end(&tally, "sessions end", e);
}

static int sessions(struct call *c, struct err *e)
{
	return c->argc && str_eq(c->argv[0], "end") ? end(c, e) : list(c, e);
}

static const struct opt options[] = {
	{ "clients", 'c', NULL, "only who looks on" },
	{ "servers", 's', NULL, "only what they look at" },
	{ "tunnels", 't', NULL, "only ports that lead to screens" },
	{ 0 },
};

const struct command cmd_sessions = {
	.name = "sessions",
	.group = "Reaching guests",
	.args = "[GUEST...] | end ID...",
	.summary = "list who is at the consoles and screens of guests, and end their sessions",
	.description =
		"One line for each server (S: the console of a guest that runs, its screen) and for each client of one (C). Of who sits "
		"at a console it knows user, terminal, process, since when, and whether they type (rw) or look on (ro); of who "
		"looks at a screen only where they come from. A tunnel (T) is a port that leads to a screen ('berth vnc --listen'). "
		"'end' ends sessions at consoles and tunnels from any terminal, by their id, and never the guest; 'berth stop --clients' ends all of a guest's. A guest's console is its owner's and root's "
		"alone.",
	.example = "berth sessions\nberth sessions --clients web\nberth sessions end web:2",
	.options = options,
	.fields = fields,
	.max = -1,
	.completes = "guest",
	.run = sessions,
};
