/* SPDX-License-Identifier: ISC */
/* The keyboard at a guest's screen, through QMP. */
#ifndef BERTH_KEYBOARD_H
#define BERTH_KEYBOARD_H

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"

/*
 * Press keys one after the other, each "a" or several at once, "ctrl-alt-f1", by QEMU's
 * own names or those that people use. Nothing is pressed when QEMU does not know one.
 */
int keyboard_press(const char *control, const struct words *keys, struct err *e);

/* The keys that make a text, on a keyboard with American layout. ERR_UNSUPPORTED: it has no such character. */
int keyboard_keys(const char *text, struct words *keys, struct arena *a, struct err *e);

#endif
