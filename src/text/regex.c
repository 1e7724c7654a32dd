/* SPDX-License-Identifier: ISC */
#include "text/regex.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 200, MOST_NODES = 5000 };

/* In "{3,70}" the largest number. */
static long copies(const char *brace)
{
	long most = 1;

	while (*brace && *brace != '}') {
		char *end;
		long n = strtol(brace, &end, 10);

		most = n > most ? n : most;
		brace = end > brace ? end : brace + 1;
	}
	return most;
}

/* What is repeated may hold all the other repetitions, so they multiply. */
static const char *why_dear(const char *regex)
{
	long nodes = (long)strlen(regex);

	if (nodes > LONGEST)
		return "is too long";
	for (const char *s = regex; *s && nodes <= MOST_NODES; s++) {
		if (*s == '\\' && s[1] && strchr("123456789", s[1]))
			return "refers back, which takes too long";
		if (*s == '\\' && s[1])
			s++;
		else if (*s == '+')
			nodes *= 2;
		else if (*s == '{')
			nodes = copies(s + 1) > MOST_NODES ? MOST_NODES + 1 : nodes * copies(s + 1);
	}
	return nodes > MOST_NODES ? "repeats too much" : NULL;
}

int regex_read(regex_t *out, const char *text, struct err *e)
{
	const char *dear = why_dear(text);
	char why[200];
	int bad;

	if (dear)
		return err_set(e, ERR_USAGE, "'%.*s' %s", LONGEST, text, dear);
	bad = regcomp(out, text, REG_EXTENDED | REG_NOSUB);
	if (!bad)
		return 0;
	regerror(bad, out, why, sizeof why);
	return err_set(e, ERR_USAGE, "'%s' is no regular expression: %s", text, why);
}
