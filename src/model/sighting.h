/* SPDX-License-Identifier: ISC */
/*
 * What was seen on a host: who is there, in what state. A sighting is of a guest of
 * ours, or of an alien: one that nobody made with berth.
 */
#ifndef BERTH_SIGHTING_H
#define BERTH_SIGHTING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/vec.h"
#include "model/gist.h"
#include "model/state.h"

struct sighting {
	const char *name;       /* of the guest; of an alien, what its hypervisor calls it */
	const char *driver;
	enum state state;       /* BUILT when it is stopped */
	bool alien;
	bool told;              /* its state is what it told, and need not be asked for */
	bool elsewhere;         /* an alien where guests of ours do not go, so that both can have one name */
	const char *address;    /* when the hypervisor says it; NULL: not known */
	pid_t pid;              /* of its hypervisor; 0: not known */
	pid_t attendant;        /* at its console; 0: not known */
	uint64_t ram;           /* of an alien, when it is known: bytes, ... */
	long cpus;              /* ... and processors */
	struct gist gist;       /* what was written when it was built */
};

struct roster {
	struct arena mem;
	VEC(struct sighting) guests;    /* by name */
};

void roster_done(struct roster *r);

#endif
