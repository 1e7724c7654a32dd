/* SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"
#include "model/key.h"

static int schema(struct call *c, struct err *e)
{
	DEFER(str_done) struct str out = { 0 };

	key_schema(&out);
	out_text(&out);
	return 0;
}

const struct command cmd_schema = {
	.name = "schema",
	.group = "Machine files",
	.args = "",
	.summary = "print the JSON schema of machine files",
	.description = "The schema describes a machine file turned into JSON as 'berth get --json' does, for editors and generators. "
		       "It is made from the key table.",
	.example = "berth schema",
	.run = schema,
};
