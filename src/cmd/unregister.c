/* SPDX-License-Identifier: ISC */
#include "cmd/common.h"

/* Its machine file may be gone, so it is not read. */
static int unregister(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(plan_done) struct plan p = { 0 };
	const char *name;

	if (target_recorded(&t, c->argv[0], e) < 0)
		return -1;
	name = t.guest.name;
	if (act_plan(&t, VERB_UNREGISTER, &p, e) < 0)
		return -1;
	if (call_plan(c, &t, &p, e) < 0)
		return err_add(e, "unregister '%s'", name);
	if (c->json && !c->dry_run)
		out_json("berth.done/1", json_pack("{s:s, s:s, s:s}", "verb", "unregister", "guest", name,
						   "driver", t.driver->name));
	return 0;
}

const struct command cmd_unregister = {
	.name = "unregister",
	.group = "Guests",
	.args = "GUEST",
	.summary = "forget a registered guest, and leave its disks where they are",
	.description = "Takes back what 'berth register' did. The machine file and the disks stay as they are; they need not be there any "
		       "more, either.",
	.example = "berth unregister old",
	.min = 1,
	.max = 1,
	.completes = "guest",
	.acts = true,
	.run = unregister,
};
