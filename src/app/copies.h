/* SPDX-License-Identifier: ISC */
/*
 * Copies of a guest that is built: clones, snapshots, exports.
 * Each function says whether it can be, and makes the plan; what a copy is made of
 * is the driver's business, under which names is said here. Snapshots are the
 * folders in DATA/guests/NAME/snapshots, so listing them needs no hypervisor.
 */
#ifndef BERTH_COPIES_H
#define BERTH_COPIES_H

#include "app/target.h"

/*
 * t becomes the clone with that name. warnings gets, in t's memory, what the clone
 * cannot have from the original's machine file, and what it should better not.
 */
int copies_clone(struct target *t, const char *name, struct words *warnings, struct plan *p, struct err *e);

/* name NULL: the first free one of snap0, snap1 …; it is in t->facts.other then. */
int copies_snapshot(struct target *t, const char *name, struct plan *p, struct err *e);
int copies_forget(struct target *t, const char *name, struct plan *p, struct err *e);
int copies_restore(struct target *t, const char *name, struct plan *p, struct err *e);

/* Into a file that is not there yet. */
int copies_export(struct target *t, const char *file, struct plan *p, struct err *e);

/* The snapshots of a guest, by name. */
int copies_list(const struct target *t, struct words *out, struct arena *a, struct err *e);

/* When a snapshot was made, in UTC as ISO 8601 writes it; NULL: not known. */
const char *copies_made(const struct target *t, const char *snapshot, struct arena *a);

/* The first of snap0, snap1 … that is not among the names taken. */
const char *copies_free_name(const struct words *taken, struct arena *a);

#endif
