/* SPDX-License-Identifier: ISC */
/* The rows of a table for programs. */
#include <string.h>

#include "text/table.h"
#include "text/width.h"

static void csv_value(const char *text, struct str *out)
{
	bool quoted = text[strcspn(text, ",\"\r\n")];

	if (quoted)
		str_addc(out, '"');
	while (*text) {
		size_t n = strcspn(text, "\"\n");

		width_add(out, text, n);
		text += n;
		if (*text)
			str_add(out, *text++ == '"' ? "\"\"" : "\n");
	}
	if (quoted)
		str_addc(out, '"');
}

static void csv_row(const struct table *t, const char *const *cells, struct str *out)
{
	for (size_t i = 0; i < t->ncolumns; i++) {
		if (i)
			str_addc(out, ',');
		csv_value(cells[i] ? cells[i] : "", out);
	}
	str_add(out, "\r\n");
}

void table_csv(const struct table *t, bool titles, struct str *out)
{
	DEFER(arena_done) struct arena mem = { 0 };
	const char **names = arena_alloc(&mem, t->ncolumns * sizeof *names);

	for (size_t i = 0; i < t->ncolumns; i++)
		names[i] = t->columns[i].key;
	if (titles)
		csv_row(t, names, out);
	for (size_t i = 0; i < t->rows.n; i++)
		csv_row(t, t->rows.v[i], out);
}

static void record_cell(const char *text, size_t column, struct str *out)
{
	size_t begin;

	if (column)
		str_addc(out, ';');
	begin = out->n;
	width_add(out, text, strlen(text));
	for (size_t i = begin; i < out->n; i++)
		if (out->s[i] == ';')
			out->s[i] = ',';
}

void table_records(const struct table *t, bool titles, struct str *out)
{
	for (size_t i = 0; titles && i < t->ncolumns; i++)
		record_cell(t->columns[i].title, i, out);
	if (titles)
		str_addc(out, '\n');
	for (size_t i = 0; i < t->rows.n; i++) {
		for (size_t j = 0; j < t->ncolumns; j++)
			record_cell(t->rows.v[i][j] ? t->rows.v[i][j] : "", j, out);
		str_addc(out, '\n');
	}
}

static void xml_value(const char *text, struct str *out)
{
	while (*text) {
		size_t n = strcspn(text, "&<>\n");

		width_add(out, text, n);
		text += n;
		if (!*text)
			break;
		str_add(out, *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : "\n");
		text++;
	}
}

static void xml_cell(const char *key, const char *cell, struct str *out)
{
	if (!cell) {
		str_fmt(out, "    <%s/>\n", key);
		return;
	}
	str_fmt(out, "    <%s>", key);
	xml_value(cell, out);
	str_fmt(out, "</%s>\n", key);
}

void table_xml(const struct table *t, const char *name, struct str *out)
{
	str_fmt(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%s>\n", name);
	for (size_t i = 0; i < t->rows.n; i++) {
		str_add(out, "  <row>\n");
		for (size_t j = 0; j < t->ncolumns; j++)
			xml_cell(t->columns[j].key, t->rows.v[i][j], out);
		str_add(out, "  </row>\n");
	}
	str_fmt(out, "</%s>\n", name);
}

void table_lines(const struct table *t, struct str *out)
{
	for (size_t i = 0; i < t->rows.n; i++) {
		if (i)
			str_addc(out, '\n');
		for (size_t j = 0; j < t->ncolumns; j++) {
			const char *cell = t->rows.v[i][j] ? t->rows.v[i][j] : "";

			str_fmt(out, "%s=", t->columns[j].key);
			width_add(out, cell, strlen(cell));
			str_addc(out, '\n');
		}
	}
}
