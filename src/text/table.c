/* SPDX-License-Identifier: ISC */
#include "text/table.h"

#include <string.h>

#include "text/width.h"

/* A part of a cell. */
struct piece {
	const char *s;
	size_t n;
};

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

static size_t column_width(const struct table *t, size_t column, bool titles)
{
	size_t widest = titles ? width_of(t->columns[column].title) : 0;

	if (t->fits && t->fits[column].width)
		return t->fits[column].width;
	for (size_t i = 0; i < t->rows.n; i++) {
		size_t w = width_of(shown(t->rows.v[i][column]));

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

/* How much of the text stands on its first line; the rest stands below it, in the same column. */
static size_t first_line(const char *text, size_t columns)
{
	size_t n = width_head(text, columns), blank = n;

	if (!n && *text)
		return utf8_length((const unsigned char *)text, strlen(text));      /* wider than its column */
	if (!text[n])
		return n;
	while (blank && text[blank] != ' ')
		blank--;
	return blank ? blank : n;
}

/* The part of *cell that stands on this line; *cell goes on behind it. Of a title the beginning tells more than the end. */
static struct piece next_piece(const char **cell, const struct fit *fit, bool title)
{
	struct piece p = { *cell, strlen(*cell) };

	*cell += p.n;
	if (!fit || !fit->width)
		return p;
	switch (title && fit->cut == CUT_LEFT ? CUT_RIGHT : fit->cut) {
	case CUT_RIGHT:
		p.n = width_head(p.s, fit->width);
		break;
	case CUT_LEFT:
		p.s = width_tail(p.s, fit->width);
		p.n = strlen(p.s);
		break;
	case CUT_WRAP:
		p.n = first_line(p.s, fit->width);
		for (*cell = p.s + p.n; **cell == ' ';)
			++*cell;
		break;
	}
	return p;
}

static void print_piece(const struct table *t, size_t column, struct piece p, size_t width, struct str *out)
{
	DEFER(str_done) struct str text = { 0 };
	size_t taken;

	width_add(&text, p.s, p.n);
	taken = width_of(str_text(&text));
	if (t->columns[column].right && taken < width)
		add_blanks(out, width - taken);
	str_addn(out, str_text(&text), text.n);
	if (!t->columns[column].right && column + 1 < t->ncolumns && taken < width)
		add_blanks(out, width - taken);
}

/* One line; false: nothing of the cells is left for another. */
static bool print_line(const struct table *t, const char **cells, const size_t *widths, bool titles, struct str *out)
{
	bool more = false;

	for (size_t i = 0; i < t->ncolumns; i++) {
		struct piece p = next_piece(&cells[i], t->fits ? &t->fits[i] : NULL, titles);

		if (i)
			str_add(out, "  ");
		print_piece(t, i, p, widths[i], out);
		more |= *cells[i] != 0;
	}
	while (out->n && out->s[out->n - 1] == ' ')
		out->s[--out->n] = 0;
	str_addc(out, '\n');
	return more;
}

void table_print(const struct table *t, bool titles, struct str *out)
{
	DEFER(arena_done) struct arena mem = { 0 };
	size_t *widths = arena_alloc(&mem, t->ncolumns * sizeof *widths);
	const char **rest = arena_alloc(&mem, t->ncolumns * sizeof *rest);

	for (size_t i = 0; i < t->ncolumns; i++) {
		widths[i] = column_width(t, i, titles);
		rest[i] = t->columns[i].title;
	}
	while (titles && print_line(t, rest, widths, true, out))
		;
	for (size_t i = 0; i < t->rows.n; i++) {
		for (size_t j = 0; j < t->ncolumns; j++)
			rest[j] = shown(t->rows.v[i][j]);
		while (print_line(t, rest, widths, false, out))
			;
	}
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
