/* SPDX-License-Identifier: ISC */
/* One verb on many guests at once. */
#include <stdio.h>

#include "app/fanout.h"
#include "app/survey.h"
#include "cmd/common.h"

/* Who is asked to stop mostly waits: there is no reason to let others wait for that. */
enum { JOBS_FOR_ALL = 16 };

static void ended(void *arg, const struct fan *f, const struct fan_task *t)
{
	tally_add(arg, fan_kind(t));
	fputs(str_text(&t->err), stderr);
	fputs(str_text(&t->out), stdout);
}

/* The words of a child: the options of this call but those that are about many, and one guest. */
static void add(struct call *c, struct fan *f, enum verb v, const char *guest)
{
	struct words w = { 0 };

	words_add(&w, &f->mem, verb_word(v));
	for (size_t i = 0; i < c->options.n; i++)
		if (!str_starts(c->options.v[i], "jobs=") && !str_eq(c->options.v[i], "all"))
			words_add(&w, &f->mem, arena_fmt(&f->mem, "--%s", c->options.v[i]));
	words_extend(&w, &f->mem, ARGV("--", guest));
	fan_add(f, guest, argv_of(&w, &f->mem));
}

static bool runs(const struct sighting *s)
{
	return !s->alien && (s->state == STATE_RUNNING || s->state == STATE_PAUSED || s->state == STATE_UNKNOWN);
}

static enum verb verb_for(const struct sighting *s, enum verb v)
{
	const struct driver *d = s->driver ? driver_find(s->driver) : NULL;

	return v == VERB_STOP && d && !d->plan[VERB_STOP] ? VERB_KILL : v;
}

static int add_running(struct call *c, struct fan *f, enum verb v, struct err *e)
{
	DEFER(facts_done) struct facts facts = { 0 };
	DEFER(roster_done) struct roster r = { 0 };

	if (probe_places(&facts, e) < 0 || survey(&facts, true, &r, e) < 0)
		return -1;
	for (size_t i = 0; i < r.guests.n; i++)
		if (runs(&r.guests.v[i]))
			add(c, f, verb_for(&r.guests.v[i], v), r.guests.v[i].name);
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
