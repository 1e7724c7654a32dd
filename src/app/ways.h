/* SPDX-License-Identifier: ISC */
/* The ways into a running guest, from the target a command has loaded. */
#ifndef BERTH_WAYS_H
#define BERTH_WAYS_H

#include <jansson.h>

#include "app/stage.h"
#include "app/target.h"

/*
 * Wait for a stage by name; NULL: "login" for a guest with an operating system of
 * ours, else "process". seconds as the user typed them; NULL: what the machine file says.
 */
int ways_wait(const struct target *t, const char *stage, const char *seconds, enum stage *reached, struct err *e);

/* Are these a stage and a number of seconds? NULL is. For who has something to do before he waits. */
int ways_check(const char *stage, const char *seconds, struct err *e);

/* "1.5" → 1500; def when text is NULL. */
int ways_seconds(const char *text, double def, int *ms, struct err *e);

/* Bytes of a guest as a JSON string; those that are not UTF-8 become '?'. */
json_t *ways_json(const char *bytes, size_t n);

#endif
