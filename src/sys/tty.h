/* SPDX-License-Identifier: ISC */
/*
 * The user's terminal in raw mode, and back, whatever happens: on the way out of
 * the program, and when a signal ends it, its settings are as they were. One
 * terminal at a time.
 */
#ifndef BERTH_TTY_H
#define BERTH_TTY_H

#include <stdbool.h>

#include "base/err.h"

int tty_raw(int fd, struct err *e);     /* every key as a byte, no echo */
void tty_restore(void);                 /* twice is fine */
int tty_rows(int fd);                   /* 24 when it does not say */

/* From now on a descriptor that is readable when the size may have changed; -1 with errno. Before intr_begin(). */
int tty_watch_size(void);
bool tty_size(int fd, int watch, int *rows, int *columns);      /* false: it does not say */

#endif
