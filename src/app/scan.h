/* SPDX-License-Identifier: ISC */
/*
 * The inventory from the files: guests of this host, and machine files below
 * directories. Files are read as data; one that looks as it did when it was read last is
 * not read again. What is gone from where we looked goes from the inventory; what
 * could not be looked at stays. All of it is one transaction, begun when there is a
 * first thing to write.
 */
#ifndef BERTH_SCAN_H
#define BERTH_SCAN_H

#include "model/facts.h"
#include "store/inventory.h"

/*
 * Files of another system that define guests, too, each of which can be made a machine file. The
 * layers above know them, and say so once (main.c). One beside a machine file of the same stem tells
 * of that guest what the machine file does not say; one alone is a guest that is defined.
 */
struct scan_kind {
	const char *suffix;             /* ".ctys" */
	/* 1: the machine file is in out; 0: it is about something else. */
	int (*read)(const char *path, const char *text, size_t size, struct str *out, struct err *e);
};

void scan_also(const struct scan_kind *kind);

/* Is it the name of such a file? */
bool scan_other(const char *path);

/* The machine file that is beside such a file, or such a file beside a machine file; NULL: there is none. */
char *scan_beside(const char *path, struct arena *a);

struct scan {
	struct arena mem;
	const struct facts *facts;
	struct inventory *inv;
	bool aside;             /* a damaged inventory was set aside, and this one is new */
	const char *lost;       /* why it is in memory only; NULL: it is not */
	bool writing;
	struct words problems;  /* what could not be read, and why: "FILE:3:1: ..." */
	size_t read, gone;
};

/* Open the inventory to write; where that is not possible, one in memory. */
int scan_open(struct scan *s, const struct facts *f, struct err *e);

/* It turned out to be damaged (ERR_INVALID) when it was used: set it aside, and begin a new one. */
int scan_renew(struct scan *s, struct err *e);

/* The guests of this host. */
int scan_own(struct scan *s, struct err *e);

/* Have guests come or gone since scan_own was there? One look at one directory. */
bool scan_own_changed(struct scan *s);

/* Machine files in these directories and below. whole: there are no others, what is elsewhere goes. */
int scan_dirs(struct scan *s, const struct words *dirs, bool whole, struct err *e);

/* Remember a directory that is scanned, or forget it. */
int scan_root(struct scan *s, const char *dir, bool keep, struct err *e);

int scan_commit(struct scan *s, struct err *e);
void scan_done(struct scan *s);

/* CACHE/inventory.db */
char *scan_file(const struct facts *f, struct arena *a);

/*
 * A machine file as a card; name: of the guest of this host whose it is, NULL: of none. 1; 0: it is
 * no machine file. The details are the caller's, as of card_make.
 */
int scan_card(const struct facts *f, const char *path, const char *name, struct card *out, json_t **details, struct arena *a,
	      struct err *e);

#endif
