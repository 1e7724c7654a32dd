/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include <stdlib.h>

#include "base/arena.h"
#include "text/quote.h"

static const struct {
	const char *word, *want;
} rows[] = {
	{ "plain", "plain" },
	{ "/usr/bin/qemu-img_x", "/usr/bin/qemu-img_x" },
	{ "--size=4G", "--size=4G" },
	{ "user@host:1,2+3%4", "user@host:1,2+3%4" },
	{ "", "''" },
	{ "two words", "'two words'" },
	{ "it's", "'it'\\''s'" },
	{ "'", "''\\'''" },
	{ "$HOME `id` \"x\" \\", "'$HOME `id` \"x\" \\'" },
	{ "~", "'~'" },
	{ "!", "'!'" },
	{ "#x", "'#x'" },
	{ "a;b", "'a;b'" },
	{ "*", "'*'" },
	{ "A=b", "'A=b'" },
	{ "_a1+=b", "'_a1+=b'" },
	{ "=ls", "'=ls'" },
	{ "1a=b", "1a=b" },
	{ "\xc3\xa9", "'\xc3\xa9'" },
	{ "a\n\tb", "'a\n\tb'" },
	{ "\033[31m", "''\"$(printf '\\033')\"'[31m'" },
	{ "a\r\001\177b", "'a'\"$(printf '\\015\\001\\177')\"'b'" },
};

/* What the shell makes of a quoted word, by asking it: printf %s into a buffer. */
static char *shell_reads(const char *shell, const char *quoted, struct arena *a)
{
	DEFER(str_done) struct str line = { 0 };
	char *got = arena_alloc(a, 4096);
	FILE *f;

	str_fmt(&line, "printf %%s %s", quoted);
	setenv("BERTH_LINE", line.s, 1);
	f = popen(arena_fmt(a, "%s -c 'eval \"$BERTH_LINE\"'", shell), "r");
	if (!f)
		return NULL;
	got[fread(got, 1, 4095, f)] = 0;
	return pclose(f) ? NULL : got;
}

static void words(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		DEFER(arena_done) struct arena a = { 0 };
		DEFER(str_done) struct str s = { 0 };

		quote_sh(&s, rows[i].word);
		is(s.s, rows[i].want, rows[i].want);
		is(shell_reads("sh", s.s, &a), rows[i].word, "and sh reads the word back");
	}
}

static void lists(void)
{
	DEFER(str_done) struct str s = { 0 };
	const char *const argv[] = { "xl", "pause", "my guest", "", NULL };

	quote_argv(&s, argv);
	is(s.s, "xl pause 'my guest' ''", "a list of words");
	str_clear(&s);
	quote_argv(&s, (const char *const[]){ NULL });
	is(str_text(&s), "", "an empty list");
}

/* Every byte but NUL survives, in every place. */
static void all_bytes(void)
{
	DEFER(arena_done) struct arena a = { 0 };
	DEFER(str_done) struct str s = { 0 };
	char word[511];

	for (int i = 0; i < 510; i++)
		word[i] = (char)(i % 255 + 1);
	word[510] = 0;
	quote_sh(&s, word);
	ok(!strcmp(shell_reads("sh", s.s, &a), word), "all bytes twice");
}

int main(void)
{
	words();
	lists();
	all_bytes();
	return tap_done();
}
