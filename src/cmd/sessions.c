/* SPDX-License-Identifier: ISC */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/attendant.h"
#include "app/sessions.h"
#include "cmd/common.h"
#include "text/frame.h"
#include "text/table.h"

static const struct column columns[] = {
	{ "id", "ID", false },
	{ "side", "", false },
	{ "guest", "GUEST", false },
	{ "kind", "KIND", false },
	{ "user", "USER", false },
	{ "tty", "TTY", false },
	{ "pid", "PID", true },
	{ "since", "SINCE", false },
	{ "what", "WHAT", false },
};

enum { COLUMNS = sizeof columns / sizeof *columns };

static const char *moment(long long since, const char *format, struct arena *a)
{
	time_t t = since;
	struct tm when;
	char text[64];

	if (!since || !localtime_r(&t, &when) || !strftime(text, sizeof text, format, &when))
		return NULL;
	return arena_str(a, text);
}

static void print_json(const struct sessions *s, const char *sides)
{
	DEFER(arena_done) struct arena a = { 0 };
	json_t *list = json_array();

	for (size_t i = 0; i < s->rows.n; i++) {
		const struct session_row *r = &s->rows.v[i];
		const char side[] = { r->side, 0 };

		if (strchr(sides, r->side))
			json_array_append_new(list, json_pack("{ss ss ss ss ss? ss? so ss? ss?}", "id", r->id, "side", side,
				"guest", r->guest, "kind", r->kind, "user", r->user, "tty", r->tty,
				"pid", r->pid ? json_integer(r->pid) : json_null(), "since", moment(r->since, "%FT%T%z", &a),
				"what", r->what));
	}
	out_json("berth.sessions/1", json_pack("{so}", "sessions", list));
}

static void table_of(const struct sessions *s, const char *sides, struct table *t)
{
	for (size_t i = 0; i < s->rows.n; i++) {
		const struct session_row *r = &s->rows.v[i];
		const char side[] = { r->side, 0 };
		const char *cells[COLUMNS] = {
			r->id, side, r->guest, r->kind, r->user, r->tty, r->pid ? arena_fmt(&t->mem, "%d", (int)r->pid) : NULL,
			moment(r->since, "%F %T", &t->mem), r->what,
		};

		if (strchr(sides, r->side))
			table_row(t, cells);
	}
}

static int list(struct call *c, struct err *e)
{
	DEFER(facts_done) struct facts f = { 0 };
	DEFER(sessions_done) struct sessions s = { 0 };
	DEFER(table_done) struct table table = { .columns = columns, .ncolumns = COLUMNS };
	DEFER(str_done) struct str out = { 0 };
	const char *sides = call_option(c, "clients") ? "C" : call_option(c, "servers") ? "S" : "SCT";
	struct words only = { 0 };

	for (int i = 0; i < c->argc; i++) {
		DEFER(target_done) struct target t = { 0 };

		if (call_target(c, c->argv[i], 0, &t, e) < 0)
			return -1;
		words_add(&only, &c->mem, arena_str(&c->mem, t.guest.name));
	}
	if (probe_places(&f, e) < 0 || sessions_list(&f, &only, &s, e) < 0)
		return -1;
	if (c->json) {
		print_json(&s, sides);
		return 0;
	}
	table_of(&s, sides, &table);
	table_print(&table, !c->quiet, &out);
	out_text(&out);
	return 0;
}

/* "web:7": the guest, and the number of a viewer. */
static int end_one(struct call *c, const char *id, struct err *e)
{
	const char *colon = strrchr(id, ':');
	DEFER(target_done) struct target t = { 0 };
	struct reach way = { 0 };
	long number = colon ? frame_number(colon + 1, LONG_MAX) : -1;
	int ended;

	if (colon && str_starts(colon + 1, "screen"))
		return err_set(e, ERR_UNSUPPORTED, "'%s': QEMU cannot send one viewer of a screen away", id);
	if (number <= 0)
		return err_set(e, ERR_USAGE, "'%s' is no session that can be ended (try tiny:1; berth sessions --clients lists them)", id);
	if (call_target(c, arena_strn(&c->mem, id, (size_t)(colon - id)), 0, &t, e) < 0 ||
	    target_reach(&t, REACH_CONSOLE, &way, &c->mem, e) < 0)
		return -1;
	ended = way.argv ? 0 : attendant_end(way.socket, number, e);
	if (ended < 0)
		return -1;
	return ended ? 0 : err_set(e, ERR_NOT_FOUND, "there is no session '%s' (berth sessions --clients lists them)", id);
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
		"looks at a screen only where they come from. 'end' ends sessions at consoles from any terminal, by their id, "
		"and never the guest; 'berth stop --clients' ends all of a guest's. A guest's console is its owner's and root's "
		"alone.",
	.example = "berth sessions\nberth sessions --clients web\nberth sessions end web:2",
	.options = options,
	.max = -1,
	.completes = "guest",
	.run = sessions,
};
