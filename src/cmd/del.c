/* SPDX-License-Identifier: ISC */
#include "cmd/edit.h"
#include "text/iniedit.h"

static int del(struct call *c, struct err *e)
{
	DEFER(edit_done) struct edit d;

	if (edit_open(&d, c->argv[0], e) < 0)
		return -1;
	for (int i = 1; i < c->argc; i++) {
		DEFER(str_done) struct str out = { 0 };

		if (ini_del(&d.ini, c->argv[i], &out, e) < 0 || edit_replace(&d, &out, e) < 0)
			return -1;
	}
	return edit_save(&d, c, e);
}

const struct command cmd_del = {
	.name = "del",
	.group = "Machine files",
	.args = "FILE PATH...",
	.summary = "delete keys or sections of a machine file",
	.description = "Deletes keys, or sections with all that is in them. All or none: a path that is not there changes nothing and ends with status 3.",
	.example = "berth del web.conf gui users.users.user1",
	.options = edit_options,
	.min = 2,
	.max = -1,
	.completes = "file",
	.run = del,
};
