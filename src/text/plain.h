/* SPDX-License-Identifier: ISC */
/*
 * What was sent to a terminal, as plain lines: escape sequences and control bytes
 * are taken out, backspaces and carriage returns do what they do on a screen, and
 * what moves the cursor about ends a line. Safe to print, fit to be searched.
 *
 *	if (plain_byte(&p, c)) { use(str_text(&p.line)); str_clear(&p.line); }
 */
#ifndef BERTH_PLAIN_H
#define BERTH_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum { PLAIN_MAX_LINE = 4096 };          /* a longer one is cut into several: a guest may never send a newline */

struct plain {
	struct str line;        /* what stands on it so far */
	int state;
};

bool plain_byte(struct plain *p, char c);       /* true: the line is complete */
void plain_done(struct plain *p);

/* All of it, lines ending in newlines (a prompt without one gets it). */
void plain_text(struct str *out, const char *bytes, size_t n);

/* The last lines that are not empty, at most so many. */
void plain_tail(struct str *out, const char *bytes, size_t n, size_t lines);

#endif
