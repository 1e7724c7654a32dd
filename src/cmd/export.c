/* SPDX-License-Identifier: ISC */
#include "app/copies.h"
#include "cmd/common.h"

static int export(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(plan_done) struct plan p = { 0 };

	if (call_built(c, c->argv[0], PROBE_COPY, &t, e) < 0 || copies_export(&t, c->argv[1], &p, e) < 0)
		return -1;
	if (call_plan(c, &t, &p, e) < 0)
		return err_add(e, "export '%s'", t.guest.name);
	if (c->json && !c->dry_run)
		out_json("berth.done/1", json_pack("{s:s, s:s, s:s, s:s}", "verb", verb_word(VERB_EXPORT), "guest", t.guest.name,
						   "driver", t.driver->name, "file", t.facts.other));
	return 0;
}

const struct command cmd_export = {
	.name = "export",
	.group = "Guests",
	.args = "GUEST FILE|FOLDER/",
	.summary = "pack a guest into one file, or a folder",
	.description = "Writes the guest into a file that is not there yet, whole or not at all. A machine may run meanwhile: its disks are "
		       "copied as they were at one moment, for which its file systems are frozen if its agent answers. A machine file can "
		       "take the disks as its source. Only its owner can read the file: "
		       "passwords of the machine file are in it. Of a machine there is a folder FOLDER/GUEST with the same in it, when what "
		       "is named is a folder.",
	.example = "berth export web web.tar.gz\nberth export web backup/",
	.min = 2,
	.max = 2,
	.completes = "guest",
	.acts = true,
	.run = export,
};
