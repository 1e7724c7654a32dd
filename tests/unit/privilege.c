/* SPDX-License-Identifier: ISC */
/* What a QEMU guest's process may do, in every configuration: all that it does not need is denied. */
#include "tap.h"

#include "base/str.h"
#include "driver/qemu.h"

/* Followed by a space: nothing is added to them. */
#define ALL "-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny "
#define SOCKET "-vnc unix:/run/berth/g/vnc.sock"

static const struct {
	const char *nic, *vnc, *firmware, *bus;
	int port;
	const char *want, *never;
	uid_t uid;
} rows[] = {
	{ NULL, "unix", NULL, NULL, 0, ALL, NULL, 0 },
	{ "nat", "unix", NULL, "virtio", 0, ALL, NULL, 0 },
	{ "host-only", "none", NULL, "scsi", 0, ALL, "-vnc", 0 },
	{ "none", "tcp", "uefi", "nvme", 50001, ALL, NULL, 0 },
	{ "bridge", "unix", NULL, "sata", 0, ALL, NULL, 0 },
	/* The bridge's helper is setuid root, and nothing in the sandbox. */
	{ "bridge", "unix", NULL, "sata", 0, "-netdev bridge,", "-sandbox", 1000 },
	{ "nat", "unix", NULL, NULL, 50001, SOCKET, "127.0.0.1:44101", 0 },
	{ "nat", "tcp", NULL, NULL, 50001, "-vnc 127.0.0.1:44101", "unix:", 0 },
	{ "nat", "tcp", NULL, NULL, 5900, "-vnc 127.0.0.1:0", "unix:", 0 },
	{ "nat", "tcp", NULL, NULL, 0, "g.conf: 'g' was built without a port for its screen", NULL, 0 },
};

/* The whole command line, or the error. */
static void line_of(size_t i, struct str *out)
{
	struct guest g = { .name = "g", .file = "g.conf", .cpus = 1, .ram = 64 << 20, .vnc = rows[i].vnc, .firmware = rows[i].firmware };
	struct facts f = { .data_dir = "/d", .run_dir = "/run/berth", .vnc_port = rows[i].port, .ovmf_code = "/code",
			   .uid = rows[i].uid };
	struct plan p = { 0 };
	struct words w = { 0 };
	struct err e = { 0 };

	*vec_add(&f.tools, &f.mem) = (struct tool){ "qemu-system-x86_64", "qemu" };
	words_add(&f.bridges, &f.mem, "br0");
	words_add(&f.helper_bridges, &f.mem, "br0");
	if (rows[i].nic)
		*vec_add(&g.nics, &g.mem) = (struct nic){ .place = { "eth0", 1, 1 }, .type = rows[i].nic };
	if (rows[i].bus)
		*vec_add(&g.disks, &g.mem) = (struct disk){ .place = { "hdd0", 1, 1 }, .bus = rows[i].bus };
	if (qemu_argv(&g, &f, false, &p, &w, &e) < 0)
		str_add(out, e.msg);
	for (size_t k = 0; !e.kind && k < w.n; k++)
		str_fmt(out, "%s ", w.v[k]);
	plan_done(&p);
	arena_done(&f.mem);
	arena_done(&g.mem);
}

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		DEFER(str_done) struct str line = { 0 };

		line_of(i, &line);
		ok(strstr(str_text(&line), rows[i].want), "%zu: %s", i, rows[i].want);
		if (rows[i].never)
			ok(!strstr(str_text(&line), rows[i].never), "%zu: never %s", i, rows[i].never);
	}
	return tap_done();
}
