/* SPDX-License-Identifier: ISC */
/*
 * The same small work on hundreds of things, in as many threads as there are processors
 * for it. Meant for looking at files: what works there must keep to memory of its own.
 *
 *	struct part { const struct words *files; struct str out; } parts[SHARES] = { 0 };
 *	size_t n = share_out(files.n, look, parts, sizeof *parts);
 */
#ifndef BERTH_SHARE_H
#define BERTH_SHARE_H

#include <stddef.h>

enum { SHARES = 8 };

/*
 * Call work for all of 0 … n-1, a range each: the first range with mine, the next with what
 * lies size bytes behind it, and so on for at most SHARES. A size of 0 gives all of them the
 * same. Few things are worth no thread: then there is one range. Returns how many there were,
 * all done. Signals stay with the caller's thread.
 */
size_t share_out(size_t n, void (*work)(void *mine, size_t begin, size_t end), void *mine, size_t size);

#endif
