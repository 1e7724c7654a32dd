/* SPDX-License-Identifier: ISC */
/* What the parts of one translation share. */
#ifndef BERTH_FRONT_PRIV_H
#define BERTH_FRONT_PRIV_H

#include "base/arena.h"
#include "base/vec.h"
#include "text/report.h"

struct raw {
	const char *folder;             /* for relative paths */
	struct report *report;          /* of the file the words come from */
	int line, col;
	struct arena *mem;
	struct words *args;             /* where they go */
};

/* Words that were meant for QEMU's command line: what berth does itself is left out, relative paths are made absolute. */
void raw_options(const struct raw *r, const struct words *words);

/* A path as a file of the folder means it, with commas doubled as QEMU's options want them. */
char *raw_path(const char *folder, const char *path, struct arena *a);

#endif
