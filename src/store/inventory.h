/* SPDX-License-Identifier: ISC */
/*
 * The inventory: every guest and machine file that a scan has seen, in a SQLite file.
 * It is a cache. What is in it can always be made again by `berth scan`, and nothing
 * is believed because it says so: whoever acts on an answer reads the definition first.
 *
 * A record keeps its number as long as its file is where it is; numbers are not used
 * twice. Readers never wait (WAL); there is one writer at a time.
 */
#ifndef BERTH_INVENTORY_H
#define BERTH_INVENTORY_H

#include <jansson.h>

#include "base/err.h"
#include "model/address.h"

struct inventory;

enum inventory_mode { INVENTORY_READ, INVENTORY_WRITE };

/*
 * To read: 0 with *out NULL when there is none that could be read. To write: made when it is
 * not there; what is damaged, or no inventory of this release, is set aside as FILE.bad, and
 * *aside says so. file NULL: in memory, for as long as it is open.
 */
int inventory_open(struct inventory **out, const char *file, enum inventory_mode mode, bool *aside, struct err *e);
void inventory_close(struct inventory **inv);   /* what was not committed is forgotten */

/* Move the file out of the way: it turned out to be damaged (ERR_INVALID). */
int inventory_set_aside(const char *file, struct err *e);

int inventory_begin(struct inventory *inv, struct err *e);      /* ERR_BUSY: somebody else writes */
int inventory_commit(struct inventory *inv, struct err *e);

/* How a file looked when it was read: nothing has changed while this is the same. */
struct stamp {
	long long inode, mtime_ns, size;
};

struct known {
	long record;
	const char *path;
	struct stamp stamp;
	bool seen;              /* the scan's */
};

struct known_list {
	struct arena mem;
	VEC(struct known) files;        /* sorted by path */
};

/* All records of own guests, or all others. */
int inventory_known(struct inventory *inv, bool own, struct known_list *out, struct err *e);
void known_done(struct known_list *k);

/* Write a record: card->paths.v[0] is what it is known by; its number is kept, or a new one given. */
int inventory_put(struct inventory *inv, const struct card *c, struct stamp stamp, struct err *e);
int inventory_drop(struct inventory *inv, long record, struct err *e);

/* Directories that were scanned, and will be again. */
int inventory_roots(struct inventory *inv, struct words *out, struct arena *a, struct err *e);
int inventory_root(struct inventory *inv, const char *dir, bool keep, struct err *e);

/* A text kept under a name; NULL: none. */
const char *inventory_note(struct inventory *inv, const char *name, struct arena *a);
int inventory_set_note(struct inventory *inv, const char *name, const char *text, struct err *e);

struct found {
	struct arena mem;
	VEC(struct card) cards;         /* in the order of their numbers */
	VEC(json_t *) kept;             /* what their strings live in */
};

/*
 * Every card that fits the address: without those that are not to be chosen, without the files that
 * guests of this host were made from, and for a pattern these guests alone, if there are any. all: no
 * such choice; a may be NULL then, for every record there is.
 */
int inventory_find(struct inventory *inv, const struct address *a, bool all, struct found *out, struct err *e);
void found_done(struct found *f);

#endif
