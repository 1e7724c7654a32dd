/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "app/survey.h"
#include "app/ways.h"
#include "cmd/common.h"

static void what_next(const struct call *c, const struct target *t)
{
	const char *name = t->guest.name;

	if (c->json) {
		out_json("berth.done/1", json_pack("{s:s, s:s, s:s}", "verb", "up", "guest", name, "driver", t->driver->name));
		return;
	}
	if (c->quiet)
		return;
	if (!t->driver->reach) {
		printf("'%s' is up (%s)\n", name, t->driver->name);
		return;
	}
	/* Only a machine has an accelerator, and only of its console do we know how to leave it. */
	if (t->driver->enter) {
		printf("'%s' is up (%s)\n", name, t->driver->name);
		printf("  berth console %s          its console\n", name);
	} else {
		printf("'%s' is up (%s, %s)\n", name, t->driver->name, t->facts.kvm ? "kvm" : "tcg");
		printf("  berth console %s          its console; Ctrl-] leaves\n", name);
	}
	printf("  berth exec %s -- COMMAND  a command inside, without a network\n", name);
	printf("  berth stop %s             power it off\n", name);
}

/* Emulation is ten times slower than KVM; who did not ask for it should know why. */
static void say_accelerator(const struct call *c, const struct target *t)
{
	if (!c->quiet && !t->facts.kvm && strcmp(t->guest.accel, "tcg"))
		fprintf(stderr, "berth: emulating the processor (tcg), which is slow: %s\n", t->facts.kvm_why);
}

static int up(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(plan_done) struct plan p = { 0 };

	bool once = call_option(c, "rm");

	if (ways_check(call_option(c, "wait"), call_option(c, "timeout"), e) < 0)
		return -1;
	if (call_target(c, c->argv[0], PROBE_BUILD | PROBE_START | (once ? PROBE_COPY : 0), &t, e) < 0)
		return -1;
	if (!c->facts_file && !t.driver->foreign && t.facts.state == STATE_RUNNING)
		t.facts.state = survey_one(&t.facts, t.driver, t.guest.name);
	if ((once ? act_plan_up_once(&t, &p, e) : act_plan_up(&t, &p, e)) < 0)
		return -1;
	if (!c->dry_run && p.steps.n && !strcmp(t.driver->name, "qemu"))
		say_accelerator(c, &t);
	if (call_plan(c, &t, &p, e) < 0)
		return err_add(e, "up '%s'", t.guest.name);
	if (c->dry_run)
		return 0;
	if (t.driver->reach && call_wait(c, &t, e) < 0)
		return -1;
	what_next(c, &t);
	return 0;
}

static const struct opt options[] = {
	{ "wait",    'w', "STAGE",   "wait for process, firmware, kernel, login (default), network or ssh" },
	{ "timeout", 't', "SECONDS", "how long to wait for that stage" },
	{ "rm",      0,   NULL,      "delete the guest, with its disks, as soon as it ends" },
	{ 0 },
};

const struct command cmd_up = {
	.name = "up",
	.group = "Guests",
	.args = "FILE|GUEST",
	.summary = "build the guest if needed, start it and wait until it is ready",
	.description = "From a machine file to a running, reachable guest: builds what is not built, starts what does not run, and waits "
		       "for the login prompt (or another stage) on its console. A guest that is up already is left as it is. With "
		       "--rm the guest is a throwaway: a small process waits for its end and deletes it. Should that process be killed, 'berth "
		       "list' tells what is left.",
	.example = "berth up examples/hello.conf\nberth up --rm examples/minimal.conf",
	.options = options,
	.min = 1,
	.max = 1,
	.completes = "file",
	.acts = true,
	.run = up,
};
