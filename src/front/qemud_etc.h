/* SPDX-License-Identifier: ISC */
/*
 * What a host of qemu-init keeps in its ETCDIR, as data:
 *
 *	registered    a name, blanks, and the absolute path of the guest's folder; in the
 *	              order in which guests are started, listed and stopped
 *	autostart     names of those that start with the host; may be missing
 *	vncoffset     in its first line the port where screens begin; may be missing
 *
 * Empty lines and those that begin with '#' mean nothing.
 */
#ifndef BERTH_QEMUD_ETC_H
#define BERTH_QEMUD_ETC_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/vec.h"
#include "text/report.h"

struct qemud_entry {
	const char *name, *folder;      /* NULL: the line was not understood */
	bool autostart;
};

struct qemud_etc {
	struct arena mem;
	VEC(struct qemud_entry) guests;
	int vnc_base;                   /* 0: not given */
};

/* Read each into a zeroed etc, the guests first. A line that is not understood is an error in the report of its file. */
void qemud_registered(struct qemud_etc *etc, const char *text, struct report *r);
void qemud_autostart(struct qemud_etc *etc, const char *text, struct report *r);
void qemud_vncoffset(struct qemud_etc *etc, const char *text, struct report *r);
void qemud_etc_done(struct qemud_etc *etc);

#endif
