/* SPDX-License-Identifier: ISC */
/*
 * Inside a running guest, by the one way its driver has: the words of driver->enter
 * in front of a command (enter.h), else the guest agent (agent.h). No network is
 * needed, and no account in the guest.
 *
 * The agent has limits that the other way has not: words and paths are UTF-8, a
 * command reads 8 MiB at most, and of what it says 16 MiB are kept.
 *
 * Between intr_begin() and intr_end() (sys/intr.h) SIGINT and its like end every
 * call with ERR_FAILED; a running command in the guest is then ended as well.
 */
#ifndef BERTH_INSIDE_H
#define BERTH_INSIDE_H

#include "app/agent.h"
#include "app/outcome.h"
#include "app/target.h"

struct inside {
	const char *const *prefix;      /* NULL: through the agent */
	bool quotes;                    /* what stands behind it is read by a shell */
	struct agent agent;
};

/*
 * A guest that can be entered must not be paused, or who enters it hangs: that is asked
 * first, by one look at a file where the driver names it (driver->freezer), or else of
 * the survey. For an agent, wait until it answers (seconds as typed; NULL: 30); ERR_TIMEOUT
 * says how far the guest has come. What in keeps lives in arena mem.
 */
int inside_open(const struct target *t, const char *seconds, struct inside *in, struct arena *mem, struct err *e);
void inside_close(struct inside *in);           /* twice is fine; so is a zeroed one */

/* The two ways by themselves; both borrow what they are given. */
int inside_open_agent(struct inside *in, const char *socket, int timeout_ms, struct err *e);
void inside_open_prefix(struct inside *in, const char *const *prefix, bool quotes);

/*
 * The words that run argv in the guest when this host executes them, in arena mem; NULL
 * when the way in is no program. Who becomes them (execvp) has the command's own streams,
 * terminal and status for the price of the program alone. A ^C reaches the command too,
 * but a signal to that one process need not: lxc-attach passes none on.
 */
const char *const *inside_words(const struct inside *in, const char *const *argv, struct arena *mem);

/* Run argv in the guest with all of input, a descriptor (-1: nothing), and wait for its end. */
int inside_exec(struct inside *in, const char *const *argv, int input, struct outcome *o, struct err *e);

/* The same for a question of ours, with a line for an answer; given up soon where that can be done. */
int inside_ask(struct inside *in, const char *const *argv, struct outcome *o, struct err *e);

/* The same for a command that only has to succeed: a status other than 0 becomes an error with its last words. */
int inside_do(struct inside *in, const char *const *argv, struct str *out, struct err *e);

/* The same for taking things back, after intr_shield(): whatever state the way is in, and for some seconds at most. */
void inside_tidy(struct inside *in, const char *const *argv);

/* Everything fd has, until its end, becomes the content of path in the guest; and the other way round. */
int inside_send(struct inside *in, int fd, const char *path, struct err *e);
int inside_fetch(struct inside *in, const char *path, int fd, struct err *e);

/* The guest's own addresses, none of them loopback or link-local. */
int inside_addresses(struct inside *in, struct words *out, struct arena *mem, struct err *e);

#endif
