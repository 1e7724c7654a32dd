/* SPDX-License-Identifier: ISC */
/*
 * What stands around a driver's own steps, the same for every hypervisor: the hooks of
 * the guest's owner, and its keeper.
 *
 * A guest with run.restart has a keeper (app/keep.h), a process that holds
 * RUN/NAME.keep. Whoever starts the guest starts the keeper last; whoever ends it holds
 * RUN/NAME.ending meanwhile, and until the keeper has gone: the keeper asks, when the guest
 * has ended, whether somebody has that lock, and such an end is no reason to start again.
 * Both are locks, so whatever is killed leaves no mark that would be believed later.
 */
#ifndef BERTH_AROUND_H
#define BERTH_AROUND_H

#include "model/driver.h"

/* Can this hypervisor do what run.restart asks for? */
int around_check(const struct driver *d, const struct guest *g, enum verb v, struct err *e);

void around_begin(const struct guest *g, const struct facts *f, enum verb v, struct plan *p);
void around_end(const struct guest *g, const struct facts *f, enum verb v, struct plan *p);

/* The guest has ended, and its keeper is about to start it: there is nothing for the driver to end. */
bool around_suffices(const struct facts *f, enum verb v);

#endif
