/* SPDX-License-Identifier: ISC */
/*
 * Into a container by the words its driver puts in front of a command (lxc-attach …,
 * vzctl exec2 …): one program of this host, whose streams and status are those of
 * the command inside. Whatever the command reads and writes is passed as it comes;
 * nothing is limited in size.
 *
 * Between intr_begin() and intr_end() (sys/intr.h) SIGINT and its like end the call
 * with ERR_FAILED, and the command in the guest as well: it is in the process group of
 * the program that took it there, and a process group reaches across namespaces.
 */
#ifndef BERTH_ENTER_H
#define BERTH_ENTER_H

#include "app/outcome.h"

struct enter {
	int in;         /* what the command reads; -1: nothing */
	int out;        /* where its standard output goes; -1: into the outcome */
	int timeout_ms; /* for all of it, then it is ended; 0: as long as it takes */
};

/*
 * words: prefix and command. ERR_NOT_FOUND when this host lacks the program of the
 * prefix, ERR_TIMEOUT when time is up.
 */
int enter_run(const char *const *words, const struct enter *streams, struct outcome *o, struct err *e);

#endif
