/* SPDX-License-Identifier: ISC */
/* What guests use, read off what the kernel and QEMU say. */
#include "tap.h"

#include "app/usage.h"
#include "base/str.h"

#define NET "Inter-|   Receive  |  Transmit\n face |bytes    packets errs\n" \
	"    lo: 900 9 0 0 0 0 0 0 900 9 0 0 0 0 0 0\n  eth0: 100 1 0 0 0 0 0 0 30 3 0 0 0 0 0 0\n" \
	" eth1:5000000000 1 0 0 0 0 0 0 4 3 0 0 0 0 0 0\n"
#define BLKIO "8:0 Read 100\n8:0 Write 7\n8:0 Sync 1\n254:0 Read 11\n254:0 Write 0\nTotal 118\n"
#define V1 "7:memory:/lxc.payload.web\n4:cpu,cpuacct:/lxc.payload.web/init.scope\n2:blkio:/user.slice\n" \
	"1:name=systemd:/lxc.payload.web\n0::/a/lxc.payload.web-1/init.scope\n"

static void numbers(void)
{
	ok(usage_stat_ticks("12 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 40 2 5 6 20\n") == 42, "ticks, behind any name");
	ok(usage_stat_ticks("12 (a) S 1 2") == -1, "ticks that are cut off");
	ok(usage_stat_ticks("") == -1, "no ticks");
	ok(usage_sum(BLKIO, " Read ") == 111, "what all disks read");
	ok(usage_sum(BLKIO, " Write ") == 7, "what was written");
	ok(usage_sum("8:0 rbytes=5 wbytes=6\n8:1 rbytes=7 wbytes=8\n", "wbytes=") == 14, "version 2");
	ok(usage_sum("", " Read ") == -1, "nothing is not zero");
	ok(usage_net(NET, 0) == 5000000100, "received, without lo");
	ok(usage_net(NET, 8) == 34, "sent");
	ok(usage_net("", 0) == -1, "no network");
}

static void groups(void)
{
	struct arena a = { 0 };

	is(usage_group(V1, "memory", &a), "/lxc.payload.web", "its group");
	is(usage_group(V1, "cpuacct", &a), "/lxc.payload.web", "one of several controllers, and the group above the system's own");
	is(usage_group(V1, "cpu", &a), "/lxc.payload.web", "the first of several");
	is(usage_group(V1, "", &a), "/a/lxc.payload.web-1", "version 2");
	ok(!usage_group(V1, "blkio", &a), "a group of others is not the container's");
	ok(!usage_group(V1, "pids", &a), "no such controller");
	ok(!usage_group("", "", &a), "no groups");
	arena_done(&a);
}

static void disks(void)
{
	json_t *said = json_loads("[{\"stats\":{\"rd_bytes\":5,\"wr_bytes\":6}},{\"stats\":{\"rd_bytes\":7}},{}]", 0, NULL);
	struct usage u = { .total = { -1, -1, -1, -1, -1 } };

	usage_disks(NULL, &u);
	ok(u.total[COUNT_READ] == -1, "no answer is not zero");
	usage_disks(said, &u);
	ok(u.total[COUNT_READ] == 12 && u.total[COUNT_WRITTEN] == 6, "all disks together");
	json_decref(said);
}

static void rates(void)
{
	struct usages then = { .at_ms = 1000 }, now = { .at_ms = 3000 };
	struct usage *a = vec_add(&then.v, &then.mem), *b = vec_add(&now.v, &now.mem);

	*a = (struct usage){ .name = "web", .pid = 7, .total = { 1000000, 500, -1, 90, 0 } };
	*b = (struct usage){ .name = "web", .pid = 7, .total = { 2000000, 2500, 5, 80, 0 } };
	ok(usage_rate(&then, &now, b, COUNT_CPU_US) == 50, "percent of a processor");
	ok(usage_rate(&then, &now, b, COUNT_READ) == 1000, "bytes for each second");
	ok(usage_rate(&then, &now, b, COUNT_WRITTEN) == -1, "not known before");
	ok(usage_rate(&then, &now, b, COUNT_RECEIVED) == -1, "counted anew");
	ok(usage_rate(&then, &now, b, COUNT_SENT) == 0, "nothing is a rate");
	b->pid = 8;
	ok(usage_rate(&then, &now, b, COUNT_READ) == -1, "started anew");
	usages_done(&then);
	usages_done(&now);
}

int main(void)
{
	numbers();
	groups();
	disks();
	rates();
	return tap_done();
}
