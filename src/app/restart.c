/* SPDX-License-Identifier: ISC */
#include "app/restart.h"

#include <string.h>

/* Without a delay of its own a guest that ends at once must not keep the host busy. */
enum { STEP_MS = 1000 };

static void forget(struct restart *r, size_t n)
{
	r->n -= n;
	memmove(r->at, r->at + n, r->n * sizeof *r->at);
}

long restart_next(struct restart *r, long now)
{
	long max = r->max_delay > STEP_MS ? r->max_delay : STEP_MS, wait = r->delay;
	size_t old = 0;

	while (old < r->n && now - r->at[old] >= r->window)
		old++;
	forget(r, old);
	if (r->limit && r->n >= (size_t)r->limit)
		return -1;
	for (size_t i = 0; i < r->n && wait < max; i++)
		wait = wait ? 2 * wait : STEP_MS;
	if (wait > max)
		wait = max;
	if (r->n == RESTART_MOST)
		forget(r, 1);
	r->at[r->n++] = now + wait;
	return wait;
}
