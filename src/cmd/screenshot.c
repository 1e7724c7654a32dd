/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <unistd.h>

#include "app/screenshot.h"
#include "cmd/common.h"

static int screenshot(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	struct reach control = { 0 };
	const char *file = call_option(c, "output"), *temp;

	if (call_target(c, c->argv[0], 0, &t, e) < 0 || target_reach(&t, REACH_CONTROL, &control, &c->mem, e) < 0)
		return -1;
	if (!file)
		file = arena_fmt(&c->mem, "%s.png", t.guest.name);
	temp = guest_run_file(&t.facts, t.guest.name, arena_fmt(&c->mem, "screen.%d.png", (int)getpid()), &c->mem);
	if (screenshot_take(control.socket, temp, file, e) < 0)
		return err_add(e, "screenshot of '%s'", t.guest.name);
	if (c->json)
		out_json("berth.screenshot/1", json_pack("{s:s, s:s}", "guest", t.guest.name, "file", file));
	else if (!c->quiet && !str_eq(file, "-"))
		printf("%s\n", file);
	return 0;
}

static const struct opt options[] = {
	{ "output", 'o', "FILE", "where the picture goes (default: GUEST.png; '-': standard output)" },
	{ 0 },
};

const struct command cmd_screenshot = {
	.name = "screenshot",
	.group = "Reaching guests",
	.args = "GUEST",
	.summary = "take a picture of the guest's screen",
	.description = "Writes what the guest's screen shows as a PNG file, whole or not at all, and prints the file's name.",
	.example = "berth screenshot hello -o hello.png",
	.options = options,
	.min = 1,
	.max = 1,
	.completes = "guest",
	.run = screenshot,
};
