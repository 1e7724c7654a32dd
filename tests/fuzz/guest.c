/* SPDX-License-Identifier: ISC */
/*
 * Whatever a machine file says: it is read to its end, and a guest without errors is
 * one that the rest of the program can work with. Its names are names, and its
 * partitions can be laid out.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/guest.h"
#include "model/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good, const char *what, const struct err *e)
{
	if (good)
		return;
	fprintf(stderr, "%s: %s\n", what, e->msg);
	abort();
}

static void good_guest(struct guest *g)
{
	struct err e = { 0 };

	must(guest_name_ok(g->name), "name", &e);
	must(g->ram && g->cpus && g->firmware && g->boot && g->driver && g->accel && g->vnc, "defaults", &e);
	for (size_t i = 0; i < g->disks.n; i++) {
		struct layout l = { 0 };

		must(guest_name_ok(g->disks.v[i].place.name) && g->disks.v[i].bus, "disk", &e);
		if (g->disks.v[i].size)
			must(layout_make(&l, g, &g->disks.v[i], false, "seed", &g->mem, &e) == 0, "layout", &e);
	}
	for (size_t i = 0; i < g->nics.n; i++)
		must(guest_name_ok(g->nics.v[i].place.name) && guest_mac(g, i, &g->mem), "nic", &e);
	for (size_t i = 0; i < g->users.n; i++)
		must(g->users.v[i].name != NULL, "user", &e);
	for (size_t i = 0; i < g->groups.n; i++)
		must(g->groups.v[i].text != NULL, "group", &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct guest g = { 0 };
	struct report r = { .file = "t.conf" };
	struct err e = { 0 };

	if (guest_parse(&g, "t.conf", (const char *)data, size, &r, &e) == 0)
		good_guest(&g);
	guest_done(&g);
	report_done(&r);
	return 0;
}
