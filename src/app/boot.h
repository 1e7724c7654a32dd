/* SPDX-License-Identifier: ISC */
/*
 * The start of all guests that start with the host: in which order, who waits for
 * whom, and who cannot be started at all. And their end.
 *
 * "run.after = db:ssh" becomes a task of its own, `berth wait db --stage ssh`, that comes
 * after db's start and before its own; many may wait for the same.
 */
#ifndef BERTH_BOOT_H
#define BERTH_BOOT_H

#include "app/fanout.h"

struct boot_guest {
	const char *name;
	bool marked;            /* it is one of those to start, or to end; else it is only known */
	long order, delay;      /* run.order; run.boot_delay in seconds */
	struct words after;     /* run.after: "db", "db:ssh" */
	struct words nets;      /* networks of this host that it joins */
	const char *trouble;    /* why it cannot be started; NULL: it can */
	enum err_kind kind;     /* of that */
};

struct boot {
	struct arena mem;
	VEC(struct boot_guest) guests;
};

/* What its machine file says of the start; a file that cannot be read is its own trouble, and nobody else's. */
void boot_read(struct boot *b, struct boot_guest *g);

/* The networks that those need which are to start, each once. */
void boot_networks(const struct boot *b, struct words *out, struct arena *a);

/* That one does not come up: who needs it is not started. why: as berth said it. */
void boot_without(struct boot *b, const char *net, enum err_kind kind, const char *why);

/* Sort them, and find those that wait for nobody that is known, for no stage, in a circle, or for one in trouble. */
void boot_check(struct boot *b);

/* Tasks for all that can be started; that one runs already is good. */
void boot_tasks(const struct boot *b, struct fan *f);

/*
 * The other way round, for tasks of f that end the marked ones and are called like them: each
 * after those who wait for it. Who is in trouble ends as well, in no order.
 */
void boot_reverse(const struct boot *b, struct fan *f);

void boot_done(struct boot *b);

#endif
