/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include "text/plain.h"

static void texts(void)
{
	static const struct { const char *sent, *seen; } rows[] = {
		{ "", "" },
		{ "one\ntwo\n", "one\ntwo\n" },
		{ "prompt: ", "prompt: \n" },
		{ "dos\r\nlines\r\r\n", "dos\nlines\n" },
		{ "10%\r20%\r100%\n", "100%\n" },
		{ "\033[1;31mred\033[0m and \033[Kplain\n", "red and plain\n" },
		{ "typo\b\bed\n", "tyed\n" },
		{ "\xc3\xa9\b!\n", "!\n" },
		{ "gr\xc3\xbc\xc3\x9f" "e \xc2\xa0 \xe2\x82\xac\n", "gr\xc3\xbc\xc3\x9f" "e \xc2\xa0 \xe2\x82\xac\n" },
		{ "c1 \xc2\x9b" "31m off\n", "c1 31m off\n" },
		{ "broken \xc2\nnext\xc2", "broken \nnext\n" },
		{ "\033]0;title\aafter\n", "after\n" },
		{ "\033]0;title\033\\after\n", "after\n" },
		{ "\033Pq#0;2\033\\after\n", "after\n" },
		{ "\033(B\033)0text\n", "text\n" },
		{ "\033c\033[?7l\033[2J\033[0mSeaBIOS\r\n", "SeaBIOS\n" },
		{ "first\033[2;5Hsecond\033[2Jthird", "first\nsecond\nthird\n" },
		{ "bell\a nul\x7f tab\there\n", "bell nul tab\there\n" },
		{ "cut \033[12;", "cut \n" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		DEFER(str_done) struct str s = { 0 };

		plain_text(&s, rows[i].sent, strlen(rows[i].sent));
		is(str_text(&s), rows[i].seen, rows[i].seen);
	}
}

static void tails(void)
{
	static const char text[] = "one\n\n  \ntwo\r\nthree\n\nlogin: ";
	static const struct { size_t lines; const char *want; } rows[] = {
		{ 0, "" },
		{ 1, "login: \n" },
		{ 3, "two\nthree\nlogin: \n" },
		{ 9, "one\ntwo\nthree\nlogin: \n" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		DEFER(str_done) struct str s = { 0 };

		plain_tail(&s, text, sizeof text - 1, rows[i].lines);
		is(str_text(&s), rows[i].want, "the last lines");
	}
}

static void endless(void)
{
	DEFER(plain_done) struct plain p = { 0 };
	size_t lines = 0;

	for (size_t i = 0; i < 10UL * PLAIN_MAX_LINE; i++)
		if (plain_byte(&p, 'x')) {
			lines++;
			str_clear(&p.line);
		}
	ok(lines == 10 && p.line.n == 0, "a line without end is cut");
}

int main(void)
{
	endless();
	texts();
	tails();
	return tap_done();
}
