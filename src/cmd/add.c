/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "cmd/edit.h"
#include "text/iniedit.h"

/*
 * "user+" makes a new section in the first path that says so; further paths of the
 * same call that begin alike mean the one just made.
 */
static const char *same_section(const char *path, const char *mark, const char *chosen, struct arena *a)
{
	size_t n = mark ? strlen(mark) : 0;

	if (!n || strncmp(path, mark, n) || (path[n] && path[n] != '.'))
		return path;
	return arena_fmt(a, "%s%s", chosen, path + n);
}

/* "users.users.user+.name" with the name that was chosen for "user+". */
static const char *chosen_path(const char *path, const char *chosen, struct arena *a)
{
	const char *plus = strchr(path, '+'), *name = plus;

	if (!plus || !chosen)
		return path;
	while (name > path && name[-1] != '.')
		name--;
	return arena_fmt(a, "%.*s%s%s", (int)(name - path), path, chosen, plus + 1);
}

static int add_one(struct edit *d, struct call *c, const char *word, const char **mark, const char **made, struct err *e)
{
	DEFER(str_done) struct str out = { 0 };
	const char *value, *chosen = NULL, *plus, *place;
	char *path;

	if (edit_split(word, &path, &value, &c->mem, e) < 0)
		return -1;
	plus = strchr(path, '+');
	place = same_section(path, *mark, *made, &c->mem);
	if (ini_add(&d->ini, place, value, &c->mem, &chosen, &out, e) < 0)
		return -1;
	if (plus && chosen && !*mark) {
		const char *dot;

		*mark = arena_strn(&c->mem, path, (size_t)(plus + 1 - path));
		dot = strrchr(*mark, '.');
		*made = arena_fmt(&c->mem, "%.*s%s", dot ? (int)(dot + 1 - *mark) : 0, *mark, chosen);
	}
	edit_touched(d, chosen_path(place, chosen, &c->mem));
	return edit_replace(d, &out, e);
}

static int add(struct call *c, struct err *e)
{
	DEFER(edit_done) struct edit d;
	const char *mark = NULL, *made = NULL;

	if (edit_open(&d, c->argv[0], e) < 0)
		return -1;
	for (int i = 1; i < c->argc; i++)
		if (add_one(&d, c, c->argv[i], &mark, &made, e) < 0)
			return -1;
	if (made && !c->quiet && !edit_prints(&d, c))
		printf("%s\n", made);
	return edit_save(&d, c, e);
}

const struct command cmd_add = {
	.name = "add",
	.group = "Machine files",
	.args = "FILE PATH=VALUE...",
	.summary = "add to a list of a machine file, or make the next numbered section",
	.description = "Appends a value to a list. A section name that ends in '+' stands for the next free number: 'users.users.user+.name=ada' makes "
		       "user1 when there is a user0, and says so; further paths with the same 'user+' mean the same new section.",
	.example = "berth add web.conf users.users.user+.name=ada users.users.user+.groups=sudo",
	.options = edit_options,
	.min = 2,
	.max = -1,
	.completes = "file",
	.run = add,
};
