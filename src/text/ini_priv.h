/* SPDX-License-Identifier: ISC */
/*
 * What the files that read and edit machine files share. Reading goes in three
 * passes over the document: ini.c scans lines into a tree, ini_tree.c sorts each
 * section by name and finds what is set twice, ini_interp.c replaces %(key)s.
 * Editing is iniedit.c, which decides what changes where, and ini_write.c, which
 * spells names, values and indentation.
 */
#ifndef BERTH_INI_PRIV_H
#define BERTH_INI_PRIV_H

#include <stdarg.h>

#include "base/err.h"
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

/* Where the text begins: behind a byte order mark. */
size_t ini_text_start(const char *s, size_t size);

/* The line end of the file: "\n" or "\r\n". */
const char *ini_newline(const struct ini *ini);

/* The last key that stands in a section itself, NULL when it has none. */
const struct ini_node *ini_last_key(const struct ini_node *section);

/* The indentation of a new key, or a new section, in a section; one step deeper than a given one. */
char *ini_indent(const struct ini *ini, const struct ini_node *parent, bool section, struct arena *a);
char *ini_deeper(const struct ini *ini, const char *indent, bool section, struct arena *a);

/*
 * Whole lines for a marker and a key, and a raw value. Fail when a name or a value
 * cannot be spelt so that it reads back the same.
 */
int ini_write_marker(struct str *out, const char *indent, const char *name, int depth,
		     const char *newline, struct err *e);
int ini_write_key(struct str *out, const struct ini *ini, const struct ini_node *section, const char *indent,
		  const char *name, const char *raw, struct err *e);
int ini_write_value(struct str *out, const char *const *values, size_t n, const char *newline, struct err *e);
int ini_write_item(struct str *out, const char *item, struct err *e);

#endif
