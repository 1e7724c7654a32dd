/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "app/copies.h"
#include "cmd/common.h"

static void answer(const struct call *c, const struct target *t)
{
	const char *name = t->guest.name, *from = t->facts.other;

	if (c->json)
		out_json("berth.done/1", json_pack("{s:s, s:s, s:s, s:s}", "verb", verb_word(VERB_CLONE), "guest", name,
						   "driver", t->driver->name, "from", from));
	else if (!c->quiet)
		printf("'%s' is a clone of '%s' (berth start %s)\n", name, from, name);
}

static int clone_command(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(plan_done) struct plan p = { 0 };
	struct words warnings = { 0 };

	if (call_built(c, c->argv[0], PROBE_BUILD | PROBE_START | PROBE_COPY, &t, e) < 0 ||
	    copies_clone(&t, c->argv[1], &warnings, &p, e) < 0)
		return -1;
	for (size_t i = 0; !c->quiet && i < warnings.n; i++)
		fprintf(stderr, "berth: %s\n", warnings.v[i]);
	if (call_plan(c, &t, &p, e) < 0)
		return err_add(e, "clone '%s'", t.facts.other);
	if (!c->dry_run)
		answer(c, &t);
	return 0;
}

const struct command cmd_clone = {
	.name = "clone",
	.group = "Guests",
	.args = "GUEST NEW",
	.summary = "make a new guest with the content of a stopped one",
	.description = "The new guest has the machine file the other was built from, under its own name, and a copy of all that is on its "
		       "disks, attached images included. MAC and UUID follow from the name; those that the machine file gives are not copied. Static addresses and a "
		       "hostname from the machine file are kept, and told. What is inside the disks of a virtual machine stays as it is: "
		       "hostname, machine-id, addresses, the keys of its ssh server, and its snapshots. A container gets its own name, "
		       "machine-id, network files and ssh keys, and no snapshots.",
	.example = "berth clone web web2",
	.min = 2,
	.max = 2,
	.completes = "guest",
	.acts = true,
	.run = clone_command,
};
