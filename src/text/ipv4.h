/* SPDX-License-Identifier: ISC */
/* IPv4 addresses as numbers in host byte order, and back. */
#ifndef BERTH_IPV4_H
#define BERTH_IPV4_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

bool ipv4_parse(const char *text, uint32_t *out);               /* four decimal parts, nothing else */
bool ipv4_mask_parse(const char *text, uint32_t *out);          /* "255.255.255.0", "/24" or "24"; contiguous */
int ipv4_mask_bits(uint32_t mask);
char *ipv4_text(uint32_t address, struct arena *a);

#endif
