/* SPDX-License-Identifier: ISC */
/*
 * A guest's attendant, asked from outside: who looks at the console, end them, let me
 * in. text/frame.h is what is spoken.
 */
#ifndef BERTH_APP_ATTENDANT_H
#define BERTH_APP_ATTENDANT_H

#include <sys/types.h>

#include "app/target.h"
#include "base/vec.h"

/* A connection to the attendant of a running guest, which is started if there is none; -1. */
int attendant_connect(const struct target *t, struct err *e);

struct looker {
	long id;
	bool writes;
	uid_t uid;
	pid_t pid;
	long long since;        /* seconds of 1970 */
	const char *tty;        /* NULL: none */
};

struct lookers {
	pid_t attendant;        /* 0: there is none */
	VEC(struct looker) v;
};

/* Who is at the console of a guest, by its attendant's socket. No attendant: nobody. ERR_TIMEOUT: it does not answer. */
int attendant_list(const char *socket, struct lookers *out, struct arena *a, struct err *e);

/* End the viewer with that number (0: all). How many that were, or -1. */
int attendant_end(const char *socket, long id, struct err *e);

/* End every session at the console of a running guest; the guest goes on. How many that were, or -1. */
int attendant_end_all(const struct target *t, struct err *e);

/* Type at the guest, as a viewer that stays no longer; returns when the attendant has taken all of it. */
int attendant_type(const struct target *t, const char *bytes, size_t n, struct err *e);

/* What it said is nothing that we know; always -1. */
int attendant_strange(struct err *e);

/* "ada", or the number of a user or a group without a name. */
const char *user_name(uid_t uid, struct arena *a);
const char *group_name(gid_t gid, struct arena *a);

#endif
