/* SPDX-License-Identifier: ISC */
#include "app/outcome.h"

#include <string.h>

void outcome_done(struct outcome *o)
{
	str_done(&o->out);
	str_done(&o->err);
}

/* The last line a failed command wrote, without its newline. */
static void last_words(const struct outcome *o, struct str *out)
{
	const char *text = o->err.n ? str_text(&o->err) : str_text(&o->out);
	size_t n = strlen(text);
	const char *line;

	while (n && text[n - 1] == '\n')
		n--;
	line = memrchr(text, '\n', n);
	line = line ? line + 1 : text;
	str_addn(out, line, n - (size_t)(line - text));
}

int outcome_check(const struct outcome *o, struct err *e)
{
	DEFER(str_done) struct str words = { 0 };

	if (!o->status)
		return 0;
	last_words(o, &words);
	return err_set(e, ERR_FAILED, "in the guest: %s (status %d)", words.n ? words.s : "a command failed", o->status);
}
