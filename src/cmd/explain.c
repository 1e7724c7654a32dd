/* SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"
#include "model/key.h"

/* Without a key: all of them, a line each. */
static void list_keys(struct str *out)
{
	for (size_t i = 0; i < nkeys; i++)
		if (!keys[i].alias_of)
			str_fmt(out, "%-44s %s\n", keys[i].path, keys[i].help);
}

static int explain(struct call *c, struct err *e)
{
	DEFER(str_done) struct str out = { 0 };

	if (!c->argc) {
		list_keys(&out);
	} else if (key_explain(c->argv[0], &out) < 0) {
		const char *near = key_nearest(c->argv[0], &c->mem);

		if (near)
			return err_set(e, ERR_NOT_FOUND, "'%s' is no key of a machine file (did you mean '%s'?)", c->argv[0], near);
		return err_set(e, ERR_NOT_FOUND, "'%s' is no key of a machine file ('berth explain' lists all)", c->argv[0]);
	}
	out_text(&out);
	return 0;
}

const struct command cmd_explain = {
	.name = "explain",
	.group = "Machine files",
	.args = "[KEY]",
	.summary = "tell what a key of a machine file means",
	.description = "Type, unit, range, default and meaning of a key or a section, from the same table that reads and checks the file. "
		       "Without a key, lists all of them.",
	.example = "berth explain hardware.hdds.hdd0.size",
	.max = 1,
	.completes = "key",
	.run = explain,
};
