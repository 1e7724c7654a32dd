/* SPDX-License-Identifier: ISC */
/* What the files of the QEMU driver share. */
#ifndef BERTH_QEMU_H
#define BERTH_QEMU_H

#include "model/driver.h"
#include "model/guest.h"
#include "model/plan.h"

/* The whole command line, in the plan's memory. */
int qemu_argv(const struct guest *g, const struct facts *f, struct plan *p, struct words *w, struct err *e);

/* "q35" pinned to this host's QEMU, "pc-q35-7.2", so that the hardware does not change under the guest. */
const char *qemu_machine(const struct guest *g, const struct facts *f, struct arena *a);

/* Text as a value in QEMU's option syntax, where a comma is doubled. */
const char *qemu_value(struct plan *p, const char *text);

/* qemu_nic.c: what stands behind the nth interface, as a value of -netdev; steps around a guest's life for it. */
const char *qemu_netdev(const struct guest *g, const struct facts *f, size_t nth, struct plan *p, struct err *e);
bool qemu_needs_helper(const struct guest *g, const struct facts *f);
void qemu_join(const struct guest *g, const struct facts *f, struct plan *p);
void qemu_leave(const struct guest *g, const struct facts *f, struct plan *p);

/* qemu_copy.c: the verbs that copy a guest which does not run. */
plan_fn qemu_clone, qemu_snapshot, qemu_restore, qemu_forget, qemu_export;

#endif
