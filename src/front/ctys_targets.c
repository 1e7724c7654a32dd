/* SPDX-License-Identifier: ISC */
/* Targets, groups of them, and blocks of options. */
#include <string.h>
#include <strings.h>

#include "front/ctys_priv.h"

static const char blanks[] = " \t\r\n,";

/* The end of what begins with this bracket, behind the one that closes it; NULL: nothing does. */
static const char *behind(const char *s)
{
	enum { DEEPEST = 64 };
	char close[DEEPEST];
	size_t n = 0;

	for (; *s; s++) {
		if (strchr("([{", *s)) {
			if (n == DEEPEST)
				return NULL;
			close[n++] = *s == '(' ? ')' : *s == '[' ? ']' : '}';
		} else if (strchr(")]}", *s)) {
			if (!n || *s != close[--n])
				return NULL;
			if (!n)
				return s + 1;
		}
	}
	return NULL;
}

long ctys_span(const char *s)
{
	const char *at = s;

	while (*at && !strchr(blanks, *at)) {
		if (strchr(")]}", *at))
			return -1;
		at = strchr("([{", *at) ? behind(at) : at + 1;
		if (!at)
			return -1;
	}
	return (long)(at - s);
}

static void split(const char *text, size_t n, struct words *out, struct arena *a)
{
	char *rest = arena_strn(a, text, n), *w;

	while ((w = strtok_r(rest, " \t\r\n", &rest)))
		words_add(out, a, w);
}

static void copy_options(struct ctys_options *to, const struct ctys_options *from, struct arena *a)
{
	*to = (struct ctys_options){ 0 };
	for (size_t i = 0; i < from->n; i++)
		*(struct ctys_option *)vec_add(to, a) = from->v[i];
}

int ctys_block(struct ctys_reader *r, const struct ctys_layer *below, const char *text, size_t n, struct ctys_layer *out)
{
	struct words words = { 0 };
	struct ctys_layer own = *below;
	int at;

	split(text, n, &words, &r->c->mem);
	copy_options(&own.options, &below->options, &r->c->mem);
	at = ctys_read_options(r, words.v, words.n, &own.options);
	if (at >= 0 && (size_t)at < words.n)
		return err_set(r->e, ERR_USAGE, "'(%.*s)': '%s' is no option", (int)n, text, words.v[at]);
	*out = own;
	return at < 0 ? -1 : 0;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* A group that is in two others has its hosts twice; unless the options differ, or -A allows it, once is meant. */
static bool is_there(const struct ctys *c, const struct ctys_request *q)
{
	const char *twice = ctys_option(q, 'A');

	if (twice && (!strcmp(twice, "1") || !strcasecmp(twice, "on")))
		return false;
	for (size_t i = 0; i < c->requests.n; i++) {
		const struct ctys_request *o = &c->requests.v[i];
		bool alike = same(o->user, q->user) && same(o->host, q->host) && same(o->port, q->port) && same(o->stack, q->stack) &&
			     o->job == q->job && o->options.n == q->options.n;

		for (size_t k = 0; alike && k < q->options.n; k++)
			alike = o->options.v[k].letter == q->options.v[k].letter &&
				same(o->options.v[k].value, q->options.v[k].value);
		if (alike)
			return true;
	}
	return false;
}

/* [USER@]HOST[:PORT][[VM]...] */
int ctys_host(struct ctys_reader *r, const char *word, const struct ctys_layer *layer)
{
	struct arena *a = &r->c->mem;
	struct ctys_request q = { .port = layer->port, .job = layer->job, .stacked = layer->stacked };
	size_t n = strcspn(word, "[");
	const char *at = memchr(word, '@', n), *host = at ? at + 1 : word, *end = word + n;
	const char *colon = memchr(host, ':', (size_t)(end - host));

	if (*end)
		q.stack = arena_str(a, end);
	if (at == word || host == end || host == colon)
		return ctys_wrong(r->e, word, (size_t)(host - word), "a host is missing");
	if (*host == '-')
		return ctys_wrong(r->e, word, (size_t)(host - word), "'%.*s' is no host", (int)(end - host), host);
	if (colon && colon + 1 < end)
		q.port = arena_strn(a, colon + 1, (size_t)(end - colon) - 1);
	if (colon && (!q.port || strspn(q.port, "0123456789") != strlen(q.port) || strlen(q.port) > 5))
		return ctys_wrong(r->e, word, (size_t)(colon - word) + 1, "'%.*s' is no port", (int)(end - colon) - 1, colon + 1);
	if (at)
		q.user = arena_strn(a, word, (size_t)(at - word));
	q.host = arena_strn(a, host, (size_t)((colon ? colon : end) - host));
	copy_options(&q.options, &layer->options, a);
	if (layer->grouped && is_there(r->c, &q))
		return 0;
	if (r->c->requests.n == CTYS_TARGETS)
		return err_set(r->e, ERR_USAGE, "these are more than %d targets", CTYS_TARGETS);
	*(struct ctys_request *)vec_add(&r->c->requests, a) = q;
	return 0;
}

static int read_group(struct ctys_reader *r, const char *name, const char *text, const struct ctys_layer *layer);

/* The text of a group; NULL without an error: there is none, it will be a host. */
static const char *find_group(struct ctys_reader *r, const char *name)
{
	if (!r->files || !r->files->group || strpbrk(name, "@[:") || !strcasecmp(name, "localhost"))
		return NULL;
	return r->files->group(r->files->arg, name, &r->c->mem, r->e);
}

/* NAME or NAME:PORT: a group if there is one, else a host. */
static int group_or_host(struct ctys_reader *r, const char *word, const struct ctys_layer *layer)
{
	size_t n = strcspn(word, ":");
	const char *name = arena_strn(&r->c->mem, word, n), *text = find_group(r, name);
	struct ctys_layer own = *layer;

	if (r->e->kind)
		return -1;
	if (!text)
		return ctys_host(r, word, layer);
	if (word[n])
		own.port = word + n + 1;
	return read_group(r, name, text, &own);
}

/* SUBTASK(OPTIONS){TARGETS}, when word is one: 1; 0: it is not. */
static int subtask(struct ctys_reader *r, const char *word, const struct ctys_layer *layer)
{
	static const char *const words[] = { "SUBTASK", "SUBGROUP", "VMSTACK" };
	const char *open = word + strcspn(word, "({"), *brace = *open == '(' ? behind(open) : open;
	struct ctys_layer own = *layer;
	bool known = false;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		known |= strlen(words[i]) == (size_t)(open - word) && !strncasecmp(word, words[i], strlen(words[i]));
	if (!known || !*open)
		return 0;
	if (!brace || *brace != '{' || behind(brace)[0])
		return ctys_wrong(r->e, word, (size_t)(open - word), "targets in '{}' are missing");
	if (*open == '(' && ctys_block(r, layer, open + 1, (size_t)(brace - open) - 2, &own) < 0)
		return -1;
	if (++own.depth > CTYS_DEPTH)
		return ctys_wrong(r->e, word, 0, "more than %d are in each other", CTYS_DEPTH);
	own.job = ++r->jobs;
	own.stacked |= !strncasecmp(word, "VMSTACK", 7);
	return ctys_targets(r, arena_strn(&r->c->mem, brace + 1, strlen(brace) - 2), &own, true) < 0 ? -1 : 1;
}

/* TARGET or TARGET(OPTIONS) */
static int target(struct ctys_reader *r, const char *word, const struct ctys_layer *layer)
{
	size_t n = strcspn(word, "(");
	struct ctys_layer own = *layer;
	int done = subtask(r, word, layer);

	if (done)
		return done < 0 ? -1 : 0;
	if (strpbrk(word, "{}"))
		return ctys_wrong(r->e, word, strcspn(word, "{}"), "'{}' belongs behind SUBTASK, SUBGROUP or VMSTACK");
	if (!n)
		return ctys_wrong(r->e, word, 0, "options in '()' stand behind a target, or before all of them");
	if (word[n]) {
		const char *end = behind(word + n);

		if (*end)
			return ctys_wrong(r->e, word, (size_t)(end - word), "'%s' stands behind the options", end);
		if (ctys_block(r, layer, word + n + 1, (size_t)(end - word) - n - 2, &own) < 0)
			return -1;
	}
	return group_or_host(r, arena_strn(&r->c->mem, word, n), &own);
}

/* The next word of targets at *s; NULL: there is none, or it is wrong. */
static const char *next_word(struct ctys_reader *r, const char **s)
{
	long n;
	const char *word;

	*s += strspn(*s, blanks);
	if (!**s)
		return NULL;
	n = ctys_span(*s);
	if (n < 0) {
		ctys_wrong(r->e, *s, strcspn(*s, "()[]{}"), "brackets do not match");
		return NULL;
	}
	word = arena_strn(&r->c->mem, *s, (size_t)n);
	*s += n;
	return word;
}

int ctys_targets(struct ctys_reader *r, const char *text, struct ctys_layer *layer, bool first)
{
	const char *word;

	for (; (word = next_word(r, &text)); first = false) {
		if (first && *word == '(' && str_ends(word, ")")) {
			if (ctys_block(r, layer, word + 1, strlen(word) - 2, layer) < 0)
				return -1;
		} else if (target(r, word, layer) < 0) {
			return -1;
		}
	}
	return r->e->kind ? -1 : 0;
}

/* "#include NAME" at the beginning of a line, as a word; the length of the line. */
static size_t comment(const char *s, const char **included, struct arena *a)
{
	static const char include[] = "#include";
	size_t n = strcspn(s, "\n"), k = sizeof include - 1;

	*included = NULL;
	if (n > k && !strncmp(s, include, k) && strchr(" \t", s[k])) {
		s += k;
		s += strspn(s, " \t");
		*included = arena_strn(a, s, strcspn(s, " \t\r\n"));
	}
	return n;
}

static int include(struct ctys_reader *r, const char *group, const char *name, const struct ctys_layer *layer)
{
	const char *text = find_group(r, name);

	if (r->e->kind)
		return -1;
	if (!text)
		return err_set(r->e, ERR_NOT_FOUND, "group '%s': there is no group '%s'", group, name);
	return read_group(r, name, text, layer);
}

char *ctys_unquoted(const char *text, struct arena *a)
{
	char *out = arena_str(a, text), *to = out;

	for (; *text; text++)
		if (*text != '\'')
			*to++ = *text;
	*to = 0;
	return out;
}

/* A group's file: targets, comments, #include NAME, and CONTEXT(OPTIONS) for all that follow. */
static int read_group(struct ctys_reader *r, const char *name, const char *text, const struct ctys_layer *layer)
{
	struct ctys_layer own = *layer;
	const char *s = ctys_unquoted(text, &r->c->mem), *word, *included;

	own.grouped = true;
	if (ctys_lookup(r, name) < 0)
		return -1;
	if (++own.depth > CTYS_DEPTH)
		return err_set(r->e, ERR_USAGE, "group '%s': more than %d groups are in each other; is it in itself?", name, CTYS_DEPTH);
	for (;;) {
		s += strspn(s, blanks);
		if (*s == '#') {
			s += comment(s, &included, &r->c->mem);
			if (included && include(r, name, included, &own) < 0)
				return -1;
			continue;
		}
		word = next_word(r, &s);
		if (!word)
			break;
		if (!strncasecmp(word, "CONTEXT(", 8) && str_ends(word, ")")) {
			if (ctys_block(r, &own, word + 8, strlen(word) - 9, &own) < 0)
				return err_add(r->e, "group '%s'", name);
		} else if (target(r, word, &own) < 0) {
			return err_add(r->e, "group '%s'", name);
		}
	}
	return r->e->kind ? err_add(r->e, "group '%s'", name) : 0;
}
