/* SPDX-License-Identifier: ISC */
#include "cmd/edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "model/guest.h"
#include "sys/file.h"

const struct opt edit_options[] = {
	{ "dry-run", 'n', NULL, "print the file as it would be, and change nothing; always so for FILE -" },
	{ 0 },
};

static int edit_parse(struct edit *d, struct err *e)
{
	d->report = (struct report){ .file = d->file };
	if (ini_parse(&d->ini, d->file, d->text, d->size, &d->report) < 0)
		return report_err(&d->report, e);
	return 0;
}

int edit_open(struct edit *d, const char *file, struct err *e)
{
	*d = (struct edit){ .file = file };
	d->text = file_read(file, INI_MAX_BYTES, &d->size, e);
	return d->text ? edit_parse(d, e) : -1;
}

static void forget(struct edit *d)
{
	ini_done(&d->ini);
	report_done(&d->report);
	free(d->text);
	d->text = NULL;
}

int edit_replace(struct edit *d, struct str *text, struct err *e)
{
	forget(d);
	d->size = text->n;
	d->text = str_take(text);
	return edit_parse(d, e);
}

void edit_touched(struct edit *d, const char *path)
{
	words_add(&d->touched, &d->mem, arena_str(&d->mem, path));
}

/*
 * Does what is said of a line concern a path that was set? An unknown section is told
 * once, at its marker, for all that is in it.
 */
static bool concerns(const struct edit *d, int line)
{
	for (size_t i = 0; i < d->touched.n; i++)
		for (const struct ini_node *n = ini_find(&d->ini, d->touched.v[i]); n && n->parent; n = n->parent)
			if (line == n->line || (!n->section && line == n->value_line))
				return true;
	return false;
}

/*
 * The owner has the last word on his file, but should know what it has become. Warnings
 * about the rest of it are no news to him.
 */
static void tell_problems(const struct edit *d)
{
	DEFER(guest_done) struct guest g = { 0 };
	DEFER(report_done) struct report r = { .file = d->file };

	guest_read(&g, &d->ini, &r);
	report_sort(&r);
	for (size_t i = 0; i < r.problems.n; i++)
		if (r.problems.v[i].severity == SEV_ERROR || concerns(d, r.problems.v[i].line))
			fprintf(stderr, "%s\n", report_line(&r, &r.problems.v[i], &r.mem));
}

/*
 * The file itself is replaced, not the link that leads to it, and stays its owner's. Not
 * everybody may give files away: then the group is kept, if that is allowed, and else the
 * file becomes ours. What the last try says counts.
 */
static int write_back(const struct edit *d, struct err *e)
{
	const struct file_owner none = { (uid_t)-1, (gid_t)-1 };
	DEFER(free_str) char *real = realpath(d->file, NULL);
	const char *path = real ? real : d->file;
	struct err refused;
	struct stat st;

	if (stat(path, &st) < 0)
		return file_write(path, d->text, d->size, 0, e);
	if (file_write_as(path, d->text, d->size, 0, (struct file_owner){ st.st_uid, st.st_gid }, &refused) == 0 ||
	    file_write_as(path, d->text, d->size, 0, (struct file_owner){ none.uid, st.st_gid }, &refused) == 0)
		return 0;
	return file_write_as(path, d->text, d->size, 0, none, e);
}

bool edit_prints(const struct edit *d, const struct call *c)
{
	return c->dry_run || str_eq(d->file, "-");
}

int edit_save(struct edit *d, const struct call *c, struct err *e)
{
	struct str s = { .s = d->text, .n = d->size };

	if (!edit_prints(d, c) && write_back(d, e) < 0)
		return -1;
	if (edit_prints(d, c))
		out_text(&s);
	if (!c->quiet)
		tell_problems(d);
	return 0;
}

void edit_done(struct edit *d)
{
	forget(d);
	arena_done(&d->mem);
}

int edit_split(const char *word, char **path, const char **value, struct arena *a, struct err *e)
{
	const char *equal = strchr(word, '=');

	if (!equal || equal == word)
		return err_set(e, ERR_USAGE, "'%s' is not of the form section.key=value", word);
	*path = arena_strn(a, word, (size_t)(equal - word));
	*value = equal + 1;
	return 0;
}
