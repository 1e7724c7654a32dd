/* SPDX-License-Identifier: ISC */
/*
 * What the parts of one translation share:
 *
 *	qemud.c            the two files, line by line, and what comes out
 *	qemud_keys.c       the keys of an rc-file
 *	qemud_series.c     DSK1, CDR1, NIC1 ...
 *	qemud_raw.c        words that were meant for QEMU's command line
 *	qemud_drives.c     which of all these are disks and CDs of the machine file
 */
#ifndef BERTH_FRONT_PRIV_H
#define BERTH_FRONT_PRIV_H

#include "base/arena.h"
#include "base/vec.h"
#include "front/qemud.h"
#include "text/rc.h"
#include "text/report.h"

/* One of the two files, and which of its lines have been heeded. */
struct source {
	struct rc rc;
	struct report *report;
	bool *used;
};

struct translation;

/* The line that is being translated. */
struct at {
	struct translation *t;
	struct source *s;
	const struct rc_line *l;
};

/* A disk or CD that stands among the raw words until all of them are known. */
struct drive {
	struct at at;
	const char *label;      /* what it is called there: "DSK1" "-hda" */
	size_t first;           /* of its two words in translation.args */
	const char *file;       /* absolute; NULL: none is named */
	const char *format;     /* NULL: not given */
	bool cd, ide;           /* a disk that is not ide is virtio */
	int index;              /* place on its bus; -1: not given */
	uint64_t size;          /* of a disk that can go into the machine file; before: of an image that may be made */
	const char *why;        /* what keeps it from that; NULL: nothing so far */
};

struct translation {
	const struct qemud_files *files;
	struct arena mem;
	struct source rc, cfg;
	struct words args;              /* driver.qemu.args so far */
	VEC(struct drive) drives;       /* those of them that could be more */
	struct str text;                /* the machine file so far */
};

/* Is a value there: neither empty nor a bare 0? And does it not say no? */
bool rc_is_set(const struct rc_line *l);
bool rc_is_true(const struct rc_line *l);

/* The line that counts for a key; NULL: it is not there. */
const struct rc_line *source_find(const struct source *s, const char *key);

/* "KEY: TEXT", at the line. */
void at_warn(const struct at *at, const char *text);

/* The value at a path of the machine file, if its key takes it; words as they are. Else an error at the line. */
void at_put(const struct at *at, const char *path, const char *value);
void at_write(const struct at *at, const char *path, const char *const *values, size_t n);

/* An option and its value for QEMU. */
void qemu_option(struct translation *t, const char *name, const char *value);

/* One line of an rc-file that is KEY=VALUE. */
void qemud_key(const struct at *at);

/* Numbered keys: is this one? And all of both files. */
bool series_has(const char *key);
void series_all(struct translation *t);

/*
 * Words that were meant for QEMU's command line, which stand at column col: what berth
 * does itself is left out, relative paths are made absolute.
 */
void raw_options(const struct at *at, int col, const struct words *words);

/* A path as a file of the folder means it, with commas doubled as QEMU's options want them. */
char *raw_path(const char *folder, const char *path, struct arena *a);

/* How long a property is: to the comma that ends it, or to the end; a doubled one is part of it. */
size_t raw_property(const char *s);

/* The last two words of args, which are this option and its value: if they are a drive, remember it. */
void drive_add(const struct at *at, const char *label, const char *option);

/* Words that are left become driver.qemu.args; what came out has to be a machine file. */
void qemud_finish(struct translation *t);

/* Make sections of the drives that can be, and let the others stand, with the reason. */
void drives_settle(struct translation *t);

#endif
