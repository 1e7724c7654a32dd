/* SPDX-License-Identifier: ISC */
/*
 * The host's own package sources, reduced to what a guest may use: entries of a
 * Debian or Ubuntu release (its suite, updates, security, backports; component
 * main), never those of third parties, never credentials. Read at run time, kept
 * nowhere but in the guests that are built from them.
 */
#ifndef BERTH_PROBE_APT_H
#define BERTH_PROBE_APT_H

#include "model/facts.h"

void probe_apt(struct facts *f);

/* The parts, on texts, for tests: what remains of a file in one of apt's two formats; "" when nothing does. */
char *apt_reduce_list(const char *text, struct arena *a);
char *apt_reduce_sources(const char *text, struct arena *a);

/* The lines of `apt-config dump` that a guest on the same mirror needs too. */
char *apt_reduce_conf(const char *dump, struct arena *a);

#endif
