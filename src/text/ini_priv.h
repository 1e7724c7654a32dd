/* SPDX-License-Identifier: ISC */
/*
 * What the files that read and edit machine files share. Reading goes in three
 * passes over the document: ini.c scans lines into a tree, ini_tree.c sorts each
 * section by name and finds what is set twice, ini_interp.c replaces %(key)s.
 */
#ifndef BERTH_INI_PRIV_H
#define BERTH_INI_PRIV_H

#include <stdarg.h>

#include "base/str.h"
#include "text/ini.h"

/* Counts the errors of one document and stops them at INI_MAX_ERRORS. */
struct ini_reader {
	struct ini *ini;
	struct report *report;
	size_t errors;
	int last_line, last_col;        /* of the furthest problem: "too many errors" must sort behind it */
};

void ini_error(struct ini_reader *rd, int line, int col, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void ini_verror(struct ini_reader *rd, int line, int col, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));
bool ini_gave_up(const struct ini_reader *rd);

/* The user's own word for a message, cut when it is long. */
const char *ini_word(struct ini_reader *rd, const char *s, size_t n);

/* The column of byte at in a line that begins at byte bol: characters, not bytes. */
int ini_col(const char *source, size_t bol, size_t at);

void ini_index(struct ini_reader *rd);
void ini_interpolate(struct ini_reader *rd);

/* The next %(name)s in s: where it begins, and in *end the ')'. NULL when there is none. */
const char *ini_reference(const char *s, const char **end);

/*
 * Take the first part off a path, and the dot behind it. False when there is no
 * part: an empty one, or a quote that is not closed.
 */
bool ini_path_part(const char **path, struct str *part, bool *quoted);

#endif
