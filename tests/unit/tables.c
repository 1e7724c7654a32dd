/* SPDX-License-Identifier: ISC */
/*
 * The tables are complete: a row that lacks its help, its example or its words does
 * not get in. Manual, completion and messages are made from nothing else.
 */
#include "tap.h"

#include <ctype.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "model/defined.h"
#include "model/driver.h"
#include "model/state.h"
#include "model/verb.h"

enum { LINE = 76 };

/* "list the guests", "QEMU and KVM": one line that can stand behind a name and a colon. */
static bool phrase(const char *s)
{
	if (!s || !*s || strlen(s) > LINE || strchr(s, '\n') || str_ends(s, "."))
		return false;
	return !isupper((unsigned char)s[0]) || isupper((unsigned char)s[1]);
}

/* "Lists the guests.": sentences for the manual. */
static bool sentences(const char *s)
{
	return s && *s && !islower((unsigned char)*s) && (str_ends(s, ".") || str_ends(s, ".)"));
}

static bool word(const char *s)
{
	if (!s || !islower((unsigned char)*s))
		return false;
	for (; *s; s++)
		if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) && *s != '-')
			return false;
	return true;
}

/* "verb file": what the first argument is, and all that follow. */
static bool things_known(const char *completes)
{
	static const char *const known[] = { "guest", "file", "key", "command", "driver", "verb" };

	while (*completes) {
		size_t n = strcspn(completes, " "), i = 0;

		while (i < sizeof known / sizeof *known && (strlen(known[i]) != n || strncmp(known[i], completes, n)))
			i++;
		if (i == sizeof known / sizeof *known)
			return false;
		completes += n + (completes[n] == ' ');
	}
	return true;
}

static bool one_of(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(s, *list))
			return true;
	return false;
}

/* Every line is a call of berth, and one of them of this command. */
static bool example_fits(const struct command *c)
{
	DEFER(str_done) struct str call = { 0 };
	const char *line = c->example;

	str_fmt(&call, "berth %s", c->name);
	for (; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (!str_starts(line, "berth "))
			return false;
	return c->example && strstr(c->example, str_text(&call));
}

/* Neither the name nor the letter of one of the options before it. */
static bool told_apart(const struct opt *o, const struct opt *const *before, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(before[i]->name, o->name) || (o->letter && before[i]->letter == o->letter))
			return false;
	return true;
}

static void options_of(const struct command *c)
{
	const struct opt *lists[5], *seen[64];
	size_t n = 0;

	command_options(c, lists);
	for (const struct opt **list = lists; *list; list++)
		for (const struct opt *o = *list; o->name && n < sizeof seen / sizeof *seen; o++) {
			ok(word(o->name) && phrase(o->help), "%s --%s is a word and has help", c->name, o->name);
			ok(told_apart(o, seen, n), "%s --%s is no other option's name or letter", c->name, o->name);
			seen[n++] = o;
		}
}

/* A key that is none of the list's own words, and no other field's; numbers of older systems are used once. */
static bool field_told_apart(const struct field *all, const struct field *f)
{
	for (const struct field *g = all; g != f; g++)
		if (!strcmp(g->key, f->key) || (f->number && g->number == f->number))
			return false;
	return strcmp(f->key, "all") != 0 && strcmp(f->key, "numbered") != 0 && strcmp(f->key, "help") != 0;
}

static bool field_word(const char *s)
{
	return islower((unsigned char)*s) && s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")] == 0;
}

static void fields_of(const char *of, const struct field *fields)
{
	for (const struct field *f = fields; f && f->key; f++) {
		ok(field_word(f->key), "%s %s is a word", of, f->key);
		ok(f->title && *f->title && phrase(f->help), "%s %s has a title and says what it is", of, f->key);
		ok(field_told_apart(fields, f), "%s %s is no other field's key or number", of, f->key);
		ok(!f->get == !fields->get, "%s %s is got as the others are", of, f->key);
	}
}

static void command_rows(void)
{
	static const char *const groups[] = {
		"Guests", "Machine files", "Reaching guests", "This host", "This program", NULL };

	for (const struct command *const *p = commands; *p; p++) {
		const struct command *c = *p;

		ok(word(c->name), "%s is a word", c->name);
		ok(one_of(c->group, groups), "%s belongs to a group of the help", c->name);
		ok(phrase(c->summary), "%s has a summary in lower case, without full stop", c->name);
		ok(sentences(c->description), "%s has a description in sentences", c->name);
		ok(example_fits(c), "%s has an example that calls it", c->name);
		ok(c->args && (c->min == 0 || *c->args), "%s names the arguments it wants", c->name);
		ok(c->max < 0 || c->max >= c->min, "%s can be satisfied", c->name);
		ok(!c->completes || things_known(c->completes), "%s completes something known", c->name);
		ok(c->run, "%s runs", c->name);
		ok(command_find(c->name) == c, "%s is found by its name", c->name);
		options_of(c);
		fields_of(c->name, c->fields);
	}
}

/* Help prints a heading when the group changes: a group that comes twice is two headings. */
static void groups_are_together(void)
{
	for (const struct command *const *p = commands; *p && p[1]; p++)
		if (strcmp(p[0]->group, p[1]->group))
			for (const struct command *const *q = p + 2; *q; q++)
				ok(strcmp((*q)->group, p[0]->group), "%s stands with its group", (*q)->name);
}

static void driver_rows(void)
{
	for (const struct driver *const *p = drivers; *p; p++) {
		const struct driver *d = *p;

		ok(word(d->name), "%s is a word", d->name);
		ok(phrase(d->summary), "%s has a summary", d->name);
		ok(driver_find(d->name) == d, "%s is found by its name", d->name);
		ok(d->tools && *d->tools, "%s names the programs it wants", d->name);
		ok(!d->plan[VERB_BUILD] == !d->plan[VERB_DESTROY], "%s can delete what it builds", d->name);
		ok(!d->plan[VERB_START] == !d->plan[VERB_KILL], "%s can end what it starts", d->name);
		ok(!d->plan[VERB_PAUSE] == !d->plan[VERB_RESUME], "%s can resume what it pauses", d->name);
		ok(!d->plan[VERB_SNAPSHOT] == !d->plan[VERB_RESTORE], "%s can restore what it keeps", d->name);
		ok(!d->plan[VERB_SNAPSHOT] == !d->forget, "%s can forget what it keeps", d->name);
	}
	ok(!driver_find("no-such"), "an unknown driver is not found");
}

static void verb_rows(void)
{
	for (int v = 0; v < VERB_COUNT; v++) {
		ok(word(verb_word(v)) && word(verb_done(v)), "%s is a word, and has one for what was done", verb_word(v));
		ok(phrase(verb_summary(v)), "%s has a summary", verb_word(v));
		ok(verb_find(verb_word(v)) == v, "%s is found by its word", verb_word(v));
	}
	ok(verb_find("no-such") < 0, "an unknown verb is not found");
}

/* --json names a failure by its word: no two may share one. */
static bool exit_word_is_its_own(enum err_kind kind)
{
	for (int other = 0; other <= ERR_UNSUPPORTED; other++)
		if (other != (int)kind && !strcmp(err_word(other), err_word(kind)))
			return false;
	return word(err_word(kind));
}

static void words(void)
{
	for (int s = 0; s <= STATE_ALIEN; s++)
		ok(state_find(state_word(s)) == s, "state %s is found by its word", state_word(s));
	for (int k = 0; k <= ERR_UNSUPPORTED; k++)
		ok(exit_word_is_its_own(k), "exit %d has a word of its own", k);
}

int main(void)
{
	command_rows();
	fields_of("defined", defined_fields);
	groups_are_together();
	driver_rows();
	verb_rows();
	words();
	return tap_done();
}
