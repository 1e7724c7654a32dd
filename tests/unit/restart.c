/* SPDX-License-Identifier: ISC */
#include "app/restart.h"
#include "base/str.h"
#include "tap.h"

enum { NONE = -7 };

/* Ends at these moments, and how long each is waited for; NONE ends a list. */
static const struct {
	const char *what;
	struct restart rules;
	long ends[12], waits[12];
} cases[] = {
	{ "each wait is twice the one before", { .delay = 1000, .max_delay = 60000, .window = 600000 },
	  { 0, 1000, 3000, 7000, 15000, NONE }, { 1000, 2000, 4000, 8000, 16000 } },
	{ "up to the longest", { .delay = 1000, .max_delay = 3000, .window = 600000 },
	  { 0, 0, 0, 0, NONE }, { 1000, 2000, 3000, 3000 } },
	{ "the first is no longer than that either", { .delay = 5000, .max_delay = 3000, .window = 600000 }, { 0, NONE }, { 3000 } },
	{ "a limit", { .delay = 1000, .max_delay = 60000, .limit = 2, .window = 600000 }, { 0, 1000, 3000, 9000, NONE },
	  { 1000, 2000, -1, -1 } },
	{ "what is long ago does not count", { .delay = 1000, .max_delay = 60000, .limit = 2, .window = 10000 },
	  { 0, 1000, 11001, 12001, 13000, NONE }, { 1000, 2000, 2000, -1, 2000 } },
	{ "the window ends with its last moment", { .delay = 1000, .max_delay = 60000, .limit = 1, .window = 10000 },
	  { 0, 10999, 11000, NONE }, { 1000, -1, 1000 } },
	{ "no delay: the first is at once, and only that", { .max_delay = 60000, .window = 600000 }, { 5, 5, 5, 5, NONE },
	  { 0, 1000, 2000, 4000 } },
	{ "nothing at all still leaves the host alone", { .window = 600000 }, { 0, 0, 0, NONE }, { 0, 1000, 1000 } },
	{ "an empty window", { .delay = 1000, .limit = 1 }, { 0, 5000, 9000, NONE }, { 1000, 1000, 1000 } },
};

static void many(void)
{
	struct restart r = { .delay = 1, .max_delay = 1000, .window = 1L << 40 };
	long now = 0, wait = 0;

	for (int i = 0; i < 1000 && wait >= 0; i++)
		now += wait = restart_next(&r, now);
	ok(wait == 1000, "without a limit it goes on for ever");
	ok(r.n == RESTART_MOST && r.at[r.n - 1] == now, "and only the latest are remembered");
}

int main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct restart r = cases[i].rules;
		DEFER(str_done) struct str got = { 0 }, want = { 0 };

		for (size_t k = 0; cases[i].ends[k] != NONE; k++) {
			str_fmt(&got, "%ld ", restart_next(&r, cases[i].ends[k]));
			str_fmt(&want, "%ld ", cases[i].waits[k]);
		}
		is(str_text(&got), str_text(&want), cases[i].what);
	}
	many();
	return tap_done();
}
