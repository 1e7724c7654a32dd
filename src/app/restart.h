/* SPDX-License-Identifier: ISC */
/* When a guest that has ended is started again: a function of times, in milliseconds of a clock that nobody sets. */
#ifndef BERTH_RESTART_H
#define BERTH_RESTART_H

#include <stddef.h>

enum { RESTART_MOST = 100 };

struct restart {
	long delay, max_delay;  /* the first wait, and the longest */
	long limit, window;     /* so many starts in that time; limit 0: without end */
	long at[RESTART_MOST];  /* the latest of them */
	size_t n;
};

/*
 * How long to wait from now on; each start within the window doubles it. -1: it has been
 * started too often. What is answered counts as a start.
 */
long restart_next(struct restart *r, long now);

#endif
