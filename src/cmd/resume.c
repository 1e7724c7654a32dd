/* SPDX-License-Identifier: ISC */
#include "cmd/common.h"

static int resume(struct call *c, struct err *e)
{
	return call_verb(c, VERB_RESUME, e);
}

const struct command cmd_resume = {
	.name = "resume",
	.group = "Guests",
	.args = "GUEST...",
	.summary = "let a paused or suspended guest go on",
	.description = "Lets the processors of a paused guest go on. A guest that was suspended is started and goes on where it was.",
	.example = "berth resume hello",
	.min = 1,
	.max = -1,
	.completes = "guest",
	.acts = true,
	.run = resume,
};
