/* SPDX-License-Identifier: ISC */
#include "front/ctys_query.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "text/regex.h"

enum { LONGEST = 200, MOST_TERMS = 100 };

static const char with_value[] = "oMCScTpPdIxRil";

static int set_pick(struct ctys_query *q, const char *word, struct err *e)
{
	static const char *const words[] = {
		[CTYS_FIRST] = "FIRST", [CTYS_LAST] = "LAST", [CTYS_ALL] = "ALL", [CTYS_COMPLEMENT] = "COMPLEMENT",
		[CTYS_SORT] = "SORT", [CTYS_USORT] = "USORT", [CTYS_UNIQUE] = "UNIQUE",
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcasecmp(words[i], word)) {
			q->pick = (enum ctys_pick)i;
			return 0;
		}
	return err_set(e, ERR_USAGE, "-M '%s': FIRST, LAST, ALL, COMPLEMENT, SORT, USORT or UNIQUE", word);
}

/* Values of options that mean something here; the others are about how ctys kept its inventory. */
static int option(struct ctys_query *q, char letter, const char *value, struct err *e)
{
	switch (letter) {
	case 'o':
		q->output = value;
		return 0;
	case 'M':
		return set_pick(q, value, e);
	case 'S':
		return err_set(e, ERR_UNSUPPORTED, "-S %s: groups are files in ~/.ctys/groups", value);
	case 'x':
	case 'R':
		return err_set(e, ERR_UNSUPPORTED, "-%c %s: whether guests answer is for 'berth wait'", letter, value);
	case 'c':
		return err_set(e, ERR_UNSUPPORTED, "-c %s: there is one host to choose from", value);
	default:
		return 0;
	}
}

/* How many words the option took; -1: wrong. */
static int one_option(struct ctys_query *q, int argc, char **argv, struct err *e)
{
	const char *s = argv[0] + 1;

	for (; *s; s++) {
		if (strchr(with_value, *s)) {
			const char *value = s[1] ? s + 1 : argc > 1 ? argv[1] : NULL;

			if (!value)
				return err_set(e, ERR_USAGE, "'-%c' needs a value", *s);
			return option(q, *s, value, e) < 0 ? -1 : s[1] ? 1 : 2;
		}
		if (!strchr("sXhVvr", *s))
			return err_set(e, ERR_USAGE, "'-%c' is no option of ctys-vhost", *s);
		q->terse |= *s == 'X';
		q->help |= *s == 'h';
		q->version |= *s == 'V' || *s == 'v';
	}
	return 1;
}

/* The number of a field, at *s and behind it a ':' or the end. 0: none. */
static int field_number(const char **s)
{
	char *end;
	long n = strtol(*s, &end, 10);

	if (end == *s || n < 1 || n > CTYS_FIELDS || (*end && *end != ':'))
		return 0;
	*s = end + (*end == ':');
	return (int)n;
}

/* F:n:TEXT, E:a:b, R:n, or a text of its own. What is wrong with it, or NULL. */
static const char *read_term(struct ctys_term *t, const char *word)
{
	const char *s = word + 2;

	t->text = word;
	if (!*word || word[1] != ':' || !strchr("FfEeRr", *word))
		return NULL;
	switch (*word | 0x20) {
	case 'f':
		t->kind = CTYS_IN_FIELD;
		t->a = field_number(&s);
		t->text = s;
		return t->a && s[-1] == ':' ? NULL : "F:FIELD:TEXT, with a field from 1 to 47";
	case 'e':
		t->kind = CTYS_SAME;
		t->a = field_number(&s);
		t->b = t->a ? field_number(&s) : 0;
		return t->b && !*s ? NULL : "E:FIELD:FIELD, with fields from 1 to 47";
	default:
		t->kind = CTYS_NUMBER;
		t->text = s;
		return *s && strspn(s, "0123456789") == strlen(s) ? NULL : "R:NUMBER";
	}
}

static int add_term(struct ctys_query *q, const char *word, bool not, bool or, struct err *e)
{
	struct ctys_term *t;
	const char *wrong;

	if (q->terms.n == MOST_TERMS || strlen(word) > LONGEST)
		return err_set(e, ERR_USAGE, "a query has at most %d texts of %d bytes", MOST_TERMS, LONGEST);
	t = vec_add(&q->terms, &q->mem);
	t->not = not;
	t->alternative = or;
	wrong = read_term(t, word);
	if (wrong)
		return err_set(e, ERR_USAGE, "'%s': what is meant is %s", word, wrong);
	if (t->kind == CTYS_SAME || t->kind == CTYS_NUMBER)
		return 0;
	if (regex_read(&t->regex, t->text, e) < 0)
		return -1;
	t->compiled = true;
	return 0;
}

static int read_terms(struct ctys_query *q, int argc, char **argv, struct err *e)
{
	bool not = false, or = false, open = false;

	for (int i = 0; i < argc; i++) {
		bool is_and = !strcasecmp(argv[i], "AND"), is_or = !strcasecmp(argv[i], "OR");

		if (!strcasecmp(argv[i], "NOT")) {
			not = open = true;
		} else if (is_and || is_or) {
			if (open || !q->terms.n)
				return err_set(e, ERR_USAGE, "'%s' stands between two texts", argv[i]);
			or = is_or;
			open = true;
		} else {
			if (add_term(q, argv[i], not, or, e) < 0)
				return -1;
			not = or = open = false;
		}
	}
	return open ? err_set(e, ERR_USAGE, "a text is missing behind '%s'", argv[argc - 1]) : 0;
}

int ctys_query_parse(struct ctys_query *q, int argc, char **argv, struct err *e)
{
	int i = 0;

	while (i < argc && argv[i][0] == '-' && argv[i][1]) {
		int n = 1;

		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		n = one_option(q, argc - i, argv + i, e);
		if (n < 0)
			return -1;
		i += n;
	}
	return read_terms(q, argc - i, argv + i, e);
}

void ctys_query_done(struct ctys_query *q)
{
	for (size_t i = 0; i < q->terms.n; i++)
		if (q->terms.v[i].compiled)
			regfree(&q->terms.v[i].regex);
	arena_done(&q->mem);
	*q = (struct ctys_query){ 0 };
}

static bool fits(const struct ctys_term *t, const struct ctys_record *r)
{
	const char *a = t->a ? r->cells[t->a - 1] : NULL, *b = t->b ? r->cells[t->b - 1] : NULL;
	bool yes = false;

	switch (t->kind) {
	case CTYS_TEXT:     yes = !regexec(&t->regex, r->text, 0, NULL, 0); break;
	case CTYS_IN_FIELD: yes = !regexec(&t->regex, a ? a : "", 0, NULL, 0); break;
	case CTYS_SAME:     yes = a && b && strstr(a, b); break;
	case CTYS_NUMBER:   yes = str_eq(r->cells[CTYS_FIELD_INDEX - 1], t->text); break;
	}
	return yes != t->not;
}

bool ctys_query_fits(const struct ctys_query *q, const struct ctys_record *r)
{
	bool group = true;

	for (size_t i = 0; i < q->terms.n; i++) {
		if (q->terms.v[i].alternative) {
			group = group || fits(&q->terms.v[i], r);
			continue;
		}
		if (!group)
			return false;
		group = fits(&q->terms.v[i], r);
	}
	return group;
}

static int compare(const void *a, const void *b)
{
	const struct ctys_record *x = a, *y = b;

	return strcmp(x->text, y->text);
}

static void sort(struct ctys_records *r, bool once)
{
	size_t kept = 0;

	if (!r->n)
		return;
	qsort(r->v, r->n, sizeof *r->v, compare);
	for (size_t i = 1; once && i < r->n; i++)
		if (compare(&r->v[kept], &r->v[i]))
			r->v[++kept] = r->v[i];
	if (once)
		r->n = kept + 1;
}

static int ambiguous(const struct ctys_records *r, struct err *e)
{
	enum { SHOWN = 5 };
	DEFER(str_done) struct str s = { 0 };

	for (size_t i = 0; i < r->n && i < SHOWN; i++)
		str_fmt(&s, "%s%s", i ? ", " : "", r->v[i].cells[CTYS_FIELD_ID - 1] ? r->v[i].cells[CTYS_FIELD_ID - 1] : "?");
	return err_set(e, ERR_AMBIGUOUS, "%zu records fit: %s%s (-M all shows them; a further text decides)", r->n, str_text(&s),
		       r->n > SHOWN ? ", ..." : "");
}

int ctys_query_pick(const struct ctys_query *q, const struct ctys_records *all, struct ctys_records *out, struct arena *a,
		    struct err *e)
{
	for (size_t i = 0; i < all->n; i++)
		if (ctys_query_fits(q, &all->v[i]) != (q->pick == CTYS_COMPLEMENT))
			*(struct ctys_record *)vec_add(out, a) = all->v[i];
	if (!out->n)
		return err_set(e, ERR_NOT_FOUND, "no record fits ('berth scan' fills the inventory)");
	switch (q->pick) {
	case CTYS_ALL:
	case CTYS_COMPLEMENT:
		return 0;
	case CTYS_FIRST:
		out->n = 1;
		return 0;
	case CTYS_LAST:
		out->v[0] = out->v[out->n - 1];
		out->n = 1;
		return 0;
	case CTYS_SORT:
	case CTYS_USORT:
		sort(out, q->pick == CTYS_USORT);
		return 0;
	case CTYS_UNIQUE:
		return out->n > 1 ? ambiguous(out, e) : 0;
	}
	return 0;
}
