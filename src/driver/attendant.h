/* SPDX-License-Identifier: ISC */
/* Who serves the viewers of a guest's console: the program berth-attend (attend/attend.h). */
#ifndef BERTH_DRIVER_ATTENDANT_H
#define BERTH_DRIVER_ATTENDANT_H

#include "model/facts.h"
#include "model/guest.h"
#include "model/plan.h"

/*
 * Start it, as the user the guest runs as. program: shows the console of a guest that
 * has no socket for it; NULL: there is one. A guest runs without it, too; the next
 * viewer starts it then. No step where it is not installed.
 */
void attendant_start(const struct guest *g, const struct facts *f, const char *const *program, struct plan *p);

#endif
