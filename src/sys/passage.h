/* SPDX-License-Identifier: ISC */
/* Whether another user gets to a file: asked as that user, so that ACLs and file systems have their say. */
#ifndef BERTH_PASSAGE_H
#define BERTH_PASSAGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

struct passage {
	const char *where;      /* the directory that keeps the user out, or the file itself; NULL: nothing does */
	bool at_file;           /* all directories let the user pass */
};

/*
 * By path as it is written, and as it is behind its symbolic links. What is not
 * there keeps nobody out. Only root can ask. -1 when it could not be found out.
 */
int passage_check(const char *path, uid_t uid, gid_t gid, struct passage *out, struct arena *a, struct err *e);

#endif
