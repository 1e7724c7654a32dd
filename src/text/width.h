/* SPDX-License-Identifier: ISC */
/*
 * Text as a terminal shows it: how many columns it takes, where to cut it, and what
 * is left of bytes that would paint there. Control bytes, the marks that turn the
 * direction of writing, and what is no UTF-8 are shown as '?'.
 */
#ifndef BERTH_WIDTH_H
#define BERTH_WIDTH_H

#include <stddef.h>

#include "base/str.h"

/*
 * The length of the UTF-8 character at s, 0 when it is none: overlong forms,
 * surrogates and numbers past U+10FFFF are not characters.
 */
size_t utf8_length(const unsigned char *s, size_t n);

/* Columns that the text takes. */
size_t width_of(const char *s);

/* The first n bytes of it, safe to print. */
void width_add(struct str *out, const char *s, size_t n);

/* Bytes of the longest beginning that fits into so many columns, never the half of a character. */
size_t width_head(const char *s, size_t columns);

/* The longest end that fits. */
const char *width_tail(const char *s, size_t columns);

#endif
