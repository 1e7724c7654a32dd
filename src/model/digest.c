/* SPDX-License-Identifier: ISC */
#include "model/digest.h"

#include <sha2.h>
#include <stdint.h>
#include <string.h>

char *digest_hex(const char *text, size_t digits, struct arena *a)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];

	SHA256Data((const uint8_t *)text, strlen(text), hex);
	return arena_strn(a, hex, digits);
}

char *digest_uuid(const char *text, struct arena *a)
{
	char *h = digest_hex(text, 32, a);

	/* Version 8 and variant 10 stand where the RFC wants them. */
	return arena_fmt(a, "%.8s-%.4s-8%.3s-a%.3s-%.12s", h, h + 8, h + 13, h + 17, h + 20);
}
