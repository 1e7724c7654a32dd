/* SPDX-License-Identifier: ISC */
/* ssh(1) to a guest, with the user's own configuration and what berth knows on top. */
#ifndef BERTH_SSH_H
#define BERTH_SSH_H

#include "app/target.h"

struct ssh_wish {
	const char *user;               /* NULL: the first user of the machine file, else ssh's own choice */
	const char *identity;           /* private key file; NULL: what ssh finds */
	const char *const *rest;        /* options and command, as typed; NULL-terminated */
};

/* The words to execute, in arena a. Pure: looks at nothing but its arguments. */
const char *const *ssh_argv(const struct target *t, const struct reach *way, const struct ssh_wish *w, struct arena *a);

#endif
