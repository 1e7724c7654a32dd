/* SPDX-License-Identifier: ISC */
/*
 * Many guests at once: for each task a child process of this program, so many at a
 * time, in the order of the tasks. A task may wait for others to have ended well; when
 * one of them has not, it is skipped. What a child says is kept apart and given out
 * whole when it ends.
 *
 *	DEFER(fan_done) struct fan fan = { .jobs = 4, .ended = show };
 *	struct fan_task *t = fan_add(&fan, "web", ARGV("start", "web"));
 *	fan_run(&fan, e);
 *
 * Delays are measured by the monotonic clock: nobody who sets the time changes them.
 */
#ifndef BERTH_FANOUT_H
#define BERTH_FANOUT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

/* Our own program, even when its file has been replaced since. */
#define FAN_SELF "/proc/self/exe"

enum fan_state { FAN_WAITING, FAN_RUNNING, FAN_ENDED, FAN_SKIPPED };

struct fan_task {
	const char *name;               /* for messages: the guest */
	const char *const *argv;        /* this program's words, itself first */
	VEC(size_t) after;              /* tasks that have to end well before */
	int delay_ms;                   /* and so long after the last of them */
	bool watches;                   /* it only waits for something, and takes no place from the others */
	bool anyway;                    /* those before it need not end well */
	int fine;                       /* another status besides 0 that is good */

	/* what came of it */
	enum fan_state state;
	int status;                     /* ENDED: as a shell has it */
	size_t cause;                   /* SKIPPED: the task it waited for in vain */
	struct str out, err;

	/* while it runs */
	long due;                       /* 0: not known yet */
	int pid, pidfd, out_fd, err_fd;
};

struct fan {
	struct arena mem;
	VEC(struct fan_task) tasks;
	int jobs;                       /* so many at a time */
	void (*ended)(void *arg, const struct fan *f, const struct fan_task *t);    /* one has ended or was skipped; NULL: nobody wants to know */
	void *arg;
};

/* One more task; the pointer holds until the next one. Its words are copied. */
struct fan_task *fan_add(struct fan *f, const char *name, const char *const *words);

/* Until all have ended or were skipped; -1 when interrupted, the children ended by then. */
int fan_run(struct fan *f, struct err *e);

bool fan_good(const struct fan_task *t);
enum err_kind fan_kind(const struct fan_task *t);       /* what a task's end is for the status of all; ERR_NONE: good */
void fan_done(struct fan *f);

/* "--jobs": a number of at least 1; def when text is NULL. */
int fan_jobs(const char *text, int def, int *jobs, struct err *e);

#endif
