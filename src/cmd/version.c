/* SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

static int version(struct call *c, struct err *e)
{
	DEFER(str_done) struct str s = { 0 };

	if (c->json) {
		out_json("berth.version/1", json_pack("{s:s}", "version", BERTH_VERSION));
		return 0;
	}
	str_fmt(&s, "berth %s\n", BERTH_VERSION);
	out_text(&s);
	return 0;
}

const struct command cmd_version = {
	.name = "version",
	.group = "This program",
	.args = "",
	.summary = "say which berth this is",
	.description = "Prints the name and the release. 'berth --version' is the same.",
	.example = "berth version",
	.run = version,
};
