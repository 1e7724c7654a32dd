/* SPDX-License-Identifier: ISC */
/*
 * Locks that cannot go stale: flock(2) on a descriptor that lives as long as what
 * it guards. A guest's lock descriptor is inherited by its hypervisor process, so
 * it is held exactly while that process lives; a shell script can take the same
 * lock with flock(1). Who holds it is written into the file, for messages and for
 * what is shown; no decision is based on it. The descriptor is open for reading, so
 * who inherits it cannot write there in another's name.
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
 * false. A signal during the wait ends it with ERR_FAILED "interrupted".
 */
int lock_take(const char *path, bool wait, const char *holder, struct err *e);

/*
 * Is somebody holding it? Does not disturb the holder; an absent file is not held,
 * one that we may not open counts as held.
 */
bool lock_held(const char *path);

/* The same, with the beginning of what the holder wrote about himself; "" when that is unknown. */
bool lock_held_by(const char *path, char *who, size_t size);

/* Wait at most timeout_ms (negative: for ever) until nobody holds it. */
int lock_wait(const char *path, int timeout_ms, struct err *e);

/*
 * A mark on a file of somebody else's: that this process has to do with it, which the kernel tells whoever
 * reads the file, as long as the process lives (fcntl(2), a lock for reading). The descriptor, which belongs
 * to the mark as any other of this process on the file would; -1: there is no such file, or none for us.
 */
int mark_set(const char *path);

/* Read the end of a file as file_end does, and who has his mark on it; 0: nobody. */
ssize_t mark_read(const char *path, char *buf, size_t size, pid_t *who);

/* Write into the lock who has it. */
int lock_sign(const char *path, const char *holder, struct err *e);

/* What the holder wrote about itself, malloc'd; "" when unknown. */
char *lock_holder(const char *path);

#endif
