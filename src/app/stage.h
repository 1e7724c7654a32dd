/* SPDX-License-Identifier: ISC */
/*
 * How far a guest has come, as its console tells. A later stage implies the
 * earlier ones; the console shows the first four, network and ssh are asked for
 * elsewhere (wait.h).
 */
#ifndef BERTH_STAGE_H
#define BERTH_STAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "text/plain.h"

/*	enum       word        what it means, for help */
#define STAGES(X) \
	X(NONE,     "nothing",  "it does not run") \
	X(PROCESS,  "process",  "its hypervisor runs and answers") \
	X(FIRMWARE, "firmware", "the console says something") \
	X(KERNEL,   "kernel",   "an operating system has begun") \
	X(LOGIN,    "login",    "the console asks who is there, or a container has started what it should") \
	X(NETWORK,  "network",  "it has an address, or its network answers") \
	X(SSH,      "ssh",      "its ssh server greets")

enum stage {
#define X(id, word, meaning) STAGE_##id,
	STAGES(X)
#undef X
	STAGE_COUNT
};

const char *stage_word(enum stage s);
int stage_find(const char *word);               /* -1: no such stage */

/*
 * Reads a console log in pieces of any size. A reset is noticed: what the guest
 * reached before it does not count any more.
 */
struct stage_scan {
	struct plain plain;
	enum stage stage;       /* NONE FIRMWARE KERNEL LOGIN */
	struct str trouble;     /* a line that says it will get no further by itself; "": none */
};

void stage_feed(struct stage_scan *s, const char *bytes, size_t n);
void stage_scan_done(struct stage_scan *s);

#endif
