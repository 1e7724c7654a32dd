/* SPDX-License-Identifier: ISC */
/*
 * Edit a machine file as a person would: one value changes, every other byte stays,
 * comments, order and indentation included. Text in, text out; writing it to disk
 * (atomically) is the caller's business. The result is parsed again before it is
 * given back: an edit never produces a file that cannot be read. After an error
 * out holds nothing to use.
 *
 * Paths are as in ini_find(). A value is written so that it reads back as the same
 * text: quoted when it holds a comma, '#', a quote, blanks at an end or is empty;
 * triple-quoted when it holds a newline. Several values make a list. A value that
 * no spelling can hold is an error: one with "%(key)s" in it, for there is no escape.
 */
#ifndef BERTH_INIEDIT_H
#define BERTH_INIEDIT_H

#include "base/err.h"
#include "base/str.h"
#include "text/ini.h"

/*
 * Change a key, or create it at the end of its section, before its subsections;
 * missing sections on the way are created, with the indentation of the file. A
 * section is never replaced by a value, nor a value by a section (ERR_INVALID).
 */
int ini_set(const struct ini *ini, const char *path, const char *const *values, size_t n,
	    struct str *out, struct err *e);

/*
 * Add: for a key, append one value to its list (a scalar becomes a list of two, an
 * empty one is set, a missing key is created). A path with a trailing '+' on one of
 * its names ("users.users.user+.name", "network.nameservers.nameserver+") makes the
 * section or key with the next number; the name chosen is left in chosen (arena a)
 * when it is not NULL.
 */
int ini_add(const struct ini *ini, const char *path, const char *value, struct arena *a,
	    const char **chosen, struct str *out, struct err *e);

/* Delete a key, or a section with all that is in it. ERR_NOT_FOUND when there is none. */
int ini_del(const struct ini *ini, const char *path, struct str *out, struct err *e);

#endif
