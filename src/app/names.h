/* SPDX-License-Identifier: ISC */
/* Addresses as the names that the host's own name service has for them. */
#ifndef BERTH_NAMES_H
#define BERTH_NAMES_H

#include "text/view.h"

/*
 * In the rows that there are. One that has no name stays as it is, and so do all of them
 * that are left when two seconds are over: after that no name server is asked any more.
 */
void names_show(struct view *v, const char *field);

#endif
