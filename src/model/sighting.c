/* SPDX-License-Identifier: ISC */
#include "model/sighting.h"

void roster_done(struct roster *r)
{
	arena_done(&r->mem);
	*r = (struct roster){ 0 };
}
