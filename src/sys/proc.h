/* SPDX-License-Identifier: ISC */
/* Processes: argv arrays in, exit statuses out; waiting is on pidfds, never on kill(pid, 0). */
#ifndef BERTH_PROC_H
#define BERTH_PROC_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "sys/intr.h"    /* now_ms */

struct proc_opts {
	int in, out, err;       /* descriptors to use; -1: /dev/null for in, inherit for the others */
	const char *cwd;
	bool die_with_parent;   /* SIGKILL when the calling thread ends */
	bool session;           /* setsid */
	bool terminal;          /* with session: in is a terminal, and it becomes the controlling one */
	bool drop;              /* no_new_privs, unless new_privs; become uid:gid without supplementary groups, unless we are uid or it is -1 */
	bool new_privs;
	uid_t uid;
	gid_t gid;
	int keep_fd;            /* inherited in spite of close-on-exec, as one from 3 to 9, which every shell can close, with a mark (sys/lock.h); -1: none */
};

#define PROC_OPTS { .in = -1, .out = -1, .err = -1, .keep_fd = -1 }

/* Start argv (found in PATH). Returns the pid and a pidfd, or -1: exec failures come back as errors here, not as statuses. */
pid_t proc_start(const char *const *argv, const struct proc_opts *o, int *pidfd, struct err *e);

/* Wait on the pidfd at most timeout_ms (negative: for ever) and reap. Status as a shell gives it (128 + signal), -1 with ERR_TIMEOUT. */
int proc_wait(pid_t pid, int pidfd, int timeout_ms, struct err *e);

/* SIGTERM, then SIGKILL when it is still there after grace_ms; reaps. The status, as proc_wait. */
int proc_stop(pid_t pid, int pidfd, int grace_ms);

#endif
