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

/* How many devices can be attached to the guest later: pinned when it was built, none where the machine has no such bus. */
int qemu_slots(const struct guest *g, const struct facts *f, struct arena *a);

/*
 * Names by which running guests are asked: what is attached in slot 3 is the device
 * plug3, and so is the node of its disk; the nth CD drive is cd0, the medium it was
 * started with medium0.
 */
#define QEMU_PLUG "plug%ld"
#define QEMU_CD "cd%zu"
#define QEMU_MEDIUM "medium%zu"

/* Of the nth interface: what it has behind it. */
const char *qemu_netdev_id(const struct guest *g, size_t nth, struct arena *a);

/* qemu_plug.c: what changes the hardware of a guest, running or not. */
plan_fn qemu_attach, qemu_detach, qemu_cd;

/* qemu_copy.c: the verbs that copy a guest which does not run. */
plan_fn qemu_rename, qemu_clone, qemu_snapshot, qemu_restore, qemu_forget, qemu_export;

#endif
