/* SPDX-License-Identifier: ISC */
/* What get, set, add and del do alike: read a machine file, change it, write it back whole. */
#ifndef BERTH_EDIT_H
#define BERTH_EDIT_H

#include <stdbool.h>

#include "cmd/cmd.h"
#include "text/ini.h"

struct edit {
	const char *file;
	char *text;
	size_t size;
	struct ini ini;
	struct report report;
	struct arena mem;
	struct words touched;           /* paths that were set or added, for the warnings about them */
};

/* ERR_INVALID when the file cannot be read as it is: an edit would lose what was not understood. */
int edit_open(struct edit *d, const char *file, struct err *e);

/* Take a new text for the file; the old is forgotten. */
int edit_replace(struct edit *d, struct str *text, struct err *e);

/* Remember that a path was set or added, so that edit_save tells the warnings about it. */
void edit_touched(struct edit *d, const char *path);

/* Does the new text go to standard output: with --dry-run, and when it came from standard input ("-"). */
bool edit_prints(const struct edit *d, const struct call *c);

/*
 * Write it back, or print it. The file is replaced at once and keeps its mode, and its
 * owner where we may give it away; a link to it stays a link. Mistakes that are in it now, and warnings about what was touched, are told
 * (unless --quiet), and are no failure.
 */
int edit_save(struct edit *d, const struct call *c, struct err *e);
void edit_done(struct edit *d);

/* "path=value" into its parts at the first '='; in arena a. */
int edit_split(const char *word, char **path, const char **value, struct arena *a, struct err *e);

extern const struct opt edit_options[];

#endif
