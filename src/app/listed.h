/* SPDX-License-Identifier: ISC */
/*
 * The record of a guest that `berth list` prints. Its first 22 fields have the order and
 * the numbers that ctys gave them. What the survey saw costs nothing; the machine file,
 * the hypervisor's process and its release are looked at when somebody asks for them.
 */
#ifndef BERTH_LISTED_H
#define BERTH_LISTED_H

#include "model/facts.h"
#include "model/sighting.h"
#include "text/view.h"

extern const struct field listed_fields[];

/* Add what was seen to the rows. */
void listed_add(struct view *v, struct facts *f, const struct sighting *s);

#endif
