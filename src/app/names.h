/* SPDX-License-Identifier: ISC */
/* Addresses as the names that the host's own name service has for them. */
#ifndef BERTH_NAMES_H
#define BERTH_NAMES_H

#include "text/view.h"

/*
 * In the rows that there are. One that has no name stays as it is, and so do all of them
 * that are left when two seconds are over: a list never waits longer for a name server.
 */
void names_show(struct view *v, const char *field);

#endif
