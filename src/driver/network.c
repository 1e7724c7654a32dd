/* SPDX-License-Identifier: ISC */
#include "model/netplan.h"

#include <string.h>

#include "base/str.h"
#include "driver/user_net.h"
#include "model/digest.h"
#include "text/ipv4.h"

struct job {
	const struct network *n;
	const struct facts *f;
	const struct host_net *h;
	struct plan *p;
};

char *network_file(const struct facts *f, const char *name, struct arena *a)
{
	return arena_fmt(a, "%s/nets/%s.conf", f->data_dir, name);
}

char *network_kept(const struct facts *f, const char *name, const char *what, struct arena *a)
{
	return arena_fmt(a, "%s/nets/%s.d/%s", f->data_dir, name, what);
}

/* No guest's name begins with a dot. */
char *network_run(const struct facts *f, const char *name, const char *what, struct arena *a)
{
	return arena_fmt(a, "%s/.nets/%s/%s", f->run_dir, name, what);
}

char *network_lock(const struct facts *f, struct arena *a)
{
	return arena_fmt(a, "%s/nets/.lock", f->data_dir);
}

char *network_table(const struct network *n, struct arena *a)
{
	return arena_fmt(a, "berth_%s", n->name);
}

char *network_tap(const struct network *n, struct arena *a)
{
	return arena_fmt(a, "vt-%s", n->name);
}

/* The host's own address on it: the first one. */
static const char *own_address(const struct job *j, bool with_mask)
{
	uint32_t net, mask;

	subnet_parse(j->n->subnet, &net, &mask);
	return with_mask ? plan_fmt(j->p, "%s/%d", ipv4_text(net + 1, &j->p->mem), ipv4_mask_bits(mask))
			 : ipv4_text(net + 1, &j->p->mem);
}

/* Left alone, a bridge takes the lowest address of who joins it, and its guests lose sight of the host. */
static const char *own_mac(const struct job *j)
{
	const char *d = digest_hex(plan_fmt(j->p, "berth:net:%s:%s", j->f->data_dir, j->n->name), 6, &j->p->mem);

	return plan_fmt(j->p, "52:54:00:%.2s:%.2s:%.2s", d, d + 2, d + 4);
}

static void make_bridge(const struct job *j)
{
	const char *b = j->n->bridge;
	const struct netif *there = host_if(j->h, b);

	if (!there) {
		plan_run(j->p, "the bridge", ARGV("ip", "link", "add", "name", b, "address", own_mac(j), "type", "bridge"));
		plan_run(j->p, "the bridge again", ARGV("ip", "link", "del", "dev", b));
		plan_undo(j->p);
	}
	if (j->n->subnet && !(there && words_has(&there->addresses, own_address(j, true)))) {
		plan_run(j->p, "the host's address on it", ARGV("ip", "addr", "add", own_address(j, true), "dev", b));
		plan_run(j->p, "the address again", ARGV("ip", "addr", "del", own_address(j, true), "dev", b));
		plan_undo(j->p);
	}
	if (!there || !there->up)
		plan_run(j->p, "the bridge works", ARGV("ip", "link", "set", "dev", b, "up"));
}

static void set_route(const struct job *j, const struct route *r, const char *dev)
{
	plan_run(j->p, plan_fmt(j->p, "the way to %s", r->to), ARGV("ip", "route", "replace", r->to, "via", r->via, "dev", dev));
}

/*
 * Addresses and routes of one interface become another's. Each address is on both
 * for a moment, so that there is always one a route can stand on, on the way back as well.
 */
static void move_addresses(const struct job *j, const struct netif *from, const char *to)
{
	for (size_t i = 0; i < from->addresses.n; i++) {
		plan_run(j->p, "its address moves", ARGV("ip", "addr", "add", from->addresses.v[i], "dev", to));
		plan_run(j->p, "the address again", ARGV("ip", "addr", "del", from->addresses.v[i], "dev", to));
		plan_undo(j->p);
	}
	for (size_t i = 0; i < j->h->routes.n; i++)
		if (j->h->routes.v[i].via && str_eq(j->h->routes.v[i].dev, from->name)) {
			set_route(j, &j->h->routes.v[i], to);
			set_route(j, &j->h->routes.v[i], from->name);
			plan_undo(j->p);
		}
	for (size_t i = 0; i < from->addresses.n; i++) {
		plan_run(j->p, "and leaves where it was", ARGV("ip", "addr", "del", from->addresses.v[i], "dev", from->name));
		plan_run(j->p, "the address back", ARGV("ip", "addr", "add", from->addresses.v[i], "dev", from->name));
		plan_undo(j->p);
	}
}

/* The uplink's hardware address becomes the bridge's: others on that wire know it. */
static void join_uplink(const struct job *j)
{
	const struct netif *up = host_if(j->h, j->n->uplink);
	const char *b = j->n->bridge;

	if (!up)
		return;
	if (!str_eq(up->master, b)) {
		if (up->mac && j->n->own_bridge)
			plan_run(j->p, "the bridge is known by the uplink's address", ARGV("ip", "link", "set", "dev", b, "address", up->mac));
		plan_run(j->p, "the uplink joins the bridge", ARGV("ip", "link", "set", "dev", up->name, "master", b, "up"));
		plan_run(j->p, "the uplink again", ARGV("ip", "link", "set", "dev", up->name, "nomaster"));
		plan_undo(j->p);
	}
	move_addresses(j, up, b);
}

/* Written to stand alone: whatever was in a table of this name is replaced in one transaction. */
static const char *rules(const struct job *j)
{
	const char *t = network_table(j->n, &j->p->mem), *b = j->n->bridge, *s = j->n->subnet;

	return plan_fmt(j->p, "table ip %s\ndelete table ip %s\ntable ip %s {\n"
			"\tchain out {\n\t\ttype nat hook postrouting priority srcnat;\n"
			"\t\tip saddr %s ip daddr != %s masquerade\n\t}\n"
			"\tchain pass {\n\t\ttype filter hook forward priority filter;\n"
			"\t\toifname \"%s\" iifname != \"%s\" ct state new drop\n\t}\n}\n", t, t, t, s, s, b, b);
}

static void hide(const struct job *j)
{
	if (!j->h->forwarding)
		plan_run(j->p, "the host passes packets on", ARGV("sysctl", "-q", "-w", "net.ipv4.ip_forward=1"));
	if (j->n->filter)
		return;
	plan_run(j->p, "guests are hidden behind the host", ARGV("nft", "-f", "-"))->stdin_text = rules(j);
	plan_run(j->p, "the rules again", ARGV("nft", "delete", "table", "ip", network_table(j->n, &j->p->mem)));
	plan_undo(j->p);
}

/* The lower half is for those who choose their address, the upper half is given out. */
static const char *dnsmasq_conf(const struct job *j)
{
	struct arena *a = &j->p->mem;
	const char *name = j->n->name;
	uint32_t net, mask, half;

	subnet_parse(j->n->subnet, &net, &mask);
	half = net + (~mask + 1) / 2;
	return plan_fmt(j->p, "interface=%s\nexcept-interface=lo\nbind-interfaces\nuser=nobody\n"
			"dhcp-authoritative\ndhcp-range=%s,%s,%s,1h\ndhcp-leasefile=%s\ndhcp-hostsdir=%s\n"
			"no-hosts\nhostsdir=%s\ndomain=%s\nlocal=/%s/\nexpand-hosts\ndomain-needed\nbogus-priv\npid-file=%s\n",
			j->n->bridge, ipv4_text(half, a), ipv4_text((net | ~mask) - 1, a), ipv4_text(mask, a),
			network_kept(j->f, name, "leases", a), network_kept(j->f, name, "dhcp", a),
			network_kept(j->f, name, "hosts", a), name, name, network_run(j->f, name, "dnsmasq.pid", a));
}

/* Both programs go into the background by themselves when they are ready, and let go of every lock they inherit. */
static void end_program(const struct job *j, const char *why, const char *pid, const char *words)
{
	plan_run(j->p, why, ARGV("pkill", "--pidfile", pid, "--full", words))->may_fail = true;
	plan_run(j->p, "until it has ended", ARGV("pidwait", "--pidfile", pid, "--full", words))->may_fail = true;
}

static void give_addresses(const struct job *j)
{
	struct arena *a = &j->p->mem;
	const char *name = j->n->name, *conf = network_run(j->f, name, "dnsmasq.conf", a);

	if (j->n->dns)
		return;
	plan_dir(j->p, "fixed addresses of guests", network_kept(j->f, name, "dhcp", a), 0755);
	plan_dir(j->p, "and their names", network_kept(j->f, name, "hosts", a), 0755);
	plan_file(j->p, "what dnsmasq is to do", conf, 0644, dnsmasq_conf(j));
	plan_run(j->p, "addresses and names for guests", ARGV("dnsmasq", plan_fmt(j->p, "--conf-file=%s", conf)));
	plan_run(j->p, "dnsmasq again", ARGV("pkill", "--pidfile", network_run(j->f, name, "dnsmasq.pid", a), "--full", conf));
	plan_undo(j->p);
}

static void own_switch(const struct job *j)
{
	const struct network *n = j->n;
	struct arena *a = &j->p->mem;
	const char *tap = network_tap(n, a), *pid = network_run(j->f, n->name, "user/pid", a);
	const char *uid = plan_fmt(j->p, "%u", (unsigned)n->uid), *gid = plan_fmt(j->p, "%u", (unsigned)n->gid);
	const struct netif *there = host_if(j->h, tap);
	struct step *s;

	if (!there) {
		plan_run(j->p, plan_fmt(j->p, "a device for the switch of %s", n->user),
			 ARGV("ip", "tuntap", "add", "dev", tap, "mode", "tap", "user", uid));
		plan_run(j->p, "the device again", ARGV("ip", "link", "del", "dev", tap));
		plan_undo(j->p);
	}
	if (!there || !str_eq(there->master, n->bridge) || !there->up)
		plan_run(j->p, "on the bridge", ARGV("ip", "link", "set", "dev", tap, "master", n->bridge, "up"));
	if (n->vde)
		return;
	plan_remove(j->p, "what an earlier switch left", network_run(j->f, n->name, "user", a));
	s = plan_dir(j->p, "a place for its sockets", network_run(j->f, n->name, "user", a), 0700);
	s->uid = n->uid;
	s->gid = n->gid;
	plan_run(j->p, plan_fmt(j->p, "the switch, as %s", n->user),
		 ARGV("setpriv", "--reuid", uid, "--regid", gid, "--clear-groups", "--no-new-privs", "vde_switch", "--daemon",
		      "--sock", n->socket, "--mode", "0600", "--mgmt", network_run(j->f, n->name, "user/mgmt", a), "--mgmtmode", "0600",
		      "--pidfile", pid, "--tap", tap));
	plan_run(j->p, "the switch again", ARGV("pkill", "--pidfile", pid, "--full", n->socket));
	plan_undo(j->p);
}

/* Is a part of it missing? Then the plan is worth its directories and its lock. */
static bool is_whole(const struct job *j)
{
	const struct netif *b = host_if(j->h, j->n->bridge), *up = host_if(j->h, j->n->uplink);
	const struct netif *tap = host_if(j->h, network_tap(j->n, &j->p->mem));
	const struct network *n = j->n;

	if (!n->kept || !b || !b->up || (up && (!str_eq(up->master, n->bridge) || up->addresses.n)))
		return false;
	if (n->subnet && !(n->dns && n->filter && j->h->forwarding && words_has(&b->addresses, own_address(j, true))))
		return false;
	return !n->user || (n->vde && tap && tap->up && str_eq(tap->master, n->bridge));
}

static void lock(const struct job *j)
{
	plan_dir(j->p, "where networks are kept", plan_fmt(j->p, "%s/nets", j->f->data_dir), 0755);
	plan_lock(j->p, "nobody else changes networks", network_lock(j->f, &j->p->mem), false);
}

void network_up(const struct network *n, const struct facts *f, const struct host_net *h, struct plan *p)
{
	const struct job j = { n, f, h, p };
	DEFER(str_done) struct str text = { 0 };
	const char *file = network_file(f, n->name, &p->mem);

	p->title = plan_fmt(p, "network %s", n->name);
	if (is_whole(&j))
		return;
	lock(&j);
	if (!n->kept) {
		network_text(n, &text);
		plan_file(p, "what the network is", file, 0644, str_text(&text));
		plan_remove(p, "what the network was to be", file);
		plan_undo(p);
	}
	plan_dir(p, "a place for what runs", plan_fmt(p, "%s/.nets/%s", f->run_dir, n->name), 0755);
	make_bridge(&j);
	if (n->uplink)
		join_uplink(&j);
	if (n->subnet) {
		hide(&j);
		give_addresses(&j);
	}
	if (n->user)
		own_switch(&j);
}

static void leave_uplink(const struct job *j)
{
	const struct netif *up = host_if(j->h, j->n->uplink), *bridge = host_if(j->h, j->n->bridge);

	if (!up || !str_eq(up->master, j->n->bridge))
		return;
	plan_run(j->p, "the uplink leaves the bridge", ARGV("ip", "link", "set", "dev", up->name, "nomaster"));
	if (bridge && j->n->own_bridge)
		move_addresses(j, bridge, up->name);
}

void network_remove(const struct network *n, const struct facts *f, const struct host_net *h, bool last, struct plan *p)
{
	const struct job j = { n, f, h, p };
	struct arena *a = &p->mem;
	const struct netif *bridge = host_if(h, n->bridge);

	p->title = plan_fmt(p, "no network %s", n->name);
	lock(&j);
	if (n->vde)
		end_program(&j, "end the switch", network_run(f, n->name, "user/pid", a), n->socket);
	if (n->dns)
		end_program(&j, "end dnsmasq", network_run(f, n->name, "dnsmasq.pid", a), network_run(f, n->name, "dnsmasq.conf", a));
	if (n->filter)
		plan_run(p, "its rules", ARGV("nft", "delete", "table", "ip", network_table(n, a)));
	if (n->user && host_if(h, network_tap(n, a)))
		plan_run(p, "the switch's device", ARGV("ip", "link", "del", "dev", network_tap(n, a)));
	leave_uplink(&j);
	if (bridge && n->own_bridge)
		plan_run(p, "the bridge", ARGV("ip", "link", "del", "dev", n->bridge));
	else if (bridge && n->subnet && words_has(&bridge->addresses, own_address(&j, true)))
		plan_run(p, "the host's address on it", ARGV("ip", "addr", "del", own_address(&j, true), "dev", n->bridge));
	if (n->forwarding && h->forwarding && last)
		plan_run(p, "the host passes nothing on, as before", ARGV("sysctl", "-q", "-w", "net.ipv4.ip_forward=0"));
	plan_remove(p, "what ran", plan_fmt(p, "%s/.nets/%s", f->run_dir, n->name));
	plan_remove(p, "its addresses and names", plan_fmt(p, "%s/nets/%s.d", f->data_dir, n->name));
	plan_remove(p, "what the network was", network_file(f, n->name, a));
}

static const struct network *find(const struct nic *n, const struct facts *f)
{
	for (size_t i = 0; i < f->networks.n; i++)
		if (str_eq(f->networks.v[i].name, n->link))
			return &f->networks.v[i];
	return NULL;
}

const char *network_bridge(const struct nic *n, const struct facts *f)
{
	const struct network *net = find(n, f);

	return net ? net->bridge : NULL;
}

const struct network *network_of(const struct guest *g, const struct nic *n, const struct facts *f, struct err *e)
{
	const struct network *net = find(n, f);

	if (!net)
		err_set(e, ERR_NOT_FOUND, "%s:%d: %s: this host has no network '%s' (as root: berth net create %s)", g->file,
			n->place.line, n->place.name, n->link, n->link);
	return net;
}

int network_is_up(const struct network *net, const struct facts *f, struct err *e)
{
	if (words_has(&f->bridges, net->bridge))
		return 0;
	return err_set(e, ERR_FAILED, "the network '%s' is not up (berth net up %s)", net->name, net->name);
}

int network_fits(const struct guest *g, const struct nic *n, const struct network *net, struct err *e)
{
	uint32_t subnet, mask, address;

	if (!net->subnet || !n->address || nic_is_dhcp(n) || !subnet_parse(net->subnet, &subnet, &mask) ||
	    !ipv4_parse(n->address, &address) || (address & mask) == subnet)
		return 0;
	return err_set(e, ERR_INVALID, "%s:%d: %s: address '%s' is not in the network '%s', which is %s", g->file, n->place.line,
		       n->place.name, n->address, net->name, net->subnet);
}

const char *network_resolver(const struct guest *g, const struct facts *f, struct arena *a)
{
	const char *own = user_net_resolver(g, a);
	uint32_t subnet, mask;

	for (size_t i = 0; !own && i < g->nics.n; i++) {
		const struct network *net = str_eq(g->nics.v[i].type, "network") ? find(&g->nics.v[i], f) : NULL;

		if (net && net->subnet && subnet_parse(net->subnet, &subnet, &mask))
			own = ipv4_text(subnet + 1, a);
	}
	return own;
}

static const char *guest_name(const struct guest *g)
{
	return g->hostname ? g->hostname : g->name;
}

/* dnsmasq notices what is new in these directories. */
static void announce(const struct guest *g, const struct facts *f, size_t nth, const struct network *net, struct plan *p)
{
	const struct nic *n = &g->nics.v[nth];
	const char *file = plan_fmt(p, "%s.%zu", g->name, nth), *mac = guest_mac(g, nth, &p->mem);
	bool fixed = n->address && !nic_is_dhcp(n);
	struct arena *a = &p->mem;

	plan_file(p, plan_fmt(p, "'%s' is known on %s", g->name, net->name),
		  plan_fmt(p, "%s/%s", network_kept(f, net->name, "dhcp", a), file), 0644,
		  fixed ? plan_fmt(p, "%s,%s,%s\n", mac, n->address, guest_name(g)) : plan_fmt(p, "%s,%s\n", mac, guest_name(g)));
	if (fixed)
		plan_file(p, "by its name as well", plan_fmt(p, "%s/%s", network_kept(f, net->name, "hosts", a), file), 0644,
			  plan_fmt(p, "%s %s\n", n->address, guest_name(g)));
}

void network_announce(const struct guest *g, const struct facts *f, struct plan *p)
{
	for (size_t i = 0; !f->uid && i < g->nics.n; i++) {
		const struct network *net = str_eq(g->nics.v[i].type, "network") ? find(&g->nics.v[i], f) : NULL;

		if (net && net->subnet)
			announce(g, f, i, net, p);
	}
}

void network_withdraw(const struct guest *g, const struct facts *f, struct plan *p)
{
	for (size_t i = 0; !f->uid && i < g->nics.n; i++) {
		const char *file = plan_fmt(p, "%s.%zu", g->name, i), *net = g->nics.v[i].link;

		if (!str_eq(g->nics.v[i].type, "network"))
			continue;
		plan_remove(p, plan_fmt(p, "'%s' is forgotten on %s", g->name, net),
			    plan_fmt(p, "%s/%s", network_kept(f, net, "dhcp", &p->mem), file));
		plan_remove(p, "and its name", plan_fmt(p, "%s/%s", network_kept(f, net, "hosts", &p->mem), file));
	}
}
