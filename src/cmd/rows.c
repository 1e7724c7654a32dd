/* SPDX-License-Identifier: ISC */
#include "cmd/rows.h"

#include <string.h>

#include "app/names.h"
#include "app/tables.h"

static const char *const formats[] = { "csv", "json", "lines", "records", "xml" };

enum { NFORMATS = sizeof formats / sizeof *formats };

static int one_format(const struct call *c, struct err *e)
{
	const char *first = NULL;

	for (size_t i = 0; i < NFORMATS; i++) {
		if (!call_option(c, formats[i]))
			continue;
		if (first)
			return err_set(e, ERR_USAGE, "--%s and --%s exclude each other", first, formats[i]);
		first = formats[i];
	}
	return 0;
}

/* Conditions are the one option that means more when it is given again. */
int call_filters(const struct call *c, struct view *v, struct err *e)
{
	for (size_t i = 0; i < c->options.n; i++)
		if (str_starts(c->options.v[i], "filter=") && view_filter(v, c->options.v[i] + strlen("filter="), e) < 0)
			return -1;
	return 0;
}

static int output(const struct call *c, struct view *v, const char *list, struct err *e)
{
	DEFER(tables_done) struct tables tables = { 0 };

	return view_output(v, &(struct wording){ list, "--output", 0, 1 }, tables_find, &tables, e);
}

static int titles(const struct call *c, struct view *v, struct err *e)
{
	const char *how = call_option(c, "titles");

	if (how && !str_eq(how, "numbers") && !str_eq(how, "letters"))
		return err_set(e, ERR_USAGE, "--titles: '%s' is neither 'numbers' nor 'letters'", how);
	v->titles = !how ? TITLES_PLAIN : *how == 'n' ? TITLES_NUMBERS : TITLES_LETTERS;
	return 0;
}

int call_view(const struct call *c, struct view *v, struct err *e)
{
	const char *list = call_option(c, "output"), *sort = call_option(c, "sort"), *unique = call_option(c, "unique");

	v->fields = c->command->fields;
	v->what = arena_fmt(&v->mem, "berth %s", c->command->name);
	if (one_format(c, e) < 0 || titles(c, v, e) < 0 || (list && output(c, v, list, e) < 0) || call_filters(c, v, e) < 0 ||
	    (sort && view_sort(v, sort, e) < 0) || (unique && view_unique(v, unique, e) < 0))
		return -1;
	return 0;
}

bool call_for_programs(const struct call *c)
{
	for (size_t i = 0; i < NFORMATS; i++)
		if (call_option(c, formats[i]))
			return true;
	return false;
}

void rows_text(const struct call *c, struct view *v, const char *name, struct str *out)
{
	DEFER(table_done) struct table t = { 0 };
	bool titled = !c->quiet && !call_option(c, "no-titles");

	view_table(v, call_for_programs(c), &t);
	if (call_option(c, "csv"))
		table_csv(&t, titled, out);
	else if (call_option(c, "records"))
		table_records(&t, titled, out);
	else if (call_option(c, "xml"))
		table_xml(&t, name, out);
	else if (call_option(c, "lines"))
		table_lines(&t, out);
	else
		table_print(&t, titled, out);
}

static void rows_json(struct view *v, const char *schema, const char *name, json_t *head)
{
	DEFER(table_done) struct table t = { 0 };

	view_table(v, true, &t);
	if (!head)
		head = json_object();
	json_object_set_new(head, name, table_json(&t));
	out_json(schema, head);
}

void call_rows(const struct call *c, struct view *v, const char *schema, const char *name, json_t *head)
{
	DEFER(str_done) struct str out = { 0 };

	if (call_option(c, "names"))
		names_show(v, "address");
	if (c->json) {
		rows_json(v, schema, name, head);
		return;
	}
	json_decref(head);
	rows_text(c, v, name, &out);
	out_text(&out);
}

static const struct field field_fields[] = {
	{ "field",   "FIELD",   0, false, "its name", NULL },
	{ "number",  "NUMBER",  0, true,  "its number in the records of ctys", NULL },
	{ "title",   "TITLE",   0, false, "what stands above it", NULL },
	{ "meaning", "MEANING", 0, false, "what it says", NULL },
	{ 0 },
};

void command_fields(const struct command *c, bool json)
{
	const struct call call = { .command = c, .json = json };
	DEFER(view_done) struct view v = { .fields = field_fields };
	struct err never = { 0 };

	view_usual(&v, "field,number?,title,meaning", &never);
	for (const struct field *f = c->fields; f->key; f++) {
		const char *number = f->number ? arena_fmt(&v.mem, "%d", f->number) : NULL;

		view_add(&v, (const char *const[]){ f->key, number, f->title, f->help });
	}
	call_rows(&call, &v, "berth.fields/1", "fields", NULL);
}
