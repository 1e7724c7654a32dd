/* SPDX-License-Identifier: ISC */
/* Answers of slow programs, kept in the cache directory together with what they depend on. */
#ifndef BERTH_REMEMBER_H
#define BERTH_REMEMBER_H

#include "model/facts.h"

/*
 * The line that an answer belongs to: path, time and size of each file it was made
 * from, in f's arena. Another line means that the answer is not known any more.
 */
char *remember_id(struct facts *f, const char *const *paths);

/* What was kept under name for that line, in f's arena; NULL: nothing. */
const char *remembered(struct facts *f, const char *name, const char *id);
void remember(struct facts *f, const char *name, const char *id, const char *text);

#endif
