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
 *          session        of a session, below: how it began and ended
 *
 * Who starts it holds a lock that it inherits, so there is one for each guest. It may
 * be killed at any time: the next one goes on, with nothing lost.
 *
 * A session of the host has no hypervisor: there the attendant is the guest. It runs a
 * program on a terminal of its own, writes console.log itself, and ends with the program.
 * When it is killed, the kernel kills the program.
 */
#ifndef BERTH_ATTEND_H
#define BERTH_ATTEND_H

#include <stdbool.h>

#include "base/err.h"

struct attend {
	const char *dir;

	/*
	 * A program that is at the console, for guests without a socket; NULL: there is one.
	 * It is run again as long as lock is held, and we only stay while somebody looks on.
	 */
	const char *const *program;
	const char *lock;

	/*
	 * The program is the guest: a session. server is an X server that it is shown on, which
	 * tells its display on "-displayfd"; NULL: none.
	 */
	bool session;
	const char *const *server;
};

/* Until the guest has ended and every viewer knows. */
int attend_run(const struct attend *a, struct err *e);

/* Ask who serves that session to end it: it hangs up its program, and goes on until that has ended. */
int attend_hang_up(const char *dir, struct err *e);

#endif
