/* SPDX-License-Identifier: ISC */
#include "cmd/common.h"

static int build(struct call *c, struct err *e)
{
	return call_verb(c, VERB_BUILD, e);
}

const struct command cmd_build = {
	.name = "build",
	.group = "Guests",
	.args = "FILE...",
	.summary = "make the guest: disks, system, settings, programs",
	.description = "Builds what the machine file describes, without starting it. Root trees are made by the distribution's own tools from this host's package sources and kept in a template cache, so a second guest of the same kind takes seconds. A build that is killed leaves nothing behind but what the next one reuses or removes.",
	.example = "berth build examples/hello.conf",
	.min = 1,
	.max = -1,
	.completes = "file",
	.acts = true,
	.run = build,
};
