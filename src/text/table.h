/* SPDX-License-Identifier: ISC */
/*
 * Rows built once, shown two ways: a table for people, JSON for programs.
 *
 *	struct table t = { .columns = cols, .ncolumns = 3 };
 *	table_row(&t, (const char *[]){ "web", "running", NULL });
 *	table_print(&t, true, &out);   or table_json(&t) for the same rows
 *
 * The last column is not padded. Cells are copied. A NULL cell prints as "-" and
 * is null in JSON.
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

struct table {
	struct arena mem;
	const struct column *columns;
	size_t ncolumns;
	VEC(const char **) rows;
};

/* One row: as many cells as there are columns. */
void table_row(struct table *t, const char *const *cells);
void table_print(const struct table *t, bool titles, struct str *out);
json_t *table_json(const struct table *t);      /* an array of objects, for the caller to json_decref */
void table_done(struct table *t);

#endif
