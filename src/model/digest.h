/* SPDX-License-Identifier: ISC */
/* Names made from content: equal input, equal name. All of them begin with a SHA-256. */
#ifndef BERTH_DIGEST_H
#define BERTH_DIGEST_H

#include <stddef.h>

#include "base/arena.h"

/* The first digits (at most 64) of the sum over text, in lower-case hex. */
char *digest_hex(const char *text, size_t digits, struct arena *a);

/* A UUID version 8 (RFC 9562 section 5.8) made of the sum over text. */
char *digest_uuid(const char *text, struct arena *a);

#endif
