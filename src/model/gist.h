/* SPDX-License-Identifier: ISC */
/*
 * What lists show of a guest's record (driver/folder.c writes those). A host of five
 * hundred guests reads all of them for every list, and most of that is JSON; so it is
 * kept as a line of text a guest, with a stamp of the record's file (store/gists.h).
 */
#ifndef BERTH_GIST_H
#define BERTH_GIST_H

#include <jansson.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/* Absent texts are NULL, absent numbers 0. */
#define GIST_TEXTS(X) X(driver) X(os) X(address) X(registered) X(machine) X(session) X(mac)
#define GIST_NUMBERS(X) X(cpus) X(ram) X(ssh_port) X(vnc_port) X(order)

struct gist {
	bool there;             /* it was built by us */
	bool throwaway;
	bool ordered;           /* order is given */
#define X(name) const char *name;
	GIST_TEXTS(X)
#undef X
#define X(name) long long name;
	GIST_NUMBERS(X)
#undef X
};

/* Texts are copied into arena a. NULL is no record. */
void gist_read(struct gist *k, const json_t *record, struct arena *a);

/*
 * As fields, each with a separator behind it; false: a text holds what separates. And back, with texts
 * that stay in line, which is cut up; false: it is none.
 */
bool gist_write(const struct gist *k, struct str *out);
bool gist_parse(struct gist *k, char *line);

#endif
