/* SPDX-License-Identifier: ISC */
#include "cmd/common.h"

static int register_(struct call *c, struct err *e)
{
	return call_verb(c, VERB_REGISTER, e);
}

const struct command cmd_register = {
	.name = "register",
	.group = "Guests",
	.args = "FILE...",
	.summary = "make a guest of disks that stay where they are",
	.description = "Takes a machine file whose disks exist as a guest of this host, without copying or moving anything: the disks "
		       "lie beside the file, under the names it gives them, and so do 'vmlinuz' and 'initrd' for a system that starts "
		       "from them (boot = kernel). The file is read anew at every start. Several guests may share one folder. Only what "
		       "berth itself needs, and the memory of UEFI firmware, is kept elsewhere.",
	.example = "berth register machines/old.conf",
	.min = 1,
	.max = -1,
	.completes = "file",
	.acts = true,
	.run = register_,
};
