/* SPDX-License-Identifier: ISC */
/*
 * A person or a script at a guest's serial console, or at its hypervisor's monitor.
 *
 * At a console sits the guest's attendant, and a session is one of its viewers.
 *
 * At a monitor the hypervisor serves one client at a time; RUN/NAME/monitor.lock says
 * who it is. What is said there is in a log, so the log is what is shown; the socket
 * only takes the keys.
 */
#ifndef BERTH_CONSOLE_H
#define BERTH_CONSOLE_H

#include <stdbool.h>

#include "base/err.h"

enum { CONSOLE_DETACH = 0x1d };         /* Ctrl-] */

struct console {
	const char *name;       /* of the guest, for messages */
	const char *what;       /* "console", "monitor" */
	bool attended;          /* attendant is a connection to it, ours from here on; else the four below are meant */
	int attendant;
	const char *socket, *log, *lock;
	const char *control;    /* QMP, to ask whether somebody else is connected; NULL: not asked */
	int in, out;            /* a terminal is put into raw mode; of a pipe, the end ends the session */
	bool read_only;         /* nothing is typed; of a terminal, the detach key is heard */
	int escape;             /* the detach key; 0: Ctrl-]; -1: there is none */
	const char *ending;     /* of a session: its reach.ending; NULL: it has no status */
	long history;           /* lines of the log shown first; -1: all */
};

/* The last lines of a log (-1: all of it) to out, as they came. */
int console_history(const char *log, long lines, int out, struct err *e);

enum console_end { CONSOLE_DETACHED, CONSOLE_INPUT_ENDED, CONSOLE_GUEST_ENDED };

/* Until detached. ERR_BUSY names who holds the monitor; ERR_FAILED who has ended the session. */
int console_attach(const struct console *c, enum console_end *end, struct err *e);

#endif
