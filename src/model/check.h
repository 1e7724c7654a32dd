/* SPDX-License-Identifier: ISC */
/* The parts of guest_check(), one file each. They report and go on. */
#ifndef BERTH_CHECK_H
#define BERTH_CHECK_H

#include "model/guest.h"

void check_disks(const struct guest *g, struct report *r);
void check_network(const struct guest *g, struct report *r);
void check_users(const struct guest *g, struct report *r);
void check_host(const struct guest *g, struct report *r);

/* Where the owner wrote a key; the section it belongs to when he did not (or a test made the guest). */
struct place check_place(const struct guest *g, const struct place *section, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* An absolute path that can stand in a table of the guest: no blanks, ':' or control characters, no "..". */
bool check_path(const char *path);

#endif
