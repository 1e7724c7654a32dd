/* SPDX-License-Identifier: ISC */
#include "app/tables.h"

#include <string.h>

#include "app/probe.h"
#include "model/data.h"
#include "sys/file.h"

/* There is nothing in such a file but tables. */
static int check(const struct ini *ini, struct err *e)
{
	for (const struct ini_node *n = ini->root->first; n; n = n->next)
		if (!n->section || strcmp(n->name, "table") != 0)
			return err_set(e, ERR_INVALID, "%s:%d:%d: '%s' has no meaning here (tables stand in the section [table])",
				       ini->file, n->line, n->col, n->name);
	return 0;
}

static int read_text(struct tables *t, const char *file, const char *text, size_t size, struct err *e)
{
	DEFER(report_done) struct report r = { .file = file };
	struct ini *ini = &t->ini[t->n++];

	if (ini_parse(ini, file, text, size, &r) < 0)
		return report_err(&r, e);
	return check(ini, e);
}

/* One that is not there is fine. */
static int read_file(struct tables *t, const char *path, struct err *e)
{
	DEFER(free_str) char *text = NULL;
	size_t size;

	if (!file_exists(path))
		return 0;
	text = file_read(path, INI_MAX_BYTES, &size, e);
	return text ? read_text(t, path, text, size, e) : -1;
}

static int read_all(struct tables *t, struct err *e)
{
	struct words paths = { 0 };

	t->read = true;
	probe_config("tables.conf", &paths, &t->mem);
	for (size_t i = 0; i < paths.n && t->n + 1 < TABLE_FILES; i++)
		if (read_file(t, paths.v[i], e) < 0)
			return -1;
	return read_text(t, "tables.conf of berth", data_tables, strlen(data_tables), e);
}

/*
 * The value as it stands in the file, without the quotes around all of it: a list of
 * fields has quotes and commas of its own, and messages name the column.
 */
static struct wording value(const struct ini *ini, const struct ini_node *key, struct arena *a)
{
	const char *raw = ini->source + key->value_start;
	size_t n = key->value_end - key->value_start, quotes = 0;

	if (n >= 6 && (!strncmp(raw, "\"\"\"", 3) || !strncmp(raw, "'''", 3)))
		quotes = 3;
	else if (n >= 2 && (*raw == '"' || *raw == '\'') && memchr(raw + 1, *raw, n - 1) == raw + n - 1)
		quotes = 1;
	return (struct wording){
		.text = arena_strn(a, raw + quotes, n - 2 * quotes), .file = ini->file,
		.line = key->value_line, .col = key->value_col + (int)quotes,
	};
}

static int unknown(const struct tables *t, const char *name, struct err *e)
{
	struct arena a = { 0 };
	struct words names = { 0 }, paths = { 0 };
	const char *near;

	for (size_t i = 0; i < t->n; i++) {
		const struct ini_node *section = ini_child(t->ini[i].root, "table");

		for (const struct ini_node *k = section ? section->first : NULL; k; k = k->next)
			words_add(&names, &a, k->name);
	}
	near = str_nearest(name, names.v, names.n);
	probe_config("tables.conf", &paths, &a);
	err_set(e, ERR_NOT_FOUND, "there is no table '%s' (%s%s%stables stand in %s)", name, near ? "did you mean '@" : "",
		near ? near : "", near ? "'? " : "", paths.v[0]);
	arena_done(&a);
	return -1;
}

int tables_find(void *tables, const char *name, struct wording *out, struct err *e)
{
	struct tables *t = tables;

	if (!t->read && read_all(t, e) < 0)
		return -1;
	for (size_t i = 0; i < t->n; i++) {
		const struct ini_node *section = ini_child(t->ini[i].root, "table");
		const struct ini_node *key = section ? ini_child(section, name) : NULL;

		if (key && !key->section) {
			*out = value(&t->ini[i], key, &t->mem);
			return 0;
		}
	}
	return unknown(t, name, e);
}

void tables_done(struct tables *t)
{
	for (size_t i = 0; i < t->n; i++)
		ini_done(&t->ini[i]);
	arena_done(&t->mem);
	*t = (struct tables){ 0 };
}
