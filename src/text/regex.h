/* SPDX-License-Identifier: ISC */
/*
 * Regular expressions of users (extended ones of POSIX), as far as they can be borne: the C
 * library makes copies of what is repeated, and goes back and forth for what was found
 * before, so that a few bytes could take all memory or all time there is.
 */
#ifndef BERTH_REGEX_H
#define BERTH_REGEX_H

#include <regex.h>

#include "base/err.h"

/* For regexec without matches, and regfree afterwards. ERR_USAGE quotes the text. */
int regex_read(regex_t *out, const char *text, struct err *e);

#endif
