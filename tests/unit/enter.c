/* SPDX-License-Identifier: ISC */
/* A command line for the inside of a guest: what arrives there is what was asked, word by word. */
#include "tap.h"

#include <stdlib.h>

#include "model/driver.h"

static int enter(const struct guest *g, const struct facts *f, struct words *argv, struct arena *a, struct err *e)
{
	if (!g->name)
		return err_set(e, ERR_NOT_FOUND, "no such guest");
	words_add(argv, a, "into");
	words_add(argv, a, g->name);
	return 0;
}

static const struct driver direct = { .name = "direct", .enter = enter };
static const struct driver shell = { .name = "shell", .enter = enter, .enter_quotes = true };
static const struct driver closed = { .name = "closed" };

static const struct facts facts;
static const struct guest guest = { .name = "web" };

static const char *const words[] = { "printf", "<%s>", "", "a b", "it's", "$HOME", "`id`", "a\nb", "*", "\\", "-", NULL };

static char *joined(const char *const *argv, struct arena *a)
{
	DEFER(str_done) struct str s = { 0 };

	for (; *argv; argv++)
		str_fmt(&s, "%s%s", s.n ? " " : "", *argv);
	return arena_str(a, str_text(&s));
}

static void test_direct(void)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct err e = { 0 };
	const char *const *got = enter_argv(&direct, &guest, &facts, words, &a, &e);
	size_t i = 0;

	ok(got && str_eq(got[0], "into") && str_eq(got[1], "web"), "the driver's words stand in front");
	for (; got && words[i] && str_eq(got[i + 2], words[i]); i++)
		;
	ok(got && !words[i] && !got[i + 2], "and the command behind them, untouched");
}

/* What a shell makes of all words joined by blanks, as vzctl exec2 hands them over. */
static void test_shell(void)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct err e = { 0 };
	const char *const *got = enter_argv(&shell, &guest, &facts, words, &a, &e);
	char said[200] = "";
	FILE *out;

	ok(got && str_eq(got[0], "into") && str_eq(got[1], "web"), "the driver's words are not quoted");
	if (!got)
		return;
	out = popen(joined(got + 2, &a), "r");
	if (out) {
		said[fread(said, 1, sizeof said - 1, out)] = '\0';
		pclose(out);
	}
	is(said, "<><a b><it's><$HOME><`id`><a\nb><*><\\><->", "a shell behind them reads the words as they were");
}

static void test_errors(void)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct guest nameless = { 0 };
	struct err e = { 0 };

	ok(!enter_argv(&closed, &guest, &facts, words, &a, &e) && e.kind == ERR_UNSUPPORTED,
	   "a driver without a way in says so");
	is(e.msg, "closed guests have no way in besides ssh", "in words");
	ok(!enter_argv(&direct, &nameless, &facts, words, &a, &e) && e.kind == ERR_NOT_FOUND,
	   "an error of the driver is the caller's");
}

int main(void)
{
	test_direct();
	test_shell();
	test_errors();
	return tap_done();
}
