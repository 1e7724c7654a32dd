/* SPDX-License-Identifier: ISC */
/*
 * Sizes as people write them: "8GB", "1G", "512", "512M", "1.5G", "20 GiB". Letters
 * are binary (K = 1024) whichever way they are spelled, as in the older systems;
 * a bare number counts in the unit the key names.
 */
#ifndef BERTH_SIZE_H
#define BERTH_SIZE_H

#include <stdint.h>

#include "base/arena.h"

/* 0 and bytes in *out; -1 when it is not a size or does not fit. unit: 1, 1024, 1048576 … for a bare number. */
int size_parse(const char *text, uint64_t unit, uint64_t *out);

/* "8G", "512M", "1.5G": the shortest exact form, for messages and tables. */
char *size_text(uint64_t bytes, struct arena *a);

#endif
