/* SPDX-License-Identifier: ISC */
#include "cmd/common.h"

static int kill_(struct call *c, struct err *e)
{
	return call_verb(c, VERB_KILL, e);
}

const struct command cmd_kill = {
	.name = "kill",
	.group = "Guests",
	.args = "GUEST...",
	.summary = "end the guest at once",
	.description = "Ends the guest's process without asking the guest, as pulling the plug does. What its system had not written yet is lost. A guest that is saved does not run: 'berth start --cold' gives its memory up.",
	.example = "berth kill hello",
	.min = 1,
	.max = -1,
	.completes = "guest",
	.acts = true,
	.run = kill_,
};
