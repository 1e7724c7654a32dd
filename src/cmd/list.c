/* SPDX-License-Identifier: ISC */
#include "app/keep.h"
#include "app/listed.h"
#include "app/probe.h"
#include "app/survey.h"
#include "cmd/common.h"
#include "cmd/rows.h"

/* The last ones are for aliens and other guests with a note. */
#define USUAL "name,state,driver,os,cpus,memory,address,ssh,pid,note"
#define SHORT "name,state"

enum { FOR_NOTES = 2 };

/* The guests that words of the command line mean. */
struct meant {
	struct words names;
	bool all;               /* none was given */
};

static bool is_wanted(const struct call *c, const struct meant *m, const struct sighting *s)
{
	if (call_option(c, "running") && s->state < STATE_RUNNING)
		return false;
	if (call_option(c, "short") && s->alien)
		return false;
	return m->all || words_has(&m->names, s->name);
}

static bool is_listed(const struct roster *r, const char *name)
{
	for (size_t i = 0; i < r->guests.n; i++)
		if (str_eq(r->guests.v[i].name, name))
			return true;
	return false;
}

/* Those of an address; the name of one that is in the list, which may be an alien's, is just that. */
static int find_meant(struct call *c, const struct roster *r, struct meant *m, struct err *e)
{
	m->all = !c->argc;
	if (call_expand(c, e) < 0)
		return -1;
	for (int i = 0; i < c->argc; i++) {
		DEFER(target_done) struct target t = { 0 };
		const char *name = c->argv[i];

		if (!is_listed(r, name)) {
			if (call_target(c, name, 0, &t, e) < 0)
				return -1;
			name = arena_str(&c->mem, t.guest.name);
		}
		if (!is_listed(r, name))
			return err_set(e, ERR_NOT_FOUND, "'%s' is not built, so it is not in the list (berth up %s)", name, c->argv[i]);
		words_add(&m->names, &c->mem, name);
	}
	return 0;
}

static int list(struct call *c, struct err *e)
{
	DEFER(facts_done) struct facts f = { 0 };
	DEFER(roster_done) struct roster r = { 0 };
	DEFER(view_done) struct view v = { 0 };
	struct meant meant = { 0 };
	bool brief = call_option(c, "short");

	if (call_view(c, &v, e) < 0 || view_usual(&v, brief && !call_for_programs(c) ? SHORT : USUAL, e) < 0 || probe_places(&f, e) < 0 ||
	    survey(&f, !call_option(c, "fast"), &r, e) < 0 || find_meant(c, &r, &meant, e) < 0)
		return -1;
	if (brief)
		survey_by_order(&r);
	for (size_t i = 0; i < r.guests.n; i++)
		if (is_wanted(c, &meant, &r.guests.v[i]))
			listed_add(&v, &f, &r.guests.v[i]);
	if (!v.chosen && !brief && !call_for_programs(c) && !view_says(&v, "note"))
		v.shown.n -= FOR_NOTES;
	c->quiet |= brief;
	call_rows(c, &v, "berth.list/1", "guests", NULL);
	return 0;
}

static const struct opt options[] = {
	{ "fast",    'f', NULL, "do not ask the hypervisors: paused guests show as running" },
	{ "running", 'r', NULL, "only guests that run" },
	OPTION_NAMES,
	{ "short",   's', NULL, "only names and states, in the order of registered guests, without a heading" },
	{ 0 },
};

const struct command cmd_list = {
	.name = "list",
	.group = "Guests",
	.args = "[GUEST]...",
	.summary = "list the guests of this host and their states",
	.description = "One line for each guest, built or running, by name; with guests (names, or what else finds "
		       "them: 'berth help find'), for those alone. Who runs is read from the guests' locks; who is paused, "
		       "from what a QEMU that is well has written of itself, else the hypervisors are asked, all at once and for one "
		       "second at most. A guest that runs and does not answer is 'unknown'. "
		       "Containers and virtual machines that nobody made with berth are listed, too, with the note 'alien', and with "
		       "what their command line tells. A guest with run.restart whose keeper was killed has the note '" KEEP_LOST "', and one "
		       "that is about to be started again '" KEEP_RESTARTS "'.",
	.example = "berth list\nberth list --filter state=running --sort -memory\nberth list -o name,mac,address,accel\n"
		   "berth list -o @TAB_CPORT",
	.options = options,
	.fields = listed_fields,
	.max = -1,
	.completes = "guest",
	.run = list,
};
