/* SPDX-License-Identifier: ISC */
#include "text/ipv4.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

bool ipv4_parse(const char *text, uint32_t *out)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return false;
	*out = ntohl(in.s_addr);
	return true;
}

static bool contiguous(uint32_t mask)
{
	uint32_t holes = ~mask;

	return !(holes & (holes + 1));
}

bool ipv4_mask_parse(const char *text, uint32_t *out)
{
	char *end;
	long bits;

	if (strchr(text, '.'))
		return ipv4_parse(text, out) && contiguous(*out);
	text += *text == '/';
	if (*text < '0' || *text > '9')
		return false;
	bits = strtol(text, &end, 10);
	if (*end || bits > 32)
		return false;
	*out = bits ? ~(uint32_t)0 << (32 - bits) : 0;
	return true;
}

int ipv4_mask_bits(uint32_t mask)
{
	return __builtin_popcount(mask);
}

char *ipv4_text(uint32_t address, struct arena *a)
{
	return arena_fmt(a, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}
