/* SPDX-License-Identifier: ISC */
#include "app/keyboard.h"
#include "cmd/common.h"

static int sendkey(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	struct reach control = { 0 };
	struct words typed = { 0 };

	for (int i = 1; i < c->argc; i++)
		words_add(&typed, &c->mem, c->argv[i]);
	if (call_target(c, c->argv[0], 0, &t, e) < 0 || target_reach(&t, REACH_CONTROL, &control, &c->mem, e) < 0)
		return -1;
	return keyboard_press(control.socket, &typed, e);
}

const struct command cmd_sendkey = {
	.name = "sendkey",
	.group = "Reaching guests",
	.args = "GUEST KEY...",
	.summary = "press keys at the guest's screen",
	.description = "Presses one key after the other, or several at once where they are joined with '-'. The names are QEMU's own "
		       "(ret, spc, pgup, kp_enter, meta_l); enter, space, escape, del, pageup and win are understood, too. Nothing is "
		       "pressed when one of them is unknown.",
	.example = "berth sendkey web ctrl-alt-f1\nberth sendkey web up up ret",
	.min = 2,
	.max = -1,
	.completes = "guest",
	.run = sendkey,
};
