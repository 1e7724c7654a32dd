/* SPDX-License-Identifier: ISC */
/*
 * A guest's keeper: starts it when it does not run, waits for its end, and starts it again
 * as run.restart says. It holds RUN/NAME.keep, so there is one at most.
 *
 *	ends        its lock is free: whoever had it has gone
 *	is wanted   somebody holds RUN/NAME.ending (driver/around.h): the keeper ends, too
 *	well        QEMU has said why on RUN/NAME/end.sock: power-off, `quit`, SIGTERM
 *	badly       it has ended without a word, or because of an error or a panic
 *	who knows   nobody was there to tell; only 'always' starts it again
 *
 * A guest that holds no lock is looked at from time to time, and never started again.
 *
 * What it does to the guest, children of this program do: between two ends the keeper
 * holds a socket and a few variables, and sleeps. Killed, it leaves the guest running.
 */
#ifndef BERTH_KEEP_H
#define BERTH_KEEP_H

#include "app/restart.h"
#include "app/target.h"

struct keep {
	const struct target *t;
	const char *word;       /* how the guest is called on command lines */
	const char *stage;      /* it is ready when it has reached that; NULL: when its hypervisor answers */
	const char *timeout;    /* for that; NULL: what the machine file says */
	bool running;           /* only one that runs: who ended meanwhile is left alone */

	/* its own */
	struct arena mem;
	struct restart restart;
	int lock;
	char *reason;           /* why it has ended, in QEMU's word; NULL: nothing was said */
};

/* What is to be said of a guest in that state: its keeper was killed, or is about to start it again; NULL: nothing. */
#define KEEP_LOST "not kept"
#define KEEP_RESTARTS "restarts"
const char *keep_note(const struct facts *f, const char *name, enum state s);

/* Until the guest's end is none to start it again after; 0, -1, or the status of what could not be done. */
int keep_guest(struct keep *k, struct err *e);

#endif
