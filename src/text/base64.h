/* SPDX-License-Identifier: ISC */
/* Base64 with padding (RFC 4648 section 4), as the guest agent wants its bytes. */
#ifndef BERTH_BASE64_H
#define BERTH_BASE64_H

#include <stddef.h>

#include "base/str.h"

void base64_encode(struct str *out, const void *bytes, size_t n);

/* Append the bytes to out; -1 when text is not base64 (out then holds what came before). */
int base64_decode(const char *text, struct str *out);

#endif
