/* SPDX-License-Identifier: ISC */
#include "app/keep.h"
#include "app/probe.h"
#include "app/survey.h"
#include "cmd/cmd.h"
#include "text/size.h"
#include "text/table.h"

static const struct column columns[] = {
	{ "name", "NAME", false },
	{ "state", "STATE", false },
	{ "driver", "DRIVER", false },
	{ "os", "OS", false },
	{ "cpus", "CPUS", true },
	{ "memory", "MEMORY", true },
	{ "address", "ADDRESS", false },
	{ "ssh", "SSH", false },
	{ "pid", "PID", true },
	{ "note", "NOTE", false },
};

enum { COLUMNS = sizeof columns / sizeof *columns, FOR_ALIENS = 2 /* the last columns */, SHORT = 2 /* the first */ };

static const char *text(const struct sighting *s, const char *key)
{
	return json_string_value(json_object_get(s->record, key));
}

static long long recorded(const struct sighting *s, const char *key)
{
	return json_integer_value(json_object_get(s->record, key));
}

static const char *number(long long n, struct arena *a)
{
	return n ? arena_fmt(a, "%lld", n) : NULL;
}

static bool throwaway(const struct sighting *s)
{
	return json_is_true(json_object_get(s->record, "throwaway"));
}

static const char *note(const struct facts *f, const struct sighting *s)
{
	if (s->alien)
		return "alien";
	if (throwaway(s))
		return s->state == STATE_BUILT ? "to be deleted" : "throwaway";
	return keep_note(f, s->name, s->state);
}

/* Returns whether there was something to note. */
static bool row(struct table *t, const struct facts *f, const struct sighting *s)
{
	struct arena *a = &t->mem;
	uint64_t ram = s->alien ? s->ram : (uint64_t)recorded(s, "ram");
	const char *port = number(recorded(s, "ssh_port"), a);
	const char *cells[COLUMNS] = {
		s->name, state_word(s->state), s->driver, text(s, "os"), number(s->alien ? s->cpus : recorded(s, "cpus"), a),
		ram ? size_text(ram, a) : NULL, s->record ? text(s, "address") : s->address,
		port && s->state >= STATE_RUNNING ? arena_fmt(a, "127.0.0.1:%s", port) : NULL,
		number(s->pid, a),
		note(f, s),
	};

	table_row(t, cells);
	return cells[COLUMNS - 1];
}

static bool is_wanted(const struct call *c, const struct sighting *s)
{
	if (call_option(c, "running") && s->state < STATE_RUNNING)
		return false;
	if (call_option(c, "short") && s->alien)
		return false;
	for (int i = 0; i < c->argc; i++)
		if (str_eq(c->argv[i], s->name))
			return true;
	return !c->argc;
}

/* Everybody that was asked for is there. */
static int check_names(const struct call *c, const struct roster *r, struct err *e)
{
	for (int i = 0; i < c->argc; i++) {
		size_t k = 0;

		while (k < r->guests.n && !str_eq(r->guests.v[k].name, c->argv[i]))
			k++;
		if (k == r->guests.n)
			return err_set(e, ERR_NOT_FOUND, "there is no guest '%s' ('berth list' shows all)", c->argv[i]);
	}
	return 0;
}

static int list(struct call *c, struct err *e)
{
	DEFER(facts_done) struct facts f = { 0 };
	DEFER(roster_done) struct roster r = { 0 };
	DEFER(table_done) struct table t = { .columns = columns, .ncolumns = COLUMNS };
	DEFER(str_done) struct str out = { 0 };
	bool brief = call_option(c, "short"), noted = false;

	if (probe_places(&f, e) < 0 || survey(&f, !call_option(c, "fast"), &r, e) < 0 || check_names(c, &r, e) < 0)
		return -1;
	if (brief)
		survey_by_order(&r);
	for (size_t i = 0; i < r.guests.n; i++)
		if (is_wanted(c, &r.guests.v[i]))
			noted |= row(&t, &f, &r.guests.v[i]);
	if (!c->json && (brief || !noted))
		t.ncolumns = brief ? SHORT : COLUMNS - FOR_ALIENS;
	if (c->json) {
		out_json("berth.list/1", json_pack("{s:o}", "guests", table_json(&t)));
		return 0;
	}
	table_print(&t, !c->quiet && !brief, &out);
	out_text(&out);
	return 0;
}

static const struct opt options[] = {
	{ "fast",    'f', NULL, "do not ask the hypervisors: paused guests show as running" },
	{ "running", 'r', NULL, "only guests that run" },
	{ "short",   's', NULL, "only names and states, in the order of registered guests, without a heading" },
	{ 0 },
};

const struct command cmd_list = {
	.name = "list",
	.group = "Guests",
	.args = "[GUEST]...",
	.summary = "list the guests of this host and their states",
	.description = "One line for each guest, built or running, by name; with names, for those guests alone. Who runs is read from the guests' locks; the hypervisors are asked, "
		       "each once for all its guests and for one second at most, who is paused. A guest that runs and does not answer is 'unknown'. "
		       "Containers and virtual machines that nobody made with berth are listed, too, with the note 'alien', and with "
		       "what their command line tells. A guest with run.restart whose keeper was killed has the note '" KEEP_LOST "', and one "
		       "that is about to be started again '" KEEP_RESTARTS "'.",
	.example = "berth list",
	.options = options,
	.max = -1,
	.completes = "guest",
	.run = list,
};
