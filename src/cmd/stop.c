/* SPDX-License-Identifier: ISC */
#include "cmd/common.h"

static int stop(struct call *c, struct err *e)
{
	return call_many(c, VERB_STOP, e);
}

static const struct opt options[] = {
	{ "all",  'a', NULL,     "every guest that runs" },
	{ "jobs", 'j', "NUMBER", "so many guests at a time (default: 1; with --all, 16)" },
	OPTION_YES,
	{ 0 },
};

const struct command cmd_stop = {
	.name = "stop",
	.group = "Guests",
	.args = "GUEST... | --all",
	.summary = "ask the guest to power off, then end it",
	.description = "Presses the power button and waits for run.stop_delay seconds; a guest that has not powered off by then is ended, and the plan says so. --all is for the end of a host: every guest that runs, whatever started it, in the opposite order of 'berth boot', each before those it waits for in run.after; those whose hypervisor has no power button are ended.",
	.example = "berth stop hello",
	.options = options,
	.min = 0,
	.max = -1,
	.completes = "guest",
	.acts = true,
	.run = stop,
};
