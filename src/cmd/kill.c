/* SPDX-License-Identifier: ISC */
#include "cmd/common.h"

static int kill_(struct call *c, struct err *e)
{
	return call_many(c, VERB_KILL, e);
}

static const struct opt options[] = {
	{ "all",  'a', NULL,     "every guest that runs" },
	OPTION_FILTER_ALL,
	{ "jobs", 'j', "NUMBER", "so many guests at a time (default: 1; with --all, 16)" },
	OPTION_YES,
	{ 0 },
};

const struct command cmd_kill = {
	.name = "kill",
	.group = "Guests",
	.args = "GUEST... | --all",
	.summary = "end the guest at once",
	.description = "Ends the guest's process without asking the guest, as pulling the plug does. What its system had not written yet is lost. A guest that is saved does not run: 'berth start --cold' gives its memory up.",
	.example = "berth kill hello",
	.options = options,
	.min = 0,
	.max = -1,
	.completes = "guest",
	.acts = true,
	.run = kill_,
};
