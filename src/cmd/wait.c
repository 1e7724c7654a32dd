/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "app/ways.h"
#include "cmd/common.h"
#include "sys/intr.h"

static void answer(const struct call *c, const struct target *t, enum stage reached, long took_ms)
{
	if (c->json)
		out_json("berth.wait/1", json_pack("{s:s, s:s, s:f}", "guest", t->guest.name, "reached", stage_word(reached),
						   "seconds", (double)took_ms / 1000.0));
	else if (!c->quiet)
		printf("'%s' has reached '%s' (%.1f s)\n", t->guest.name, stage_word(reached), (double)took_ms / 1000.0);
}

static int wait_command(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	long began = now_ms();
	enum stage reached;

	if (call_target(c, c->argv[0], 0, &t, e) < 0 ||
	    ways_wait(&t, call_option(c, "stage"), call_option(c, "timeout"), &reached, e) < 0)
		return -1;
	answer(c, &t, reached, now_ms() - began);
	return 0;
}

static const struct opt options[] = {
	{ "stage",   's', "STAGE",   "process, firmware, kernel, login (default), network or ssh" },
	{ "timeout", 't', "SECONDS", "give up after so long (default: run.wait_timeout of the machine file)" },
	{ 0 },
};

const struct command cmd_wait = {
	.name = "wait",
	.group = "Reaching guests",
	.args = "GUEST",
	.summary = "wait until a running guest has reached a stage",
	.description =
		"The stages come in this order: process, its hypervisor runs and answers; firmware, the console says something; "
		"kernel, an operating system has begun; login, the console asks who is there, or a container has started what it "
		"should; network, the guest has an address; ssh, its ssh server greets. A later stage implies the earlier ones, and "
		"the first four need neither network nor agent. When time is up the exit status is 7 and the message names the "
		"stage reached and the last lines of the console. A guest that ends or panics meanwhile is not waited for.",
	.example = "berth wait hello --stage ssh --timeout 60",
	.options = options,
	.min = 1,
	.max = 1,
	.completes = "guest",
	.run = wait_command,
};
