/* SPDX-License-Identifier: ISC */
#include "cmd/rows.h"
#include "model/driver.h"

static const struct field fields[] = {
	{ "driver",  "DRIVER",     0, false, "its name, for --driver and run.driver", NULL },
	{ "summary", "WHAT IT IS", 0, false, "what it drives", NULL },
	{ "verbs",   "VERBS",      0, false, "what it can do with a guest", NULL },
	{ 0 },
};

static int list_drivers(struct call *c, struct err *e)
{
	DEFER(view_done) struct view v = { 0 };

	if (call_view(c, &v, e) < 0 || view_usual(&v, "driver,summary,verbs", e) < 0)
		return -1;
	for (const struct driver *const *d = drivers; *d; d++) {
		DEFER(str_done) struct str verbs = { 0 };

		for (int verb = 0; verb < VERB_COUNT; verb++)
			if ((*d)->plan[verb])
				str_fmt(&verbs, "%s%s", verbs.n ? " " : "", verb_word((enum verb)verb));
		view_add(&v, (const char *const[]){ (*d)->name, (*d)->summary, str_text(&verbs) });
	}
	call_rows(c, &v, "berth.drivers/1", "drivers", NULL);
	return 0;
}

const struct command cmd_drivers = {
	.name = "drivers",
	.group = "This program",
	.args = "",
	.summary = "list the hypervisors this berth can drive, and their verbs",
	.description = "A verb that a driver does not list is one its hypervisor does not have; asking for it ends with status 12.",
	.example = "berth drivers",
	.fields = fields,
	.run = list_drivers,
};
