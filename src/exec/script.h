/* SPDX-License-Identifier: ISC */
/*
 * Inside exec/: the shell functions that a script of a plan may need. Each does
 * what the runner does for one kind of step, so that a step of the script is one
 * command.
 */
#ifndef BERTH_SCRIPT_H
#define BERTH_SCRIPT_H

#include "base/str.h"

enum script_part {
	PART_THERE,
	PART_MAKE_DIR,
	PART_PUT_FILE,
	PART_ADD_FILE,
	PART_PUBLISH,
	PART_REMOVE_TREE,
	PART_SHIFT_OWNERS,
	PART_LINK_TO,
	PART_TAKE_LOCK,
	PART_RUN_CHECKED,
	PART_ALIVE,
	PART_START_HELPER,
	PART_START_DAEMON,
	PART_WAIT_UNTIL,
	PART_WAIT_READY,
	PART_ACCEPTS,
	PART_QUIETLY,
	PART_UNLOCKED,
	PART_LOCK_FREE,
	PART_HELPER_DONE,
	PART_TALK,
	PART_WAIT_JOB,
	PART_ANSWER,
	PART_END_HOLDER,
	PART_COUNT,
};

/* Add the functions whose bit (1 << part) is set, and those they call. */
void script_parts(unsigned used, struct str *out);

/* Which parts those are. */
unsigned script_needs(unsigned used);

enum { SCRIPT_BUSY = 6, SCRIPT_TIMEOUT = 7 };   /* as the exit statuses of berth */

#endif
