/* SPDX-License-Identifier: ISC */
#include "app/names.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text/ipv4.h"

enum { LONGEST_S = 2 };

static const char *name_of(const char *address, struct arena *a)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	char name[NI_MAXHOST];
	uint32_t number;

	if (!address || !ipv4_parse(address, &number))
		return NULL;
	in.sin_addr.s_addr = htonl(number);
	if (getnameinfo((const struct sockaddr *)&in, sizeof in, name, sizeof name, NULL, 0, NI_NAMEREQD))
		return NULL;
	return arena_str(a, name);
}

static void show_column(struct view *v, size_t slot, const struct timespec *begin)
{
	struct timespec now;

	for (size_t i = 0; i < v->rows.n; i++) {
		const char **cell = &v->rows.v[i].cells[slot];
		const char *name;

		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - begin->tv_sec >= LONGEST_S)
			return;
		name = name_of(*cell, &v->mem);
		*cell = name ? name : *cell;
	}
}

void names_show(struct view *v, const char *field)
{
	struct timespec begin;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	/* Before the first of them: one that does not answer may take this long by itself. */
	setenv("RES_OPTIONS", "timeout:1 attempts:1", 0);
	for (size_t i = 0; i < v->needed.n; i++)
		if (!strcmp(v->needed.v[i]->key, field))
			show_column(v, i, &begin);
}
