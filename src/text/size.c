/* SPDX-License-Identifier: ISC */
#include "text/size.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char letters[] = "KMGTPE";

/* A number with a fraction: whole + part / scale. */
struct number {
	uint64_t whole, part, scale;
};

static bool read_whole(const char **p, uint64_t *out)
{
	*out = 0;
	if (!isdigit((unsigned char)**p))
		return false;
	for (; isdigit((unsigned char)**p); ++*p)
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, (uint64_t)(**p - '0'), out))
			return false;
	return true;
}

/* Nine digits are finer than a byte in a gigabyte; more do not matter and are passed over. */
static bool read_number(const char **p, struct number *n)
{
	*n = (struct number){ .scale = 1 };
	if (!read_whole(p, &n->whole))
		return false;
	if (**p != '.')
		return true;
	++*p;
	if (!isdigit((unsigned char)**p))
		return false;
	for (; isdigit((unsigned char)**p); ++*p)
		if (n->scale < 1000000000) {
			n->part = 10 * n->part + (uint64_t)(**p - '0');
			n->scale *= 10;
		}
	return true;
}

/* "K", "KB", "KiB", "B" or nothing, in either case; true when that was all of the text. */
static bool read_unit(const char *p, uint64_t bare, uint64_t *unit)
{
	const char *letter;

	if (!*p) {
		*unit = bare;
		return true;
	}
	*unit = 1;
	letter = strchr(letters, toupper((unsigned char)*p));
	if (letter) {
		*unit = (uint64_t)1 << (10 * (letter - letters + 1));
		p++;
		if (tolower((unsigned char)p[0]) == 'i' && tolower((unsigned char)p[1]) == 'b')
			p++;
	}
	if (tolower((unsigned char)*p) == 'b')
		p++;
	return !*p;
}

int size_parse(const char *text, uint64_t unit, uint64_t *out)
{
	struct number n;
	uint64_t bytes;

	if (!read_number(&text, &n))
		return -1;
	while (*text == ' ')
		text++;
	if (!read_unit(text, unit, &unit) || (n.part && unit == 1))
		return -1;
	if (__builtin_mul_overflow(n.whole, unit, &bytes) ||
	    __builtin_add_overflow(bytes, (uint64_t)((unsigned __int128)n.part * unit / n.scale), &bytes))
		return -1;
	*out = bytes;
	return 0;
}

/* bytes in a unit with at most three decimals; NULL when that is not exact or less than one. */
static char *exact(uint64_t bytes, int power, struct arena *a)
{
	uint64_t unit = (uint64_t)1 << (10 * power), scale = 1;
	uint64_t whole = bytes / unit, rest = bytes % unit;

	if (!whole)
		return NULL;
	for (int decimals = 0; decimals <= 3; decimals++, scale *= 10) {
		unsigned __int128 part = (unsigned __int128)rest * scale;

		if (part % unit)
			continue;
		if (!decimals)
			return arena_fmt(a, "%llu%c", (unsigned long long)whole, letters[power - 1]);
		return arena_fmt(a, "%llu.%0*llu%c", (unsigned long long)whole, decimals,
				 (unsigned long long)(part / unit), letters[power - 1]);
	}
	return NULL;
}

char *size_text(uint64_t bytes, struct arena *a)
{
	char *best = bytes ? arena_fmt(a, "%lluB", (unsigned long long)bytes) : arena_str(a, "0");

	for (int power = 1; power <= 6; power++) {
		char *text = exact(bytes, power, a);

		if (text && strlen(text) <= strlen(best))
			best = text;
	}
	return best;
}
