/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "sys/share.h"
#include "tap.h"

enum { MOST = 1000 };

static void count(void *arg, size_t begin, size_t end)
{
	unsigned char *done = arg;

	for (size_t i = begin; i < end; i++)
		done[i]++;
}

/* Each thing once, whoever has it. */
static void each_once(size_t n)
{
	unsigned char done[MOST] = { 0 };
	size_t once = 0;

	share_out(n, count, done);
	for (size_t i = 0; i < MOST; i++)
		once += done[i] == (i < n);
	ok(once == MOST, "each of %zu once", n);
}

int main(void)
{
	static const size_t some[] = { 0, 1, 7, 127, 128, 129, MOST };

	for (size_t i = 0; i < sizeof some / sizeof *some; i++)
		each_once(some[i]);
	return tap_done();
}
