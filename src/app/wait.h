/* SPDX-License-Identifier: ISC */
/*
 * Waiting until a running guest has reached a stage (stage.h). The console's log is
 * followed, the hypervisor's death is noticed at once, and who waits in vain learns
 * how far the guest came and what it said last.
 *
 * A container is asked from inside: it has reached login when its systemd says that
 * all is started, or has failed; without systemd, when a command can be run in it.
 */
#ifndef BERTH_WAIT_H
#define BERTH_WAIT_H

#include "app/inside.h"
#include "app/stage.h"
#include "base/err.h"

/* Where to look; borrowed. */
struct wait_ways {
	const char *name;       /* of the guest, for messages */
	const char *lock;       /* held while it runs; NULL: it holds none, and its end goes unnoticed */
	const char *control;    /* QMP socket; its peer is the hypervisor. NULL: a container or a session, whose lock is watched */
	const char *log;        /* of the console; NULL: none */
	const char *errors;     /* what the hypervisor said; NULL: nothing kept */
	const char *agent;      /* socket; NULL: none */
	struct inside *inside;  /* a container's own way in, opened; NULL: none */
	const char *host;       /* where the guest's ssh is, a numeric address, ... */
	int port;               /* ... and its port; 0: nowhere */
};

/*
 * 0 when want is reached. ERR_TIMEOUT with the stage reached and the console's last
 * lines; ERR_FAILED when the guest ended, or says it cannot go on (a kernel panic, no
 * system on the disk). *reached is the highest stage seen in every case.
 */
int wait_stage(const struct wait_ways *w, enum stage want, int timeout_ms, enum stage *reached, struct err *e);

/* How far the console's log says it came; STAGE_NONE without one. */
enum stage wait_log_stage(const char *log);

#endif
