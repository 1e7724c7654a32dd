/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "app/plug.h"
#include "cmd/common.h"
#include "model/image.h"

/* What an attached disk holds is not ours to delete, so it is told where it is. */
static const char *kept(const struct target *t, struct arena *a)
{
	const struct guest *g = &t->guest;

	for (size_t i = 0; i < g->disks.n; i++)
		if (str_eq(g->disks.v[i].place.name, t->facts.other))
			return g->disks.v[i].source ? g->disks.v[i].source
				: arena_fmt(a, "%s/%s", guest_folder(&t->facts, g->name, a), image_file(g, i, a));
	return NULL;
}

static int detach(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(plan_done) struct plan p = { 0 };
	const char *file;

	if (call_built(c, c->argv[0], PROBE_COPY, &t, e) < 0 || plug_detach(&t, c->argv[1], &p, e) < 0)
		return -1;
	if (call_plan(c, &t, &p, e) < 0)
		return err_add(e, "detach '%s' from '%s'", t.facts.other, t.guest.name);
	file = kept(&t, &c->mem);
	if (c->dry_run)
		return 0;
	if (c->json)
		out_json("berth.done/1", json_pack("{s:s, s:s, s:s, s:s, s:s?}", "verb", verb_word(VERB_DETACH), "guest", t.guest.name,
						   "driver", t.driver->name, "device", t.facts.other, "file", file));
	else if (!c->quiet)
		printf("'%s' has no '%s' any more%s%s\n", t.guest.name, t.facts.other, file ? "; what is on it is in " : "", file ? file : "");
	return 0;
}

const struct command cmd_detach = {
	.name = "detach",
	.group = "Guests",
	.args = "GUEST DEVICE",
	.summary = "take away a disk or an interface that was attached",
	.description = "The device goes by its name in the machine file, as 'berth attach' has said it. A guest that runs has to let go of it: "
		       "its own driver is asked, and given half a minute. The file of a disk is kept.",
	.example = "berth detach web hdd1",
	.min = 2,
	.max = 2,
	.completes = "guest",
	.acts = true,
	.run = detach,
};
