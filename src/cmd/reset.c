/* SPDX-License-Identifier: ISC */
#include "cmd/common.h"

static int reset(struct call *c, struct err *e)
{
	return call_verb(c, VERB_RESET, e);
}

const struct command cmd_reset = {
	.name = "reset",
	.group = "Guests",
	.args = "GUEST...",
	.summary = "press the reset button",
	.description = "Restarts the guest's machine without asking its system.",
	.example = "berth reset hello",
	.min = 1,
	.max = -1,
	.completes = "guest",
	.acts = true,
	.run = reset,
};
