/* SPDX-License-Identifier: ISC */
/*
 * From an intention to steps, and from steps to facts: what a verb means for a
 * guest in the state it is in, the plan for it, and its execution with secrets,
 * log and journal in place.
 */
#ifndef BERTH_ACT_H
#define BERTH_ACT_H

#include "app/target.h"
#include "exec/exec.h"

/* Of a guest without a lock of ours only its hypervisor can tell whether it runs; an error when that does not say. */
int act_knows_state(const struct target *t, struct err *e);

/* Is the guest in a state for this verb? "Already so" is ERR_EXISTS; other errors name the way out. */
int act_fits(const struct target *t, enum verb v, struct err *e);

/* Does nobody else have what this verb takes: a name and, once it runs, addresses? */
int act_is_free(const struct target *t, enum verb v, struct err *e);

/*
 * The plan of one verb. "Already so" is ERR_EXISTS (start of a running guest),
 * a verb that makes no sense in this state an error that names the way out.
 * CLONE, SNAPSHOT, RESTORE and EXPORT begin in copies.h.
 */
int act_plan(const struct target *t, enum verb v, struct plan *p, struct err *e);

/* The plan of `up`: build what is not built, start what does not run, resume what is paused. Empty: all is so already. */
int act_plan_up(const struct target *t, struct plan *p, struct err *e);

/* The same for a guest that is deleted when it ends; t is one then. */
int act_plan_up_once(struct target *t, struct plan *p, struct err *e);

/* The last step of that: a process that waits for its end and deletes it. */
void act_add_reaper(const struct target *t, struct plan *p);

/* Wait for the end of such a guest, and delete it. */
int act_plan_reap(const struct target *t, struct plan *p, struct err *e);

struct act_show {
	void (*progress)(void *arg, const struct plan *p, size_t step, bool done, double seconds);
	void (*part)(void *arg, const struct plan *p, const struct step *s, double share);
	void *arg;
	void (*trouble)(void *arg, const char *message);        /* what went wrong in a step that may fail; with the target */
	bool forced;            /* set: something did not happen in time, and what was planned for that case was done */
};

/* Carry out. Everything said by the programs goes into DATA/log/NAME.log. */
int act_execute(const struct target *t, const struct plan *p, struct act_show *show, struct err *e);

#endif
