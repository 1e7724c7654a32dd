/* SPDX-License-Identifier: ISC */
#include "app/plug.h"
#include "cmd/common.h"

static int cd(struct call *c, struct err *e)
{
	bool insert = str_eq(c->argv[1], "insert");
	DEFER(target_done) struct target t = { 0 };
	DEFER(plan_done) struct plan p = { 0 };

	if ((!insert && !str_eq(c->argv[1], "eject")) || c->argc != 2 + insert)
		return command_usage(c->command, e);
	if (call_built(c, c->argv[0], PROBE_COPY, &t, e) < 0 ||
	    plug_cd(&t, call_option(c, "drive"), insert ? c->argv[2] : NULL, &p, e) < 0)
		return -1;
	if (call_plan(c, &t, &p, e) < 0)
		return err_add(e, "%s the CD of '%s'", c->argv[1], t.guest.name);
	if (c->json && !c->dry_run)
		out_json("berth.done/1", json_pack("{s:s, s:s, s:s, s:s}", "verb", verb_word(VERB_CD), "guest", t.guest.name,
						   "driver", t.driver->name, "device", t.facts.other));
	return 0;
}

static const struct opt options[] = {
	{ "drive", 0, "NAME", "which drive, by its name in the machine file (default: the first)" },
	{ 0 },
};

const struct command cmd_cd = {
	.name = "cd",
	.group = "Guests",
	.args = "GUEST insert FILE | eject",
	.summary = "change or eject the CD, also while the guest runs",
	.description = "The drive is one of hardware.cd_drives. What is in it is written into the machine file in the guest's folder, so the next "
		       "start finds it there. A CD in use is changed all the same.",
	.example = "berth cd web insert debian-12.iso\nberth cd web eject",
	.options = options,
	.min = 2,
	.max = 3,
	.completes = "guest",
	.acts = true,
	.run = cd,
};
