/* SPDX-License-Identifier: ISC */
/* Patterns and tags on the command line. */
#include <stdio.h>
#include <unistd.h>

#include "app/resolve.h"
#include "cmd/common.h"

/* What a word means, or the word itself: what is wrong with it will be told where it is used. */
static int expand_word(struct call *c, const struct facts *f, const char *word, struct words *out, size_t *meant, struct err *e)
{
	DEFER(address_done) struct address a = { 0 };
	struct answers all = { 0 };
	struct err later = { 0 };

	if (address_parse(&a, word, &later) < 0 || !address_many(&a)) {
		if (!words_has(out, word))
			words_add(out, &c->mem, word);
		return 0;
	}
	if (resolve_all(f, &a, word, &all, e) < 0)
		return -1;
	*meant += all.n;
	for (size_t i = 0; i < all.n; i++) {
		const char *name = all.v[i].name ? all.v[i].name : all.v[i].path;

		if (!words_has(out, name))
			words_add(out, &c->mem, arena_str(&c->mem, name));
	}
	return 0;
}

static bool has_yes(const struct command *c)
{
	for (const struct opt *o = c->options; o && o->name; o++)
		if (str_eq(o->name, "yes"))
			return true;
	return false;
}

/* "web1, web2, web3 and 7 more" */
static void names(const struct words *w, struct str *out)
{
	enum { SHOWN = 10 };

	for (size_t i = 0; i < w->n && i < SHOWN; i++)
		str_fmt(out, "%s%s", i ? ", " : "", w->v[i]);
	if (w->n > SHOWN)
		str_fmt(out, " and %zu more", w->n - SHOWN);
}

int call_sure(const struct call *c, const char *what, struct err *e)
{
	int answer, more;

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return err_set(e, ERR_USAGE, "%s: %s: nobody is there to be asked (add --yes)", c->command->name, what);
	fprintf(stderr, "%s %s? [y/N] ", c->command->name, what);
	answer = more = getchar();
	while (more != '\n' && more != EOF)
		more = getchar();
	return answer == 'y' || answer == 'Y' ? 0 : err_set(e, ERR_FAILED, "%s: nothing was done", c->command->name);
}

/* Many guests at once are not ended by a slip of the hand. */
static int confirm(const struct call *c, const struct words *w, struct err *e)
{
	DEFER(str_done) struct str all = { 0 };

	if (!has_yes(c->command) || c->dry_run || call_option(c, "yes"))
		return 0;
	names(w, &all);
	return call_sure(c, str_text(&all), e);
}

int call_expand(struct call *c, struct err *e)
{
	DEFER(facts_done) struct facts f = { 0 };
	struct words out = { 0 };
	size_t meant = 0;

	if (probe_places(&f, e) < 0)
		return -1;
	for (int i = 0; i < c->argc; i++)
		if (expand_word(c, &f, c->argv[i], &out, &meant, e) < 0)
			return -1;
	if (!meant)
		return 0;
	if (confirm(c, &out, e) < 0)
		return -1;
	c->argv = (char **)argv_of(&out, &c->mem);
	c->argc = (int)out.n;
	return 0;
}
