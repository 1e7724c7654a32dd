/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "app/copies.h"
#include "cmd/common.h"
#include "cmd/rows.h"

static const struct field fields[] = {
	{ "name", "NAME", 0, false, "what the snapshot is called", NULL },
	{ "made", "MADE", 0, false, "when it was made", NULL },
	{ 0 },
};

static int list(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(view_done) struct view v = { 0 };
	struct words names = { 0 };

	if (c->argc > 1)
		return command_usage(c->command, e);
	if (call_view(c, &v, e) < 0 || view_usual(&v, "name,made", e) < 0 || call_target(c, c->argv[0], 0, &t, e) < 0 ||
	    copies_list(&t, &names, &c->mem, e) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		view_add(&v, (const char *const[]){ names.v[i], copies_made(&t, names.v[i], &c->mem) });
	call_rows(c, &v, "berth.snapshots/1", "snapshots", json_pack("{s:s}", "guest", t.guest.name));
	return 0;
}

static void answer(const struct call *c, const struct target *t, bool deleted)
{
	const char *name = t->guest.name, *snapshot = t->facts.other;

	if (c->json)
		out_json("berth.done/1", json_pack("{s:s, s:s, s:s, s:s, s:b}", "verb", verb_word(VERB_SNAPSHOT), "guest", name,
						   "driver", t->driver->name, "snapshot", snapshot, "deleted", deleted));
	else if (c->quiet)
		return;
	else if (deleted)
		printf("'%s' has no snapshot '%s' any more\n", name, snapshot);
	else
		printf("'%s' is kept as '%s' (berth restore %s %s)\n", name, snapshot, name, snapshot);
}

static int snapshot(struct call *c, struct err *e)
{
	const char *unwanted = call_option(c, "delete"), *name = c->argc > 1 ? c->argv[1] : NULL;
	DEFER(target_done) struct target t = { 0 };
	DEFER(plan_done) struct plan p = { 0 };

	if (call_option(c, "list"))
		return unwanted ? err_set(e, ERR_USAGE, "--list and --delete exclude each other") : list(c, e);
	if (unwanted && name)
		return command_usage(c->command, e);
	if (call_built(c, c->argv[0], PROBE_COPY, &t, e) < 0 ||
	    (unwanted ? copies_forget(&t, unwanted, &p, e) : copies_snapshot(&t, name, &p, e)) < 0)
		return -1;
	if (call_plan(c, &t, &p, e) < 0)
		return err_add(e, "snapshot '%s' of '%s'", t.facts.other, t.guest.name);
	if (!c->dry_run)
		answer(c, &t, unwanted);
	return 0;
}

static const struct opt options[] = {
	{ "list",   'l', NULL,   "list the snapshots of the guest, with the time they were made" },
	{ "delete", 'd', "NAME", "delete that snapshot instead of making one" },
	{ 0 },
};

const struct command cmd_snapshot = {
	.name = "snapshot",
	.group = "Guests",
	.args = "GUEST [NAME]",
	.summary = "keep the content of a guest under a name",
	.description = "Keeps what is on the guest's disks, so that 'berth restore' can put it back. Of a machine that runs it keeps the "
		       "memory, too; the guest stands still for as long as that takes. Without a name the snapshot is called snap0, snap1 and so on, the first that is free. Snapshots are the guest's own and are deleted with it.",
	.example = "berth snapshot web before-upgrade\nberth snapshot --list web\nberth snapshot --delete before-upgrade web",
	.options = options,
	.min = 1,
	.max = 2,
	.completes = "guest",
	.acts = true,
	.fields = fields,
	.run = snapshot,
};
