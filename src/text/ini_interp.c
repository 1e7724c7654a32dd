/* SPDX-License-Identifier: ISC */
/*
 * %(key)s, by ConfigObj's rule: the key is looked for in the section of the value
 * that is being read, then in that section's DEFAULT subsection, then in its parent
 * and so on up to the root. What is found is expanded in turn, again from the
 * section where it all began, so that an inner section can override what a value it
 * borrows refers to.
 *
 * All values are expanded from what the file says, and only then replaced: what one
 * of them became must not be read as a reference by the next.
 */
#include <string.h>

#include "text/ini.h"
#include "text/ini_priv.h"

/*
 * A few lines can refer to each other so that they expand to terabytes ("billion
 * laughs"). Every replacement is paid from a budget of bytes for the whole document.
 */
enum { REPLACEMENT_COST = 32, NESTING = 32 };

/* The keys being expanded, innermost first, to notice one that needs itself. */
struct trail {
	const struct ini_node *key;
	const struct trail *up;
	int depth;
};

struct result {
	const char **slot, *text;
};

struct interp {
	struct ini_reader *rd;
	const struct ini_node *key;     /* the one being expanded */
	size_t cursor;                  /* in its raw value: behind the references done so far */
	size_t reference;               /* where the current one begins, for messages */
	struct str name, out;
	size_t budget;
	VEC(struct result) results;
};

const char *ini_reference(const char *s, const char **end)
{
	while ((s = strstr(s, "%("))) {
		*end = strchr(s, ')');
		if (!*end)
			return NULL;
		if ((*end)[1] == 's')
			return s;
		s = *end + 1;
	}
	return NULL;
}

static const struct ini_node *key_in(const struct ini_node *section, const char *name)
{
	const struct ini_node *n = ini_child(section, name);

	return n && !n->section ? n : NULL;
}

static const struct ini_node *look_up(const struct ini_node *section, const char *name)
{
	for (; section; section = section->parent) {
		const struct ini_node *defaults = ini_child(section, "DEFAULT");
		const struct ini_node *key = key_in(section, name);

		if (!key && defaults)
			key = key_in(defaults, name);
		if (key)
			return key;
	}
	return NULL;
}

/* Report at the reference the owner wrote, however deep below it the trouble is. */
static int fail(struct interp *x, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct interp *x, const char *fmt, ...)
{
	const char *source = x->rd->ini->source;
	size_t bol = x->key->start;
	int line = x->key->line;
	va_list ap;

	for (size_t i = bol; i < x->reference; i++)
		if (source[i] == '\n') {
			line++;
			bol = i + 1;
		}
	va_start(ap, fmt);
	ini_verror(x->rd, line, ini_col(source, bol, x->reference), fmt, ap);
	va_end(ap);
	return -1;
}

/* Find a reference of the outermost value in the source; references come in the order they are written. */
static void locate(struct interp *x, const char *reference, size_t n)
{
	const char *source = x->rd->ini->source;
	const char *at = memmem(source + x->cursor, x->key->value_end - x->cursor, reference, n);

	if (!at)
		return;
	x->reference = (size_t)(at - source);
	x->cursor = x->reference + n;
}

static const char *name_shown(struct interp *x)
{
	return ini_word(x->rd, x->name.s, x->name.n);
}

static int check(struct interp *x, const struct ini_node *key, const struct trail *up)
{
	if (!key)
		return fail(x, "'%%(%s)s' refers to no key of this section or above it", name_shown(x));
	if (key->list)
		return fail(x, "'%%(%s)s' refers to a list, expected a single value", name_shown(x));
	for (const struct trail *t = up; t; t = t->up)
		if (t->key == key)
			return fail(x, "'%%(%s)s' leads back to itself", name_shown(x));
	if (up->depth == NESTING)
		return fail(x, "'%%(%s)s' comes after %d references in a row, expected no more",
			    name_shown(x), NESTING);
	return 0;
}

static int pay(struct interp *x, size_t bytes)
{
	if (bytes + REPLACEMENT_COST > x->budget) {
		x->budget = 0;
		return fail(x, "references expand to more than %d MB", INI_MAX_BYTES / 1024 / 1024);
	}
	x->budget -= bytes + REPLACEMENT_COST;
	return 0;
}

static int expand(struct interp *x, const char *text, const struct trail *up)
{
	const char *ref, *end;

	while ((ref = ini_reference(text, &end))) {
		const struct ini_node *key;

		str_addn(&x->out, text, (size_t)(ref - text));
		str_clear(&x->name);
		str_addn(&x->name, ref + 2, (size_t)(end - ref - 2));
		if (!up->up)
			locate(x, ref, (size_t)(end + 2 - ref));
		key = look_up(x->key->parent, x->name.s);
		if (check(x, key, up) < 0 || pay(x, strlen(key->values.v[0])) < 0)
			return -1;
		if (expand(x, key->values.v[0], &(struct trail){ key, up, up->depth + 1 }) < 0)
			return -1;
		text = end + 2;
	}
	str_add(&x->out, text);
	return 0;
}

static void expand_key(struct interp *x, struct ini_node *key)
{
	struct arena *a = &x->rd->ini->mem;

	x->key = key;
	x->cursor = x->reference = key->value_start;
	for (size_t i = 0; i < key->values.n; i++) {
		const char *end;

		if (!ini_reference(key->values.v[i], &end))
			continue;
		str_clear(&x->out);
		if (expand(x, key->values.v[i], &(struct trail){ .key = key }) < 0)
			continue;
		*vec_add(&x->results, a) = (struct result){ &key->values.v[i], arena_strn(a, x->out.s, x->out.n) };
	}
}

void ini_interpolate(struct ini_reader *rd)
{
	struct interp x = { .rd = rd, .budget = INI_MAX_BYTES };

	for (struct ini_node *n = rd->ini->root; n && x.budget && !ini_gave_up(rd); n = ini_next(n))
		expand_key(&x, n);
	for (size_t i = 0; i < x.results.n; i++)
		*x.results.v[i].slot = x.results.v[i].text;
	str_done(&x.name);
	str_done(&x.out);
}
