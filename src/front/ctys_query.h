/* SPDX-License-Identifier: ISC */
/*
 * Queries of ctys-vhost, over records of the inventory:
 *
 *	ctys-vhost [OPTION]... TEXT [[AND|OR] [NOT] TEXT]...
 *
 * A TEXT is a regular expression somewhere in the record, or F:n:TEXT in its field n,
 * E:a:b for field a has what field b says in it, R:n for the record number n. OR binds
 * before AND does: "x and a or b and y" is x and (a or b) and y.
 *
 *	ctys_query.c        options and expressions, and which records fit
 *	ctys_records.c      cards of the inventory as records
 */
#ifndef BERTH_FRONT_CTYS_QUERY_H
#define BERTH_FRONT_CTYS_QUERY_H

#include <regex.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"
#include "model/card.h"
#include "text/view.h"

enum { CTYS_FIELDS = 47, CTYS_FIELD_TYPE = 2, CTYS_FIELD_LABEL = 3, CTYS_FIELD_ID = 4, CTYS_FIELD_HOST = 1, CTYS_FIELD_INDEX = 32 };

/* Field n is in cells[n - 1]; NULL: it is empty. It begins with them, as a view wants it. */
struct ctys_record {
	const char *cells[CTYS_FIELDS];
	const char *text;               /* all of them, ';' between */
};

struct ctys_records {
	struct ctys_record *v;
	size_t n, cap;
};

extern const struct field ctys_fields[];        /* in the order of their numbers */

/* One record for each interface of the guest. The strings are the card's or in the arena. */
void ctys_records_add(struct ctys_records *out, const struct card *c, struct arena *a);

enum ctys_pick { CTYS_FIRST, CTYS_LAST, CTYS_ALL, CTYS_COMPLEMENT, CTYS_SORT, CTYS_USORT, CTYS_UNIQUE };

struct ctys_term {
	enum { CTYS_TEXT, CTYS_IN_FIELD, CTYS_SAME, CTYS_NUMBER } kind;
	bool not, alternative;          /* alternative: to the term before it */
	int a, b;                       /* fields */
	const char *text;
	regex_t regex;
	bool compiled;
};

struct ctys_query {
	struct arena mem;
	VEC(struct ctys_term) terms;
	enum ctys_pick pick;
	const char *output;             /* -o; NULL: not given */
	bool terse, help, version;
};

/* argv without the program's own name. Zeroed before; tidied by the caller in any case. */
int ctys_query_parse(struct ctys_query *q, int argc, char **argv, struct err *e);
void ctys_query_done(struct ctys_query *q);

bool ctys_query_fits(const struct ctys_query *q, const struct ctys_record *r);

/* The records that are meant, in out. ERR_AMBIGUOUS names those that UNIQUE did not want, ERR_NOT_FOUND: none. */
int ctys_query_pick(const struct ctys_query *q, const struct ctys_records *all, struct ctys_records *out, struct arena *a,
		    struct err *e);

#endif
