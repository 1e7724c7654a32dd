/* SPDX-License-Identifier: ISC */
#include "cmd/common.h"

static int pause(struct call *c, struct err *e)
{
	return call_verb(c, VERB_PAUSE, e);
}

const struct command cmd_pause = {
	.name = "pause",
	.group = "Guests",
	.args = "GUEST...",
	.summary = "freeze the guest in memory",
	.description = "Stops the guest's processors. Its memory, and its connections as long as their peers are patient, stay as they are.",
	.example = "berth pause hello",
	.min = 1,
	.max = -1,
	.completes = "guest",
	.acts = true,
	.run = pause,
};
