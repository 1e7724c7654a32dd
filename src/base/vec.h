/* SPDX-License-Identifier: ISC */
/*
 * Typed growing arrays that live in an arena:
 *
 *	VEC(struct disk) disks;
 *	struct disk *d = vec_add(&g->disks, &g->mem);     // zeroed, at the end
 *	for (size_t i = 0; i < g->disks.n; i++) use(&g->disks.v[i]);
 *
 * Zero is an empty vector; there is nothing to free. Pointers to elements hold
 * until the next vec_add on the same vector.
 */
#ifndef BERTH_VEC_H
#define BERTH_VEC_H

#include <stddef.h>

#include "arena.h"

#define VEC(T) struct { T *v; size_t n, cap; }

#define vec_add(vec, arena) \
	((__typeof__((vec)->v))vec_grow((vec), sizeof *(vec)->v, (arena)))

/* What vec_add is made of; also for table-driven code that knows only the size. */
void *vec_grow(void *vec, size_t size, struct arena *a);

/* A list of words, the commonest vector of all. */
struct words {
	const char **v;
	size_t n, cap;
};

void words_add(struct words *w, struct arena *a, const char *s);
void words_extend(struct words *w, struct arena *a, const char *const *more);   /* up to NULL */
int words_has(const struct words *w, const char *s);

void words_sort(struct words *w, size_t from);  /* as strcmp(3) has it, all but the first from */
int words_has_sorted(const struct words *w, const char *s);

#endif
