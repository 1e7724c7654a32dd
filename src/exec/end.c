/* SPDX-License-Identifier: ISC */
/*
 * Ending a guest's process: the one that holds its lock. A number in a file proves
 * nothing, and a process that merely has the file open may be somebody who asks
 * whether it is locked; only a descriptor that carries the lock counts, and
 * /proc/PID/fdinfo says which one does.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/run.h"
#include "sys/file.h"
#include "sys/holder.h"
#include "sys/intr.h"
#include "sys/lock.h"

enum { GONE_MS = 10000, HOLDERS_MAX = 64 };

static pid_t guessed_holder(const char *path)
{
	DEFER(free_str) char *who = lock_holder(path);
	int pid = 0;

	return sscanf(who, "pid %d", &pid) == 1 ? pid : 0;
}

/* The process, not we ourselves, that holds the lock; 0: none that we can see. */
static pid_t find_holder(const char *path, const struct stat *lock)
{
	pid_t guess = guessed_holder(path);

	if (guess > 0 && guess != getpid() && holds(guess, lock, HOLDER_FLOCK))
		return guess;
	return holder_find(lock, HOLDER_FLOCK);
}

/* Kill exactly what was found: the pid may have gone to another process before we had a pidfd. */
static int kill_holder(pid_t pid, const struct stat *lock, struct err *e)
{
	DEFER(close_fd) int pidfd = pidfd_open(pid, 0);
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int n;

	if (pidfd < 0 || !holds(pid, lock, HOLDER_FLOCK))
		return 0;
	if (pidfd_send_signal(pidfd, SIGKILL, NULL, 0) < 0)
		return errno == ESRCH ? 0 : err_errno(e, errno, "pid %d", (int)pid);
	n = intr_poll(&p, 1, GONE_MS);
	if (n < 0)
		return err_set(e, ERR_FAILED, "interrupted");
	return n ? 0 : err_set(e, ERR_TIMEOUT, "pid %d: does not die", (int)pid);
}

int do_end(struct run *r, const struct step *s, struct err *e)
{
	struct stat lock;
	pid_t pid;

	if (stat(s->path, &lock) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_errno(e, errno, "%s", s->path);
	/* Several, when the guest's process has children that share its descriptor. */
	for (int i = 0; i < HOLDERS_MAX && lock_held(s->path); i++) {
		pid = find_holder(s->path, &lock);
		if (!pid)
			return 0;
		if (kill_holder(pid, &lock, e) < 0)
			return -1;
	}
	return 0;
}
