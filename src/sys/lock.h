/* SPDX-License-Identifier: ISC */
/*
 * Locks that cannot go stale: flock(2) on a descriptor that lives as long as what
 * it guards. A guest's lock descriptor is inherited by its hypervisor process, so
 * it is held exactly while that process lives; a shell script can take the same
 * lock with flock(1). Who holds it is written into the file, for messages and to be
 * woken by his end; that somebody holds it is never decided by that. The descriptor is open for reading, so who inherits it
 * cannot write there in another's name. A lock may stand where others can write, so
 * nothing but a file is waited for.
 */
#ifndef BERTH_LOCK_H
#define BERTH_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Take the lock (its directory exists). Returns a descriptor with close-on-exec
 * set, or -1: ERR_BUSY with the holder's words when somebody has it and wait is
 * false; what a child of a killed holder still has of it is waited for, a second at
 * most. A signal during the wait ends it with ERR_FAILED "interrupted".
 */
int lock_take(const char *path, bool wait, const char *holder, struct err *e);

/*
 * Is somebody holding it? Does not disturb the holder; an absent file is not held,
 * one that we may not open counts as held.
 */
bool lock_held(const char *path);

/* The same, and the process that it was started with, by the kernel's word; 0: that is not known. */
bool lock_held_by(const char *path, pid_t *pid);

/* Wait at most timeout_ms (negative: for ever) until nobody holds it. */
int lock_wait(const char *path, int timeout_ms, struct err *e);

/*
 * A mark: that this process has to do with a file, which the kernel tells whoever can read
 * the file, as long as the process lives (fcntl(2), a lock for reading on its first byte).
 * It is the process's, through exec(2), and not its children's; it goes when the process
 * closes any descriptor of the file. proc_start marks the lock that a guest inherits. Whoever
 * can read a file can mark it: what is saved by it may be no more than a look at that process.
 */
void mark_set(int fd);

/* Open a file to mark it; -1: there is none, or none for us. */
int mark_open(const char *path);

/* Read the end of a file as file_end does, and who has his mark on it; 0: nobody. */
ssize_t mark_read(const char *path, char *buf, size_t size, pid_t *who);

/* Write into a lock that is held who has it; path is for messages. */
int lock_sign(int fd, const char *path, const char *holder, struct err *e);

/* What the holder wrote about itself, malloc'd; "" when unknown. */
char *lock_holder(const char *path);

#endif
