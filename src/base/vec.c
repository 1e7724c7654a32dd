/* SPDX-License-Identifier: ISC */
#include "vec.h"

#include <stdlib.h>
#include <string.h>

struct any {
	void *v;
	size_t n, cap;
};

void *vec_grow(void *vec, size_t size, struct arena *a)
{
	struct any any;

	memcpy(&any, vec, sizeof any);
	if (any.n == any.cap) {
		size_t cap = any.cap ? 2 * any.cap : 4;
		void *v = arena_alloc(a, cap * size);

		if (any.n)
			memcpy(v, any.v, any.n * size);
		any.v = v;
		any.cap = cap;
	}
	any.n++;
	memcpy(vec, &any, sizeof any);
	return (char *)any.v + (any.n - 1) * size;
}

void words_add(struct words *w, struct arena *a, const char *s)
{
	*vec_add(w, a) = s;
}

void words_extend(struct words *w, struct arena *a, const char *const *more)
{
	for (; *more; more++)
		words_add(w, a, *more);
}

int words_has(const struct words *w, const char *s)
{
	for (size_t i = 0; i < w->n; i++)
		if (!strcmp(w->v[i], s))
			return 1;
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void words_sort(struct words *w, size_t from)
{
	if (w->n > from)
		qsort(w->v + from, w->n - from, sizeof *w->v, by_text);
}

int words_has_sorted(const struct words *w, const char *s)
{
	return w->n && bsearch(&s, w->v, w->n, sizeof *w->v, by_text);
}
