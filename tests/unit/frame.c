/* SPDX-License-Identifier: ISC */
/* What an attendant and its viewers say to each other, byte by byte. */
#include "tap.h"

#include <string.h>

#include "base/str.h"
#include "text/frame.h"

static void written(void)
{
	DEFER(str_done) struct str out = { 0 };
	char big[FRAME_MAX + 3];

	frame_text(&out, FRAME_HELLO, "1 rw all -");
	ok(out.n == 14 && !memcmp(out.s, "H\0\0\x0a" "1 rw all -", 14), "kind, length, text");
	str_clear(&out);
	frame_text(&out, FRAME_LIST, "");
	ok(out.n == 4 && !memcmp(out.s, "L\0\0\0", 4), "an empty one is a frame, too");
	str_clear(&out);
	memset(big, 'x', sizeof big);
	frame_add(&out, FRAME_DATA, big, sizeof big);
	ok(out.n == sizeof big + 2 * FRAME_HEAD && !memcmp(out.s + FRAME_HEAD + FRAME_MAX, "D\0\0\3xxx", 7), "much is several");
}

static void read_back(void)
{
	static const struct { const char *bytes; size_t n; int found; const char *text; size_t used; } rows[] = {
		{ "", 0, 0, NULL, 0 },
		{ "H\0\0", 3, 0, NULL, 0 },
		{ "H\0\0\2a", 5, 0, NULL, 0 },
		{ "H\0\0\2abX", 7, 1, "ab", 6 },
		{ "D\0\0\0", 4, 1, "", 4 },
		{ "D\0\x10\1", 4, -1, NULL, 0 },
		{ "D\0\xff\xff", 4, -1, NULL, 0 },
		{ "D\1", 2, -1, NULL, 0 },
		{ "?", 1, -1, NULL, 0 },
		{ "\0", 1, -1, NULL, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct frame f = { 0 };
		size_t used = 0;

		ok(frame_next(rows[i].bytes, rows[i].n, &f, &used) == rows[i].found, "row %zu: found or not", i);
		if (rows[i].found == 1)
			ok(used == rows[i].used && f.n == strlen(rows[i].text) && !memcmp(f.bytes, rows[i].text, f.n), "row %zu: what", i);
	}
}

static void words(void)
{
	static const struct { const char *text; bool good; } rows[] = {
		{ "24 80", true }, { "24", false }, { "24 80 1", false }, { "24  80", false }, { " 24 80", false }, { "24 80 ", false },
		{ "", false }, { "24 8\x1b", false }, { "24 \xc3\xa9", false },
		{ "24 0123456789012345678901234567890123456789012345678901234567890123", false },
		{ "24 012345678901234567890123456789012345678901234567890123456789012", true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct frame f = { FRAME_SIZE, rows[i].text, strlen(rows[i].text) };
		char w[2][FRAME_WORD];

		ok(frame_words(&f, w, 2) == rows[i].good, "'%s' is%s two words", rows[i].text, rows[i].good ? "" : " not");
		if (rows[i].good)
			ok(!strcmp(w[0], "24") && !strcmp(w[1], rows[i].text + 3), "these");
	}
}

static void numbers(void)
{
	static const struct { const char *text; long max, value; } rows[] = {
		{ "0", 9, 0 }, { "9", 9, 9 }, { "10", 9, -1 }, { "", 9, -1 }, { "-1", 9, -1 }, { "1x", 99, -1 },
		{ "9223372036854775807", 9223372036854775807, 9223372036854775807 },
		{ "9223372036854775808", 9223372036854775807, -1 }, { "99999999999999999999", 9223372036854775807, -1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ok(frame_number(rows[i].text, rows[i].max) == rows[i].value, "'%s' up to %ld", rows[i].text, rows[i].max);
}

int main(void)
{
	written();
	read_back();
	words();
	numbers();
	return tap_done();
}
