/* SPDX-License-Identifier: ISC */
/*
 * The guest a command is about: found by the word its user typed, read, checked,
 * with its driver and the facts a plan needs.
 *
 * A word with a slash or ending in .conf is a machine file; anything else is an address
 * (model/address.h), mostly the name of a guest, whose machine file was kept in its
 * folder when it was built.
 */
#ifndef BERTH_TARGET_H
#define BERTH_TARGET_H

#include "base/err.h"
#include "model/address.h"
#include "model/driver.h"
#include "text/report.h"

struct target {
	struct guest guest;
	struct facts facts;
	const struct driver *driver;
	struct report report;           /* warnings of the machine file */
	struct address address;         /* the word */
	const char *name;               /* of the guest that it is; NULL: the word was a file */
	const char *path;               /* of the machine file, absolute */
	char *text;                     /* its content */
	bool from_file;                 /* the word led to a machine file, not to a guest of this host */
	bool aside;                     /* a damaged inventory was set aside on the way */
	bool elsewhere;                 /* the facts are another host's */
	const char *built_for;          /* driver it was built for; NULL: not built here */
};

static inline bool target_runs(const struct target *t)
{
	return t->facts.state >= STATE_RUNNING;
}

struct target_want {
	int probe;                      /* PROBE_… of app/probe.h; 0: only where things are and the guest's state */
	const char *driver;             /* NULL: what the guest says */
	const char *accel;              /* "kvm" "tcg" "auto"; NULL: what the guest says */
	const char *facts_file;         /* take the facts from there, whole; NULL: from this host */
	bool remains;                   /* a name of which nothing but remains is there will do */
};

/* Does a word of the command line name a machine file, or a guest? */
bool target_is_file(const char *word);

/* ERR_USAGE for a pattern or a tag, where one guest is to be changed. */
int target_is_one(const struct address *a, const char *word, struct err *e);

int target_load(struct target *t, const char *word, const struct target_want *want, struct err *e);

/* The same of a guest whose machine file is this text, and will be when it is built; it names the guest. */
int target_of_text(struct target *t, const char *text, const struct target_want *want, struct err *e);
void target_done(struct target *t);

/* A guest by what was recorded of it alone: its name, driver and state. Its machine file may be gone. */
int target_recorded(struct target *t, const char *word, struct err *e);

/* Names of all guests on this host, built or running, sorted. */
int target_names(const struct facts *f, struct words *out, struct arena *a, struct err *e);

/* A way in through the driver; ERR_FAILED "'web' is not running" when it has to run for that and does not. */
int target_reach(const struct target *t, enum reach_kind kind, struct reach *out, struct arena *a, struct err *e);

/* As people write it down: "127.0.0.1:50000", or the socket's path. */
char *reach_text(const struct reach *r, struct arena *a);

#endif
