/* SPDX-License-Identifier: ISC */
/*
 * Guests of qemu-init as machine files: text in, text out. The two files of a guest
 * are data; what was a command in them is told about and never carried over.
 *
 *	NAME-qemud.rc    KEY=VALUE; an empty value or 0 without quotes is not set
 *	NAME-qemu.cfg    lines of QEMU options, and DSK1, CDR1, NIC1 ... up to the first gap
 *
 * Disks and CDs that a machine file can name become sections of it, where berth can
 * see to them; nothing is copied. What it has no key for becomes driver.qemu.args.
 */
#ifndef BERTH_FRONT_QEMUD_H
#define BERTH_FRONT_QEMUD_H

#include "app/qcow2.h"
#include "base/str.h"
#include "text/report.h"

struct qemud_files {
	const char *folder;             /* absolute: relative paths in both begin here */
	const char *rc, *cfg;           /* cfg NULL: there is none */
	size_t rc_size, cfg_size;
	int (*look)(const char *path, struct image_head *out);          /* image_look, or who knows better */

	/* what their host decides; NULL and 0: nothing */
	const char *run_as;             /* whose process it is without RUNAS */
	int order;                      /* its place among the guests */
	int vnc_base;                   /* where ports of screens begin */
};

/* The machine file of a guest in out; -1 when a report has errors. A file that comes out has none. */
int qemud_translate(const struct qemud_files *files, struct report *rc, struct report *cfg, struct str *out);

/* The name in FOLDER/NAME-qemud.rc; NULL when it is not called like that. */
char *qemud_name(const char *path, struct arena *a);

#endif
