/* SPDX-License-Identifier: ISC */
#include "text/report.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/str.h"

/* The text quotes what stood in a file: a control byte in it must not reach a terminal. */
static char *printable(char *text)
{
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return text;
}

static void report_add(struct report *r, enum severity severity, int line, int col, const char *fmt, va_list ap)
{
	struct problem *p = vec_add(&r->problems, &r->mem);

	p->severity = severity;
	p->line = line;
	p->col = col;
	p->text = printable(arena_vfmt(&r->mem, fmt, ap));
}

void report_error(struct report *r, int line, int col, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_add(r, SEV_ERROR, line, col, fmt, ap);
	va_end(ap);
	r->errors++;
}

void report_warning(struct report *r, int line, int col, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_add(r, SEV_WARNING, line, col, fmt, ap);
	va_end(ap);
	r->warnings++;
}

static int by_place(const struct problem *a, const struct problem *b)
{
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (a->col > b->col) - (a->col < b->col);
}

/* qsort does not promise to be stable, so every problem remembers where it stood. */
struct ranked {
	struct problem problem;
	size_t rank;
};

static int by_place_then_rank(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;
	int order = by_place(&a->problem, &b->problem);

	return order ? order : (a->rank > b->rank) - (a->rank < b->rank);
}

void report_sort(struct report *r)
{
	struct ranked *ranked;

	if (r->problems.n < 2)
		return;
	ranked = xmalloc(r->problems.n * sizeof *ranked);
	for (size_t i = 0; i < r->problems.n; i++)
		ranked[i] = (struct ranked){ r->problems.v[i], i };
	qsort(ranked, r->problems.n, sizeof *ranked, by_place_then_rank);
	for (size_t i = 0; i < r->problems.n; i++)
		r->problems.v[i] = ranked[i].problem;
	free(ranked);
}

char *report_line(const struct report *r, const struct problem *p, struct arena *a)
{
	DEFER(str_done) struct str s = { 0 };

	if (r->file)
		str_fmt(&s, "%s:", r->file);
	if (p->line > 0)
		str_fmt(&s, "%d:", p->line);
	if (p->line > 0 && p->col > 0)
		str_fmt(&s, "%d:", p->col);
	if (s.n)
		str_addc(&s, ' ');
	if (p->severity == SEV_WARNING)
		str_add(&s, "warning: ");
	str_add(&s, p->text);
	return arena_strn(a, s.s, s.n);
}

static const struct problem *first_error(const struct report *r)
{
	const struct problem *first = NULL;

	for (size_t i = 0; i < r->problems.n; i++) {
		const struct problem *p = &r->problems.v[i];

		if (p->severity == SEV_ERROR && (!first || by_place(p, first) < 0))
			first = p;
	}
	return first;
}

int report_err(const struct report *r, struct err *e)
{
	DEFER(arena_done) struct arena mem = { 0 };
	const struct problem *first = first_error(r);
	const char *line;

	if (!first)
		return 0;
	line = report_line(r, first, &mem);
	if (r->errors == 1)
		return err_set(e, ERR_INVALID, "%s", line);
	return err_set(e, ERR_INVALID, "%s (and %zu more %s)", line, r->errors - 1,
		       r->errors == 2 ? "error" : "errors");
}

void report_done(struct report *r)
{
	arena_done(&r->mem);
	*r = (struct report){ 0 };
}
