/* SPDX-License-Identifier: ISC */
/*
 * Guests of ctys as machine files: text in, text out.
 *
 *	#@#KEY = "value"      a fact, a comment to whatever else reads the file
 *	#@#MAGICID-QEMU       what the file is about
 *	KEY=value             a setting
 *
 * The first of the same key counts. All of it is data: what is a command, or wants another
 * value put in, is told about and left out; ${KEY:-value} is its value.
 */
#ifndef BERTH_FRONT_CTYS_FACTS_H
#define BERTH_FRONT_CTYS_FACTS_H

#include "app/qcow2.h"
#include "app/scan.h"
#include "base/str.h"
#include "text/report.h"

struct ctys_file {
	const char *folder;             /* absolute: relative paths in it begin here */
	const char *text;
	size_t size;
	int (*look)(const char *path, struct image_head *out);          /* image_look, or who knows better */
	bool parked;                    /* one that is marked to be ignored is read, too */
};

/* The machine file of a guest in out; -1 when the report has errors. */
int ctys_facts(const struct ctys_file *file, struct report *r, struct str *out);

/* The first value that a text has for a key, as ctys_facts would take it; NULL: none. */
const char *ctys_facts_value(const char *text, const char *key, struct arena *a);

/* For scans, which tell of every guest: 0 when it is one of another hypervisor. */
extern const struct scan_kind ctys_kind;

/* Is the file called STEM.ctys? */
bool ctys_facts_named(const char *path);

#endif
