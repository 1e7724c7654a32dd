/* SPDX-License-Identifier: ISC */
#include "model/verb.h"

#include <string.h>

static const struct {
	const char *word, *done, *summary;
} rows[] = {
#define X(id, word, done, summary) [VERB_##id] = { word, done, summary },
	VERBS(X)
#undef X
};

const char *verb_word(enum verb v)
{
	return rows[v].word;
}

const char *verb_done(enum verb v)
{
	return rows[v].done;
}

const char *verb_summary(enum verb v)
{
	return rows[v].summary;
}

int verb_find(const char *word)
{
	for (int v = 0; v < VERB_COUNT; v++)
		if (!strcmp(rows[v].word, word))
			return v;
	return -1;
}
