/* SPDX-License-Identifier: ISC */
/* What one start of a guest has that its machine file does not say: none of it is kept. */
#ifndef BERTH_ONCE_H
#define BERTH_ONCE_H

#include "app/target.h"

/* As typed; NULL: not given. */
struct once {
	const char *boot;               /* "cd", "cd:FILE", "hdd:hdd1", "usb:FILE", "fdd:FILE", "pxe" */
	const char *install;            /* the same, to install from */
	const char *target, *stage;     /* where to, by the disk's name; "init" "keep" */
	const char *kernel, *initrd, *append;
	struct words args;              /* for the hypervisor */
};

/* Into guest and facts, before the plan is made. t->facts.boot_erase says that a disk is to be erased. */
int once_apply(struct target *t, const struct once *o, struct err *e);

#endif
