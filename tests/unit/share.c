/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "sys/share.h"
#include "tap.h"

enum { MOST = 1000 };

struct part {
	unsigned char *done;
	size_t n;
};

static void count(void *mine, size_t begin, size_t end)
{
	struct part *p = mine;

	for (size_t i = begin; i < end; i++)
		p->done[i]++;
	p->n += end - begin;
}

/* Each thing once, whichever part has it, and every part knows its own. */
static void each_once(size_t n)
{
	unsigned char done[MOST] = { 0 };
	struct part parts[SHARES];
	size_t used, sum = 0, once = 0;

	for (size_t i = 0; i < SHARES; i++)
		parts[i] = (struct part){ .done = done };
	used = share_out(n, count, parts, sizeof *parts);
	for (size_t i = 0; i < used; i++)
		sum += parts[i].n;
	for (size_t i = 0; i < MOST; i++)
		once += done[i] == (i < n);
	ok(used >= 1 && used <= SHARES && sum == n && once == MOST, "each of %zu once", n);
}

int main(void)
{
	static const size_t some[] = { 0, 1, 7, 127, 128, 129, MOST };

	for (size_t i = 0; i < sizeof some / sizeof *some; i++)
		each_once(some[i]);
	return tap_done();
}
