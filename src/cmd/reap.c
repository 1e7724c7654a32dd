/* SPDX-License-Identifier: ISC */
#include "cmd/common.h"

static int reap(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(plan_done) struct plan p = { 0 };

	if (call_built(c, c->argv[0], 0, &t, e) < 0 || act_plan_reap(&t, &p, e) < 0)
		return -1;
	return call_plan(c, &t, &p, e) < 0 ? err_add(e, "reap '%s'", t.guest.name) : 0;
}

const struct command cmd_reap = {
	.name = "reap",
	.group = "Guests",
	.args = "GUEST",
	.summary = "wait for the end of a throwaway guest and delete it",
	.description = "What 'berth up --rm' leaves running beside the guest; it may be killed and called again.",
	.example = "berth reap web",
	.min = 1,
	.max = 1,
	.completes = "guest",
	.acts = true,
	.run = reap,
};
