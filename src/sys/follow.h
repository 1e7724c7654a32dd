/* SPDX-License-Identifier: ISC */
/*
 * A file that grows, read as it grows:
 *
 *	for (;;) {
 *		while ((n = follow_read(&f, buf, sizeof buf)) > 0) …
 *		poll f.watch for input, with whatever else there is to wait for
 *	}
 *
 * The file may come into being later, and may begin anew: one that became shorter
 * is read from its start again, with f.restarted set until the caller clears it.
 */
#ifndef BERTH_FOLLOW_H
#define BERTH_FOLLOW_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct follow {
	const char *path;       /* borrowed */
	int watch;              /* readable when there may be something new */
	int fd;
	off_t at;               /* where to read next; set it to begin elsewhere than at the start */
	bool restarted;
};

#define FOLLOW_NONE { .watch = -1, .fd = -1 }

int follow_open(struct follow *f, const char *path, struct err *e);
ssize_t follow_read(struct follow *f, char *buf, size_t n);     /* bytes; 0: nothing more for now */
off_t follow_lines(const char *path, long n);                   /* where its last n lines begin; negative n: 0, its start */
void follow_done(struct follow *f);

#endif
