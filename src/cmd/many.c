/* SPDX-License-Identifier: ISC */
/* One verb on many guests at once. */
#include <stdio.h>
#include <string.h>

#include "app/boot.h"
#include "app/keep.h"
#include "app/listed.h"
#include "app/survey.h"
#include "cmd/common.h"
#include "cmd/rows.h"

/* Who is asked to stop mostly waits: there is no reason to let others wait for that. */
enum { JOBS_FOR_ALL = 16 };

static void ended(void *arg, const struct fan *f, const struct fan_task *t)
{
	tally_add(arg, fan_kind(t));
	fputs(str_text(&t->err), stderr);
	fputs(str_text(&t->out), stdout);
}

/* An option, as it was given, that the command of the verb has as well: a guest without a power button is killed. */
static bool takes(enum verb v, const char *option)
{
	const struct opt *lists[5];
	size_t n = strcspn(option, "=");

	command_options(command_find(verb_word(v)), lists);
	for (const struct opt **list = lists; *list; list++)
		for (const struct opt *o = *list; o->name; o++)
			if (strlen(o->name) == n && str_starts(option, o->name))
				return true;
	return false;
}

static bool is_about_many(const char *option)
{
	return str_starts(option, "jobs=") || str_starts(option, "filter=") || str_eq(option, "all");
}

/* The words of a child: the options of this call but those that are about many, and one guest. */
static void add(struct call *c, struct fan *f, enum verb v, const char *guest)
{
	struct words w = { 0 };

	words_add(&w, &f->mem, verb_word(v));
	for (size_t i = 0; i < c->options.n; i++)
		if (!is_about_many(c->options.v[i]) && takes(v, c->options.v[i]))
			words_add(&w, &f->mem, arena_fmt(&f->mem, "--%s", c->options.v[i]));
	words_extend(&w, &f->mem, ARGV("--", guest));
	fan_add(f, guest, argv_of(&w, &f->mem));
}

/* It runs, or its keeper is about to start it again. */
static bool runs(const struct facts *f, const struct sighting *s)
{
	return s->state == STATE_RUNNING || s->state == STATE_PAUSED || s->state == STATE_UNKNOWN ||
	       str_eq(keep_note(f, s->name, s->state), KEEP_RESTARTS);
}

static enum verb verb_for(const struct sighting *s, enum verb v)
{
	const struct driver *d = s->driver ? driver_find(s->driver) : NULL;

	return v == VERB_STOP && d && !d->plan[VERB_STOP] ? VERB_KILL : v;
}

static const struct sighting *sighting_of(const struct roster *r, const char *name)
{
	size_t i = 0;

	while (r->guests.v[i].alien || !str_eq(r->guests.v[i].name, name))
		i++;
	return &r->guests.v[i];
}

static bool is_meant(struct view *filters, struct facts *f, const struct sighting *s)
{
	size_t before = filters->rows.n;

	if (!runs(f, s))
		return false;
	listed_add(filters, f, s);
	return filters->rows.n > before;
}

/* Those that started last end first, and who waited for another ends before that. */
static void add_in_order(struct call *c, struct fan *f, enum verb v, struct view *filters, struct facts *facts, const struct roster *r)
{
	DEFER(boot_done) struct boot b = { 0 };

	for (size_t i = 0; i < r->guests.n; i++) {
		struct boot_guest *g;

		if (r->guests.v[i].alien)
			continue;
		g = vec_add(&b.guests, &b.mem);
		*g = (struct boot_guest){ .name = r->guests.v[i].name, .marked = is_meant(filters, facts, &r->guests.v[i]) };
		if (g->marked && v == VERB_STOP)
			boot_read(&b, g);
	}
	boot_check(&b);
	for (size_t i = b.guests.n; i-- > 0; )
		if (b.guests.v[i].marked)
			add(c, f, verb_for(sighting_of(r, b.guests.v[i].name), v), b.guests.v[i].name);
	boot_reverse(&b, f);
}

static int add_running(struct call *c, struct fan *f, enum verb v, struct err *e)
{
	DEFER(view_done) struct view filters = { .fields = listed_fields, .what = "berth list" };
	DEFER(facts_done) struct facts facts = { 0 };
	DEFER(roster_done) struct roster r = { 0 };

	if (view_usual(&filters, "name", e) < 0 || call_filters(c, &filters, e) < 0 || probe_places(&facts, e) < 0 ||
	    survey(&facts, true, &r, e) < 0)
		return -1;
	add_in_order(c, f, v, &filters, &facts, &r);
	return 0;
}

int call_many(struct call *c, enum verb v, struct err *e)
{
	struct tally tally = { 0 };
	DEFER(fan_done) struct fan fan = { .ended = ended, .arg = &tally };
	bool all = call_option(c, "all");

	if (fan_jobs(call_option(c, "jobs"), all ? JOBS_FOR_ALL : 1, &fan.jobs, e) < 0)
		return -1;
	if (all == (c->argc > 0))
		return command_usage(c->command, e);
	if (!all && call_option(c, "filter"))
		return err_set(e, ERR_USAGE, "--filter is for --all");
	/* Plans are read one after the other. */
	if (c->dry_run)
		fan.jobs = 1;
	if (call_expand(c, e) < 0)
		return -1;
	if (!all && (fan.jobs == 1 || c->argc == 1))
		return call_verb(c, v, e);
	for (int i = 0; i < c->argc; i++)
		add(c, &fan, v, c->argv[i]);
	if (all && add_running(c, &fan, v, e) < 0)
		return -1;
	return fan_run(&fan, e) < 0 ? -1 : tally_end(&tally, verb_word(v), e);
}
