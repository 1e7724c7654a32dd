/* SPDX-License-Identifier: ISC */
/*
 * Debian, Ubuntu and others of the family, with systemd: names, time, console and
 * package sources here; users, network and firewall in files of their own. All
 * settings are files, written while the system is not running; nothing of them is
 * executed on the host, and what the owner wrote is checked against the format of
 * the file it goes into.
 */
#include "system/debian.h"

#include <string.h>

char *setup_path(struct setup *u, const char *path)
{
	return plan_fmt(u->p, "%s/%s", u->root, path);
}

void setup_dir(struct setup *u, const char *path, mode_t mode)
{
	if (words_has(&u->dirs, path))
		return;
	words_add(&u->dirs, &u->p->mem, plan_fmt(u->p, "%s", path));
	plan_dir(u->p, plan_fmt(u->p, "/%s", path), setup_path(u, path), mode);
}

static void setup_parent(struct setup *u, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash)
		setup_dir(u, plan_fmt(u->p, "%.*s", (int)(slash - path), path), 0755);
}

struct step *setup_file(struct setup *u, const char *why, const char *path, mode_t mode, const char *text)
{
	struct step *s;

	setup_parent(u, path);
	s = plan_file(u->p, why, setup_path(u, path), mode, text);
	s->loose = true;
	return s;
}

void setup_link(struct setup *u, const char *why, const char *path, const char *target)
{
	setup_parent(u, path);
	plan_link(u->p, why, setup_path(u, path), target);
}

void setup_enable(struct setup *u, const char *unit, const char *wanted_by)
{
	setup_link(u, plan_fmt(u->p, "%s at boot", unit),
		   plan_fmt(u->p, "etc/systemd/system/%s.wants/%s", wanted_by, unit),
		   plan_fmt(u->p, "/lib/systemd/system/%s", unit));
}

const char *setup_tool(const struct setup *u, const char *name)
{
	const char *path = facts_tool(u->f, name);

	return path ? path : name;
}

struct step *setup_run(struct setup *u, const char *why, const char *const *argv)
{
	struct words w = { 0 };

	words_extend(&w, &u->p->mem, u->prefix);
	words_extend(&w, &u->p->mem, argv);
	return plan_run(u->p, why, argv_of(&w, &u->p->mem));
}

int setup_one_line(const struct setup *u, const struct place *at, const char *what, const char *text, struct err *e)
{
	for (const char *c = text; c && *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			return err_set(e, ERR_INVALID, "%s:%d: %s: '%s' must be one line of plain text",
				       u->g->file, at ? at->line : 0, what, text);
	return 0;
}

/* The guest's UUID without dashes (machine-id(5)): with one, systemd does not take the first start for a new system. */
static const char *machine_id(struct setup *u)
{
	DEFER(str_done) struct str s = { 0 };

	for (const char *c = guest_uuid(u->g, &u->p->mem); *c; c++)
		if (*c != '-')
			str_addc(&s, *c);
	return plan_fmt(u->p, "%s\n", str_text(&s));
}

static int names(struct setup *u, struct err *e)
{
	const char *host = u->g->hostname ? u->g->hostname : u->g->name;
	size_t label = strcspn(host, ".");

	if (setup_one_line(u, NULL, "config.hostname", host, e) < 0)
		return -1;
	if (strpbrk(host, " /"))
		return err_set(e, ERR_INVALID, "%s: config.hostname: '%s' is no host name", u->g->file, host);
	setup_file(u, "its name", "etc/hostname", 0644, plan_fmt(u->p, "%s\n", host));
	setup_file(u, "its identity", "etc/machine-id", 0444, machine_id(u));
	if (!u->clone)
		setup_file(u, "its language", "etc/default/locale", 0644, "LANG=C.UTF-8\n");
	setup_file(u, "names it knows without asking", "etc/hosts", 0644,
		   plan_fmt(u->p, "127.0.0.1\tlocalhost\n127.0.1.1\t%s%s%.*s\n::1\tlocalhost ip6-localhost ip6-loopback\n",
			    host, host[label] ? " " : "", host[label] ? (int)label : 0, host));
	return 0;
}

static int timezone(struct setup *u, struct err *e)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
	const char *zone = u->g->timezone;

	if (!zone)
		return 0;
	if (!*zone || *zone == '/' || zone[strspn(zone, plain)])
		return err_set(e, ERR_INVALID, "%s: config.timezone: '%s' is no time zone (try Europe/Bucharest)",
			       u->g->file, zone);
	setup_file(u, "its time zone", "etc/timezone", 0644, plan_fmt(u->p, "%s\n", zone));
	setup_link(u, "its local time", "etc/localtime", plan_fmt(u->p, "/usr/share/zoneinfo/%s", zone));
	return 0;
}

static int repositories(struct setup *u, struct err *e)
{
	DEFER(str_done) struct str s = { 0 };

	for (size_t i = 0; i < u->g->repos.n; i++) {
		const struct item *r = &u->g->repos.v[i];

		if (setup_one_line(u, &r->place, "config.repos", r->text, e) < 0)
			return -1;
		str_fmt(&s, "%s\n", r->text);
	}
	if (s.n)
		setup_file(u, "more package sources", "etc/apt/sources.list.d/repos.list", 0644, str_text(&s));
	return 0;
}

/*
 * A template has no ssh host keys: every guest makes its own before its sshd starts.
 * Two small kinds only; an RSA key would keep an emulated processor busy for seconds.
 */
static void host_keys(struct setup *u)
{
	setup_file(u, "ssh host keys of its own", "etc/systemd/system/ssh-host-keys.service", 0644,
		   "[Unit]\n"
		   "Description=Make the ssh host keys of this machine\n"
		   "Before=ssh.service ssh.socket\n"
		   "ConditionPathExists=/usr/bin/ssh-keygen\n"
		   "ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key\n"
		   "\n"
		   "[Service]\n"
		   "Type=oneshot\n"
		   "ExecStart=/usr/bin/ssh-keygen -q -t ecdsa -N \"\" -f /etc/ssh/ssh_host_ecdsa_key\n"
		   "ExecStart=/usr/bin/ssh-keygen -q -t ed25519 -N \"\" -f /etc/ssh/ssh_host_ed25519_key\n");
	setup_link(u, "made before the first sshd", "etc/systemd/system/ssh.service.wants/ssh-host-keys.service",
		   "/etc/systemd/system/ssh-host-keys.service");
}

/* The key of the host that built it may log in as anybody, beside the keys everybody has themselves. */
static void host_may_log_in(struct setup *u)
{
	if (!u->s->ssh_public_key)
		return;
	setup_file(u, "where sshd looks for keys", "etc/ssh/sshd_config.d/berth.conf", 0644,
		   "AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/berth_keys\n");
	plan_copy(u->p, "the host's key", u->s->ssh_public_key, setup_path(u, "etc/ssh/berth_keys"), 0644);
}

/*
 * A machine has a serial line. A container has /dev/console, which systemd finds by
 * itself, and may not mount what belongs to the host's kernel.
 */
static void terminals(struct setup *u)
{
	if (u->s->container)
		setup_link(u, "the host's own debugging", "etc/systemd/system/sys-kernel-debug.mount", "/dev/null");
	else
		setup_enable(u, "serial-getty@ttyS0.service", "getty.target");
}

/* The resolver became a package of its own after these releases. */
static bool resolved_is_apart(const struct os *os)
{
	static const char *const before[] = { "bullseye", "focal", "jammy" };

	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		if (str_eq(os->suite, before[i]))
			return false;
	return true;
}

static void packages(const struct os *os, const struct guest *g, const struct surroundings *s,
		     struct words *out, struct arena *a)
{
	const struct { const char *name; bool wanted; } rows[] = {
		{ "dbus",             true },
		{ "iproute2",         true },
		{ "netbase",          true },
		{ "systemd-sysv",     true },
		{ "bash-completion",  g->bash_completion },
		{ "iptables",         debian_wants_iptables(g) },
		{ "nftables",         debian_wants_nftables(g) },
		{ "systemd-resolved", debian_wants_resolved(g, s) && resolved_is_apart(os) },
		{ "tzdata",           g->timezone },
	};
	bool sudo = false;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].wanted)
			words_add(out, a, rows[i].name);
	for (size_t i = 0; i < g->users.n; i++)
		sudo |= words_has(&g->users.v[i].groups, "sudo");
	if (sudo)
		words_add(out, a, "sudo");
}

static int settings(const struct guest *g, const struct facts *f, const struct surroundings *s,
		    const char *root, const char *const *prefix, struct plan *p, struct err *e)
{
	static const struct surroundings nothing;
	struct setup u = { .g = g, .f = f, .s = s ? s : &nothing, .root = root, .p = p,
			   .prefix = prefix ? prefix : ARGV(NULL) };

	if (names(&u, e) < 0 || timezone(&u, e) < 0 || repositories(&u, e) < 0 || debian_network(&u, e) < 0)
		return -1;
	debian_firewall(&u);
	debian_users(&u);
	host_keys(&u);
	host_may_log_in(&u);
	terminals(&u);
	return 0;
}

static int identity(const struct guest *g, const struct facts *f, const struct surroundings *s,
		    const char *root, const char *const *prefix, struct plan *p, struct err *e)
{
	static const struct surroundings nothing;
	struct setup u = { .g = g, .f = f, .s = s ? s : &nothing, .root = root, .p = p,
			   .prefix = prefix ? prefix : ARGV(NULL), .clone = true };

	return names(&u, e) < 0 || debian_network(&u, e) < 0 ? -1 : 0;
}

static const char *const own[] = { "etc/ssh/ssh_host_*", NULL };

static const char *const wants[] = {
	"etc/group", "etc/gshadow", "etc/login.defs", "etc/passwd", "etc/shadow", "etc/skel", "etc/subgid", "etc/subuid",
	NULL,
};

const struct system system_debian = {
	.family = "debian",
	.packages = packages,
	.wants = wants,
	.settings = settings,
	.identity = identity,
	.own = own,
};
