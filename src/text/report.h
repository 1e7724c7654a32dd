/* SPDX-License-Identifier: ISC */
/*
 * Report: all the problems of one document, collected instead of stopping at the
 * first. Readers and checkers add to it and go on; the command prints it sorted
 * by place: "web.conf:7:9: ram: '4Q' is not a size (try 4G)".
 */
#ifndef BERTH_REPORT_H
#define BERTH_REPORT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"

enum severity { SEV_WARNING, SEV_ERROR };

struct problem {
	enum severity severity;
	int line, col;          /* 1-based; line 0: the document as a whole */
	const char *text;
};

struct report {
	struct arena mem;
	const char *file;       /* as messages name it; borrowed */
	VEC(struct problem) problems;
	size_t errors, warnings;
};

void report_error(struct report *r, int line, int col, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void report_warning(struct report *r, int line, int col, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void report_sort(struct report *r);     /* by place; what came first stays first */

/* One problem as a line without newline; "warning: " stands behind the place of a warning. */
char *report_line(const struct report *r, const struct problem *p, struct arena *a);

/*
 * Turn a report with errors into an ERR_INVALID that carries the first of them and
 * how many more there are; 0 when there is no error.
 */
int report_err(const struct report *r, struct err *e);
void report_done(struct report *r);

#endif
