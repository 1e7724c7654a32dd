/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "app/rename.h"
#include "cmd/common.h"

static int rename_command(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(plan_done) struct plan p = { 0 };

	if (call_built(c, c->argv[0], PROBE_COPY, &t, e) < 0 || rename_guest(&t, c->argv[1], &p, e) < 0)
		return -1;
	if (call_plan(c, &t, &p, e) < 0)
		return err_add(e, "rename '%s'", t.facts.other);
	if (c->dry_run)
		return 0;
	if (c->json)
		out_json("berth.done/1", json_pack("{s:s, s:s, s:s, s:s}", "verb", verb_word(VERB_RENAME), "guest", t.guest.name,
						   "driver", t.driver->name, "from", t.facts.other));
	else if (!c->quiet)
		printf("'%s' is called '%s' now\n", t.facts.other, t.guest.name);
	return 0;
}

const struct command cmd_rename = {
	.name = "rename",
	.group = "Guests",
	.args = "GUEST NEW",
	.summary = "give a stopped guest another name",
	.description = "Nothing changes but the name: UUID and MAC addresses that followed from the old one are written into the machine file in "
		       "the guest's folder first. The hostname and whatever else is inside the disks stays as it is, and so does "
		       "the machine file that the guest was built from, which describes another guest from then on.",
	.example = "berth rename web www",
	.min = 2,
	.max = 2,
	.completes = "guest",
	.acts = true,
	.run = rename_command,
};
