/* SPDX-License-Identifier: ISC */
#include "text/table.h"

#include <string.h>

void table_row(struct table *t, const char *const *cells)
{
	const char **row = arena_alloc(&t->mem, t->ncolumns * sizeof *row);

	for (size_t i = 0; i < t->ncolumns; i++)
		row[i] = arena_str(&t->mem, cells[i]);
	*vec_add(&t->rows, &t->mem) = row;
}

static const char *shown(const char *cell)
{
	return cell ? cell : "-";
}

/* Characters, not bytes: what a cell takes on a terminal. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static size_t column_width(const struct table *t, size_t column, bool titles)
{
	size_t widest = titles ? width(t->columns[column].title) : 0;

	for (size_t i = 0; i < t->rows.n; i++) {
		size_t w = width(shown(t->rows.v[i][column]));

		if (w > widest)
			widest = w;
	}
	return widest;
}

static void add_blanks(struct str *out, size_t n)
{
	while (n--)
		str_addc(out, ' ');
}

/* A cell may come from anywhere; control bytes must neither break the row nor reach the terminal. */
static void add_text(struct str *out, const char *cell)
{
	for (; *cell; cell++)
		str_addc(out, (unsigned char)*cell < ' ' || *cell == 0x7f ? '?' : *cell);
}

static void print_cell(const struct table *t, size_t column, const char *cell, size_t widest, struct str *out)
{
	size_t padding = widest - width(cell);

	if (t->columns[column].right)
		add_blanks(out, padding);
	add_text(out, cell);
	if (!t->columns[column].right && column + 1 < t->ncolumns)
		add_blanks(out, padding);
}

static void print_row(const struct table *t, const char *const *cells, const size_t *widths, struct str *out)
{
	for (size_t i = 0; i < t->ncolumns; i++) {
		if (i)
			str_add(out, "  ");
		print_cell(t, i, shown(cells[i]), widths[i], out);
	}
	while (out->n && out->s[out->n - 1] == ' ')
		out->s[--out->n] = 0;
	str_addc(out, '\n');
}

void table_print(const struct table *t, bool titles, struct str *out)
{
	DEFER(arena_done) struct arena mem = { 0 };
	size_t *widths = arena_alloc(&mem, t->ncolumns * sizeof *widths);
	const char **names = arena_alloc(&mem, t->ncolumns * sizeof *names);

	for (size_t i = 0; i < t->ncolumns; i++) {
		widths[i] = column_width(t, i, titles);
		names[i] = t->columns[i].title;
	}
	if (titles)
		print_row(t, names, widths, out);
	for (size_t i = 0; i < t->rows.n; i++)
		print_row(t, t->rows.v[i], widths, out);
}

/* JSON is UTF-8; of a cell that is not, the ASCII characters are kept. */
static json_t *json_cell(const char *cell)
{
	json_t *value = cell ? json_string(cell) : json_null();

	if (!value) {
		DEFER(free_str) char *ascii = xstrdup(cell);

		for (char *c = ascii; *c; c++)
			if ((unsigned char)*c >= 0x80)
				*c = '?';
		value = json_string(ascii);
	}
	return value;
}

json_t *table_json(const struct table *t)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < t->rows.n; i++) {
		json_t *row = json_object();

		for (size_t j = 0; j < t->ncolumns; j++)
			json_object_set_new(row, t->columns[j].key, json_cell(t->rows.v[i][j]));
		json_array_append_new(rows, row);
	}
	return rows;
}

void table_done(struct table *t)
{
	arena_done(&t->mem);
	memset(&t->rows, 0, sizeof t->rows);
}
