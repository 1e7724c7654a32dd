/* SPDX-License-Identifier: ISC */
/* Who has a lock on a file. Only /proc/PID/fdinfo tells it, descriptor by descriptor. */
#ifndef BERTH_HOLDER_H
#define BERTH_HOLDER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* How locks of a kind begin in fdinfo: flock(2) for one alone, and those of QEMU on images. */
#define HOLDER_FLOCK "FLOCK  ADVISORY  WRITE"
#define HOLDER_IMAGE "OFDLCK"

struct stat;
bool holds(pid_t pid, const struct stat *file, const char *kind);
pid_t holder_find(const struct stat *file, const char *kind);   /* another process than we; 0: none that we can see */

/* "WHO: IMAGE is in use by pid 4711 (qemu-system-x86)", ERR_BUSY; -1. */
int holder_error(const char *who, const char *image, struct err *e);

#endif
