/* SPDX-License-Identifier: ISC */
#include "app/keep.h"
#include "app/ways.h"
#include "cmd/common.h"

static int keep(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	struct keep k = { .t = &t, .word = c->argv[0], .stage = call_option(c, "wait"), .timeout = call_option(c, "timeout"),
			  .running = call_option(c, "running") };
	int status;

	if (ways_check(k.stage, k.timeout, e) < 0)
		return -1;
	if (call_target(c, c->argv[0], 0, &t, e) < 0)
		return -1;
	/* The guest stays the same, whatever else an address may come to mean. */
	if (t.name)
		k.word = t.name;
	status = keep_guest(&k, e);
	return status < 0 ? err_add(e, "keep '%s'", t.guest.name) : status;
}

static const struct opt options[] = {
	{ "wait",    'w', "STAGE",   "ready at process (default), firmware, kernel, login, network or ssh" },
	{ "timeout", 't', "SECONDS", "how long to wait for that stage" },
	{ "running", 'r', NULL,      "do nothing unless the guest runs" },
	{ 0 },
};

const struct command cmd_keep = {
	.name = "keep",
	.group = "Guests",
	.args = "GUEST",
	.summary = "start a guest, and start it again when it ends",
	.description =
		"Stays in the foreground, for systemd (berth@.service), runit or a shell's '&'. It starts the guest unless that runs, waits "
		"for its end, and starts it again as run.restart of its machine file says, each time after a longer pause; with run.restart = "
		"never it ends with the guest. An end that 'berth stop', 'berth kill' or 'berth suspend' has caused is none to start it again "
		"after. SIGTERM stops the guest, and then the keeper. 'berth start' of a guest with run.restart leaves a keeper behind, so "
		"this need not be called for it; there is never more than one. A keeper that is killed leaves the guest running, and 'berth "
		"list' says 'not kept' until it is called again. systemd hears when the guest has reached the stage, and how things are.",
	.example = "berth keep web --wait login",
	.options = options,
	.min = 1,
	.max = 1,
	.completes = "guest",
	.run = keep,
};
