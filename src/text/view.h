/* SPDX-License-Identifier: ISC */
/*
 * The language of tables: which fields of a record are shown and how, of which
 * records, in what order. Every command that prints rows speaks it.
 *
 *	static const struct field fields[] = {
 *		{ "name", "NAME", 3, false, "what the guest is called", name_of },
 *		{ 0 },
 *	};
 *	DEFER(view_done) struct view v = { .fields = fields, .what = "berth list" };
 *
 *	view_output(&v, &(struct wording){ "name,state:8", "--output" }, find, NULL, &e)    what the user says
 *	view_usual(&v, "name,state,note?", &e)          what is shown if he does not
 *	view_add(&v, record)                            for every record
 *	view_table(&v, false, &t)                       what is left of them
 *
 * A list of fields:
 *
 *	name,state         these two                address:15    15 columns wide, the rest cut off
 *	address:15L        the end is kept          note:30B      the rest goes on below
 *	mac=ADDRESS        another title            note?         only where there is a note at all
 *	6                  by its number            all           every field
 *	numbered           every field that has a number
 *	@TAB_TCP           a table with a name      +mac          the usual ones, and this
 *
 * A field is asked of a record only when it is shown, filtered by, sorted by or made
 * unique, and only of records that the filters let pass: it may be dear.
 */
#ifndef BERTH_VIEW_H
#define BERTH_VIEW_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "text/table.h"

struct field {
	const char *key;        /* "mac": in lists of fields, in JSON */
	const char *title;      /* "MAC" */
	int number;             /* in the records of older systems; 0: none */
	bool right;             /* a number: stands on the right, sorts by its value ("512M" before "4G") */
	const char *help;
	/*
	 * Its value in that record, maybe made in the arena; it is copied. NULL: none. Where get
	 * is NULL, a record begins with an array of values, one for each field in their order.
	 */
	const char *(*get)(const struct field *f, const void *record, struct arena *a);
};

/* Text that somebody wrote, and where. */
struct wording {
	const char *text;
	const char *file;       /* or the option */
	int line, col;          /* of its first byte; line 0: there are no lines, only columns */
};

/* The list that has this name; -1 when there is none. */
typedef int table_finder(void *context, const char *name, struct wording *out, struct err *e);

/* One field as it is to be shown. */
struct shown {
	const struct field *field;
	const char *title;      /* NULL: the field's own */
	struct fit fit;
	bool maybe;             /* not in a table where all of it is empty */
	size_t slot;
};

struct order {
	const struct field *field;
	bool down;
	size_t slot;
};

struct orders {
	struct order *v;
	size_t n, cap;
};

struct filter {
	const struct field *field;
	bool not;
	const char *glob;       /* NULL: it is an expression */
	regex_t regex;
	size_t slot;
};

struct view_row {
	const void *record;     /* as it was added, for who keeps them */
	const char **cells;
	size_t nth;             /* where it stood */
};

/* What stands above a column besides its name: "NAME(3)", "NAME(3:A)". */
enum titles { TITLES_PLAIN, TITLES_NUMBERS, TITLES_LETTERS };

struct view {
	struct arena mem;
	const struct field *fields;     /* end in a row without key */
	const char *what;               /* as messages name it: "berth list" */
	enum titles titles;

	VEC(struct shown) shown;
	bool chosen;                    /* the user said which */
	bool more;                      /* ... and wants them besides the usual ones */
	VEC(struct filter) filters;
	struct orders orders, unique;

	VEC(const struct field *) needed;       /* a row has a cell for each of these, those of the filters first */
	VEC(struct view_row) rows;
};

/*
 * Read what the user says; find NULL: tables have no names. Mistakes are ERR_USAGE, in a
 * file ERR_INVALID; they name the column.
 */
int view_output(struct view *v, const struct wording *list, table_finder *find, void *context, struct err *e);

/* "state=run*" "os!=debian*" "name~^db[0-9]" "note!~x"; all must hold. */
int view_filter(struct view *v, const char *filter, struct err *e);

/* "state,-ram": '-' turns it round; what is empty comes last. */
int view_sort(struct view *v, const char *list, struct err *e);

/* Of records alike in these, the first is shown. */
int view_unique(struct view *v, const char *list, struct err *e);

/* The list that is shown when the user named none, or '+' more. Before the first record. */
int view_usual(struct view *v, const char *list, struct err *e);

void view_add(struct view *v, const void *record);

/* Has any of the rows a value there? The field is one that is shown. */
bool view_says(const struct view *v, const char *key);

/* Only the rows that are left, in their order. */
void view_arrange(struct view *v);

/*
 * The same, as a table; its memory is its own, its cells are the view's. all: fields
 * marked '?' are there in any case, as programs expect.
 */
void view_table(struct view *v, bool all, struct table *t);
void view_done(struct view *v);

/* The field of that name or number; NULL: none. */
const struct field *field_find(const struct field *fields, const char *word);

/* ERR_USAGE for a word that names none, with the nearest that does. */
int field_unknown(const struct view *v, const char *place, const char *word, struct err *e);

#endif
