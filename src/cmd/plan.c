/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "cmd/common.h"

/* "up" is several verbs in one, and has no row among them. */
static int verb_check(const char *word, struct err *e)
{
	DEFER(str_done) struct str all = { 0 };

	if (!strcmp(word, "up") || verb_find(word) >= 0)
		return 0;
	for (int v = 0; v < VERB_COUNT; v++)
		str_fmt(&all, ", %s", verb_word((enum verb)v));
	return err_set(e, ERR_USAGE, "'%s' is no verb (up%s)", word, str_text(&all));
}

/* Two guests, or a guest and a name: too much for one word, but facts may hold the other one. */
static int other_check(const struct target *t, const char *word, struct err *e)
{
	static const enum verb of_two[] = { VERB_CLONE, VERB_SNAPSHOT, VERB_RESTORE, VERB_EXPORT,
						VERB_ATTACH, VERB_DETACH, VERB_CD, VERB_RENAME };

	for (size_t i = 0; i < sizeof of_two / sizeof *of_two; i++)
		if (!strcmp(word, verb_word(of_two[i])) && !t->facts.other)
			return err_set(e, ERR_USAGE, "'%s' needs more than a guest (berth %s --dry-run, see 'berth help %s')",
				       word, word, word);
	return 0;
}

/* What `berth VERB FILE --dry-run` prints; a guest in the right state is assumed, so that any verb can be looked at. */
static int make(struct target *t, const char *word, struct plan *p, struct err *e)
{
	if (!strcmp(word, "up"))
		return act_plan_up(t, p, e);
	return driver_plan(t->driver, (enum verb)verb_find(word), &t->guest, &t->facts, p, e);
}

static int plan(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(plan_done) struct plan p = { 0 };

	c->dry_run = true;
	/* A wrong word is told before the host is looked at for a guest that may not be there either. */
	if (verb_check(c->argv[0], e) < 0)
		return -1;
	if (call_target(c, c->argv[1], PROBE_BUILD | PROBE_START | PROBE_COPY, &t, e) < 0 ||
	    other_check(&t, c->argv[0], e) < 0 || make(&t, c->argv[0], &p, e) < 0)
		return -1;
	return call_plan(c, &t, &p, e);
}

const struct command cmd_plan = {
	.name = "plan",
	.group = "Guests",
	.args = "VERB FILE|GUEST",
	.summary = "print what a verb would do, step by step",
	.description = "Prints every step of a verb (up, build, start, stop ...) with the exact command, and does nothing. "
		       "The same as the verb with --dry-run, except that the guest need not be in the state the verb wants. "
		       "With --sh the plan is a shell script that does the same, with --json it is data.",
	.example = "berth plan up examples/hello.conf",
	.min = 2,
	.max = 2,
	.completes = "verb file",
	.acts = true,
	.run = plan,
};
