/* SPDX-License-Identifier: ISC */
/*
 * Rows built once, shown in several ways: a table for people; JSON, CSV, XML and
 * lines of name=value for programs.
 *
 *	struct table t = { .columns = cols, .ncolumns = 3 };
 *	table_row(&t, (const char *[]){ "web", "running", NULL });
 *	table_print(&t, true, &out);   or table_json(&t) for the same rows
 *
 * The last column is not padded. Cells are copied. A NULL cell prints as "-", is
 * null in JSON and empty elsewhere. Nothing printed here can paint on a terminal:
 * control bytes are shown as '?' (width.h); JSON escapes them.
 *
 * What is shown, in which order and of which rows is the user's to say: view.h.
 */
#ifndef BERTH_TABLE_H
#define BERTH_TABLE_H

#include <jansson.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"

struct column {
	const char *key;        /* in JSON: "mac" */
	const char *title;      /* on top: "MAC" */
	bool right;             /* numbers stand on the right */
};

/* What becomes of a cell that is too long for its column. */
enum cut {
	CUT_RIGHT,      /* the beginning is shown */
	CUT_LEFT,       /* the end is shown */
	CUT_WRAP,       /* it goes on below, at a blank when there is one */
};

struct fit {
	size_t width;           /* exactly so many columns of the terminal; 0: what the longest cell takes */
	enum cut cut;
};

struct table {
	struct arena mem;
	const struct column *columns;
	size_t ncolumns;
	const struct fit *fits;         /* one for each column; NULL: nothing is cut */
	VEC(const char **) rows;
};

/* One row: as many cells as there are columns. */
void table_row(struct table *t, const char *const *cells);
void table_print(const struct table *t, bool titles, struct str *out);
json_t *table_json(const struct table *t);      /* an array of objects, for the caller to json_decref */
void table_done(struct table *t);

/*
 * For programs, with nothing cut. CSV is that of RFC 4180, its first line the keys. Records
 * are lines with ';' between the cells (in a cell it is a ','), the first line the titles.
 * XML is an element of that name with an element "row" for each row. Lines are
 * "key=value", an empty line between two rows.
 */
void table_csv(const struct table *t, bool titles, struct str *out);
void table_records(const struct table *t, bool titles, struct str *out);
void table_xml(const struct table *t, const char *name, struct str *out);
void table_lines(const struct table *t, struct str *out);

#endif
