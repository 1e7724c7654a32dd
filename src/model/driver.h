/* SPDX-License-Identifier: ISC */
/*
 * A driver: everything berth knows of one hypervisor, as functions from a guest
 * and facts to plans. It opens no file, forks nothing, prints nothing; it includes
 * no sys/, exec/ or store/ (tools/check-layers). null.c is the one to read first.
 *
 * To add one: write src/driver/NAME.c with a const struct driver driver_NAME at its
 * end, and put NAME into src/driver/meson.build. Help, matrix, completion and error
 * texts follow from the row.
 */
#ifndef BERTH_DRIVER_H
#define BERTH_DRIVER_H

#include "base/err.h"
#include "model/facts.h"
#include "model/guest.h"
#include "model/plan.h"
#include "model/reach.h"
#include "model/sighting.h"
#include "model/verb.h"

/*
 * Add the steps of one verb to the plan. f->state is the guest's state and has been
 * checked against the verb already: START is only called for a guest that does not
 * run. Returns 0, or -1 with the error (ERR_UNSUPPORTED for what this guest asks
 * and this hypervisor cannot, ERR_NOT_FOUND for a tool that is missing).
 */
typedef int plan_fn(const struct guest *g, const struct facts *f, struct plan *p, struct err *e);

/* What the command line of a running hypervisor may tell of its guest. */
enum told { TOLD_UUID, TOLD_MAC, TOLD_ACCEL, TOLD_SCREEN };

/* What one step of a survey said, for as long as it is parsed. */
struct reply {
	const char *text;       /* NUL-terminated; "" */
	int status;
};

struct driver {
	const char *name;
	const char *summary;                    /* one line for `berth drivers` */
	const char *const *tools;               /* programs it wants on a host, NULL-terminated */
	plan_fn *plan[VERB_COUNT];              /* NULL: this hypervisor has no such verb */

	/* SNAPSHOT, its deletion, EXPORT, and RESTORE of what has memory, are for running guests, too. */
	bool online;

	/* Delete the snapshot f->other; there is one exactly where there is SNAPSHOT. */
	plan_fn *forget;

	/*
	 * Who of this kind is on the host, guest of ours or not: survey adds RUN and READ
	 * steps that ask (few, however many guests there are), parse reads what each of them
	 * said, in their order, into the roster. Nothing to ask when a tool is missing:
	 * no steps. NULL: the locks of our guests tell all there is to know.
	 */
	int (*survey)(const struct facts *f, struct plan *p, struct err *e);
	int (*parse)(const struct facts *f, const struct reply *replies, size_t n, struct roster *out, struct err *e);

	/* In arena a; NULL: it does not say. A driver without it has command lines that tell nothing. */
	const char *(*tell)(const struct words *argv, enum told what, struct arena *a);

	/*
	 * A running guest answers on RUN/NAME/qmp.sock, and is asked there what it does, unless it
	 * has told so (app/told.h). The survey is for its process and for the others, whose names are
	 * in nobody's way. With run.restart it also tells on RUN/NAME/end.sock, which is its keeper's,
	 * why it ends.
	 */
	bool qmp;

	/* START heeds f->boot_… and the guest's qemu.kernel and qemu.args: there is firmware, and an order to boot in. */
	bool boots;

	/*
	 * A running guest is no process of ours that holds its lock: only the survey
	 * knows its state.
	 */
	bool foreign;

	/*
	 * The words in front of a command that make it run inside the running guest, as
	 * root, with the caller's streams and the command's own status: attach, exec.
	 * NULL: through the agent (REACH_AGENT), or not at all. Callers take enter_argv().
	 */
	int (*enter)(const struct guest *g, const struct facts *f, struct words *argv, struct arena *a, struct err *e);

	/* What stands behind those words is joined and read by a shell in the guest: every word is quoted for it. */
	bool enter_quotes;

	/*
	 * Files of this host that tell whether the running guest is paused: it is when one
	 * of them says "FROZEN", "FREEZING" or "1". Who enters a paused guest hangs, and to
	 * read a file costs nothing. NULL, or none is there: the survey has to say it.
	 */
	void (*freezer)(const struct guest *g, const struct facts *f, struct words *files, struct arena *a);

	/*
	 * Start the attendant of the running guest, which serves viewers of its console: of
	 * one that has none, or none any more. There is one exactly where REACH_CONSOLE is a socket.
	 */
	plan_fn *attend;

	/* The way in, in arena a; ERR_UNSUPPORTED when there is none of that kind. */
	int (*reach)(const struct guest *g, const struct facts *f, enum reach_kind kind,
		     struct reach *out, struct arena *a, struct err *e);
};

extern const struct driver *const drivers[];    /* NULL-terminated, in the order of meson.build */
const struct driver *driver_find(const char *name);

/* The plan of one verb, or "null guests cannot be paused" with exit 12. */
int driver_plan(const struct driver *d, enum verb v, const struct guest *g, const struct facts *f,
		struct plan *p, struct err *e);

/* The same for deleting a snapshot. */
int driver_plan_forget(const struct driver *d, const struct guest *g, const struct facts *f, struct plan *p, struct err *e);

/*
 * A whole command line that runs argv inside the running guest, in arena a: the
 * driver's words in front, and argv so that it arrives there word by word as it is.
 * NULL with ERR_UNSUPPORTED when the driver has no way in of its own.
 */
const char *const *enter_argv(const struct driver *d, const struct guest *g, const struct facts *f,
			      const char *const *argv, struct arena *a, struct err *e);

/* The second half of that, for who keeps the driver's words. */
const char *const *enter_words(const char *const *prefix, bool quotes, const char *const *argv, struct arena *a);

#endif
