/* SPDX-License-Identifier: ISC */
#include "cmd/common.h"

static int suspend(struct call *c, struct err *e)
{
	return call_verb(c, VERB_SUSPEND, e);
}

static const struct opt options[] = {
	OPTION_YES,
	{ 0 },
};

const struct command cmd_suspend = {
	.name = "suspend",
	.group = "Guests",
	.args = "GUEST...",
	.summary = "write the guest's memory to disk and end it",
	.description = "Writes memory and devices into the guest's folder and ends its process; 'berth start' or 'berth resume' goes on where it "
		       "was. Until then the guest is 'saved': nothing copies it, and 'berth restore' or 'berth start --cold' give the "
		       "memory up. A suspend that fails leaves the guest running; one that was killed leaves it paused or saved.",
	.example = "berth suspend hello",
	.options = options,
	.min = 1,
	.max = -1,
	.completes = "guest",
	.acts = true,
	.run = suspend,
};
