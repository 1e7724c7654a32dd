/* SPDX-License-Identifier: ISC */
/* Which rows there are, and in what order. */
#include "text/view.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "text/regex.h"

/* "state,-ram" */
static int read_orders(struct view *v, const char *option, const char *list, bool turns, struct orders *out, struct err *e)
{
	while (list) {
		size_t n = strcspn(list, ",");
		struct order o = { .down = turns && *list == '-' };
		const char *word = arena_strn(&v->mem, list + o.down, n - o.down);

		if (!*word)
			return err_set(e, ERR_USAGE, "%s: a field is missing in '%s'", option, list);
		o.field = field_find(v->fields, word);
		if (!o.field)
			return field_unknown(v, option, word, e);
		*vec_add(out, &v->mem) = o;
		list = list[n] ? list + n + 1 : NULL;
	}
	return 0;
}

int view_sort(struct view *v, const char *list, struct err *e)
{
	return read_orders(v, "--sort", list, true, &v->orders, e);
}

int view_unique(struct view *v, const char *list, struct err *e)
{
	return read_orders(v, "--unique", list, false, &v->unique, e);
}

int view_filter(struct view *v, const char *filter, struct err *e)
{
	size_t n = strcspn(filter, "=!~");
	const char *word = arena_strn(&v->mem, filter, n), *sign = filter + n;
	struct filter f = { .field = field_find(v->fields, word), .not = *sign == '!' };

	sign += f.not;
	if (!n || (*sign != '=' && *sign != '~'))
		return err_set(e, ERR_USAGE, "--filter: '%s' is no condition "
			       "(try 'name=web*', 'name!=web*', 'name~^web' or 'name!~^web')", filter);
	if (!f.field)
		return field_unknown(v, "--filter", word, e);
	if (*sign == '=')
		f.glob = arena_str(&v->mem, sign + 1);
	else if (regex_read(&f.regex, sign + 1, e) < 0)
		return err_add(e, "--filter");
	*vec_add(&v->filters, &v->mem) = f;
	return 0;
}

static bool passes(const struct filter *f, const char *cell)
{
	const char *text = cell ? cell : "";
	bool fits = f->glob ? !fnmatch(f->glob, text, 0) : !regexec(&f->regex, text, 0, NULL, 0);

	return fits != f->not;
}

/* The cell that has this field. */
static size_t slot_of(struct view *v, const struct field *f)
{
	size_t i = 0;

	while (i < v->needed.n && v->needed.v[i] != f)
		i++;
	if (i == v->needed.n)
		*vec_add(&v->needed, &v->mem) = f;
	return i;
}

static void assign_slots(struct view *v)
{
	for (size_t i = 0; i < v->filters.n; i++)
		v->filters.v[i].slot = slot_of(v, v->filters.v[i].field);
	for (size_t i = 0; i < v->orders.n; i++)
		v->orders.v[i].slot = slot_of(v, v->orders.v[i].field);
	for (size_t i = 0; i < v->unique.n; i++)
		v->unique.v[i].slot = slot_of(v, v->unique.v[i].field);
	for (size_t i = 0; i < v->shown.n; i++)
		v->shown.v[i].slot = slot_of(v, v->shown.v[i].field);
}

static const char *value(struct view *v, size_t slot, const void *record)
{
	const struct field *f = v->needed.v[slot];

	return arena_str(&v->mem, f->get ? f->get(f, record, &v->mem) : ((const char *const *)record)[f - v->fields]);
}

void view_add(struct view *v, const void *record)
{
	const char **cells;
	size_t got = 0;

	if (!v->needed.n)
		assign_slots(v);
	cells = arena_alloc(&v->mem, v->needed.n * sizeof *cells);
	for (size_t i = 0; i < v->filters.n; i++) {
		const struct filter *f = &v->filters.v[i];

		for (; got <= f->slot; got++)
			cells[got] = value(v, got, record);
		if (!passes(f, cells[f->slot]))
			return;
	}
	for (; got < v->needed.n; got++)
		cells[got] = value(v, got, record);
	*vec_add(&v->rows, &v->mem) = (struct view_row){ record, cells, v->rows.n };
}

/* "12", "0.5", "4G", "512M"; false: no number. */
static bool number(const char *text, double *out)
{
	static const char letters[] = "KMGTP";
	const char *letter;
	char *end;

	*out = strtod(text, &end);
	if (end == text || !strpbrk(text, "0123456789"))
		return false;
	letter = *end ? strchr(letters, *end) : NULL;
	for (const char *l = letters; letter && l <= letter; l++)
		*out *= 1024;
	return !end[letter != NULL];
}

/* What is empty comes last, whichever way round. */
static int compare(const struct order *o, const char *a, const char *b)
{
	double x, y;
	int c = 0;

	if (!a || !b)
		return !a - !b;
	if (o->field->right && number(a, &x) && number(b, &y))
		c = x < y ? -1 : x > y;
	if (!c)
		c = strverscmp(a, b);
	return o->down ? -c : c;
}

static int compare_rows(const void *a, const void *b, void *orders)
{
	const struct view_row *x = a, *y = b;
	const struct orders *o = orders;
	int c = 0;

	for (size_t i = 0; !c && i < o->n; i++)
		c = compare(&o->v[i], x->cells[o->v[i].slot], y->cells[o->v[i].slot]);
	return c ? c : x->nth < y->nth ? -1 : x->nth > y->nth;
}

static int by_place(const void *a, const void *b)
{
	const struct view_row *x = a, *y = b;

	return x->nth < y->nth ? -1 : x->nth > y->nth;
}

static bool alike(const struct view *v, const struct view_row *a, const struct view_row *b)
{
	for (size_t i = 0; i < v->unique.n; i++)
		if (!str_eq(a->cells[v->unique.v[i].slot], b->cells[v->unique.v[i].slot]))
			return false;
	return true;
}

/* Equal ones are brought together, all but the first are dropped, and the others go back to their places. */
static void drop_doubles(struct view *v)
{
	size_t kept = 0;

	for (size_t i = 0; i < v->rows.n; i++)
		v->rows.v[i].nth = i;
	qsort_r(v->rows.v, v->rows.n, sizeof *v->rows.v, compare_rows, &v->unique);
	for (size_t i = 0; i < v->rows.n; i++)
		if (!kept || !alike(v, &v->rows.v[kept - 1], &v->rows.v[i]))
			v->rows.v[kept++] = v->rows.v[i];
	v->rows.n = kept;
	qsort(v->rows.v, v->rows.n, sizeof *v->rows.v, by_place);
}

static bool empty(const struct view *v, const struct shown *s)
{
	for (size_t i = 0; i < v->rows.n; i++)
		if (v->rows.v[i].cells[s->slot])
			return false;
	return true;
}

bool view_says(const struct view *v, const char *key)
{
	for (size_t i = 0; i < v->shown.n; i++)
		if (!strcmp(v->shown.v[i].field->key, key))
			return !empty(v, &v->shown.v[i]);
	return false;
}

/* Columns of a spreadsheet: A to Z, AA ... */
static const char *letters(size_t n, struct arena *a)
{
	char text[8], *s = text + sizeof text - 1;

	*s = 0;
	for (n++; n && s > text; n /= 26)
		*--s = (char)('A' + --n % 26);
	return arena_str(a, s);
}

static const char *title(const struct view *v, const struct shown *s, size_t column, struct arena *a)
{
	const char *text = s->title ? s->title : s->field->title;
	const char *number = s->field->number ? arena_fmt(a, "%d", s->field->number) : "";
	const char *letter = v->titles == TITLES_LETTERS ? letters(column, a) : "";

	if (v->titles == TITLES_PLAIN || !(*number || *letter))
		return text;
	return arena_fmt(a, "%s(%s%s%s)", text, number, *number && *letter ? ":" : "", letter);
}

static void choose_columns(struct view *v, bool all, struct table *t, size_t *slots)
{
	struct column *columns = arena_alloc(&t->mem, v->shown.n * sizeof *columns);
	struct fit *fits = arena_alloc(&t->mem, v->shown.n * sizeof *fits);
	size_t n = 0;

	for (size_t i = 0; i < v->shown.n; i++) {
		const struct shown *s = &v->shown.v[i];

		if (s->maybe && !all && empty(v, s))
			continue;
		columns[n] = (struct column){ s->field->key, title(v, s, n, &t->mem), s->field->right };
		fits[n] = s->fit;
		slots[n++] = s->slot;
	}
	t->columns = columns;
	t->fits = fits;
	t->ncolumns = n;
}

void view_arrange(struct view *v)
{
	if (v->rows.n && v->orders.n)
		qsort_r(v->rows.v, v->rows.n, sizeof *v->rows.v, compare_rows, &v->orders);
	if (v->rows.n && v->unique.n)
		drop_doubles(v);
}

void view_table(struct view *v, bool all, struct table *t)
{
	size_t *slots = arena_alloc(&t->mem, v->shown.n * sizeof *slots);

	view_arrange(v);
	choose_columns(v, all, t, slots);
	for (size_t i = 0; i < v->rows.n; i++) {
		const char **cells = arena_alloc(&t->mem, t->ncolumns * sizeof *cells);

		for (size_t j = 0; j < t->ncolumns; j++)
			cells[j] = v->rows.v[i].cells[slots[j]];
		*vec_add(&t->rows, &t->mem) = cells;
	}
}

void view_done(struct view *v)
{
	for (size_t i = 0; i < v->filters.n; i++)
		if (!v->filters.v[i].glob)
			regfree(&v->filters.v[i].regex);
	arena_done(&v->mem);
	*v = (struct view){ 0 };
}
