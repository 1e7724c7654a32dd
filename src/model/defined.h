/* SPDX-License-Identifier: ISC */
/*
 * The record of a guest that is defined, running or not: what an inventory keeps of a
 * machine file. Its first 47 fields have the order and the numbers that ctys gave them;
 * where it names a field of running guests (app/listed.h), both have the same key, so
 * that one table serves both. A guest has one record for each of its interfaces.
 */
#ifndef BERTH_DEFINED_H
#define BERTH_DEFINED_H

#include <jansson.h>

#include "model/guest.h"
#include "text/view.h"

extern const struct field defined_fields[];

/* What a record is got from: a guest and what its machine file does not say, or what was kept of them. */
struct defined {
	const struct guest *g;
	size_t nic;             /* which of its interfaces; a guest without any has a record, too */
	const char *host;       /* where it was found */
	const char *path;       /* of its machine file */
	const char *driver;     /* NULL: what the machine file says */
	const char *state;      /* "active" "backup" "template" ... */
	const char *tags;       /* "lab,db" */
	const char *release;    /* of the hypervisor there */
	const char *user, *group;       /* who scanned */

	const json_t *kept;     /* of defined_keep(); what stands above is not looked at */
	long number;            /* in the inventory, which is not kept in the record; 0: none */
};

/* How many records the guest has. */
size_t defined_records(const struct guest *g);

/* All of its values but the number, by the keys of their fields; for the caller to json_decref. */
json_t *defined_keep(const struct defined *d);

#endif
