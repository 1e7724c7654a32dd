/* SPDX-License-Identifier: ISC */
#include "str.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

static void str_room(struct str *s, size_t more)
{
	if (s->n + more + 1 <= s->cap)
		return;
	s->cap = 2 * s->cap + more + 64;
	s->s = xrealloc(s->s, s->cap);
}

void str_addn(struct str *s, const char *bytes, size_t n)
{
	str_room(s, n);
	if (n)
		memcpy(s->s + s->n, bytes, n);
	s->n += n;
	s->s[s->n] = 0;
}

void str_add(struct str *s, const char *text)
{
	str_addn(s, text, strlen(text));
}

void str_addc(struct str *s, char c)
{
	str_addn(s, &c, 1);
}

void str_fmt(struct str *s, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	str_room(s, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(s->s + s->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	s->n += (size_t)n;
}

const char *str_text(const struct str *s)
{
	return s->s ? s->s : "";
}

char *str_take(struct str *s)
{
	char *p = s->s ? s->s : xstrdup("");

	*s = (struct str){ 0 };
	return p;
}

void str_clear(struct str *s)
{
	s->n = 0;
	if (s->s)
		s->s[0] = 0;
}

void str_done(struct str *s)
{
	free(s->s);
	*s = (struct str){ 0 };
}

void free_str(char **p)
{
	free(*p);
	*p = NULL;
}

bool str_eq(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool str_starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && !strcmp(s + n - m, suffix);
}

static int fold(char c)
{
	return c == '_' ? '-' : tolower((unsigned char)c);
}

enum { WORD = 40 };

/* Optimal string alignment: Levenshtein plus the swap of two neighbours. */
static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	size_t d[WORD + 1][WORD + 1];

	if (n > WORD || m > WORD)
		return WORD;
	for (size_t i = 0; i <= n; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n; i++)
		for (size_t j = 1; j <= m; j++) {
			size_t best = d[i - 1][j - 1] + (fold(a[i - 1]) != fold(b[j - 1]));

			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
			    fold(a[i - 2]) == fold(b[j - 1]) && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	return d[n][m];
}

const char *str_nearest(const char *word, const char *const *candidates, size_t n)
{
	const char *best = NULL;
	size_t limit = strlen(word) / 3 + 1;

	for (size_t i = 0; i < n; i++) {
		size_t d = distance(word, candidates[i]);

		if (d <= limit && d < strlen(word)) {
			limit = d ? d - 1 : 0;
			best = candidates[i];
			if (!d)
				break;
		}
	}
	return best;
}
