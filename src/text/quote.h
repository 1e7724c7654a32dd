/* SPDX-License-Identifier: ISC */
/*
 * The one place where words become shell text: for printing a plan, for --sh, and
 * for ssh, which takes one line. Programs are never started through it.
 */
#ifndef BERTH_QUOTE_H
#define BERTH_QUOTE_H

#include "base/arena.h"
#include "base/str.h"

/*
 * One word, bare when it is plain, else in single quotes, newlines and tabs included.
 * Other control bytes are spelt out with printf, so that printing a plan cannot
 * disturb a terminal. What comes out is good for any POSIX shell.
 */
void quote_sh(struct str *out, const char *word);

/* The same in arena a, for what a message tells people to type. */
const char *quote_word(const char *word, struct arena *a);

/* A NULL-terminated list of words, blank between. */
void quote_argv(struct str *out, const char *const *argv);

#endif
