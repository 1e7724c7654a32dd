/* SPDX-License-Identifier: ISC */
#include "cmd/common.h"

static int destroy(struct call *c, struct err *e)
{
	return call_verb(c, VERB_DESTROY, e);
}

static const struct opt options[] = {
	OPTION_YES,
	{ 0 },
};

const struct command cmd_destroy = {
	.name = "destroy",
	.group = "Guests",
	.args = "GUEST...",
	.summary = "delete a guest with its disks",
	.description = "Ends the guest if it runs and deletes its folder: disks, settings, the machine file's copy, snapshots, saved memory. The machine file it was built from and the template cache stay.",
	.example = "berth destroy hello",
	.options = options,
	.min = 1,
	.max = -1,
	.completes = "guest",
	.acts = true,
	.run = destroy,
};
