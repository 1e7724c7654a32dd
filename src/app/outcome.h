/* SPDX-License-Identifier: ISC */
/* How a command in a guest ended, and what it said. */
#ifndef BERTH_OUTCOME_H
#define BERTH_OUTCOME_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

struct outcome {
	int status;             /* as a shell gives it: 128 + n for signal n, 127 when it could not be started */
	struct str out, err;
	bool out_cut, err_cut;  /* there was more, which the way in did not keep */
};

void outcome_done(struct outcome *o);

/* 0 for status 0; else the last words of the command are the error. */
int outcome_check(const struct outcome *o, struct err *e);

#endif
