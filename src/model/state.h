/* SPDX-License-Identifier: ISC */
/*
 * The life of a guest; state.c draws it, with the verb on every arrow.
 */
#ifndef BERTH_STATE_H
#define BERTH_STATE_H

enum state {
	STATE_ABSENT,           /* no such guest */
	STATE_DEFINED,          /* a machine file, nothing made of it */
	STATE_BUILT,            /* disks made, not running */
	STATE_SAVED,            /* disks and memory are on disk; start goes on where it was */
	STATE_RUNNING,
	STATE_PAUSED,
	STATE_UNKNOWN,          /* did not answer: never taken for stopped */
	STATE_ALIEN,            /* seen, never defined by us */
};

const char *state_word(enum state s);
int state_find(const char *word);               /* -1: no such state */

#endif
