/* SPDX-License-Identifier: ISC */
/* Our own guests, as they are to be seen from outside: by locks, records and what they tell. */
#ifndef BERTH_APP_LOOK_H
#define BERTH_APP_LOOK_H

#include <stdbool.h>

#include "model/driver.h"
#include "model/sighting.h"

const struct driver *sighting_driver(const struct sighting *s);        /* NULL: not known, or not one of ours */

/*
 * All with these names that are there, added to the roster in that order. Without live, nobody
 * is looked at for more than his lock. Guests of a hypervisor with a list of its own are UNKNOWN.
 */
void look_at_all(const struct facts *f, const struct words *names, bool live, struct roster *r);

/* A QEMU whose process is known, and that is well, has told its state, and need not be asked. */
void look_told(const struct facts *f, struct sighting *s);

#endif
