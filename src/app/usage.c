/* SPDX-License-Identifier: ISC */
#include "app/usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/survey.h"
#include "base/str.h"
#include "exec/ask.h"
#include "sys/file.h"
#include "sys/intr.h"
#include "sys/lock.h"

enum { LARGEST = 1 << 20, NET_RECEIVED = 0, NET_SENT = 8 };

int64_t usage_stat_ticks(const char *stat)
{
	const char *end = strrchr(stat, ')');   /* of the program's name, which may hold anything */
	long long user, system;

	if (!end || sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld", &user, &system) != 2)
		return -1;
	return user + system;
}

int64_t usage_sum(const char *text, const char *key)
{
	int64_t sum = -1;

	for (const char *at = strstr(text, key); at; at = strstr(at, key)) {
		at += strlen(key);
		sum = (sum < 0 ? 0 : sum) + strtoll(at, NULL, 10);
	}
	return sum;
}

int64_t usage_net(const char *dev, int column)
{
	int64_t sum = -1;

	for (const char *line = dev; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *name = line + strspn(line, " "), *colon = strchr(name, ':');
		char *at;

		if (!colon || colon > name + strcspn(name, "\n") || str_starts(name, "lo:"))
			continue;
		at = (char *)colon + 1;
		for (int i = 0; i < column; i++)
			strtoll(at, &at, 10);
		sum = (sum < 0 ? 0 : sum) + strtoll(at, NULL, 10);
	}
	return sum;
}

/* Is controller one of "cpu,cpuacct", which ends at end? Version 2 has none, and "" is that. */
static bool in_list(const char *list, const char *end, const char *controller)
{
	size_t n = strlen(controller);

	for (const char *at = list;; at++) {
		size_t len = strcspn(at, ",:");

		if (len == n && !strncmp(at, controller, n))
			return true;
		at += len;
		if (at >= end)
			return false;
	}
}

/* The container's own group, above those that the system inside has made. */
char *usage_group(const char *cgroups, const char *controller, struct arena *a)
{
	for (const char *line = cgroups; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL, *own;
		char *group;

		if (!path || !in_list(list + 1, path, controller))
			continue;
		group = arena_strn(a, path + 1, strcspn(path + 1, "\n"));
		own = strstr(group, "/lxc.payload");
		return own ? arena_strn(a, group, (size_t)(own + 1 - group) + strcspn(own + 1, "/")) : NULL;
	}
	return NULL;
}

void usage_disks(const json_t *blockstats, struct usage *u)
{
	size_t i;
	json_t *device;

	if (!json_is_array(blockstats))
		return;
	u->total[COUNT_READ] = u->total[COUNT_WRITTEN] = 0;
	json_array_foreach(blockstats, i, device) {
		const json_t *stats = json_object_get(device, "stats");

		u->total[COUNT_READ] += json_integer_value(json_object_get(stats, "rd_bytes"));
		u->total[COUNT_WRITTEN] += json_integer_value(json_object_get(stats, "wr_bytes"));
	}
}

/* Text of a file that may be gone or closed: "" then. */
static const char *text_of(struct arena *a, const char *path)
{
	struct err ignored = { 0 };
	DEFER(free_str) char *text = file_read(path, LARGEST, NULL, &ignored);

	return text ? arena_str(a, text) : "";
}

static int64_t number_of(struct arena *a, const char *path)
{
	const char *text = text_of(a, path);

	return *text ? strtoll(text, NULL, 10) : -1;
}

static void of_process(struct arena *a, struct usage *u)
{
	int64_t ticks = usage_stat_ticks(text_of(a, arena_fmt(a, "/proc/%d/stat", (int)u->pid)));
	long long pages;

	if (ticks >= 0)
		u->total[COUNT_CPU_US] = ticks * (1000000 / sysconf(_SC_CLK_TCK));
	if (sscanf(text_of(a, arena_fmt(a, "/proc/%d/statm", (int)u->pid)), "%*d %lld", &pages) == 1)
		u->memory = pages * sysconf(_SC_PAGESIZE);
}

static void add(int64_t *total, int64_t n)
{
	if (n >= 0)
		*total = (*total < 0 ? 0 : *total) + n;
}

/* What the host sends into a tap device, the guest receives. */
static void of_tap(struct arena *a, const char *name, struct usage *u)
{
	add(&u->total[COUNT_RECEIVED], number_of(a, arena_fmt(a, "/sys/class/net/%s/statistics/tx_bytes", name)));
	add(&u->total[COUNT_SENT], number_of(a, arena_fmt(a, "/sys/class/net/%s/statistics/rx_bytes", name)));
}

/* Which tap devices a process has open, the kernel tells beside the descriptor. */
static void of_taps(struct arena *a, struct usage *u)
{
	const char *dir = arena_fmt(a, "/proc/%d/fd", (int)u->pid);
	struct words fds = { 0 };
	struct err ignored = { 0 };

	dir_list(dir, &fds, a, &ignored);
	for (size_t i = 0; i < fds.n; i++) {
		char to[64] = "";
		const char *info, *iff;

		if (readlink(arena_fmt(a, "%s/%s", dir, fds.v[i]), to, sizeof to - 1) < 0 || strcmp(to, "/dev/net/tun") != 0)
			continue;
		info = text_of(a, arena_fmt(a, "/proc/%d/fdinfo/%s", (int)u->pid, fds.v[i]));
		iff = strstr(info, "iff:\t");
		if (iff && iff[5] && !strchr("\n/", iff[5]))
			of_tap(a, arena_strn(a, iff + 5, strcspn(iff + 5, "\n")), u);
	}
}

/* Is there any such device on this host? What a thousand processes have open is worth a look only then. */
static bool any_tap(void)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct words names = { 0 };
	struct err ignored = { 0 };

	dir_list("/sys/class/net", &names, &a, &ignored);
	for (size_t i = 0; i < names.n; i++)
		if (file_exists(arena_fmt(&a, "/sys/class/net/%s/tun_flags", names.v[i])))
			return true;
	return false;
}

static void of_groups_1(struct arena *a, const char *groups, struct usage *u)
{
	const char *cpu = usage_group(groups, "cpuacct", a), *memory = usage_group(groups, "memory", a);
	const char *disk = usage_group(groups, "blkio", a), *served;
	int64_t ns = cpu ? number_of(a, arena_fmt(a, "/sys/fs/cgroup/cpuacct%s/cpuacct.usage", cpu)) : -1;

	u->total[COUNT_CPU_US] = ns < 0 ? -1 : ns / 1000;
	if (memory)
		u->memory = number_of(a, arena_fmt(a, "/sys/fs/cgroup/memory%s/memory.usage_in_bytes", memory));
	if (!disk)
		return;
	served = text_of(a, arena_fmt(a, "/sys/fs/cgroup/blkio%s/blkio.throttle.io_service_bytes_recursive", disk));
	u->total[COUNT_READ] = usage_sum(served, " Read ");
	u->total[COUNT_WRITTEN] = usage_sum(served, " Write ");
}

static void of_groups_2(struct arena *a, const char *group, struct usage *u)
{
	const char *disks = text_of(a, arena_fmt(a, "/sys/fs/cgroup%s/io.stat", group));

	u->total[COUNT_CPU_US] = usage_sum(text_of(a, arena_fmt(a, "/sys/fs/cgroup%s/cpu.stat", group)), "usage_usec ");
	u->memory = number_of(a, arena_fmt(a, "/sys/fs/cgroup%s/memory.current", group));
	u->total[COUNT_READ] = usage_sum(disks, "rbytes=");
	u->total[COUNT_WRITTEN] = usage_sum(disks, "wbytes=");
}

/* The holder of a container's lock is its keeper, whose child is the first process inside. */
static void of_container(struct facts *f, struct arena *a, struct usage *u)
{
	DEFER(free_str) char *who = lock_holder(guest_lock(f, u->name, a));
	const char *groups, *group, *net;
	long long init;
	int keeper;

	if (sscanf(who, "pid %d", &keeper) != 1)
		return;
	u->pid = keeper;
	init = number_of(a, arena_fmt(a, "/proc/%d/task/%d/children", keeper, keeper));
	if (init <= 0)
		return;
	groups = text_of(a, arena_fmt(a, "/proc/%lld/cgroup", init));
	group = file_exists("/sys/fs/cgroup/cgroup.controllers") ? usage_group(groups, "", a) : NULL;
	if (group)
		of_groups_2(a, group, u);
	else
		of_groups_1(a, groups, u);
	net = text_of(a, arena_fmt(a, "/proc/%lld/net/dev", init));
	u->total[COUNT_RECEIVED] = usage_net(net, NET_RECEIVED);
	u->total[COUNT_SENT] = usage_net(net, NET_SENT);
}

static void ask_disks(struct facts *f, struct usages *out)
{
	struct ask *asks = arena_alloc(&out->mem, (out->v.n + 1) * sizeof *asks);
	size_t *who = arena_alloc(&out->mem, (out->v.n + 1) * sizeof *who), n = 0;

	for (size_t i = 0; i < out->v.n; i++) {
		const struct usage *u = &out->v.v[i];

		/* Who has not said a word just now is not asked again. */
		if (u->alien || u->state == STATE_UNKNOWN || !str_eq(u->driver, "qemu"))
			continue;
		who[n] = i;
		asks[n++].socket = guest_run_file(f, u->name, "qmp.sock", &out->mem);
	}
	ask_all(asks, n, "query-blockstats", SURVEY_DEADLINE_MS);
	for (size_t k = 0; k < n; k++) {
		usage_disks(asks[k].answer, &out->v.v[who[k]]);
		json_decref(asks[k].answer);
	}
}

static void look(struct facts *f, const struct sighting *s, bool taps, struct usages *out)
{
	struct usage *u = vec_add(&out->v, &out->mem);

	*u = (struct usage){ .name = arena_str(&out->mem, s->name), .driver = arena_str(&out->mem, s->driver), .state = s->state,
			     .alien = s->alien, .pid = s->pid, .memory = -1, .ram = (int64_t)s->ram };
	if (s->gist.there)
		u->ram = s->gist.ram;
	for (int c = 0; c < COUNTERS; c++)
		u->total[c] = -1;
	if (str_eq(s->driver, "lxc")) {
		of_container(f, &out->mem, u);
	} else if (u->pid) {
		of_process(&out->mem, u);
		if (taps)
			of_taps(&out->mem, u);
	}
}

int usages_take(struct facts *f, struct usages *out, struct err *e)
{
	DEFER(roster_done) struct roster r = { 0 };
	bool taps = any_tap();

	if (survey(f, true, &r, e) < 0)
		return -1;
	out->at_ms = now_ms();
	for (size_t i = 0; i < r.guests.n; i++) {
		const struct sighting *s = &r.guests.v[i];

		if (s->state != STATE_BUILT && (!s->alien || s->pid))
			look(f, s, taps, out);
	}
	ask_disks(f, out);
	return 0;
}

void usages_done(struct usages *u)
{
	arena_done(&u->mem);
	*u = (struct usages){ 0 };
}

static bool is_same(const struct usage *a, const struct usage *b)
{
	return a->pid == b->pid && a->alien == b->alien && str_eq(a->name, b->name);
}

/* It mostly is where it was: both are in the order of names. */
static const struct usage *same(const struct usages *in, const struct usage *u, size_t where)
{
	if (where < in->v.n && is_same(&in->v.v[where], u))
		return &in->v.v[where];
	for (size_t i = 0; i < in->v.n; i++)
		if (is_same(&in->v.v[i], u))
			return &in->v.v[i];
	return NULL;
}

double usage_rate(const struct usages *then, const struct usages *now, const struct usage *u, enum counter c)
{
	const struct usage *before = same(then, u, (size_t)(u - now->v.v));
	double seconds = (double)(now->at_ms - then->at_ms) / 1000;
	int64_t grown;

	if (!before || before->total[c] < 0 || u->total[c] < before->total[c] || seconds <= 0)
		return -1;
	grown = u->total[c] - before->total[c];
	return (double)grown / seconds / (c == COUNT_CPU_US ? 1e4 : 1);
}
