/* SPDX-License-Identifier: ISC */
/*
 * Which guests are started with the host: DATA/autostart/NAME is there, and
 * DATA/autostart.off/NAME is not. Two directories, so that who may write only the
 * second can switch a guest off, and never on.
 */
#ifndef BERTH_AUTOSTART_H
#define BERTH_AUTOSTART_H

#include <stdbool.h>

#include "model/facts.h"

const char *autostart_mark(const struct facts *f, const char *name, struct arena *a);
const char *autostart_off(const struct facts *f, const char *name, struct arena *a);
bool autostart_is_on(const struct facts *f, const char *name, struct arena *a);

/* The guests that are there and are to start, by name: a mark that a deleted guest has left behind is none. */
int autostart_names(const struct facts *f, struct words *out, struct arena *a, struct err *e);

#endif
