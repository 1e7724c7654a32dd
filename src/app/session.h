/* SPDX-License-Identifier: ISC */
/* Sessions of this host (driver host): put together from words, and how they ended. */
#ifndef BERTH_APP_SESSION_H
#define BERTH_APP_SESSION_H

#include "base/err.h"
#include "base/str.h"

struct session {
	const char *name, *kind;        /* as driver.host.session has it */
	const char *const *command;     /* NULL, or empty: what is usual */
	const char *run_as, *remote, *dir, *display, *geometry, *depth;         /* NULL: not said */
};

/* The machine file of one. */
int session_text(const struct session *s, struct str *out, struct err *e);

/* What its program ended with, by the file of reach.ending; -1: it has not, or it was killed. */
int session_status(const char *ending);

/* Where its X display is, by the same file: ":7", in buf; NULL: it has none. */
const char *session_display(const char *ending, char *buf, size_t size);

#endif
