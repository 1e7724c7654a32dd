/* SPDX-License-Identifier: ISC */
#include "app/monitor.h"
#include "cmd/common.h"

static int ask(const struct call *c, const struct target *t, const char *control, struct err *e)
{
	DEFER(str_done) struct str answer = { 0 };

	if (monitor_ask(control, c->argv[1], &answer, e) < 0)
		return err_add(e, "monitor of '%s'", t->guest.name);
	if (c->json)
		out_json("berth.monitor/1", json_pack("{s:s, s:s, s:s}", "guest", t->guest.name, "command", c->argv[1],
						      "answer", str_text(&answer)));
	else
		out_text(&answer);
	return 0;
}

static int monitor(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	struct reach way = { 0 }, control = { 0 };
	struct console con = { .what = "monitor", .in = 0, .out = 1 };

	if (call_target(c, c->argv[0], 0, &t, e) < 0 || target_reach(&t, REACH_MONITOR, &way, &c->mem, e) < 0 ||
	    target_reach(&t, REACH_CONTROL, &control, &c->mem, e) < 0)
		return -1;
	if (c->argc > 1)
		return ask(c, &t, control.socket, e);
	con.name = t.guest.name;
	con.socket = way.socket;
	con.log = way.log;
	con.control = control.socket;
	con.lock = guest_run_file(&t.facts, t.guest.name, "monitor.lock", &c->mem);
	return call_console(c, &con, e);
}

const struct command cmd_monitor = {
	.name = "monitor",
	.group = "Reaching guests",
	.args = "GUEST [COMMAND]",
	.summary = "give a command to QEMU itself, or sit down at its prompt",
	.description = "Without a command this terminal is QEMU's own monitor until Ctrl-], one at a time. With one its answer is "
		       "printed, also while somebody sits at the prompt; what QEMU complains about is an error. 'berth monitor GUEST help' "
		       "lists the commands. What they change is not written down: the next start knows nothing of it.",
	.example = "berth monitor web\nberth monitor web 'info block'",
	.min = 1,
	.max = 2,
	.completes = "guest",
	.run = monitor,
};
