/* SPDX-License-Identifier: ISC */
#include "front/ctys.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "front/ctys_priv.h"
#include "model/address.h"

static const char with_value[] = "AabcCdDgFHjklLMOpPrsStTWxzZ", without[] = "EfhnvVXyY";

int ctys_wrong(struct err *e, const char *text, size_t col, const char *fmt, ...)
{
	char why[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	return err_set(e, ERR_USAGE, "'%s', column %zu: %s", text, col + 1, why);
}

int ctys_lookup(struct ctys_reader *r, const char *name)
{
	if (++r->lookups > CTYS_LOOKUPS)
		return err_set(r->e, ERR_USAGE, "'%s': these are more than %d groups and macros", name, CTYS_LOOKUPS);
	return 0;
}

/* One of each letter is kept; the one that is given again is the last, and counts. */
static void option_set(struct ctys_options *o, struct arena *a, char letter, const char *value)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->v[i].letter == letter) {
			o->v[i].value = value;
			return;
		}
	*(struct ctys_option *)vec_add(o, a) = (struct ctys_option){ letter, value };
}

static bool is_address(const char *word)
{
	size_t n = strcspn(word, ":");
	enum address_key key;

	return word[n] && word[n + 1] == '/' && address_key_find(word, n, &key);
}

/*
 * The value of -a. Long ones are often written on several lines, and the shell makes words of
 * these: one that ends in a comma goes on, and so does one before a path with a key, which is no host.
 */
static const char *action_value(struct ctys_reader *r, const char *const *words, size_t n, size_t *at, const char *value)
{
	while (*at + 1 < n && (str_ends(value, ",") || is_address(words[*at + 1]))) {
		const char *comma = str_ends(value, ",") ? "" : ",";

		value = arena_fmt(&r->c->mem, "%s%s%s", value, comma, words[++*at]);
	}
	return value;
}

/* The letters of one word, and the value of the last of them. */
static int one_word(struct ctys_reader *r, const char *const *words, size_t n, size_t *at, struct ctys_options *out)
{
	const char *word = words[*at];

	for (const char *s = word + 1; *s; s++) {
		const char *value = s[1] ? s + 1 : NULL;

		if (strchr(without, *s)) {
			option_set(out, &r->c->mem, *s, NULL);
			continue;
		}
		if (!strchr(with_value, *s))
			return ctys_wrong(r->e, word, (size_t)(s - word), "'-%c' is no option of ctys", *s);
		if (!value && *at + 1 < n)
			value = words[++*at];
		if (!value)
			return ctys_wrong(r->e, word, (size_t)(s - word), "'-%c' needs a value", *s);
		if (*s == 'a')
			value = action_value(r, words, n, at, value);
		option_set(out, &r->c->mem, *s, value);
		return 0;
	}
	return 0;
}

int ctys_read_options(struct ctys_reader *r, const char *const *words, size_t n, struct ctys_options *out)
{
	size_t i;

	for (i = 0; i < n && words[i][0] == '-' && words[i][1]; i++) {
		if (!strcmp(words[i], "--"))
			return (int)i + 1;
		if (one_word(r, words, n, &i, out) < 0)
			return -1;
	}
	return (int)i;
}

/* Targets without a user are each user's of -l. */
static void permute_users(struct ctys *c)
{
	size_t n = c->requests.n;

	for (size_t i = 0; i < n; i++) {
		const char *users = ctys_option(&c->requests.v[i], 'l');
		bool first = true;

		if (c->requests.v[i].user || !users)
			continue;
		while (*users) {
			size_t len = strcspn(users, ",");
			const char *user = arena_strn(&c->mem, users, len);

			users += len + (users[len] == ',');
			if (!first) {
				struct ctys_request copy = c->requests.v[i];

				*(struct ctys_request *)vec_add(&c->requests, &c->mem) = copy;
			}
			c->requests.v[first ? i : c->requests.n - 1].user = user;
			first = false;
		}
	}
}

/* So many sessions are meant by nobody. */
static int check_sessions(const struct ctys *c, struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < c->requests.n; i++)
		n += c->requests.v[i].acts && c->requests.v[i].verb == CTYS_CREATE;
	if (n > CTYS_SESSIONS)
		return err_set(e, ERR_USAGE, "these are %zu sessions; one call makes at most %d", n, CTYS_SESSIONS);
	return 0;
}

static int read_targets(struct ctys_reader *r, const char *const *words, size_t n, struct ctys_layer *base)
{
	for (size_t i = 0; i < n; i++)
		if (ctys_targets(r, words[i], base, i == 0) < 0)
			return -1;
	return r->c->requests.n || n ? 0 : ctys_host(r, "localhost", base);
}

int ctys_parse(struct ctys *c, int argc, char **argv, const struct ctys_files *files, struct err *e)
{
	struct ctys_reader r = { .c = c, .files = files, .e = e };
	struct ctys_layer base = { 0 };
	struct words words = { 0 };
	int at;

	for (int i = 0; i < argc; i++)
		if (ctys_expand(&r, argv[i], &words) < 0)
			return -1;
	at = ctys_read_options(&r, words.v, words.n, &base.options);
	if (at < 0 || read_targets(&r, words.v + at, words.n - (size_t)at, &base) < 0)
		return -1;
	permute_users(c);
	for (size_t i = 0; i < c->requests.n; i++)
		if (ctys_action(&c->requests.v[i], &c->mem, e) < 0)
			return -1;
	return check_sessions(c, e);
}

void ctys_done(struct ctys *c)
{
	arena_done(&c->mem);
	*c = (struct ctys){ 0 };
}

const char *ctys_option(const struct ctys_request *r, char letter)
{
	for (size_t i = 0; i < r->options.n; i++)
		if (r->options.v[i].letter == letter)
			return r->options.v[i].value ? r->options.v[i].value : "";
	return NULL;
}

const struct ctys_sub *ctys_sub(const struct ctys_request *r, const char *key)
{
	for (size_t i = r->subs.n; i-- > 0; )
		if (!strcmp(r->subs.v[i].key, key))
			return &r->subs.v[i];
	return NULL;
}

char *ctys_plain(const char *value, struct arena *a)
{
	DEFER(str_done) struct str out = { 0 };

	for (; *value; value++) {
		str_addc(&out, *value == '%' && value[1] != '%' ? ' ' : *value);
		value += *value == '%' && value[1] == '%';
	}
	return arena_str(a, str_text(&out));
}
