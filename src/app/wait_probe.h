/* SPDX-License-Identifier: ISC */
/*
 * Is somebody home behind a port, the guest's own or one forwarded to it? QEMU's user network accepts every
 * connection itself, so that alone says nothing. What counts is what follows: an
 * ssh greeting, or the quick end of a connection that can then be made anew, with
 * which a guest whose network is up and whose port is closed answers. Silence is
 * no answer: nobody there, or not yet; then the connection is given up and made
 * anew, because the user network asks a late guest again only after seconds.
 */
#ifndef BERTH_WAIT_PROBE_H
#define BERTH_WAIT_PROBE_H

#include "app/stage.h"

struct port_probe {
	const char *host;       /* borrowed */
	int port;
	int fd;                 /* -1: none under way; watch it for input */
	long next;              /* when to call port_probe_step even if nothing comes in (sys/intr.h: now_ms) */
	int tries;
	bool ended;             /* the last connection was ended by the other side */
};

/* Go on: connect, read, give up. STAGE_SSH, STAGE_NETWORK, or STAGE_NONE: nothing known yet. */
enum stage port_probe_step(struct port_probe *p);
void port_probe_done(struct port_probe *p);

#endif
