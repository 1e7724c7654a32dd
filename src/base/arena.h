/* SPDX-License-Identifier: ISC */
/*
 * Arena: one lifetime per document. A machine file, a guest or a plan owns an
 * arena; everything that belongs to it is allocated there and freed at once.
 * A zeroed struct is an empty arena. Memory comes zeroed. Running out of memory
 * ends the program: there is nothing better to do, and it is done in one place.
 */
#ifndef BERTH_ARENA_H
#define BERTH_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *head;
};

void *arena_alloc(struct arena *a, size_t size);
char *arena_str(struct arena *a, const char *s);              /* NULL stays NULL */
char *arena_strn(struct arena *a, const char *s, size_t n);   /* n bytes and a NUL */
char *arena_fmt(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vfmt(struct arena *a, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void arena_done(struct arena *a);

/* malloc, realloc and strdup that cannot fail; for what has a lifetime of its own. */
void *xmalloc(size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);

#endif
