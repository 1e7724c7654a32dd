/* SPDX-License-Identifier: ISC */
/*
 * From an address to a guest, in four steps, the first that has an answer:
 *
 *	path            the word is a machine file, or id: names one
 *	guests          a guest of this host has that name
 *	inventory       what a scan has seen; guests of this host are looked at again
 *	scan            now: base:, else what was scanned before, else the home directory
 *
 * --resolve (BERTH_RESOLVE) names the steps to be taken. A name alone is not looked
 * for by scanning. What the inventory answers is compared with the definition.
 */
#ifndef BERTH_RESOLVE_H
#define BERTH_RESOLVE_H

#include "model/facts.h"
#include "store/inventory.h"

struct resolved {
	const char *name;       /* a guest of this host; NULL: a file */
	const char *path;       /* its machine file, absolute */
	long record;            /* of the inventory; 0: nobody has asked it */
	bool given;             /* the user gave the path himself */
	bool aside;             /* a damaged inventory was set aside for this, and made anew */
};

struct answers {
	struct resolved *v;
	size_t n, cap;
};

/*
 * The one guest that is meant; its strings are the address's. ERR_NOT_FOUND, also when its definition
 * says something else than the inventory did; ERR_AMBIGUOUS; ERR_UNSUPPORTED for another host's.
 */
int resolve_one(const struct facts *f, struct address *a, const char *word, struct resolved *out, struct err *e);

/* All that fit; one at least. */
int resolve_all(const struct facts *f, struct address *a, const char *word, struct answers *out, struct err *e);

#endif
