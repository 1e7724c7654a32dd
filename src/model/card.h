/* SPDX-License-Identifier: ISC */
/*
 * What a guest can be known by, and what its definition says of it besides: one line
 * of the inventory. Made from a guest, kept as JSON, compared with addresses.
 */
#ifndef BERTH_CARD_H
#define BERTH_CARD_H

#include <jansson.h>

#include "base/arena.h"
#include "base/vec.h"
#include "model/guest.h"

struct card {
	long record;            /* its number in the inventory; 0: not from there */
	bool own;               /* a guest of this host; else a machine file, and nothing made of it */
	const char *label;
	const char *uuid;       /* lower case with dashes */
	const char *state;      /* guest.state: "active" "backup" "template" ... */
	const char *driver;
	const char *host;       /* where it was found */
	struct words macs;      /* lower case with colons */
	struct words names;     /* addresses and host names, lower case */
	struct words tags;
	struct words paths;     /* its machine file; for a registered guest where that link leads, too */
	const json_t *details;  /* "records": what lists show, one for each interface (model/defined.h); NULL: not asked for */
};

/*
 * From a guest that was read from path (source: where the link leads; NULL: it is none).
 * Facts of ctys that stand in comments of the text are heeded: MAGICID-IGNORE,
 * MAGICID-NOENUM and VMSTATE. All of it is in arena a.
 */
void card_make(struct card *c, const struct guest *g, const char *text, const char *path, const char *source, struct arena *a);

/* Facts of ctys that stand in a file beside the machine file: they count where that says nothing. */
void card_facts(struct card *c, const char *text, struct arena *a);

/* The details, from the guest, what the card says by now, and who asks; for the caller to json_decref. */
json_t *card_describe(struct card *c, const struct guest *g, const char *user, const char *group, struct arena *a);

/* One JSON object with everything, in members named as ctys names its fields; and back. The strings stay o's. */
json_t *card_json(const struct card *c);
void card_read(struct card *c, const json_t *o, struct arena *a);

/* Copies, templates and what is to be ignored are never found by chance. */
bool card_choosable(const struct card *c);

#endif
