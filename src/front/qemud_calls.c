/* SPDX-License-Identifier: ISC */
/* The programs of qemu-init. qemud is called by a host that starts or goes down; the others are for people. */
#include "front/calls.h"

const struct front_call front_calls[] = {
	{ "qemud", "start", "", .becomes = "boot" },
	{ "qemud", "start", "NAME...", 1, -1, .becomes = "start" },
	{ "qemud", "stop", "", .becomes = "stop --all" },
	{ "qemud", "stop", "NAME...", 1, -1, .becomes = "stop", .idle = ERR_EXISTS },
	{ "qemud", "status", "[NAME]...", 0, -1, .becomes = "list --short" },

	{ "qemud-ast", NULL, "NAME", 1, 1, .becomes = "autostart toggle" },

	{ "qemud-vnc", "-V", "", .becomes = "version" },
	{ "qemud-vnc", "-w", "", .becomes = "vnc --write" },    /* for others: nothing of berth's reads it */
	{ "qemud-vnc", NULL, "[NAME]", 0, 1, .becomes = "vnc", .idle = ERR_FAILED, .lenient = true },

	{ "qemud-reg", "register", "NAME DIR", 2, 2, .becomes = "import --register", .rc_file = true },
	{ "qemud-reg", "unregister", "NAME", 1, 1, .becomes = "unregister" },
	{ "qemud-reg", "list", "", .becomes = "list --short" },

	{ "qemu-adm", "register", "NAME DIR", 2, 2, .becomes = "import --register", .rc_file = true },
	{ "qemu-adm", "unregister", "NAME", 1, 1, .becomes = "unregister" },
	{ "qemu-adm", "autostart", "NAME", 1, 1, .becomes = "autostart toggle" },
	{ "qemu-adm", "vnc", "[NAME]", 0, 1, .becomes = "vnc", .idle = ERR_FAILED },
	{ "qemu-adm", "start", "NAME...", 1, -1, .becomes = "start" },
	{ "qemu-adm", "stop", "NAME...", 1, -1, .becomes = "stop", .idle = ERR_EXISTS },
	{ "qemu-adm", "status", "[NAME]...", 0, -1, .becomes = "list --short" },

	{ "qemu-mon", NULL, "NAME", 1, 1, .becomes = "monitor", .idle = ERR_FAILED },
	{ "qemu-cmd", NULL, "NAME COMMAND", 2, 2, .becomes = "monitor" },
	{ 0 },
};
