/* SPDX-License-Identifier: ISC */
#include "model/sighting.h"

void roster_done(struct roster *r)
{
	for (size_t i = 0; i < r->guests.n; i++)
		json_decref(r->guests.v[i].record);
	arena_done(&r->mem);
	*r = (struct roster){ 0 };
}
