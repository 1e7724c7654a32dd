/* SPDX-License-Identifier: ISC */
/*
 * One question to many hypervisors at once: all sockets in parallel, one deadline
 * for the lot. Who has not answered by then has no answer; nobody waits for a guest
 * that hangs.
 */
#ifndef BERTH_ASK_H
#define BERTH_ASK_H

#include <jansson.h>

struct ask {
	const char *socket;     /* QMP */
	json_t *answer;         /* the "return" value, to be json_decref'd; NULL: none came */
};

void ask_all(struct ask *asks, size_t n, const char *command, int deadline_ms);

#endif
