/* SPDX-License-Identifier: ISC */
#include "app/probe_containers.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/file.h"
#include "sys/lock.h"

enum {
	WANT_IDS = 65536,
	LEAST_ID = 1000000,     /* above what useradd(8) gives to the first accounts */
};

/* "name:100000:65536" or by number; false for a line that is none. */
static bool subid_line(const char *line, char *who, uint32_t *base, uint32_t *count)
{
	DEFER(str_done) struct str one = { 0 };

	str_addn(&one, line, strcspn(line, "\n"));
	return sscanf(str_text(&one), "%255[^:]:%" SCNu32 ":%" SCNu32, who, base, count) == 3;
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

static bool is_taken(const char *text, uint32_t base, uint32_t want)
{
	uint32_t first, count;
	char who[256];

	for (; *text; text = next_line(text))
		if (subid_line(text, who, &first, &count) && first < base + want && base < first + count)
			return true;
	return false;
}

/* A line with at least want ids of name, or of uid. */
static bool is_own(const char *line, const char *name, uid_t uid, uint32_t want, uint32_t *base, uint32_t *count)
{
	char who[256], *end;

	if (!subid_line(line, who, base, count) || *count < want)
		return false;
	return (name && !strcmp(who, name)) || (strtoul(who, &end, 10) == uid && !*end);
}

bool subid_find(const char *text, const char *name, uid_t uid, uint32_t want, uint32_t least, uint32_t *base,
		uint32_t *count)
{
	for (const char *line = text; *line; line = next_line(line))
		if (is_own(line, name, uid, want, base, count))
			return true;
	*count = 0;
	*base = (least + want - 1) / want * want;
	while (*base < UINT32_MAX - 2 * want && is_taken(text, *base, want))
		*base += want;
	return false;
}

/* The first that is a range of users and of groups alike: a container's map needs both. */
bool subid_find_both(const char *users, const char *groups, const char *name, uid_t uid, uint32_t want, uint32_t least,
		     uint32_t *base, uint32_t *count)
{
	DEFER(str_done) struct str all = { 0 };
	uint32_t first, n;

	for (const char *u = users; *u; u = next_line(u)) {
		if (!is_own(u, name, uid, want, base, count))
			continue;
		for (const char *g = groups; *g; g = next_line(g))
			if (is_own(g, name, uid, want, &first, &n) && first == *base) {
				*count = n < *count ? n : *count;
				return true;
			}
	}
	str_fmt(&all, "%s\n%s", users, groups);
	return subid_find(str_text(&all), NULL, (uid_t)-1, want, least, base, count);
}

void probe_ids(struct facts *f)
{
	struct err ignored = { 0 };
	DEFER(free_str) char *users = file_read("/etc/subuid", 1 << 20, NULL, &ignored);
	DEFER(free_str) char *groups = file_read("/etc/subgid", 1 << 20, NULL, &ignored);
	struct passwd *pw = getpwuid(f->uid);
	const char *name = pw ? arena_str(&f->mem, pw->pw_name) : NULL;

	f->user = name;
	f->id_tools = !access("/usr/bin/newuidmap", X_OK);
	subid_find_both(users ? users : "", groups ? groups : "", name, f->uid, WANT_IDS, LEAST_ID,
			&f->id_base, &f->id_count);
}

/* Version 2 where its root has controllers; on hosts with both, the controllers are version 1's. */
static void probe_cgroup(struct facts *f)
{
	if (!access("/sys/fs/cgroup/cgroup.controllers", F_OK))
		f->cgroup = access("/sys/fs/cgroup/cgroup.procs", W_OK) ? NULL : "2";
	else if (!access("/sys/fs/cgroup/memory", W_OK) && !access("/sys/fs/cgroup/cpuset", W_OK))
		f->cgroup = "1";
}

/* "0::/user.slice/..." → that path, for controller ""; NULL when there is no such line. */
static char *group_of(const char *text, const char *controller, struct arena *a)
{
	for (const char *line = text; *line; line = next_line(line)) {
		const char *name = line + strcspn(line, ":\n"), *path;
		size_t n = strlen(controller);

		if (*name == ':' && !strncmp(name + 1, controller, n) && name[n + 1] == ':') {
			path = name + n + 2;
			return arena_strn(a, path, strcspn(path, "\n"));
		}
	}
	return NULL;
}

/*
 * The system in a container sorts its processes into groups: version 1 has a tree for
 * that alone, version 2 one for everything. systemd's own offer is better than a
 * group that is just there: it knows that it is given away.
 */
static void probe_own_cgroup(struct facts *f)
{
	struct err ignored = { 0 };
	DEFER(free_str) char *text = file_read("/proc/self/cgroup", 1 << 16, NULL, &ignored);
	bool first = !access("/sys/fs/cgroup/systemd/cgroup.procs", F_OK);
	char *group = group_of(text ? text : "", first ? "name=systemd" : "", &f->mem);

	f->own_cgroup = group && !access(arena_fmt(&f->mem, "/sys/fs/cgroup%s%s", first ? "/systemd" : "", group), W_OK);
	f->user_manager = !access("/usr/bin/systemd-run", X_OK) &&
			  file_exists(arena_fmt(&f->mem, "/run/user/%u/systemd/private", (unsigned)f->uid));
}

static void probe_bridges(struct facts *f)
{
	struct words names = { 0 };
	struct err ignored = { 0 };

	if (dir_list("/sys/class/net", &names, &f->mem, &ignored) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		if (file_exists(arena_fmt(&f->mem, "/sys/class/net/%s/bridge", names.v[i])))
			words_add(&f->bridges, &f->mem, names.v[i]);
}

void probe_start_container(struct facts *f)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	f->cpus = n > 0 ? (int)n : 1;
	probe_cgroup(f);
	probe_own_cgroup(f);
	f->tun = !access("/dev/net/tun", R_OK | W_OK);
	probe_bridges(f);
	probe_ids(f);
}

static void neighbour(struct facts *f, const char *name)
{
	json_error_t je;
	json_t *record = json_load_file(arena_fmt(&f->mem, "%s/record.json", guest_folder(f, name, &f->mem)), 0, &je), *v;
	size_t i;

	if (lock_held(guest_lock(f, name, &f->mem)))
		json_array_foreach(json_object_get(record, "addresses"), i, v)
			words_add(&f->taken_addresses, &f->mem, arena_fmt(&f->mem, "%s %s", json_string_value(v), name));
	json_decref(record);
}

void probe_neighbours(struct facts *f, const char *name)
{
	struct words names = { 0 };
	struct err ignored = { 0 };

	dir_list(arena_fmt(&f->mem, "%s/guests", f->data_dir), &names, &f->mem, &ignored);
	for (size_t i = 0; i < names.n; i++)
		if (strcmp(names.v[i], name) != 0 && !guest_name_reserved(names.v[i]))
			neighbour(f, names.v[i]);
}

void probe_build_container(struct facts *f, const struct guest *g)
{
	const char *root = g && g->openvz.root ? g->openvz.root : "/vz";
	struct err ignored = { 0 };

	if (facts_tool(f, "vzctl") || facts_tool(f, "prlctl"))
		dir_list(arena_fmt(&f->mem, "%s/template/cache", root), &f->templates, &f->mem, &ignored);
}
