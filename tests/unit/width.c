/* SPDX-License-Identifier: ISC */
/* Text in columns of a terminal. */
#include "tap.h"

#include "text/width.h"

#define E_ACUTE "\xc3\xa9"
#define HAN "\xe6\xbc\xa2"              /* two columns */
#define MARK "\xcc\x81"                 /* an acute that stands on what is before it */

/* U+202E between two letters: as a string, the analyzer would take it for an attack. */
static const char turned[] = { 'a', '\xe2', '\x80', '\xae', 'b', 0 };

static const struct { const char *text; size_t width; const char *shown, *why; } rows[] = {
	{ "", 0, "", "nothing" },
	{ "web", 3, "web", "ASCII" },
	{ "caf" E_ACUTE, 4, "caf" E_ACUTE, "a letter of two bytes" },
	{ HAN HAN, 4, HAN HAN, "wide characters" },
	{ "e" MARK "x", 2, "e" MARK "x", "a mark takes no column" },
	{ "\xf0\x9f\x90\xa7", 2, "\xf0\x9f\x90\xa7", "a picture" },
	{ "a\033[31m", 6, "a?[31m", "an escape does not paint" },
	{ "a\nb\tc\x7f", 6, "a?b?c?", "control bytes" },
	{ "\xc2\x9b" "31m", 4, "?31m", "a control of eight bits" },
	{ turned, 3, "a?b", "a mark that turns the direction" },
	{ "a\xff" "b\xc3", 4, "a?b?", "bytes that are no UTF-8" },
	{ "\xed\xa0\x80", 3, "???", "a surrogate" },
	{ "\xef\xbf\xbf", 1, "?", "no character" },
};

static const struct { const char *text; size_t columns; const char *head, *tail; } cuts[] = {
	{ "web", 3, "web", "web" },
	{ "web", 2, "we", "eb" },
	{ "web", 0, "", "" },
	{ "", 5, "", "" },
	{ HAN HAN, 3, HAN, HAN },
	{ HAN HAN, 1, "", "" },
	{ "ae" MARK "o" MARK, 2, "ae" MARK, "e" MARK "o" MARK },
	{ "e" MARK "o", 1, "e" MARK, "o" },
	{ "a\xff\xff", 2, "a\xff", "\xff\xff" },
};

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		DEFER(str_done) struct str s = { 0 };

		width_add(&s, rows[i].text, strlen(rows[i].text));
		is(str_text(&s), rows[i].shown, rows[i].why);
		ok(width_of(rows[i].text) == rows[i].width, "%s: %zu columns", rows[i].why, width_of(rows[i].text));
		ok(width_of(str_text(&s)) == rows[i].width, "%s: as wide as it is shown", rows[i].why);
	}
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		DEFER(str_done) struct str s = { 0 };

		str_addn(&s, cuts[i].text, width_head(cuts[i].text, cuts[i].columns));
		is(str_text(&s), cuts[i].head, "the beginning");
		is(width_tail(cuts[i].text, cuts[i].columns), cuts[i].tail, "the end");
	}
	return tap_done();
}
