/* SPDX-License-Identifier: ISC */
#include "cmd/common.h"

static int stop(struct call *c, struct err *e)
{
	return call_verb(c, VERB_STOP, e);
}

const struct command cmd_stop = {
	.name = "stop",
	.group = "Guests",
	.args = "GUEST...",
	.summary = "ask the guest to power off, then end it",
	.description = "Presses the power button and waits for run.stop_delay seconds; a guest that has not powered off by then is ended, and the plan says so.",
	.example = "berth stop hello",
	.min = 1,
	.max = -1,
	.completes = "guest",
	.acts = true,
	.run = stop,
};
