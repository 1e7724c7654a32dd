/* SPDX-License-Identifier: ISC */
#include "app/copies.h"
#include "cmd/common.h"

static int restore(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(plan_done) struct plan p = { 0 };

	if (call_built(c, c->argv[0], PROBE_COPY | PROBE_START, &t, e) < 0 || copies_restore(&t, c->argv[1], &p, e) < 0)
		return -1;
	if (call_plan(c, &t, &p, e) < 0)
		return err_add(e, "restore '%s'", t.guest.name);
	if (c->json && !c->dry_run)
		out_json("berth.done/1", json_pack("{s:s, s:s, s:s, s:s}", "verb", verb_word(VERB_RESTORE), "guest", t.guest.name,
						   "driver", t.driver->name, "snapshot", t.facts.other));
	return 0;
}

const struct command cmd_restore = {
	.name = "restore",
	.group = "Guests",
	.args = "GUEST NAME",
	.summary = "put a guest back to a snapshot",
	.description = "The guest's content becomes what it was when the snapshot was made; what has been written since is lost. The snapshot "
		       "stays. From a snapshot of a running guest it runs on as it did then, or is paused as it was, whatever it does now; for any other it has "
		       "to be stopped. A restore that was interrupted is finished by doing it again.",
	.example = "berth restore web before-upgrade",
	.min = 2,
	.max = 2,
	.completes = "guest",
	.acts = true,
	.run = restore,
};
