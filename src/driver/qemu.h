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

/* In QEMU's option syntax a comma inside a value is doubled. */
char *qemu_value(const char *text, struct arena *a);

/* qemu_survey.c */
int qemu_survey(const struct facts *f, struct plan *p, struct err *e);
int qemu_parse(const struct facts *f, const struct reply *replies, size_t n, struct roster *out, struct err *e);

/* qemu_copy.c: the verbs that copy a guest which does not run. */
plan_fn qemu_clone, qemu_snapshot, qemu_restore, qemu_forget, qemu_export;

#endif
