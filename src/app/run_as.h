/* SPDX-License-Identifier: ISC */
/* Whether the user a guest is to run as gets to its files. */
#ifndef BERTH_RUN_AS_H
#define BERTH_RUN_AS_H

#include "app/target.h"

/*
 * ERR_PERMISSION with the directory that keeps it out, and what to type. QEMU would
 * say which file it cannot open, and not why. Plans that start no process, or start
 * it as ourselves, pass.
 */
int run_as_check(const struct target *t, const struct plan *p, struct err *e);

#endif
