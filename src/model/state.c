/* SPDX-License-Identifier: ISC */
/*
 * The life of a guest, with the verb on every arrow.
 *
 *	                 build              start                pause
 *	ABSENT ─► DEFINED ────► BUILT ◄───────────── RUNNING ◄──────────► PAUSED
 *	   ▲   (a machine file)   │  stop kill          │     resume         │
 *	   └──────────────────────┴──── destroy ────────┴────────────────────┘
 *
 *	RUNNING PAUSED ─ suspend ─► SAVED ─ start, resume, start --cold ─► RUNNING
 *	BUILT SAVED RUNNING PAUSED ─ restore, of a snapshot with memory ─► RUNNING
 *	BUILT SAVED ─ restore, of one without ─► BUILT
 *	SAVED ─ destroy ─► ABSENT
 *
 * BUILT       the guest's folder is complete: build publishes it with one rename, so a
 *             folder that exists is a folder that works.
 * SAVED       the file "saved" is in that folder, and nobody holds the lock. It is what
 *             the guest's memory was when the disks were last written. That must stay
 *             true, so nothing else may write them: no copy is made of a saved guest.
 *             start and resume go on from it, start --cold and restore give it up, destroy
 *             deletes it.
 * RUNNING     somebody holds the guest's lock, a flock(2) on a descriptor that the
 *             hypervisor process inherited. Nothing else decides this.
 * PAUSED      RUNNING, and the hypervisor says that the processors are stopped.
 * UNKNOWN     RUNNING, and the hypervisor did not answer in time. It is a state, not
 *             an error, and never taken for stopped.
 * ALIEN       seen on the host, never defined by us.
 *
 * With run.restart the way back from an end nobody asked for, BUILT ─► RUNNING, is a start by
 * the guest's keeper (app/keep.h).
 *
 * A verb whose goal is reached already (start of a running guest, stop of a stopped
 * one) answers "already so" (exit 4) and changes nothing.
 */
#include "model/state.h"

#include <string.h>

const char *state_word(enum state s)
{
	switch (s) {
	case STATE_ABSENT:  return "absent";
	case STATE_DEFINED: return "defined";
	case STATE_BUILT:   return "stopped";
	case STATE_SAVED:   return "saved";
	case STATE_RUNNING: return "running";
	case STATE_PAUSED:  return "paused";
	case STATE_UNKNOWN: return "unknown";
	case STATE_ALIEN:   return "alien";
	}
	return "?";
}

int state_find(const char *word)
{
	for (int s = 0; s <= STATE_ALIEN; s++)
		if (!strcmp(state_word((enum state)s), word))
			return s;
	return -1;
}
