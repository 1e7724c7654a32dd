/* SPDX-License-Identifier: ISC */
#include "app/attendant.h"
#include "app/keyboard.h"
#include "cmd/common.h"

static int at_screen(struct call *c, const struct target *t, const char *text, struct err *e)
{
	struct reach control = { 0 };
	struct words typed = { 0 };

	if (target_reach(t, REACH_CONTROL, &control, &c->mem, e) < 0 || keyboard_keys(text, &typed, &c->mem, e) < 0)
		return -1;
	if (call_option(c, "enter"))
		words_add(&typed, &c->mem, "ret");
	return typed.n ? keyboard_press(control.socket, &typed, e) : 0;
}

static int at_console(struct call *c, const struct target *t, const char *text, struct err *e)
{
	DEFER(str_done) struct str typed = { 0 };
	struct reach way = { 0 };

	if (target_reach(t, REACH_CONSOLE, &way, &c->mem, e) < 0)
		return -1;
	if (way.argv)
		return err_set(e, ERR_UNSUPPORTED, "the console of '%s' wants a terminal (try berth exec)", t->guest.name);
	/* The key that ends a line, on a serial line as on a terminal, is a carriage return. */
	str_fmt(&typed, "%s%s", text, call_option(c, "enter") ? "\r" : "");
	return typed.n ? attendant_type(t, typed.s, typed.n, e) : 0;
}

static int type(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(str_done) struct str text = { 0 };

	for (int i = 1; i < c->argc; i++)
		str_fmt(&text, "%s%s", i > 1 ? " " : "", c->argv[i]);
	if (call_target(c, c->argv[0], 0, &t, e) < 0)
		return -1;
	return call_option(c, "screen") ? at_screen(c, &t, str_text(&text), e) : at_console(c, &t, str_text(&text), e);
}

static const struct opt options[] = {
	{ "enter",  'e', NULL, "press Enter behind it" },
	{ "screen", 's', NULL, "at the keyboard of its screen (American layout)" },
	{ 0 },
};

const struct command cmd_type = {
	.name = "type",
	.group = "Reaching guests",
	.args = "GUEST TEXT...",
	.summary = "type a text at the guest's console or screen",
	.description = "Types at the serial console, beside whoever sits there, and returns when the text is on its way; several words are "
		       "joined with spaces. What the guest says to it is in 'berth log'. For a secret use 'berth console GUEST <FILE': "
		       "the words of a command line can be read by everybody on this host.",
	.example = "berth type --enter web root\nberth type --screen --enter web ls",
	.options = options,
	.min = 2,
	.max = -1,
	.completes = "guest",
	.run = type,
};
