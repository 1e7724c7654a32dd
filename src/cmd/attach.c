/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "app/plug.h"
#include "cmd/common.h"

static void answer(const struct call *c, const struct target *t)
{
	const char *name = t->guest.name, *device = t->facts.other;

	if (c->json)
		out_json("berth.done/1", json_pack("{s:s, s:s, s:s, s:s}", "verb", verb_word(VERB_ATTACH), "guest", name,
						   "driver", t->driver->name, "device", device));
	else if (!c->quiet)
		printf("'%s' has '%s' now (berth detach %s %s)\n", name, device, name, device);
}

static int attach(struct call *c, struct err *e)
{
	const struct plug_wish wish = { .kind = c->argv[1], .what = c->argv[2], .format = call_option(c, "format") };
	DEFER(target_done) struct target t = { 0 };
	DEFER(plan_done) struct plan p = { 0 };

	if (call_built(c, c->argv[0], PROBE_COPY, &t, e) < 0 || plug_attach(&t, &wish, &p, e) < 0)
		return -1;
	if (call_plan(c, &t, &p, e) < 0)
		return err_add(e, "attach a %s to '%s'", wish.kind, t.guest.name);
	if (!c->dry_run)
		answer(c, &t);
	return 0;
}

static const struct opt options[] = {
	{ "format", 'f', "FORMAT", "of a disk: qcow2, raw, vmdk or vdi; else as its name ends" },
	{ 0 },
};

const struct command cmd_attach = {
	.name = "attach",
	.group = "Guests",
	.args = "GUEST disk SIZE|FILE | nic TYPE[=BRIDGE|=LINK]",
	.summary = "add a disk or a network interface, also while the guest runs",
	.description = "A disk is made new with the given size, or is an image that is there, which stays where it is and is written to. An "
		       "interface has a type as in hardware.eths; while the guest runs, only root attaches one to a bridge, and nobody a cable of "
		       "type socket. The guest keeps "
		       "the device: it is written into the machine file in its folder, with the hot-plug slot it is in, so that no "
		       "other device moves. Guests have 8 slots.",
	.example = "berth attach web disk 20G\nberth attach web disk /srv/data.qcow2\nberth attach web nic host-only\nberth attach web nic network=lab",
	.options = options,
	.min = 3,
	.max = 3,
	.completes = "guest",
	.acts = true,
	.run = attach,
};
