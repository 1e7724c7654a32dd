/* SPDX-License-Identifier: ISC */
/*
 * A small TAP writer. A test program is a main that calls ok() and ends in
 * tap_done(); the number of checks is counted, not promised.
 *
 *	ok(size_parse("4G", 1, &n) == 0, "4G is a size");
 *	is(got, "expected", "the word for busy");
 */
#ifndef BERTH_TAP_H
#define BERTH_TAP_H

#include <stdio.h>
#include <string.h>

static int tap_n, tap_failed;

__attribute__((format(printf, 4, 5), unused))
static void tap_ok(int good, const char *file, int line, const char *fmt, ...)
{
	char name[512];
	__builtin_va_list ap;

	__builtin_va_start(ap, fmt);
	vsnprintf(name, sizeof name, fmt, ap);
	__builtin_va_end(ap);
	for (char *c = name; *c; c++)
		if (*c == '\n' || *c == '#')
			*c = ' ';
	printf("%sok %d - %s\n", good ? "" : "not ", ++tap_n, name);
	if (!good) {
		tap_failed++;
		printf("# %s:%d\n", file, line);
	}
}

/* A check that this host or user cannot make, and why not. */
#define skip(name, why) printf("ok %d - %s # SKIP %s\n", ++tap_n, name, why)

#define ok(cond, ...) tap_ok(!!(cond), __FILE__, __LINE__, __VA_ARGS__)

/* Print text as TAP diagnostics, every line of it. */
__attribute__((unused))
static void tap_note(const char *label, const char *text)
{
	printf("# %s: ", label);
	for (; *text; text++) {
		putchar(*text);
		if (*text == '\n')
			printf("#   ");
	}
	putchar('\n');
}

/* Two strings are equal; shown when they are not. NULL equals only NULL. */
__attribute__((unused))
static void tap_is(const char *got, const char *want, const char *file, int line, const char *name)
{
	int good = got && want ? !strcmp(got, want) : got == want;

	tap_ok(good, file, line, "%s", name);
	if (!good) {
		tap_note("got", got ? got : "(null)");
		tap_note("want", want ? want : "(null)");
	}
}

#define is(got, want, name) tap_is((got), (want), __FILE__, __LINE__, (name))

__attribute__((unused))
static int tap_done(void)
{
	printf("1..%d\n", tap_n);
	return tap_failed ? 1 : 0;
}

#endif
