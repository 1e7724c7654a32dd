/* SPDX-License-Identifier: ISC */
/*
 * A person or a script at a guest's serial console, or at its hypervisor's monitor.
 *
 * Everything that is said there is in a log, so the log is what is shown,
 * from as far back as wanted, without a seam; the socket only takes the keys. The
 * hypervisor serves one client of the socket at a time: RUN/NAME/WHAT.lock says
 * who it is.
 */
#ifndef BERTH_CONSOLE_H
#define BERTH_CONSOLE_H

#include <stdbool.h>

#include "base/err.h"

enum { CONSOLE_DETACH = 0x1d };         /* Ctrl-] */

struct console {
	const char *name;       /* of the guest, for messages */
	const char *what;       /* "console", "monitor" */
	const char *socket, *log, *lock;
	const char *control;    /* QMP, to ask whether somebody else is connected; NULL: not asked */
	int in, out;            /* a terminal is put into raw mode; of a pipe, the end ends the session */
	long history;           /* lines of the log shown first; -1: all */
};

/* The last lines of a log (-1: all of it) to out, as they came. */
int console_history(const char *log, long lines, int out, struct err *e);

enum console_end { CONSOLE_DETACHED, CONSOLE_INPUT_ENDED, CONSOLE_GUEST_ENDED };

/* Until detached. ERR_BUSY names who holds the console. */
int console_attach(const struct console *c, enum console_end *end, struct err *e);

#endif
