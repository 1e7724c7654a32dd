/* SPDX-License-Identifier: ISC */
/*
 * Who runs is read off the kernel: a running container's monitor listens on an
 * abstract socket "@LXCPATH/NAME/command" (or, where that is too long, on
 * "@lxc/HASH/NAME-of-its-end"; those of ours are known by their locks). Who is
 * frozen, from the freezers of all containers. Nothing is started for any of that,
 * however many there are; lxc-ls asks every monitor, one after the other.
 */
#include <string.h>

#include "base/str.h"
#include "driver/lxc.h"

static const char system_path[] = "/var/lib/lxc";      /* lxc.lxcpath of a system-wide LXC */

/* What is read, in this order. */
enum { PROCESSES, SOCKETS, FREEZERS, DEFINED = FREEZERS + 3, LINKS, READS = LINKS };

int lxc_survey(const struct facts *f, struct plan *p, struct err *e)
{
	if (!facts_tool(f, "lxc-start"))
		return 0;
	/* The kernel takes its time for the sockets of a thousand virtual machines, and who starts a container is called so. */
	plan_read(p, "whether any runs", "/proc/[0-9]*/cmdline");
	plan_read(p, "who runs", "/proc/net/unix")->text = "lxc";
	plan_read(p, "who is frozen (cgroup version 1)", "/sys/fs/cgroup/freezer/lxc.payload.*/freezer.state");
	plan_read(p, "who is frozen (cgroup version 2)", "/sys/fs/cgroup/lxc.payload.*/cgroup.freeze");
	plan_read(p, "who is frozen (both versions on one host)", "/sys/fs/cgroup/unified/lxc.payload.*/cgroup.freeze");
	plan_read(p, "who is there", plan_fmt(p, "%s/*/config", system_path));
	/* Of root's, the directories beside them belong to others, who may have put anything there. */
	if (f->uid)
		plan_read(p, "which of ours are frozen", lxc_freezer_link(f, "*", &p->mem));
	return 0;
}

/* The lines are "PATH CONTENT", and at is in the path, behind whatever may hold blanks. */
static bool is_frozen(const char *at)
{
	const char *value = at + strcspn(at, " \n");

	return str_starts(value, " FROZEN") || str_starts(value, " FREEZING") || str_starts(value, " 1");
}

/* "/sys/fs/cgroup/freezer/lxc.payload.web-1/freezer.state FROZEN" → "web-1", of all that are. */
static void frozen_groups(const struct reply *replies, struct words *out, struct arena *a)
{
	static const char before[] = "/lxc.payload.";

	for (int i = FREEZERS; i < DEFINED; i++)
		for (const char *at = replies[i].text; (at = strstr(at, before)); ) {
			at += strlen(before);
			if (is_frozen(at))
				words_add(out, a, arena_strn(a, at, strcspn(at, "/\n")));
		}
}

/* LXC takes "web-1" and so on where a group "web" was left behind, or is another container's. */
static bool is_group_of(const char *group, const char *name, bool any)
{
	size_t n = strlen(name);

	if (strncmp(group, name, n) != 0)
		return false;
	group += n;
	return !*group || (any && *group == '-' && group[1] && !group[1 + strspn(group + 1, "0123456789")]);
}

static bool is_link_frozen(const char *text, const char *link)
{
	const char *at = strstr(text, link);

	return at && is_frozen(at + strlen(link));
}

/* Of root's own, any group that may be its: better to believe a container frozen than to wait for one that is. */
static bool is_paused(const struct facts *f, const struct reply *replies, const struct words *frozen, const char *name, bool alien,
		      struct arena *a)
{
	if (!alien && f->uid)
		return is_link_frozen(replies[LINKS].text, lxc_freezer_link(f, name, a));
	for (size_t i = 0; i < frozen->n; i++)
		if (is_group_of(frozen->v[i], name, !alien))
			return true;
	return false;
}

static bool is_seen(const struct roster *r, const struct sighting *s)
{
	for (size_t i = 0; i < r->guests.n; i++) {
		const struct sighting *seen = &r->guests.v[i];

		if (seen->alien == s->alien && seen->elsewhere == s->elsewhere && !strcmp(seen->name, s->name))
			return true;
	}
	return false;
}

/* A container has several sockets, and is one. An alien with the name of one of ours is another. */
static void see(struct roster *r, struct sighting s)
{
	s.driver = "lxc";
	if (!is_seen(r, &s))
		*vec_add(&r->guests, &r->mem) = s;
}

/* "/var/lib/lxc/web/command" → "web", and what is before it; NULL when it does not end so. */
static char *name_before(const char *path, const char *end, const char **dir, struct arena *a)
{
	size_t n = strcspn(path, "\n"), tail = strlen(end);
	const char *name;

	if (n <= tail || strncmp(path + n - tail, end, tail) != 0)
		return NULL;
	n -= tail;
	name = memrchr(path, '/', n);
	if (!name || path + n == name + 1)
		return NULL;
	*dir = arena_strn(a, path, (size_t)(name - path));
	return arena_strn(a, name + 1, n - (size_t)(name + 1 - path));
}

static void running(const struct facts *f, const struct reply *replies, struct roster *r)
{
	const char *ours = lxc_path(f, &r->mem), *dir;
	struct words frozen = { 0 };

	frozen_groups(replies, &frozen, &r->mem);
	for (const char *at = strstr(replies[SOCKETS].text, " @"); at; at = strstr(at + 2, " @")) {
		char *name = name_before(at + 2, "/command", &dir, &r->mem);
		struct sighting s = { .name = name };

		if (!name || *dir != '/')
			continue;
		s.alien = strcmp(dir, ours) != 0;
		s.elsewhere = s.alien && strcmp(dir, system_path) != 0;
		s.state = is_paused(f, replies, &frozen, name, s.alien, &r->mem) ? STATE_PAUSED : STATE_RUNNING;
		see(r, s);
	}
}

/* Lines "/var/lib/lxc/web/config FIRST LINE": aliens, stopped unless seen running. */
static void defined(const char *text, struct roster *r)
{
	const char *dir;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		char *path = arena_strn(&r->mem, text, strcspn(text, " \n"));
		char *name = name_before(path, "/config", &dir, &r->mem);

		if (name)
			see(r, (struct sighting){ .name = name, .state = STATE_BUILT, .alien = true });
	}
}

int lxc_parse(const struct facts *f, const struct reply *replies, size_t n, struct roster *out, struct err *e)
{
	if (n < READS + (size_t)(f->uid != 0))
		return 0;
	running(f, replies, out);
	defined(replies[DEFINED].text, out);
	return 0;
}
