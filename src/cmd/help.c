/* SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

static int help(struct call *c, struct err *e)
{
	const struct command *topic = NULL;

	if (c->argc && !(topic = command_find(c->argv[0])))
		return err_set(e, ERR_NOT_FOUND, "'%s' is no command (see 'berth help')", c->argv[0]);
	command_help(topic, c->json);
	return 0;
}

const struct command cmd_help = {
	.name = "help",
	.group = "This program",
	.args = "[COMMAND]",
	.summary = "list the commands, or tell all about one",
	.description = "Without a command, lists them all, a line each. With one, tells its options and shows an example.",
	.example = "berth help up",
	.max = 1,
	.completes = "command",
	.run = help,
};
