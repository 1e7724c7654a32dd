/* SPDX-License-Identifier: ISC */
/*
 * Another name for a guest that is built and does not run. Its hardware stays what it
 * is: UUID and MAC addresses that followed from the old name are written down before
 * it goes. What is inside its disks, the hostname among it, stays as well.
 */
#ifndef BERTH_RENAME_H
#define BERTH_RENAME_H

#include "app/target.h"

/* t becomes the guest with the new name; the old one is in t->facts.other. */
int rename_guest(struct target *t, const char *name, struct plan *p, struct err *e);

#endif
