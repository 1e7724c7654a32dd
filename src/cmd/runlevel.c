/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "app/inside.h"
#include "cmd/common.h"
#include "sys/intr.h"

/* Both names of one program; neither is where every agent looks. */
#define CHANGE "PATH=$PATH:/usr/sbin:/sbin; command -v telinit >/dev/null || exec init \"$1\"; exec telinit \"$1\""

static int change(struct inside *in, const char *level, struct err *e)
{
	int failed;

	intr_begin();
	failed = inside_do(in, ARGV("sh", "-c", CHANGE, "sh", level), NULL, e);
	intr_end();
	return failed;
}

static int runlevel(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(inside_close) struct inside in = { 0 };
	const char *level = c->argv[1];

	if (strlen(level) != 1 || !strchr("0123456sS", *level))
		return err_set(e, ERR_USAGE, "'%s' is no run level (0 to 6, or S)", level);
	if (call_target(c, c->argv[0], 0, &t, e) < 0 || inside_open(&t, call_option(c, "timeout"), &in, &c->mem, e) < 0)
		return -1;
	if (change(&in, level, e) < 0)
		return err_add(e, "run level of '%s'", t.guest.name);
	if (c->json)
		out_json("berth.done/1", json_pack("{s:s, s:s, s:s}", "verb", "runlevel", "guest", t.guest.name, "level", level));
	return 0;
}

static const struct opt options[] = {
	{ "timeout", 't', "SECONDS", "wait so long for a guest agent (default: 30)" },
	{ 0 },
};

const struct command cmd_runlevel = {
	.name = "runlevel",
	.group = "Guests",
	.args = "GUEST LEVEL",
	.summary = "have the guest change its run level",
	.description = "The guest's own init is told (telinit): 0 powers off, 6 reboots, 1 or S is for rescue, 3 and 5 are without and "
		       "with a desktop. Goes in as 'berth exec' does, and the hypervisor has no part in it. Does not wait for the end of the change.",
	.example = "berth runlevel web 3",
	.options = options,
	.min = 2,
	.max = 2,
	.completes = "guest",
	.run = runlevel,
};
