/* SPDX-License-Identifier: ISC */
/* Who serves and who looks at the consoles and screens of this host's guests. */
#ifndef BERTH_SESSIONS_H
#define BERTH_SESSIONS_H

#include "base/vec.h"
#include "model/facts.h"

#define SESSION_TUNNEL "tunnel"

struct session_row {
	const char *id;         /* "web:7", "web:tunnel5901": as `berth sessions end` takes it; "web:console" of a server */
	const char *guest;
	char side;              /* 'S' a server, 'C' a client of one, 'T' a tunnel, by which clients come */
	const char *kind;       /* "console", "screen" */
	const char *user, *tty; /* NULL: unknown */
	pid_t pid;              /* 0: unknown */
	long long since;        /* seconds of 1970; 0: unknown */
	const char *what;       /* "rw", "ro"; of a server, where it is; of a screen's client, where it comes from */
};

struct sessions {
	struct arena mem;
	VEC(struct session_row) rows;
};

/*
 * Of every guest that runs, or those named in only. What does not answer within a
 * second is left out; a guest that hangs keeps nobody.
 */
int sessions_list(struct facts *f, const struct words *only, struct sessions *out, struct err *e);
void sessions_done(struct sessions *s);

#endif
