/* SPDX-License-Identifier: ISC */
#include "text/width.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* One character, or one byte that is none. */
struct glyph {
	size_t bytes, columns;
	bool shown;             /* as it is, and not as '?' */
};

struct range {
	uint32_t first, last;
};

/* Marks that stand on the character before them (Unicode 15, the common blocks). */
static const struct range marks[] = {
	{ 0x300, 0x36f }, { 0x483, 0x489 }, { 0x591, 0x5bd }, { 0x64b, 0x65f }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
	{ 0x200b, 0x200d }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0xe0100, 0xe01ef },
};

/* East Asian Wide and Fullwidth, and pictures. */
static const struct range wide[] = {
	{ 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0x4dbf }, { 0x4e00, 0xa4cf }, { 0xa960, 0xa97f }, { 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff }, { 0xfe30, 0xfe6f }, { 0xff01, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff },
	{ 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

/* Controls of 8 bits, and what turns the direction of all that follows it. */
static const struct range hidden[] = {
	{ 0, 0x1f }, { 0x7f, 0x9f }, { 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0xfeff, 0xfeff },
	{ 0xfffe, 0xffff },
};

#define IN(c, ranges) is_in((c), (ranges), sizeof (ranges) / sizeof *(ranges))

static bool is_in(uint32_t c, const struct range *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c >= r[i].first && c <= r[i].last)
			return true;
	return false;
}

size_t utf8_length(const unsigned char *s, size_t n)
{
	unsigned c = s[0], least = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	unsigned most = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	size_t len = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;

	if (len > n)
		return 0;
	if (len > 1 && (s[1] < least || s[1] > most))
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

static uint32_t code_point(const unsigned char *s, size_t len)
{
	uint32_t c = len == 1 ? s[0] : s[0] & (0x7fu >> len);

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (s[i] & 0x3f);
	return c;
}

/* The one at s, which is not the end. */
static struct glyph glyph(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len;
	uint32_t c;

	if (*s >= ' ' && *s < 0x7f)
		return (struct glyph){ 1, 1, true };
	len = utf8_length(s, strnlen(text, 4));
	c = len ? code_point(s, len) : 0;
	if (IN(c, hidden))
		return (struct glyph){ len ? len : 1, 1, false };
	return (struct glyph){ len, IN(c, marks) ? 0 : IN(c, wide) ? 2 : 1, true };
}

size_t width_of(const char *s)
{
	size_t columns = 0;

	while (*s) {
		struct glyph g = glyph(s);

		columns += g.columns;
		s += g.bytes;
	}
	return columns;
}

void width_add(struct str *out, const char *s, size_t n)
{
	for (const char *end = s + n; s < end && *s;) {
		struct glyph g = glyph(s);

		if (g.shown)
			str_addn(out, s, g.bytes);
		else
			str_addc(out, '?');
		s += g.bytes;
	}
}

size_t width_head(const char *s, size_t columns)
{
	const char *at = s;

	while (*at) {
		struct glyph g = glyph(at);

		if (g.columns > columns)
			break;
		columns -= g.columns;
		at += g.bytes;
	}
	return (size_t)(at - s);
}

const char *width_tail(const char *s, size_t columns)
{
	for (size_t all = width_of(s); all > columns;) {
		struct glyph g = glyph(s);

		all -= g.columns;
		s += g.bytes;
	}
	/* A mark whose character is gone stands on nothing. */
	while (*s && !glyph(s).columns)
		s += glyph(s).bytes;
	return s;
}
