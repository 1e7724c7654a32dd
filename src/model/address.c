/* SPDX-License-Identifier: ISC */
#include "model/address.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

/* Every key's first word is the one that messages use. */
static const struct { const char *word; enum address_key key; } key_words[] = {
	{ "label", ADDRESS_LABEL }, { "l", ADDRESS_LABEL },
	{ "id", ADDRESS_PATH }, { "i", ADDRESS_PATH }, { "path", ADDRESS_PATH }, { "pathname", ADDRESS_PATH },
	{ "pname", ADDRESS_PATH }, { "p", ADDRESS_PATH },
	{ "file", ADDRESS_FILE }, { "filename", ADDRESS_FILE }, { "fname", ADDRESS_FILE }, { "f", ADDRESS_FILE },
	{ "uuid", ADDRESS_UUID }, { "u", ADDRESS_UUID },
	{ "mac", ADDRESS_MAC }, { "m", ADDRESS_MAC },
	{ "tcp", ADDRESS_TCP }, { "t", ADDRESS_TCP }, { "ip", ADDRESS_TCP },
	{ "base", ADDRESS_BASE }, { "basepath", ADDRESS_BASE }, { "b", ADDRESS_BASE },
	{ "record", ADDRESS_RECORD }, { "dbrec", ADDRESS_RECORD }, { "dbrecord", ADDRESS_RECORD }, { "dr", ADDRESS_RECORD },
	{ "tag", ADDRESS_TAG },
};

enum { KEY_WORDS = sizeof key_words / sizeof *key_words, UUID_DIGITS = 32, MAC_DIGITS = 12 };

struct reader {
	struct address *a;
	const char *word;       /* the whole */
	struct err *e;
};

/* The word, the column, and what is the matter there. */
static int wrong(const struct reader *r, const char *at, const char *text)
{
	if (at == r->word)
		return err_set(r->e, ERR_USAGE, "'%s': %s", r->word, text);
	return err_set(r->e, ERR_USAGE, "'%s', column %d: %s", r->word, (int)(at - r->word) + 1, text);
}

const char *address_key_word(enum address_key key)
{
	for (size_t i = 0; i < KEY_WORDS; i++)
		if (key_words[i].key == key)
			return key_words[i].word;
	return "?";
}

/* How many bytes of s are a key in front of a colon; 0: there is none. */
static size_t key_length(const char *s)
{
	size_t n = 0;

	while (isalpha((unsigned char)s[n]))
		n++;
	return s[n] == ':' ? n : 0;
}

bool address_key_find(const char *s, size_t n, enum address_key *key)
{
	for (size_t i = 0; i < KEY_WORDS; i++)
		if (strlen(key_words[i].word) == n && !strncasecmp(key_words[i].word, s, n)) {
			*key = key_words[i].key;
			return true;
		}
	return false;
}

static int key_unknown(const struct reader *r, const char *at, size_t n)
{
	struct arena *m = &r->a->mem;
	const char *names[KEY_WORDS];
	const char *key = arena_strn(m, at, n);
	const char *near;

	for (size_t i = 0; i < KEY_WORDS; i++)
		names[i] = key_words[i].word;
	near = str_nearest(key, names, KEY_WORDS);
	if (near)
		return wrong(r, at, arena_fmt(m, "'%s' is no key of an address (did you mean '%s'?)", key, near));
	return wrong(r, at, arena_fmt(m, "'%s' is no key of an address (label id file uuid mac tcp base record tag)", key));
}

static char *lowered(struct arena *m, const char *s, size_t n)
{
	char *out = arena_strn(m, s, n);

	for (char *c = out; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return out;
}

/* Hex digits alone, lower case; NULL when other characters than the separators are among them. */
static char *hex_digits(struct arena *m, const char *s, const char *separators)
{
	char *out = arena_str(m, s), *to = out;

	for (; *s; s++) {
		if (isxdigit((unsigned char)*s))
			*to++ = (char)tolower((unsigned char)*s);
		else if (!strchr(separators, *s))
			return NULL;
	}
	*to = 0;
	return out;
}

static const char *uuid_canonical(struct arena *m, const char *s)
{
	const char *h = hex_digits(m, s, "-");

	if (!h || strlen(h) != UUID_DIGITS)
		return NULL;
	return arena_fmt(m, "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16, h + 20);
}

static const char *mac_canonical(struct arena *m, const char *s)
{
	const char *h = hex_digits(m, s, ":-.");

	if (!h || strlen(h) != MAC_DIGITS)
		return NULL;
	return arena_fmt(m, "%.2s:%.2s:%.2s:%.2s:%.2s:%.2s", h, h + 2, h + 4, h + 6, h + 8, h + 10);
}

static const char *all_of(const char *s, const char *also)
{
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr(also, *s))
			return NULL;
	return "";
}

static const char *number(const char *s)
{
	return *s != '0' && strlen(s) < 10 && s[strspn(s, "0123456789")] == 0 ? s : NULL;
}

/* Without the slashes at its end. */
static const char *trimmed(struct arena *m, const char *s)
{
	size_t n = strlen(s);

	while (n > 1 && s[n - 1] == '/')
		n--;
	return arena_strn(m, s, n);
}

/* The value as cards have it; NULL and what it should have been, when it cannot be one. */
static const char *canonical(enum address_key key, const char *s, bool glob, struct arena *m, const char **why)
{
	switch (key) {
	case ADDRESS_LABEL:
		*why = "is not a name a guest can have";
		return glob ? all_of(s, "._-*?[]!^") ? s : NULL : guest_name_ok(s) ? s : NULL;
	case ADDRESS_PATH:
		*why = "is no absolute path (a machine file can be given as it is, without a key)";
		return *s == '/' || (glob && *s == '*') ? s : NULL;
	case ADDRESS_FILE:
		*why = "is no part of a path";
		return trimmed(m, s);
	case ADDRESS_UUID:
		*why = "is no UUID, which has 32 digits of 0-9 and a-f";
		return glob ? lowered(m, s, strlen(s)) : uuid_canonical(m, s);
	case ADDRESS_MAC:
		*why = "is no MAC address, which has 12 digits of 0-9 and a-f (52:54:00:12:34:56)";
		return glob ? lowered(m, s, strlen(s)) : mac_canonical(m, s);
	case ADDRESS_TCP:
		*why = "is neither an address nor a host name";
		return all_of(s, glob ? ".:_-*?[]!^" : ".:_-") ? lowered(m, s, strlen(s)) : NULL;
	case ADDRESS_BASE:
		*why = "is no directory";
		return glob ? NULL : s;
	case ADDRESS_RECORD:
		*why = "is no number of a record";
		return number(s);
	case ADDRESS_TAG:
		*why = "is no tag";
		return s;
	}
	return NULL;
}

/* A guest has one of these; of the others it may have several. */
static bool single(enum address_key key)
{
	return key == ADDRESS_LABEL || key == ADDRESS_PATH || key == ADDRESS_UUID || key == ADDRESS_RECORD;
}

static bool same(enum address_key key, const char *a, const char *b)
{
	return key == ADDRESS_LABEL ? !strcasecmp(a, b) : str_eq(a, b);
}

static int contradicts(const struct reader *r, const struct address_part *p, const char *at)
{
	for (size_t i = 0; i < r->a->parts.n; i++) {
		const struct address_part *q = &r->a->parts.v[i];

		if (q->key == p->key && single(p->key) && !q->glob && !p->glob && !same(p->key, q->text, p->text))
			return wrong(r, at, arena_fmt(&r->a->mem, "'%s' and '%s' contradict each other: a guest has one %s",
						      q->text, p->text, address_key_word(p->key)));
	}
	return 0;
}

/* dir%dir: every one of them. */
static int add_base(const struct reader *r, const char *s, const char *at)
{
	struct arena *m = &r->a->mem;

	while (*s) {
		size_t n = strcspn(s, "%");

		if (!n)
			return wrong(r, at, "an empty directory");
		words_add(&r->a->base, m, trimmed(m, arena_strn(m, s, n)));
		s += n;
		if (*s && !*++s)
			return wrong(r, at, "an empty directory");
	}
	return 0;
}

/* One value; at: where its key stands. */
static int add_part(const struct reader *r, enum address_key key, const char *value, size_t n, const char *at)
{
	struct arena *m = &r->a->mem;
	struct address_part p = { .key = key };
	const char *text = arena_strn(m, value, n), *why = "";

	if (!n)
		return wrong(r, at, arena_fmt(m, "'%s' has no value", address_key_word(key)));
	p.glob = strpbrk(text, "*?[") != NULL;
	p.text = canonical(key, text, p.glob, m, &why);
	if (!p.text)
		return wrong(r, value, arena_fmt(m, "'%s' %s", text, why));
	if (key == ADDRESS_BASE)
		return add_base(r, p.text, value);
	if (contradicts(r, &p, at) < 0)
		return -1;
	*vec_add(&r->a->parts, m) = p;
	return 0;
}

/* One key with its value, or @tag; n bytes. */
static int read_part(const struct reader *r, const char *s, size_t n)
{
	enum address_key key;
	size_t k;

	if (!n)
		return wrong(r, s, "a key is expected between commas");
	if (*s == '@')
		return add_part(r, ADDRESS_TAG, s + 1, n - 1, s);
	k = key_length(s);
	if (!k || k >= n)
		return wrong(r, s, arena_fmt(&r->a->mem, "'%.*s' has no key in front (try label:%.*s)", (int)n, s, (int)n, s));
	if (!address_key_find(s, k, &key))
		return key_unknown(r, s, k);
	return add_part(r, key, s + k + 1, n - k - 1, s);
}

static int read_parts(const struct reader *r, const char *s)
{
	for (;;) {
		size_t n = strcspn(s, ",");

		if (read_part(r, s, n) < 0)
			return -1;
		if (!s[n])
			break;
		s += n + 1;
	}
	if (!r->a->parts.n)
		return wrong(r, r->word, "names directories to look in, and no guest (add label:, uuid: ...)");
	return 0;
}

bool address_keyed(const char *s)
{
	enum address_key key;

	return *s == '@' || address_key_find(s, key_length(s), &key);
}

/* Where the guest's own part begins behind "HOST/"; NULL: no host in front. */
static const char *behind_host(const char *s)
{
	size_t n = strcspn(s, "/");
	const char *rest = s + n + 1;

	if (!s[n] || !n || !*rest || !isalnum((unsigned char)*s))
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("._-@:", s[i]))
			return NULL;
	return address_keyed(rest) || (!strchr(rest, '/') && !str_ends(rest, ".conf")) ? rest : NULL;
}

static bool is_file(const char *s)
{
	return strchr(s, '/') || str_ends(s, ".conf");
}

/* What stands behind the host: a name, or keys. */
static int read_guest(const struct reader *r, const char *s)
{
	if (address_keyed(s) || strchr(s, ',') || key_length(s))
		return read_parts(r, s);
	return add_part(r, ADDRESS_LABEL, s, strlen(s), s);
}

int address_parse(struct address *a, const char *word, struct err *e)
{
	const struct reader r = { a, word, e };
	const char *rest;

	if (!*word)
		return err_set(e, ERR_USAGE, "an address is empty: which guest? ('berth list' shows all)");
	for (const char *c = word; *c; c++)
		if (iscntrl((unsigned char)*c))
			return err_set(e, ERR_USAGE, "an address has a control character in column %d", (int)(c - word) + 1);
	if (address_keyed(word))
		return read_parts(&r, word);
	rest = behind_host(word);
	if (rest) {
		a->host = arena_strn(&a->mem, word, (size_t)(rest - word) - 1);
		return read_guest(&r, rest);
	}
	if (is_file(word)) {
		a->file = arena_str(&a->mem, word);
		return 0;
	}
	return read_guest(&r, word);
}

void address_done(struct address *a)
{
	arena_done(&a->mem);
	*a = (struct address){ 0 };
}

const char *address_name(const struct address *a)
{
	const struct address_part *p = a->parts.v;

	return a->parts.n == 1 && !a->base.n && p->key == ADDRESS_LABEL && !p->glob ? p->text : NULL;
}

bool address_many(const struct address *a)
{
	for (size_t i = 0; i < a->parts.n; i++)
		if (a->parts.v[i].glob || a->parts.v[i].key == ADDRESS_TAG)
			return true;
	return false;
}

const struct address_part *address_part(const struct address *a, enum address_key key)
{
	for (size_t i = 0; i < a->parts.n; i++)
		if (a->parts.v[i].key == key)
			return &a->parts.v[i];
	return NULL;
}

static bool fits(const struct address_part *p, const char *value, int flags)
{
	if (p->glob)
		return !fnmatch(p->text, value, flags);
	return flags & FNM_CASEFOLD ? !strcasecmp(p->text, value) : str_eq(p->text, value);
}

static bool fits_any(const struct address_part *p, const struct words *values, int flags)
{
	for (size_t i = 0; i < values->n; i++)
		if (fits(p, values->v[i], flags) || words_has(&p->also, values->v[i]))
			return true;
	return false;
}

/* A run of whole names of the path; of its last the .conf may be left out. */
static bool fits_fragment(const struct address_part *p, const char *path)
{
	struct arena m = { 0 };
	bool found = false;

	for (const char *from = path; from && !found; from = *p->text == '/' ? NULL : strchr(from + 1, '/'))
		for (const char *to = strchr(from + 1, '/'); !found; to = strchr(to + 1, '/')) {
			const char *begin = from + (*p->text != '/' && *from == '/');
			size_t n = to ? (size_t)(to - begin) : strlen(begin);

			found = fits(p, arena_strn(&m, begin, n), FNM_PATHNAME) ||
				(!to && str_ends(begin, ".conf") && fits(p, arena_strn(&m, begin, n - 5), FNM_PATHNAME));
			if (!to)
				break;
		}
	arena_done(&m);
	return found;
}

static bool part_fits(const struct address_part *p, const struct card *c)
{
	switch (p->key) {
	case ADDRESS_LABEL:
		return fits(p, c->label, FNM_CASEFOLD);
	case ADDRESS_PATH:
		return fits_any(p, &c->paths, FNM_PATHNAME);
	case ADDRESS_FILE:
		for (size_t i = 0; i < c->paths.n; i++)
			if (fits_fragment(p, c->paths.v[i]))
				return true;
		return false;
	case ADDRESS_UUID:
		return fits(p, c->uuid, 0);
	case ADDRESS_MAC:
		return fits_any(p, &c->macs, 0);
	case ADDRESS_TCP:
		return fits_any(p, &c->names, 0);
	case ADDRESS_TAG:
		return fits_any(p, &c->tags, 0);
	case ADDRESS_RECORD: {
		struct arena m = { 0 };
		bool yes = str_eq(p->text, arena_fmt(&m, "%ld", c->record));

		arena_done(&m);
		return yes;
	}
	case ADDRESS_BASE:
		break;
	}
	return true;
}

bool path_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	while (n && dir[n - 1] == '/')
		n--;
	return !strncmp(path, dir, n) && (!path[n] || path[n] == '/');
}

static bool in_base(const struct address *a, const struct card *c)
{
	for (size_t i = 0; i < a->base.n; i++)
		for (size_t k = 0; k < c->paths.n; k++)
			if (path_below(c->paths.v[k], a->base.v[i]))
				return true;
	return !a->base.n;
}

const struct address_part *address_misfit(const struct address *a, const struct card *c)
{
	static const struct address_part base = { .key = ADDRESS_BASE, .text = "its directories" };

	for (size_t i = 0; i < a->parts.n; i++)
		if (!part_fits(&a->parts.v[i], c))
			return &a->parts.v[i];
	return in_base(a, c) ? NULL : &base;
}

static char *joined(const struct words *w, struct arena *a)
{
	char *all = arena_str(a, "");

	for (size_t i = 0; i < w->n; i++)
		all = arena_fmt(a, "%s%s%s", all, i ? ", " : "", w->v[i]);
	return all;
}

char *address_said(const struct address_part *p, const struct card *c, struct arena *a)
{
	switch (p->key) {
	case ADDRESS_LABEL:
		return arena_str(a, c->label);
	case ADDRESS_UUID:
		return arena_str(a, c->uuid);
	case ADDRESS_MAC:
		return joined(&c->macs, a);
	case ADDRESS_TCP:
		return joined(&c->names, a);
	case ADDRESS_TAG:
		return joined(&c->tags, a);
	case ADDRESS_RECORD:
		return arena_fmt(a, "%ld", c->record);
	case ADDRESS_PATH:
	case ADDRESS_FILE:
	case ADDRESS_BASE:
		break;
	}
	return joined(&c->paths, a);
}
