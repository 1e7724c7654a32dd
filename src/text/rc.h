/* SPDX-License-Identifier: ISC */
/*
 * Files that were once near to shell, as data: KEY=VALUE lines, and lines of
 * options that begin with '-'. Nothing in them is ever expanded or run: '$', '`'
 * and ';' are letters like any other.
 *
 *	# comment              at the beginning of a line or behind a blank
 *	KEY=some text          up to the end of the line, without blanks around it
 *	KEY="0"  KEY='a # b'   in quotes, literally
 *	-device a,b -name "x"  words as a shell would split them; a '\' at the end
 *	                       of the line goes on in the next one
 *
 * A line that is neither becomes a warning in the report, and is left out.
 */
#ifndef BERTH_RC_H
#define BERTH_RC_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/vec.h"
#include "text/report.h"

enum { RC_MAX_BYTES = 1024 * 1024 };

struct rc_line {
	int line, col;          /* of the key, or of the first option */
	int value_col;
	const char *key;        /* NULL: a line of options */
	const char *value;      /* of a key; never NULL then */
	bool quoted;
	struct words words;     /* of a line of options */
};

struct rc {
	struct arena mem;
	VEC(struct rc_line) lines;
};

/* Read text into a zeroed rc. What is wrong with it stands in the report, as warnings. */
void rc_parse(struct rc *rc, const char *text, size_t size, struct report *r);
void rc_done(struct rc *rc);

/* The words of a text, appended; what is wrong with it, or NULL. */
const char *rc_words(const char *text, struct words *out, struct arena *a);

#endif
