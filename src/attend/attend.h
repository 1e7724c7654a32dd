/* SPDX-License-Identifier: ISC */
/*
 * The attendant of one guest: the only one who is at its serial line, so that any
 * number of viewers can be (text/frame.h says how they talk). It is a program of its
 * own because it stays as long as the guest does and has to be small.
 *
 * It keeps nothing of what the guest says. The hypervisor writes that into a log, and
 * a viewer is a place in it: one that is slow is far behind, and in nobody's way. What
 * comes along the line itself is only taken off it. The one thing that has to wait
 * here are keys for a guest that does not read; while they do, no more are taken.
 *
 * In DIR:  serial.sock    the line, of the hypervisor (or a program, on a terminal of ours)
 *          console.log    what the guest said
 *          console.sock   ours, for viewers; only its owner and root are served
 *
 * Who starts it holds a lock that it inherits, so there is one for each guest. It may
 * be killed at any time: the next one goes on, with nothing lost.
 */
#ifndef BERTH_ATTEND_H
#define BERTH_ATTEND_H

#include "base/err.h"

struct attend {
	const char *dir;

	/*
	 * A program that is at the console, for guests without a socket; NULL: there is one.
	 * It is run again as long as lock is held, and we only stay while somebody looks on.
	 */
	const char *const *program;
	const char *lock;
};

/* Until the guest has ended and every viewer knows. */
int attend_run(const struct attend *a, struct err *e);

#endif
