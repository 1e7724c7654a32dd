/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include <errno.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

static void errors(void)
{
	struct err e = { 0 };

	ok(err_set(&e, ERR_BUSY, "'%s' is busy", "web") == -1, "failing is -1");
	err_add(&e, "start '%s'", "web");
	is(e.msg, "start 'web': 'web' is busy", "context goes in front");
	ok(e.kind == ERR_BUSY, "and keeps the kind");
	err_errno(&e, ENOENT, "/nope");
	ok(e.kind == ERR_NOT_FOUND, "ENOENT is not found");
	is(e.msg, "/nope: No such file or directory", "with the system's words");
	is(err_word(ERR_AMBIGUOUS), "ambiguous", "a kind has a word");
}

static void memory(void)
{
	struct arena a = { 0 };
	VEC(int) numbers = { 0 };
	char *big = arena_alloc(&a, 100000);

	ok(big[99999] == 0, "a block larger than the usual comes zeroed");
	for (int i = 0; i < 1000; i++)
		*vec_add(&numbers, &a) = i;
	ok(numbers.n == 1000 && numbers.v[999] == 999 && numbers.v[0] == 0, "a vector keeps its elements while it grows");
	is(arena_fmt(&a, "%s-%d", "x", 7), "x-7", "formatted text");
	ok(!arena_str(&a, NULL), "NULL stays NULL");
	arena_done(&a);
	arena_done(&a);
	ok(!a.head, "done twice is welcome");
}

static void nearest(void)
{
	static const char *const keys[] = { "num_cpu", "ram", "root_passwd", "hostname", "mail-server" };
	static const struct { const char *word, *want; } rows[] = {
		{ "rma", "ram" },
		{ "root_pasword", "root_passwd" },
		{ "hostnmae", "hostname" },
		{ "mail_server", "mail-server" },
		{ "visual_studio", NULL },
		{ "x", NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		is(str_nearest(rows[i].word, keys, 5), rows[i].want, rows[i].word);
}

int main(void)
{
	errors();
	memory();
	nearest();
	return tap_done();
}
