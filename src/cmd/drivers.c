/* SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

#include "model/driver.h"
#include "text/table.h"

static const struct column columns[] = {
	{ "driver", "DRIVER", false },
	{ "summary", "WHAT IT IS", false },
	{ "verbs", "VERBS", false },
};

static int list_drivers(struct call *c, struct err *e)
{
	DEFER(table_done) struct table t = { .columns = columns, .ncolumns = 3 };
	DEFER(str_done) struct str out = { 0 };

	for (const struct driver *const *d = drivers; *d; d++) {
		DEFER(str_done) struct str verbs = { 0 };

		for (int v = 0; v < VERB_COUNT; v++)
			if ((*d)->plan[v])
				str_fmt(&verbs, "%s%s", verbs.n ? " " : "", verb_word((enum verb)v));
		table_row(&t, (const char *const[]){ (*d)->name, (*d)->summary, str_text(&verbs) });
	}
	if (c->json) {
		out_json("berth.drivers/1", json_pack("{s:o}", "drivers", table_json(&t)));
		return 0;
	}
	table_print(&t, true, &out);
	out_text(&out);
	return 0;
}

const struct command cmd_drivers = {
	.name = "drivers",
	.group = "This program",
	.args = "",
	.summary = "list the hypervisors this berth can drive, and their verbs",
	.description = "A verb that a driver does not list is one its hypervisor does not have; asking for it ends with status 12.",
	.example = "berth drivers",
	.run = list_drivers,
};
