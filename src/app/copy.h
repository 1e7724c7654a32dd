/* SPDX-License-Identifier: ISC */
/*
 * Files and directories in and out of a guest. What arrives gets
 * its name only when it is complete: an interrupted copy leaves the old file, or
 * none. The guest needs a shell, mktemp and mv; for directories also tar, as does
 * this host.
 *
 * A destination that is a directory gets the copy inside, under its own name. A
 * directory is never merged into one that is there already: ERR_EXISTS. Permissions
 * are kept; what comes out of a guest belongs to the caller and loses setuid bits
 * (and of a directory, what the umask takes).
 */
#ifndef BERTH_COPY_H
#define BERTH_COPY_H

#include "app/inside.h"

/* path is absolute in the guest. Both listen to SIGINT and its like (sys/intr.h) themselves. */
int copy_in(struct inside *in, const char *from, const char *path, struct err *e);
int copy_out(struct inside *in, const char *path, const char *to, struct err *e);

#endif
