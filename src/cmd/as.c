/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/as_ctys.h"
#include "cmd/cmd.h"
#include "front/calls.h"
#include "front/ctys.h"

static int unknown(const char *program, struct err *e)
{
	DEFER(str_done) struct str known = { 0 };

	for (const struct front_call *c = front_calls; c->program; c++)
		if (c == front_calls || !str_eq(c->program, c[-1].program))
			str_fmt(&known, "%s%s", known.n ? ", " : "", c->program);
	str_add(&known, ", ctys, ctys-vhost, ctys-createConfVM");
	for (const struct ctys_tool *t = ctys_tools; t->program; t++)
		str_fmt(&known, ", %s", t->program);
	return err_set(e, ERR_USAGE, "'%s' is no program that berth can be (%s)", program, str_text(&known));
}

/* They are the host's guests, whoever asks; where everything is below one directory it is those there. */
static bool for_system(void)
{
	const char *home = getenv("BERTH_HOME");

	return !home || !*home;
}

static int as(struct call *c, struct err *e)
{
	const char *program = c->argv[0];
	struct words words = { 0 };
	const struct front_call *f;
	struct err own = { 0 };
	int status = 0;

	if (as_ctys_is(program))
		return as_ctys(c);
	if (!front_is(program))
		return unknown(program, e);
	words_add(&words, &c->mem, "berth");
	f = front_call(program, c->argc - 1, c->argv + 1, for_system(), &words, &c->mem, &own);
	words_add(&words, &c->mem, NULL);
	if (f && words.v[1])
		status = dispatch((int)words.n - 1, (char **)words.v, &own);
	if (!own.kind)
		return status;
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", program, own.msg);
	return front_status(f, own.kind);
}

const struct command cmd_as = {
	.name = "as",
	.group = "This program",
	.args = "PROGRAM [WORD]...",
	.summary = "understand the calls of a program of qemu-init or ctys",
	.description = "Does what the call of an older program asks for; a symbolic link to berth that has its name does the same. They are "
		       "the host's guests that it is about, as with --system. The status is 0 when it worked, 1 when it failed, 2 for a "
		       "wrong call, 3 when the guest does not run, 4 without permission, 5 for an unknown name.\n\n"
		       "qemud start starts the guests that start with the host ('berth boot'), qemud stop asks every guest that runs to "
		       "power off, qemud status prints a line for each; with names, it is those guests. qemud-ast NAME switches the start "
		       "with the host on or off, which members of the group 'berth' may switch off. qemud-vnc tells where screens are, and "
		       "qemud-vnc NAME shows one; qemud-vnc -w writes that list into the file vncstatus. qemud-reg and qemu-adm register "
		       "and forget guests; qemu-mon NAME is a monitor to sit down at, qemu-cmd NAME COMMAND a single command for it.\n\n"
		       "ctys takes all of its options, targets, groups (files along CTYS_GROUPS_PATH, or in ~/.ctys/groups) and macros "
		       "(CTYS_MACRO_PATH, ~/.ctys/macros), and does with the guests of whoever calls what berth can do on this host; with -n "
		       "it prints the calls of berth instead. The rest, other hosts among it, is status 12, and a word that it does not "
		       "know 2, with its column. ctys-createConfVM writes NAME.ctys and the machine file NAME.conf, with values "
		       "from the environment, from what was there (which stays under another name), from --defaults-file, and of this host; --levo lists them all. "
		       "No target has the options of the one before it, a name has to match as a whole, and "
		       "nothing in a file is ever run.",
	.example = "berth as qemud status\nberth as ctys -t qemu -a create=l:web,reuse,console:none",
	.min = 1,
	.max = -1,
	.rest = true,
	.run = as,
};
