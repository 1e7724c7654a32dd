/* SPDX-License-Identifier: ISC */
#include "app/ways.h"
#include "cmd/common.h"

static int start(struct call *c, struct err *e)
{
	if (ways_check(call_option(c, "wait"), call_option(c, "timeout"), e) < 0)
		return -1;
	return call_many(c, VERB_START, e);
}

static const struct opt options[] = {
	OPTIONS_ONCE,
	{ "cold", 'c', NULL, "do not go on from saved memory: delete it, and boot" },
	{ "wait", 'w', "STAGE", "and wait for process, firmware, kernel, login, network or ssh" },
	{ "timeout", 't', "SECONDS", "how long to wait for that stage" },
	{ "jobs", 'j', "NUMBER", "so many guests at a time (default: 1)" },
	{ 0 },
};

const struct command cmd_start = {
	.name = "start",
	.group = "Guests",
	.args = "GUEST...",
	.summary = "start a guest that is built",
	.description = "Starts the guest in the background and returns as soon as its hypervisor answers; --wait waits for more, as 'berth wait' does, with the same exit status. A guest that was suspended goes on where it was; with --cold it is started anew, and its saved memory is deleted. " ONCE_TEXT "The guest's process belongs to the user guests run as, never to root unless the machine file says so, and is sandboxed.",
	.example = "berth start hello\nberth start --boot cd:rescue.iso hello\nberth start --append single hello",
	.options = options,
	.min = 1,
	.max = -1,
	.completes = "guest",
	.acts = true,
	.run = start,
};
