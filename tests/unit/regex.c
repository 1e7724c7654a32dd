/* SPDX-License-Identifier: ISC */
/* Expressions of users: those that would take all memory are refused before the C library sees them. */
#include "tap.h"

#include <string.h>

#include "text/regex.h"

static const struct { const char *text, *wrong; } cases[] = {
	{ "^web[0-9]{1,3}$", NULL },
	{ "[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+", NULL },
	{ "(a|b)*c?", NULL },
	{ "\\{9999\\}\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+", NULL },
	{ "a{2,255}", NULL },
	{ "", NULL },
	{ "(((a{99}){99}){99}){99}", "'(((a{99}){99}){99}){99}' repeats too much" },
	{ "((abcdefghijklmnopqrstuvwxyz){30000})", "'((abcdefghijklmnopqrstuvwxyz){30000})' repeats too much" },
	{ "a{99999999999999999999}", "'a{99999999999999999999}' repeats too much" },
	{ "a+++++++++++++++", "'a+++++++++++++++' repeats too much" },
	{ "(a*)*\\1", "'(a*)*\\1' refers back, which takes too long" },
	{ "(", "'(' is no regular expression: Unmatched ( or \\(" },
};

int main(void)
{
	char longest[300];
	struct err e = { 0 };
	regex_t r;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err one = { 0 };
		int good = regex_read(&r, cases[i].text, &one) == 0;

		is(good ? NULL : one.msg, cases[i].wrong, cases[i].text);
		if (good)
			regfree(&r);
	}
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = 0;
	ok(regex_read(&r, longest, &e) < 0 && e.kind == ERR_USAGE && strlen(e.msg) < 250, "one that is too long");
	return tap_done();
}
