/* SPDX-License-Identifier: ISC */
/*
 * Who is there and in what state: one pass over the guests' folders and locks; the
 * hypervisors are asked only for what the locks cannot tell (paused, aliens), each
 * for all its guests at once, with one deadline. A guest that runs and does not
 * answer is "unknown", and so is one whose hypervisor alone would know and is not asked.
 */
#ifndef BERTH_SURVEY_H
#define BERTH_SURVEY_H

#include "model/driver.h"
#include "model/facts.h"
#include "model/sighting.h"

enum { SURVEY_DEADLINE_MS = 1000 };

/* live: ask the hypervisors, too. */
int survey(struct facts *f, bool live, struct roster *out, struct err *e);

/* Registered guests first, in the order of their run.order; all others as they were. */
void survey_by_order(struct roster *r);

/* The state of one guest, its hypervisor asked when it runs. */
enum state survey_one(const struct facts *f, const struct driver *d, const char *name);

/* Does somebody else's guest of that kind have this name on this host? */
bool survey_alien(const struct facts *f, const struct driver *d, const char *name);

#endif
