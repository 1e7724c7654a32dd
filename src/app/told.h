/* SPDX-License-Identifier: ISC */
/*
 * What a QEMU has told of itself, for who does not want to ask it. It writes every change of its
 * state into RUN/NAME/state.log at the moment of the change, so the last line is how it is, as long
 * as the process is well: its main thread sleeps in poll(2), ready for whoever comes. One that is
 * stopped, stuck or busy is not, and has to be asked, and so has one without such a file.
 */
#ifndef BERTH_TOLD_H
#define BERTH_TOLD_H

#include <stdbool.h>
#include <sys/types.h>

#include "model/facts.h"
#include "model/state.h"

/* pid: of its process; 0: not known. False: it must be asked. attendant: whose mark is on the file; 0: nobody's. */
bool told_state(const struct facts *f, const char *name, pid_t pid, enum state *out, pid_t *attendant);

/* The part that reads text: the end of a state.log. False: it says nothing. */
bool told_last(const char *log, enum state *out);

#endif
