/* SPDX-License-Identifier: ISC */
/*
 * The key table: every key a machine file may hold is one row. The row reads the
 * value into struct guest, checks it, answers `berth explain`, and writes the
 * reference in berth.conf(5) and the JSON schema. A key without a row does not
 * exist; a row without help does not build (tests/unit/tables).
 *
 * A path is written as in the file with dots; '*' stands for a section the owner
 * names freely ("hardware.hdds.*.size"). Rows of type KEY_SECTION describe a section.
 * One with a '*' at the end of its path is repeated: it names the vector in the
 * enclosing struct and the size of its elements, and every row below it has its
 * offset inside that element. Two repeated sections with the same vector are one:
 * sections of the same name in them ([hardware][[eths]] and [network][[eths]]) fill
 * the same element.
 */
#ifndef BERTH_KEY_H
#define BERTH_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"
#include "text/ini.h"

enum key_type {
	KEY_SECTION,    /* a section; a repeated one: a VEC of elements that begin with struct place */
	KEY_TEXT,       /* const char * */
	KEY_NAME,       /* const char *: letters, digits, '-', '_', '.', not first; at most 63 */
	KEY_PATH,       /* const char *: absolute, or relative to the machine file */
	KEY_SECRET,     /* const char *: never shown */
	KEY_LIST,       /* struct words; commas separate, in quotes as well */
	KEY_LINES,      /* struct words; a comma in quotes belongs to the word */
	KEY_INT,        /* long; min..max */
	KEY_BOOL,       /* bool: 1/0, yes/no, on/off, true/false */
	KEY_SIZE,       /* uint64_t bytes; unit of a bare number in .unit */
	KEY_CHOICE,     /* const char *: one of .choices */
	KEY_IPV4,       /* const char * */
	KEY_MASK,       /* const char *: 255.255.255.0, /24 or 24; kept as dotted mask */
	KEY_MAC,        /* const char *: lower case with colons */
	KEY_PORT,       /* long 1..65535 */
	KEY_SECONDS,    /* long; a bare number is seconds, "2m", "1h" */
	KEY_PROGRAM,    /* a key of [devel] [services] [gui] [network]: VEC(struct program) */
	KEY_OBSOLETE,   /* read and ignored, with the reason in .help */
};

/* Every struct that a section of the file becomes begins with where it stands. */
struct place {
	const char *name;       /* the section's own name: "hdd0" */
	int line, col;
};

struct key {
	const char *path;
	enum key_type type;
	const char *help;               /* one sentence or two, with a full stop; of an alias: what to say when it is used */
	const char *unit;               /* "MB", "seconds"; NULL: none */
	const char *def;                /* default, as one would write it; NULL: none */
	const char *since;              /* release that brought it: "0.1" */
	const char *drivers;            /* blank-separated names that honour it; NULL: all */
	const char *const *choices;     /* KEY_CHOICE: NULL-terminated */
	const char *alias_of;           /* an older spelling of that path; everything else follows it */
	const char *plain;              /* repeated section: the key of its element that a line 'name = value' sets */
	long min, max;                  /* KEY_INT; both 0: any */
	bool required;
	size_t offset;                  /* in struct guest, or in the element of the enclosing repeated section */
	size_t size;                    /* KEY_SECTION: of an element; 0: not repeated */
};

extern const struct key keys[];
extern const size_t nkeys;

/*
 * The row for a path of the file ("hardware.hdds.hdd0.size"), '*' matching any
 * name and '-' equal to '_'; an older spelling finds the row it stands for. NULL
 * when there is none.
 */
const struct key *key_find(const char *path);

/* One step of that: the row below a section row's path ("" is the top) for a name; may be an alias. */
const struct key *key_child(const char *parent, const char *name);

/* The row itself, or the one an alias stands for. */
const struct key *key_real(const struct key *k);

/* Is this row directly in the section with that path? */
bool key_within(const struct key *k, const char *parent);

/* Are two names the same to a reader: '_' is '-', and capitals do not matter. */
bool key_same(const char *a, const char *b);

/*
 * Read a value into its field, of the type that the row says. Lists append. NULL
 * when it is good, else what is wrong with it as it goes on behind the quoted value:
 * "is not a size (try 4G)". With *ignored set it is not worth an error: the field
 * stays as it was.
 */
const char *key_parse(const struct key *k, const char *text, void *field, struct arena *a, bool *ignored);

/* The nearest known path for an unknown one, in the owner's own section names; NULL when none is near. */
const char *key_nearest(const char *path, struct arena *a);

/* What `berth explain KEY` says; -1 when path is no key and no section. */
int key_explain(const char *path, struct str *out);

/* The reference for berth.conf(5), as scdoc text, and the JSON schema: both generated from the rows. */
void key_manual(struct str *out);
void key_schema(struct str *out);

#endif
