/* SPDX-License-Identifier: ISC */
/*
 * ctys-createConfVM: a guest from values. Each of them is what the environment says, else
 * what the guest's facts said before, else a file of defaults, else this host, else the usual;
 * what comes out is a file of facts, which is read as any other (ctys_facts.h). Nothing is asked.
 */
#ifndef BERTH_FRONT_CTYS_MAKE_H
#define BERTH_FRONT_CTYS_MAKE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

struct ctys_make {
	const char *label;
	const char *folder;             /* -D; NULL: where we are */
	const char *defaults;           /* a file; NULL: none */
	bool make_folder;               /* -C */
	bool list;                      /* only tell all values, and where they come from */
	bool print;                     /* only print what would be written */
	bool terse, help, version;
};

/* argv without the program's own name. ERR_UNSUPPORTED: a guest of another type. */
int ctys_make_parse(struct ctys_make *m, int argc, char **argv, struct err *e);

/* Where values come from. */
struct ctys_origins {
	const char *(*environment)(void *arg, const char *key);
	const char *(*host)(void *arg, const char *key);        /* what this host has for it; NULL: nothing */
	void *arg;
	const char *kept, *defaults;                            /* texts; NULL: there is none */
};

/* "c  MEMSIZE=512": every value, with the letter of where it comes from. */
void ctys_make_list(const struct ctys_make *m, const struct ctys_origins *o, struct str *out);

/* The file of facts. */
int ctys_make_facts(const struct ctys_make *m, const struct ctys_origins *o, struct str *out, struct err *e);

#endif
