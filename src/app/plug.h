/* SPDX-License-Identifier: ISC */
/*
 * Hardware that is added to a guest or taken away after it was built, whether it runs
 * or not. The change is first made to the machine file in memory: t becomes the guest
 * as it will be, checked as a whole, and the driver plans how to get there.
 */
#ifndef BERTH_PLUG_H
#define BERTH_PLUG_H

#include "app/target.h"

struct plug_wish {
	const char *kind;       /* "disk" "nic" */
	const char *what;       /* disk: a size, or a file; nic: "TYPE" or "TYPE=BRIDGE" */
	const char *format;     /* disk: NULL: as the file's name ends, else qcow2 for a new one and raw */
};

/* The name of the new device is in t->facts.other then. */
int plug_attach(struct target *t, const struct plug_wish *w, struct plan *p, struct err *e);

/* Only what was attached can be detached. A disk's file stays. */
int plug_detach(struct target *t, const char *device, struct plan *p, struct err *e);

/* drive NULL: the first one. file NULL: eject. */
int plug_cd(struct target *t, const char *drive, const char *file, struct plan *p, struct err *e);

#endif
