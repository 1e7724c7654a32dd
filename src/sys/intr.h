/* SPDX-License-Identifier: ISC */
/*
 * Being asked to stop. Between intr_begin() and intr_end() SIGINT, SIGTERM and
 * SIGHUP are held back except inside intr_poll(), so a wait either sees the request
 * or has not begun: none is lost between a check and a system call. Every wait of
 * sys/ goes through intr_poll(); outside such a pair it is poll(2) that goes on
 * after other signals.
 *
 * One pair per process at a time.
 */
#ifndef BERTH_INTR_H
#define BERTH_INTR_H

#include <poll.h>
#include <stdbool.h>

void intr_begin(void);
bool intr_asked(void);          /* since intr_begin; stays true */
void intr_hold(bool on);        /* for a wait that has to be seen through: requests are kept until hold is off */
void intr_shield(void);         /* for taking things back: waits are undisturbed from here on */
void intr_end(void);            /* signals are as they were before intr_begin */

/* poll(2), but -1 with EINTR means: asked to stop. */
int intr_poll(struct pollfd *fds, nfds_t n, int timeout_ms);

long now_ms(void);                      /* monotonic */
long deadline_ms(int timeout_ms);       /* the moment that is timeout_ms from now; -1: never (timeout < 0) */
int left_ms(long deadline);             /* for poll: milliseconds until then, -1 for never */

#endif
