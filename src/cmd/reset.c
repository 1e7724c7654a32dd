/* SPDX-License-Identifier: ISC */
#include "cmd/common.h"

static int reset(struct call *c, struct err *e)
{
	return call_verb(c, VERB_RESET, e);
}

static const struct opt options[] = {
	OPTION_YES,
	{ 0 },
};

const struct command cmd_reset = {
	.name = "reset",
	.group = "Guests",
	.args = "GUEST...",
	.summary = "press the reset button",
	.description = "Restarts the guest's machine without asking its system.",
	.example = "berth reset hello",
	.options = options,
	.min = 1,
	.max = -1,
	.completes = "guest",
	.acts = true,
	.run = reset,
};
