/* SPDX-License-Identifier: ISC */
/*
 * Ports of this host that lead to the screen of a guest, as long as a process lives:
 * that has a lock, RUN/NAME.PORT.tunnel, and a mark on it (sys/lock.h).
 */
#ifndef BERTH_TUNNEL_H
#define BERTH_TUNNEL_H

#include <sys/types.h>

#include "base/vec.h"
#include "model/facts.h"

struct tunnel {
	int port;
	pid_t pid;              /* 0: that one has ended, and somebody is still on the way */
	long long since;        /* seconds of 1970 */
};

struct tunnels { VEC(struct tunnel) v; };

/* This process, and what it becomes by exec, is that tunnel from now on. */
int tunnel_hold(const struct facts *f, const char *guest, int port, struct err *e);

/* Of one guest; files are the names of all in RUN. */
void tunnels_list(const struct facts *f, const char *guest, const struct words *files, struct tunnels *out, struct arena *a);

/* End it, and who is on the way. 1; 0: there is none; -1. */
int tunnel_end(const struct facts *f, const char *guest, int port, struct err *e);

#endif
