/* SPDX-License-Identifier: ISC */
#include "cmd/common.h"

static int reboot(struct call *c, struct err *e)
{
	return call_verb(c, VERB_REBOOT, e);
}

static const struct opt options[] = {
	OPTION_YES,
	{ 0 },
};

const struct command cmd_reboot = {
	.name = "reboot",
	.group = "Guests",
	.args = "GUEST...",
	.summary = "ask the guest to reboot",
	.description = "Sends Ctrl-Alt-Del, which every init system takes as a wish to reboot. Does not wait for it.",
	.example = "berth reboot hello",
	.options = options,
	.min = 1,
	.max = -1,
	.completes = "guest",
	.acts = true,
	.run = reboot,
};
