/* SPDX-License-Identifier: ISC */
/*
 * The configuration of a container, written anew at every start: it follows from the
 * machine file and the host, and nobody has to keep it.
 *
 * Networks of the guest's own (nat, host-only) are made by pasta(1), which is to a
 * container what QEMU's user mode is to a machine: no rights needed, and the
 * addresses of the machine file are right in it. LXC starts it from a hook for every
 * life of the container, reboots from inside included, and ends it with the next.
 * Everything else is a veth pair: one end on a bridge, or routed by the host.
 */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "driver/lxc.h"
#include "driver/user_net.h"
#include "model/netplan.h"
#include "text/ipv4.h"
#include "text/quote.h"

#define SHARE "/usr/share/lxc/config"

enum { MAX_IFNAME = 15 };

struct config {
	const struct guest *g;
	const struct facts *f;
	struct plan *p;
	struct str out;
};

static void line(struct config *c, const char *key, const char *value)
{
	str_fmt(&c->out, "%s = %s\n", key, value);
}

static void ids(struct config *c)
{
	const struct facts *f = c->f;

	for (const char *kind = "ug"; *kind && lxc_is_shifted(c->g, f); kind++)
		str_fmt(&c->out, "lxc.idmap = %c 0 %" PRIu32 " %d\n", *kind, f->id_base, LXC_IDS);
	if (!f->uid)
		return;
	str_fmt(&c->out, "lxc.idmap = u 0 %u 1\nlxc.idmap = u 1 %" PRIu32 " %d\n", (unsigned)f->uid, f->id_base, LXC_IDS - 1);
	str_fmt(&c->out, "lxc.idmap = g 0 %u 1\nlxc.idmap = g 1 %" PRIu32 " %d\n", (unsigned)f->gid, f->id_base, LXC_IDS - 1);
}

static void system_lines(struct config *c)
{
	const struct guest *g = c->g;
	bool own_root = !g->lxc.privileged || c->f->uid;

	line(c, "lxc.include", SHARE "/common.conf");
	if (own_root)
		line(c, "lxc.include", SHARE "/userns.conf");
	/* All of /sys may be written only where there is a udev, systemd believes; networkd would wait for it. */
	line(c, "lxc.mount.auto", "");
	line(c, "lxc.mount.auto", "cgroup:mixed proc:mixed sys:mixed");
	line(c, "lxc.apparmor.profile", "generated");
	if (own_root)
		line(c, "lxc.apparmor.allow_nesting", "1");
	line(c, "lxc.uts.name", g->hostname ? g->hostname : g->name);
	line(c, "lxc.signal.halt", "SIGRTMIN+3");       /* systemd(1): halt.target */
	line(c, "lxc.hook.version", "1");
	line(c, "lxc.console.logfile", guest_run_file(c->f, g->name, "console.log", &c->p->mem));
}

static int root(struct config *c, struct err *e)
{
	const char *folder = guest_folder(c->f, c->g->name, &c->p->mem);

	if (str_eq(c->g->lxc.rootfs, "copy")) {
		line(c, "lxc.rootfs.path", plan_fmt(c->p, "dir:%s/rootfs", folder));
		return 0;
	}
	if (strchr(folder, ':'))
		return err_set(e, ERR_INVALID, "'%s': LXC cannot make an overlay of a directory with a ':' in its name (set BERTH_HOME "
			       "to another, or driver.lxc.rootfs = copy)", folder);
	line(c, "lxc.rootfs.path", plan_fmt(c->p, "overlay:%s/base:%s/upper", folder, folder));
	/* Who is root only of the container may not write trusted.*, so no directory of the tree could be deleted. */
	if (c->f->uid || !c->g->lxc.privileged)
		line(c, "lxc.rootfs.options", "userxattr");
	return 0;
}

/*
 * As many processors as asked for, and not the same ones for every guest: the first
 * follows from the name (FNV-1a), so that plans stay the same.
 */
static const char *processors(struct config *c)
{
	DEFER(str_done) struct str s = { 0 };
	unsigned hash = 2166136261u;

	for (const char *n = c->g->name; *n; n++)
		hash = (hash ^ (unsigned char)*n) * 16777619u;
	for (unsigned i = 0; i < (unsigned)c->g->cpus; i++)
		str_fmt(&s, "%s%u", i ? "," : "", (hash + i) % (unsigned)c->f->cpus);
	return plan_fmt(c->p, "%s", str_text(&s));
}

static void limits(struct config *c)
{
	bool second = str_eq(c->f->cgroup, "2");
	const char *group = second ? "lxc.cgroup2" : "lxc.cgroup";

	if (!c->f->cgroup)
		return;
	line(c, plan_fmt(c->p, "%s.%s", group, second ? "memory.max" : "memory.limit_in_bytes"),
	     plan_fmt(c->p, "%" PRIu64, c->g->ram));
	if (c->g->cpus < c->f->cpus)
		line(c, plan_fmt(c->p, "%s.cpuset.cpus", group), processors(c));
}

static const char *ifname(struct config *c, size_t nth)
{
	const struct nic *n = &c->g->nics.v[nth];

	if (n->ifname)
		return n->ifname;
	return n->place.name && strlen(n->place.name) <= MAX_IFNAME ? n->place.name : plan_fmt(c->p, "eth%zu", nth);
}

static void net(struct config *c, size_t nth, const char *key, const char *value)
{
	line(c, plan_fmt(c->p, "lxc.net.%zu.%s", nth, key), value);
}

/* One end in the container; an unplugged cable leads nowhere. */
static int veth(struct config *c, size_t nth, struct err *e)
{
	const struct nic *n = &c->g->nics.v[nth];
	const char *bridge = str_eq(n->type, "bridge") && !n->bridge ? "br0" : n->bridge;

	if (nic_is_cable(n) || str_eq(n->type, "tap"))
		return err_set(e, ERR_UNSUPPORTED, "%s:%d: %s: a container cannot have a network of type %s (nat, bridge, network or veth)",
			       c->g->file, n->place.line, n->place.name, n->type);
	if (c->f->uid)
		return err_set(e, ERR_PERMISSION, "%s:%d: %s: only root can give a container a network of type %s (type = nat needs no rights)",
			       c->g->file, n->place.line, n->place.name, n->type);
	if (str_eq(n->type, "network")) {
		const struct network *to = network_of(c->g, n, c->f, e);

		if (!to || network_fits(c->g, n, to, e) < 0 || network_is_up(to, c->f, e) < 0)
			return -1;
		bridge = to->bridge;
	}
	if (bridge && !words_has(&c->f->bridges, bridge)) {
		const char *typed = quote_word(bridge, &c->p->mem);

		return err_set(e, ERR_NOT_FOUND, "%s:%d: %s: this host has no bridge '%s' (ip link add %s type bridge; ip link set %s up)",
			       c->g->file, n->place.line, n->place.name, bridge, typed, typed);
	}
	net(c, nth, "type", "veth");
	if (!bridge)
		net(c, nth, "veth.mode", "router");
	else if (n->connected)
		net(c, nth, "link", bridge);
	net(c, nth, "flags", "up");
	net(c, nth, "name", ifname(c, nth));
	net(c, nth, "hwaddr", guest_mac(c->g, nth, &c->p->mem));
	if (nic_is_dhcp(n))
		return 0;
	net(c, nth, "ipv4.address", plan_fmt(c->p, "%s/%d", n->address, ipv4_mask_bits(nic_mask(n))));
	/* On a bridge the guest finds its gateway by itself; here the host has to answer for it. */
	if (!bridge && nic_gateway(c->g, n))
		net(c, nth, "ipv4.gateway", nic_gateway(c->g, n));
	return 0;
}

const char *lxc_pasta_pid(const struct guest *g, const struct facts *f, size_t nth, struct plan *p)
{
	return guest_run_file(f, g->name, plan_fmt(p, "net%zu.pid", nth), &p->mem);
}

static bool forwards_ssh(struct config *c, size_t nth)
{
	for (size_t i = 0; i < nth; i++)
		if (c->g->nics.v[i].connected && (!c->g->nics.v[i].type || str_eq(c->g->nics.v[i].type, "nat")))
			return false;
	return c->f->ssh_port && !str_eq(c->g->nics.v[nth].type, "host-only");
}

static void pasta_words(struct config *c, size_t nth, const struct user_net *u, const char *pasta, struct words *w)
{
	const struct nic *n = &c->g->nics.v[nth];
	struct arena *a = &c->p->mem;
	const char *const fixed[] = {
		pasta, "--quiet", "--ipv4-only", "--ns-ifname", ifname(c, nth), "--ns-mac-addr", guest_mac(c->g, nth, a),
		"--address", ipv4_text(u->guest ? u->guest : u->free, a),
		"--netmask", plan_fmt(c->p, "%d", ipv4_mask_bits(u->mask)),
		"--gateway", ipv4_text(u->host, a), "--dns-forward", ipv4_text(u->dns, a),
		"--udp-ports", "none", "--tcp-ns", "none", "--udp-ns", "none", "--pid", lxc_pasta_pid(c->g, c->f, nth, c->p),
		"--tcp-ports", forwards_ssh(c, nth) ? plan_fmt(c->p, "127.0.0.1/%d:22", c->f->ssh_port) : "none", NULL,
	};

	words_extend(w, a, fixed);
	/* Root's pasta would become nobody, who may not enter the container's network. */
	if (!c->f->uid)
		words_extend(w, a, ARGV("--runas", "0"));
	if (str_eq(n->type, "host-only"))
		words_extend(w, a, ARGV("--no-tcp", "--no-udp", "--no-icmp"));
}

/* A hook is a line for a shell, by LXC's definition: every word of it is quoted, and the rest is ours. */
static void hook(struct config *c, const char *name, const char *const *argv, const char *rest)
{
	str_fmt(&c->out, "lxc.hook.%s = ", name);
	quote_argv(&c->out, argv);
	str_fmt(&c->out, "%s\n", rest);
}

/*
 * What it says when it gives up belongs into the container's log. It is ended after
 * every life of the container, and waited for: a reboot needs its port at once. LXC
 * makes a stop of a reboot when a hook fails, and it may be gone already. It must not
 * inherit the guest's lock (sys/proc.h): it outlives a lxc-start that is killed outright.
 */
static void hooks(struct config *c, size_t nth, const char *const *pasta)
{
	const char *pid = lxc_pasta_pid(c->g, c->f, nth, c->p);
	DEFER(str_done) struct str rest = { 0 };

	str_add(&rest, " $LXC_PID 2>>");
	quote_sh(&rest, guest_run_file(c->f, c->g->name, "lxc.log", &c->p->mem));
	for (int fd = 3; fd <= 9; fd++)
		str_fmt(&rest, " %d>&-", fd);
	hook(c, "start-host", pasta, str_text(&rest));
	hook(c, "post-stop", ARGV("pkill", "--signal", "KILL", "--pidfile", pid, "pas[st]"), " || :");
	hook(c, "post-stop", ARGV("pidwait", "--pidfile", pid, "pas[st]"), " || :");
}

/* Version 1 has a tree for freezers, listed before the one of version 2. */
static void freezer(struct config *c)
{
	static const char find[] =
		"$2 == \"freezer\" { print \"/freezer\" $3 \"/freezer.state\"; exit } $1 == \"0\" { print $3 \"/cgroup.freeze\" }";
	DEFER(str_done) struct str rest = { 0 };

	str_add(&rest, " \"/sys/fs/cgroup$(awk -F : ");
	quote_sh(&rest, find);
	str_add(&rest, " \"/proc/$LXC_PID/cgroup\")\" ");
	quote_sh(&rest, lxc_freezer_link(c->f, c->g->name, &c->p->mem));
	hook(c, "start-host", ARGV("ln", "-sfT"), str_text(&rest));
}

static int private(struct config *c, size_t nth, struct err *e)
{
	const struct nic *n = &c->g->nics.v[nth];
	const char *pasta = facts_tool(c->f, "pasta");
	struct words w = { 0 };
	struct user_net u;

	if (!pasta)
		return err_set(e, ERR_NOT_FOUND, "pasta is missing: apt-get install passt");
	/* It gives up its rights first, and then may not look at a process that has all of them. */
	if (!c->f->uid && c->g->lxc.privileged)
		return err_set(e, ERR_UNSUPPORTED, "%s:%d: %s: a privileged container cannot have a network of type nat or host-only "
			       "(type = bridge, or leave driver.lxc.privileged out)", c->g->file, n->place.line, n->place.name);
	if (user_net(c->g, n, &u, e) < 0)
		return -1;
	if (!n->connected)
		return 0;
	pasta_words(c, nth, &u, pasta, &w);
	hooks(c, nth, argv_of(&w, &c->p->mem));
	return 0;
}

static int networks(struct config *c, struct err *e)
{
	/* Without an entry it would share the host's network. */
	net(c, c->g->nics.n, "type", "empty");
	for (size_t i = 0; i < c->g->nics.n; i++) {
		const struct nic *n = &c->g->nics.v[i];

		if (nic_attached(n) && (nic_is_private(n) ? private : veth)(c, i, e) < 0)
			return -1;
	}
	return 0;
}

const char *lxc_config(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	struct config c = { .g = g, .f = f, .p = p };
	const char *text = NULL;

	str_fmt(&c.out, "# Made by berth from guest.conf at every start; see [driver] [[lxc]] config there.\n");
	system_lines(&c);
	ids(&c);
	limits(&c);
	freezer(&c);
	if (root(&c, e) == 0 && networks(&c, e) == 0) {
		for (size_t i = 0; i < g->lxc.config.n; i++)
			str_fmt(&c.out, "%s\n", g->lxc.config.v[i]);
		text = plan_fmt(p, "%s", str_text(&c.out));
	}
	str_done(&c.out);
	return text;
}
