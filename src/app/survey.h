/* SPDX-License-Identifier: ISC */
/*
 * Who is there and in what state: one pass over the guests' folders and locks; the
 * hypervisors are asked only for what the locks cannot tell (paused), all at once,
 * with one deadline. A guest that runs and does not answer is "unknown".
 */
#ifndef BERTH_SURVEY_H
#define BERTH_SURVEY_H

#include "model/driver.h"
#include "model/facts.h"
#include "model/sighting.h"

enum { SURVEY_DEADLINE_MS = 1000 };

/* live: ask the hypervisors, too. */
int survey(const struct facts *f, bool live, struct roster *out, struct err *e);
/* The state of one guest, its hypervisor asked when it runs. */
enum state survey_one(const struct facts *f, const struct driver *d, const char *name);

#endif
