/* SPDX-License-Identifier: ISC */
/*
 * Tables with a name, as `--output @NAME` asks for: the user's own (tables.conf in
 * ~/.config/berth), the host's (/etc/berth), those berth brings along. Nothing is read
 * before somebody asks.
 */
#ifndef BERTH_TABLES_H
#define BERTH_TABLES_H

#include "text/ini.h"
#include "text/view.h"

enum { TABLE_FILES = 3 };

struct tables {
	struct arena mem;
	struct ini ini[TABLE_FILES];
	size_t n;               /* how many of them there are */
	bool read;
};

/* A table_finder, whose context is a zeroed struct tables. What it finds is good until tables_done. */
int tables_find(void *tables, const char *name, struct wording *out, struct err *e);
void tables_done(struct tables *t);

#endif
