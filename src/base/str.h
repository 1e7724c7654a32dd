/* SPDX-License-Identifier: ISC */
/*
 * Growing text on the heap, and small questions about strings.
 *
 *	DEFER(str_done) struct str s = { 0 };
 *	str_fmt(&s, "%d guests", n);
 *
 * s.s is never NULL after the first addition and always ends in a NUL that is
 * not counted in s.n; str_text() is "" for an empty one.
 */
#ifndef BERTH_STR_H
#define BERTH_STR_H

#include <stdbool.h>
#include <stddef.h>

/* Run a tidy-up function when the variable leaves its scope. */
#define DEFER(f) __attribute__((cleanup(f)))

struct str {
	char *s;
	size_t n, cap;
};

void str_add(struct str *s, const char *text);
void str_addn(struct str *s, const char *bytes, size_t n);
void str_addc(struct str *s, char c);
void str_fmt(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *str_text(const struct str *s);
char *str_take(struct str *s);          /* the text is the caller's; s is empty again */
void str_clear(struct str *s);          /* keeps the memory */
void str_done(struct str *s);

void free_str(char **p);                /* for DEFER(free_str) char *p */

bool str_eq(const char *a, const char *b);          /* NULL equals only NULL */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/*
 * The candidate nearest to word by edit distance (Damerau, transpositions cost
 * one), '_' and '-' counting as equal; NULL when none is near enough to be meant.
 */
const char *str_nearest(const char *word, const char *const *candidates, size_t n);

#endif
