/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "app/attendant.h"
#include "cmd/common.h"

/* The sessions at a guest's console, and nothing else. */
static int end_viewers(struct call *c, const char *word, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	int ended;

	if (call_target(c, word, 0, &t, e) < 0)
		return -1;
	ended = attendant_end_all(&t, e);
	if (ended < 0)
		return -1;
	if (c->json)
		out_json("berth.done/1", json_pack("{s:s, s:s, s:i}", "verb", "stop", "guest", t.guest.name, "ended", ended));
	else if (!c->quiet)
		printf("%d viewer%s of '%s' ended\n", ended, ended == 1 ? "" : "s", t.guest.name);
	return 0;
}

static int stop_clients(struct call *c, struct err *e)
{
	struct tally tally = { 0 };

	if (c->dry_run || call_option(c, "all"))
		return err_set(e, ERR_USAGE, "--clients takes the names of guests, and is no plan (berth sessions --clients shows whom it ends)");
	if (c->argc == 1)
		return end_viewers(c, c->argv[0], e);
	for (int i = 0; i < c->argc; i++) {
		struct err one = { 0 };

		if (end_viewers(c, c->argv[i], &one) < 0)
			fprintf(stderr, "berth: %s\n", one.msg);
		tally_add(&tally, one.kind);
	}
	return c->argc ? tally_end(&tally, "stop --clients", e) : command_usage(c->command, e);
}

static int stop(struct call *c, struct err *e)
{
	bool clients = call_option(c, "clients"), force = call_option(c, "force"), delay = call_option(c, "delay");

	if (clients + force + delay > 1)
		return err_set(e, ERR_USAGE, "one of --delay (ask, and wait so long), --force (do not ask) and --clients (the guest goes on)");
	if (clients)
		return stop_clients(c, e);
	return call_many(c, force ? VERB_KILL : VERB_STOP, e);
}

static const struct opt options[] = {
	{ "all",  'a', NULL,     "every guest that runs" },
	OPTION_FILTER_ALL,
	{ "jobs", 'j', "NUMBER", "so many guests at a time (default: 1; with --all, 16)" },
	{ "delay", 'd', "SECONDS", "wait so long for it to power off, whatever run.stop_delay says" },
	{ "force", 'f', NULL,    "do not ask, but end it at once, as 'berth kill' does" },
	{ "clients", 0, NULL,    "only end who sits at its console; the guest goes on" },
	OPTION_YES,
	{ 0 },
};

const struct command cmd_stop = {
	.name = "stop",
	.group = "Guests",
	.args = "GUEST... | --all",
	.summary = "ask the guest to power off, then end it",
	.description = "Presses the power button and waits for run.stop_delay seconds, or as long as --delay says; a guest that has not powered off by then is ended, and the plan says so. --all is for the end of a host: every guest that runs, whatever started it, in the opposite order of 'berth boot', each before those it waits for in run.after, or those of them for which a --filter of 'berth list' holds; those whose hypervisor has no power button are ended.",
	.example = "berth stop hello\nberth stop --delay 300 db\nberth stop --all --filter driver=lxc",
	.options = options,
	.min = 0,
	.max = -1,
	.completes = "guest",
	.acts = true,
	.run = stop,
};
