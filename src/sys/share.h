/* SPDX-License-Identifier: ISC */
/*
 * The same small work on hundreds of things, by a thread on each of up to eight
 * processors. Meant for looking at files, where the kernel does nearly all of the work.
 */
#ifndef BERTH_SHARE_H
#define BERTH_SHARE_H

#include <stddef.h>

/*
 * Call work for all of 0 … n-1, as ranges: together they are each of them once. What it does
 * must keep to what belongs to its range. Few things are worth no thread. Signals stay with
 * the caller's thread; all is done on return.
 */
void share_out(size_t n, void (*work)(void *arg, size_t begin, size_t end), void *arg);

#endif
