/* SPDX-License-Identifier: ISC */
/* Lists of fields: words in, struct shown out. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/view.h"

/* Tables that use tables must end somewhere, and so must what they come to. */
enum { MAX_WIDTH = 1000, MAX_COLUMNS = 500, MAX_TABLES = 500, MAX_WORD = 100 };

/* The named tables we are in, the innermost first. */
struct use {
	const char *name;
	const struct use *outer;
};

struct reader {
	struct view *v;
	table_finder *find;
	void *context;
	struct wording at;      /* what is left to read */
	const struct use *uses;
	int *tables;            /* how many were used so far */
	struct err *e;
};

static int read_list(struct reader *r);

const struct field *field_find(const struct field *fields, const char *word)
{
	char *end;
	long number = strtol(word, &end, 10);

	for (const struct field *f = fields; f->key; f++)
		if (!strcmp(f->key, word) || (!*end && end != word && f->number && f->number == number))
			return f;
	return NULL;
}

int field_unknown(const struct view *v, const char *place, const char *word, struct err *e)
{
	const char *keys[MAX_COLUMNS];
	const char *near;
	size_t n = 0;

	for (const struct field *f = v->fields; f->key && n < MAX_COLUMNS; f++)
		keys[n++] = f->key;
	near = str_nearest(word, keys, n);
	return err_set(e, ERR_USAGE, "%s: '%s' is no field%s%s%s ('%s --output help' lists them)", place, word,
		       near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "", v->what);
}

/* "--output:7" or "tables.conf:3:12" */
static const char *place(struct reader *r)
{
	struct arena *a = &r->v->mem;

	return r->at.line ? arena_fmt(a, "%s:%d:%d", r->at.file, r->at.line, r->at.col)
			  : arena_fmt(a, "%s:%d", r->at.file, r->at.col);
}

/* In a file it is not the command line that is wrong. */
static int fail(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct reader *r, const char *fmt, ...)
{
	va_list ap;
	const char *text;

	va_start(ap, fmt);
	text = arena_vfmt(&r->v->mem, fmt, ap);
	va_end(ap);
	return err_set(r->e, r->at.line ? ERR_INVALID : ERR_USAGE, "%s: %s", place(r), text);
}

static void advance(struct reader *r, size_t n)
{
	for (; n; n--, r->at.text++) {
		r->at.col++;
		if (*r->at.text == '\n' && r->at.line) {
			r->at.line++;
			r->at.col = 1;
		}
	}
}

static void skip_blanks(struct reader *r)
{
	advance(r, strspn(r->at.text, " \t\r\n"));
}

static bool take(struct reader *r, char c)
{
	if (*r->at.text != c)
		return false;
	advance(r, 1);
	return true;
}

/* How far the name of a field or a table goes. */
static size_t name_length(const struct reader *r)
{
	return strcspn(r->at.text, ",:?='\" \t\r\n");
}

static int add(struct reader *r, struct shown s)
{
	if (r->v->shown.n >= MAX_COLUMNS)
		return fail(r, "more than %d columns", MAX_COLUMNS);
	*vec_add(&r->v->shown, &r->v->mem) = s;
	return 0;
}

static int read_width(struct reader *r, struct fit *fit)
{
	size_t digits = strspn(r->at.text, "0123456789"), n = strcspn(r->at.text, ",='\" \t\r\n");
	const char *letter = r->at.text + digits;
	long width = digits ? strtol(r->at.text, NULL, 10) : 0;

	if (width < 1 || width > MAX_WIDTH || n > digits + 1 || (n > digits && !strchr("LRB", *letter)))
		return fail(r, "'%.*s' is no width, expected 1 to %d and then L, R or B (try 15L)",
			    (int)(n < MAX_WORD ? n : MAX_WORD), r->at.text, MAX_WIDTH);
	fit->width = (size_t)width;
	fit->cut = n == digits || *letter == 'R' ? CUT_RIGHT : *letter == 'L' ? CUT_LEFT : CUT_WRAP;
	advance(r, n);
	return 0;
}

/* Up to the comma, or to the quote when the item stands in quotes. */
static const char *read_title(struct reader *r, char quote)
{
	const char end[] = { quote ? quote : ',', '\n', 0 };
	size_t n = strcspn(r->at.text, end), used = n;
	const char *title;

	while (used && strchr(" \t\r", r->at.text[used - 1]))
		used--;
	title = arena_strn(&r->v->mem, r->at.text, used);
	advance(r, n);
	return title;
}

static int add_all(struct reader *r, bool numbered)
{
	for (const struct field *f = r->v->fields; f->key; f++)
		if ((f->number || !numbered) && add(r, (struct shown){ .field = f }) < 0)
			return -1;
	return 0;
}

static int read_field(struct reader *r, char quote)
{
	size_t n = name_length(r);
	struct shown s = { 0 };
	const char *name, *at;

	if (!n)
		return fail(r, "a field is missing");
	name = arena_strn(&r->v->mem, r->at.text, n);
	at = place(r);
	advance(r, n);
	if (!strcmp(name, "all") || !strcmp(name, "numbered"))
		return add_all(r, *name == 'n');
	s.field = field_find(r->v->fields, name);
	s.maybe = take(r, '?');
	if (take(r, ':') && read_width(r, &s.fit) < 0)
		return -1;
	if (take(r, '='))
		s.title = read_title(r, quote);
	if (s.field)
		return add(r, s);
	if (s.maybe)
		return 0;
	field_unknown(r->v, at, name, r->e);
	if (r->at.line)
		r->e->kind = ERR_INVALID;
	return -1;
}

static int goes_round(struct reader *r, const char *name)
{
	const struct use *u = r->uses;
	const char *way = arena_fmt(&r->v->mem, "@%s", name);

	for (; u; u = u->outer) {
		way = arena_fmt(&r->v->mem, "@%s, %s", u->name, way);
		if (!strcmp(u->name, name))
			return fail(r, "table '%s' uses itself (%s)", name, way);
	}
	return 0;
}

static int read_table(struct reader *r)
{
	size_t n = name_length(r);
	const char *name = arena_strn(&r->v->mem, r->at.text, n);
	struct use use = { name, r->uses };
	struct reader inner = *r;

	if (!n)
		return fail(r, "the name of a table is missing behind '@'");
	if (!r->find)
		return fail(r, "there is no table '%s'", name);
	if (goes_round(r, name) < 0)
		return -1;
	if (++*r->tables > MAX_TABLES)
		return fail(r, "more than %d tables in one", MAX_TABLES);
	if (r->find(r->context, name, &inner.at, r->e) < 0)
		return err_add(r->e, "%s", place(r));
	advance(r, n);
	inner.uses = &use;
	return read_list(&inner);
}

static int read_item(struct reader *r)
{
	char quote = 0;

	skip_blanks(r);
	if (*r->at.text == '"' || *r->at.text == '\'')
		quote = *r->at.text;
	if (quote)
		advance(r, 1);
	if ((take(r, '@') ? read_table(r) : read_field(r, quote)) < 0)
		return -1;
	if (quote && !take(r, quote))
		return fail(r, "a quote is not closed");
	skip_blanks(r);
	if (*r->at.text && *r->at.text != ',')
		return fail(r, "expected a comma, not '%.*s'", (int)strcspn(r->at.text, ", \t\r\n"), r->at.text);
	return 0;
}

static int read_list(struct reader *r)
{
	do {
		if (read_item(r) < 0)
			return -1;
	} while (take(r, ','));
	return 0;
}

int view_output(struct view *v, const struct wording *list, table_finder *find, void *context, struct err *e)
{
	int tables = 0;
	struct reader r = { .v = v, .find = find, .context = context, .at = *list, .tables = &tables, .e = e };

	if (!r.at.col)
		r.at.col = 1;
	v->shown.n = 0;
	v->chosen = true;
	v->more = take(&r, '+');
	return read_list(&r);
}

int view_usual(struct view *v, const char *list, struct err *e)
{
	struct reader r = { .v = v, .at = { list, "usual", 0, 1 }, .e = e };
	size_t n = v->shown.n;
	struct shown *own;

	if (v->chosen && !v->more)
		return 0;
	own = arena_alloc(&v->mem, n * sizeof *own);
	if (n)
		memcpy(own, v->shown.v, n * sizeof *own);
	v->shown.n = 0;
	if (read_list(&r) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (add(&r, own[i]) < 0)
			return -1;
	return 0;
}
