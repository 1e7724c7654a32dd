/* SPDX-License-Identifier: ISC */
/* The programs of ctys, as `berth as` and symbolic links call them. */
#ifndef BERTH_AS_CTYS_H
#define BERTH_AS_CTYS_H

#include "cmd/cmd.h"

bool as_ctys_is(const char *program);

/* argv[0] is the program. Its status; what went wrong is printed. */
int as_ctys(struct call *c);

/* ctys-vhost: what of the inventory fits, printed. */
int as_vhost(struct call *c, int argc, char **argv, struct err *e);

/* ctys-createConfVM: the files of a guest, from values of the environment and of other places. */
int as_make(struct call *c, int argc, char **argv, struct err *e);

#endif
