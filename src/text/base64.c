/* SPDX-License-Identifier: ISC */
#include "text/base64.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct str *out, const void *bytes, size_t n)
{
	const unsigned char *b = bytes;

	for (size_t i = 0; i < n; i += 3) {
		size_t have = n - i < 3 ? n - i : 3;
		uint32_t v = (uint32_t)b[i] << 16 | (have > 1 ? b[i + 1] << 8 : 0) | (have > 2 ? b[i + 2] : 0);
		char four[4] = { digits[v >> 18], digits[v >> 12 & 63], digits[v >> 6 & 63], digits[v & 63] };

		memset(four + have + 1, '=', 3 - have);
		str_addn(out, four, 4);
	}
}

static int digit_value(char c)
{
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int base64_decode(const char *text, struct str *out)
{
	for (; *text; text += 4) {
		uint32_t v = 0;
		size_t n = 0;

		for (; n < 4 && digit_value(text[n]) >= 0; n++)
			v |= (uint32_t)digit_value(text[n]) << (18 - 6 * n);
		if (n < 2 || strspn(text + n, "=") < 4 - n)
			return -1;
		str_addn(out, (char[]){ (char)(v >> 16), (char)(v >> 8), (char)v }, n - 1);
		if (n < 4)
			return text[4] ? -1 : 0;
	}
	return 0;
}
