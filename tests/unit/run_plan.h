/* SPDX-License-Identifier: ISC */
/* Carry out a plan in the scratch directory, with nobody who looks on. */
#ifndef RUN_PLAN_H
#define RUN_PLAN_H

#include "exec/exec.h"
#include "scratch.h"

static int run(struct plan *p, struct err *e)
{
	struct exec x = { 0 };

	*e = (struct err){ 0 };
	return plan_execute(p, &x, e);
}

#endif
