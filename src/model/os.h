/* SPDX-License-Identifier: ISC */
/*
 * The operating systems berth knows by name (data/os.conf) and the programs it
 * knows by generic name (data/catalog.conf): data, built into the program.
 */
#ifndef BERTH_OS_H
#define BERTH_OS_H

#include "base/arena.h"
#include "base/vec.h"
#include "model/guest.h"
#include "text/report.h"

struct os {
	const char *name;       /* "debian-12" */
	const char *family;     /* "debian": which system/ module */
	const char *distro;     /* "debian" "ubuntu" "fedora" "windows" */
	const char *suite;      /* "bookworm" */
	const char *arch;       /* "amd64" */
	const char *installer;  /* "apt" */
	const char *template;   /* "debian-12-x86_64": in OpenVZ's template cache; NULL: none that we know of */
	const char *stands_for; /* NULL, or the name of 2011 that was asked and that this replaces */
};

/*
 * Look up an os of the machine file, aliases and old names included; result in
 * arena a. NULL when there is none: *near is then the nearest known name or NULL.
 */
const struct os *os_find(const char *name, struct arena *a, const char **near);

/*
 * The packages of one guest: its program sections through the catalog, for one
 * installer ("apt") and suite. "1" takes the program the key names, "0" skips,
 * anything else is a list of program names; '_' and '-' are equal; unknown names
 * warn with the nearest one. Every entry of out is a package name, without doubles.
 * Without an installer (NULL) only the names are looked at.
 */
void catalog_packages(const struct guest *g, const char *installer, const char *suite,
		      struct words *out, struct arena *a, struct report *r);

#endif
