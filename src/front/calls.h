/* SPDX-License-Identifier: ISC */
/*
 * Calls of older programs as calls of berth: words in, words out. One row is one
 * form of a call; berth does the work, and its options may stand in the call, too.
 */
#ifndef BERTH_FRONT_CALLS_H
#define BERTH_FRONT_CALLS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"

struct front_call {
	const char *program;
	const char *word;       /* what the call begins with; an option may stand anywhere; NULL: with nothing */
	const char *names;      /* what follows, for the usage line: "NAME", "NAME...", "[NAME]"; "": nothing */
	int min, max;           /* how many of them; max -1: any */
	const char *becomes;    /* words of berth, the names follow; "": there is nothing to do */
	enum err_kind idle;     /* the error that means "it is not running" here; 0: none */
	bool lenient;           /* options that are not known are passed over */
	bool rc_file;           /* the names are a guest's and its folder's: what follows is its rc-file */
};

extern const struct front_call front_calls[];   /* ends in a row without a program */

bool front_is(const char *program);

/*
 * What a call of a program comes to, without berth's own name: appended to out,
 * which stays empty when there is nothing to do. system: at the host's own guests,
 * whoever calls. The row it was; NULL with the usage in the error.
 */
const struct front_call *front_call(const char *program, int argc, char **argv, bool system, struct words *out,
				    struct arena *a, struct err *e);

/* The status that the older program would have ended with. */
int front_status(const struct front_call *c, enum err_kind kind);

#endif
