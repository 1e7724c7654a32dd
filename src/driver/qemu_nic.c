/* SPDX-License-Identifier: ISC */
/*
 * What stands behind a network interface. Root joins a bridge through a tap device
 * of the guest's own: the plan makes it and gives it to the user the guest runs as,
 * so QEMU needs no rights. It outlives a guest that powers itself off, and is then
 * taken up again by the next start, or goes with stop, kill and destroy.
 *
 * An ordinary user has qemu-bridge-helper, where root has set it up, the switch of a
 * network, or a tap device that root has made for him.
 */
#include <string.h>

#include "base/str.h"
#include "driver/folder.h"
#include "driver/qemu.h"
#include "driver/user_net.h"
#include "model/digest.h"
#include "model/netplan.h"
#include "text/ipv4.h"
#include "text/quote.h"

struct card {
	const struct guest *g;
	const struct facts *f;
	const struct nic *n;
	size_t nth;
	struct plan *p;
	const char *id;
};

static const char *value(struct plan *p, const char *text)
{
	return qemu_value(text, &p->mem);
}

static bool is_user_mode(const struct nic *n)
{
	return nic_attached(n) && !nic_is_cable(n) && !str_eq(n->type, "bridge") && !str_eq(n->type, "network") &&
	       !str_eq(n->type, "tap");
}

/* Does root make a tap device for it? */
static bool has_own_tap(const struct nic *n, const struct facts *f)
{
	return !f->uid && (str_eq(n->type, "bridge") || str_eq(n->type, "network"));
}

static const char *bridge_of(const struct nic *n, const struct facts *f)
{
	return str_eq(n->type, "network") ? network_bridge(n, f) : n->bridge ? n->bridge : "br0";
}

/* Two hosts of berth on one machine (BERTH_HOME) may have guests of the same name. */
static const char *tap_name(const struct guest *g, const struct facts *f, size_t nth, struct plan *p)
{
	const char *seed = plan_fmt(p, "berth:tap:%s:%s", f->data_dir, g->name), *mine = digest_hex(seed, 8, &p->mem);
	long slot = nth < g->nics.n ? g->nics.v[nth].slot : 0;

	/* The place among the others changes when one of them is detached, the slot does not. */
	return slot ? plan_fmt(p, "tap%s.s%ld", mine, slot) : plan_fmt(p, "tap%s.%zu", mine, nth);
}

bool qemu_needs_helper(const struct guest *g, const struct facts *f)
{
	if (f->uid && arg_any_bridge(g))
		return true;
	for (size_t i = 0; f->uid && i < g->nics.n; i++)
		if (str_eq(g->nics.v[i].type, "bridge"))
			return true;
	return false;
}

static int refused(const struct card *c, const char *bridge, struct err *e)
{
	const char *user = c->f->user ? c->f->user : "USER";

	return err_set(e, ERR_PERMISSION, "%s:%d: %s: only root can join the bridge '%s' (type = nat needs no rights; or, as root: "
		       "ip tuntap add dev tap0 mode tap user %s; ip link set tap0 master %s up, then say type = tap and link = tap0)",
		       c->g->file, c->n->place.line, c->n->place.name, bridge, user,
		       quote_word(bridge, &c->p->mem));
}

static const char *on_tap(const struct card *c, const char *name, struct err *e)
{
	if (c->f->run_uid && c->f->tun_shut) {
		err_set(e, ERR_PERMISSION, "%s:%d: %s: /dev/net/tun is not there or only root may open it, which QEMU is not "
			"(modprobe tun; chmod 0666 /dev/net/tun)", c->g->file, c->n->place.line, c->n->place.name);
		return NULL;
	}
	return plan_fmt(c->p, "tap,id=%s,ifname=%s,script=no,downscript=no", c->id, value(c->p, name));
}

static const char *on_bridge(const struct card *c, const char *bridge, struct err *e)
{
	if (!words_has(&c->f->bridges, bridge)) {
		const char *typed = quote_word(bridge, &c->p->mem);

		err_set(e, ERR_NOT_FOUND, "%s:%d: %s: this host has no bridge '%s' (ip link add %s type bridge; ip link set %s up; or "
			"'berth net create lab', then say type = network and link = lab)", c->g->file, c->n->place.line,
			c->n->place.name, bridge, typed, typed);
		return NULL;
	}
	if (!c->f->uid)
		return on_tap(c, tap_name(c->g, c->f, c->nth, c->p), e);
	if (words_has(&c->f->helper_bridges, bridge) || words_has(&c->f->helper_bridges, "all"))
		return plan_fmt(c->p, "bridge,id=%s,br=%s", c->id, value(c->p, bridge));
	refused(c, bridge, e);
	return NULL;
}

static const char *on_switch(const struct card *c, const char *directory)
{
	return plan_fmt(c->p, "vde,id=%s,sock=%s", c->id, value(c->p, directory));
}

static const char *on_network(const struct card *c, struct err *e)
{
	const struct network *net = network_of(c->g, c->n, c->f, e);

	if (!net || network_fits(c->g, c->n, net, e) < 0)
		return NULL;
	if (!c->f->uid)
		return network_is_up(net, c->f, e) < 0 ? NULL : on_bridge(c, net->bridge, e);
	if (net->socket && str_eq(net->user, c->f->user))
		return on_switch(c, net->socket);
	err_set(e, ERR_PERMISSION, "%s:%d: %s: only root%s%s can join the network '%s' (type = nat needs no rights; or, as root: "
		"berth net create NAME --vde %s)", c->g->file, c->n->place.line, c->n->place.name, net->user ? " and " : "",
		net->user ? net->user : "", net->name, c->f->user ? c->f->user : "USER");
	return NULL;
}

/* One end of a cable: "listen:" or "connect:", and a path or an address and port. */
static const char *on_cable(const struct card *c)
{
	bool listens = str_starts(c->n->link, "listen:");
	const char *at = strchr(c->n->link, ':') + 1, *colon = strrchr(at, ':');
	const char *server = listens ? "on" : "off";

	if (*at == '/')
		return plan_fmt(c->p, "stream,id=%s,server=%s,addr.type=unix,addr.path=%s", c->id, server, value(c->p, at));
	return plan_fmt(c->p, "stream,id=%s,server=%s,addr.type=inet,addr.host=%s,addr.port=%s", c->id, server,
			value(c->p, arena_strn(&c->p->mem, at, (size_t)(colon - at))), colon + 1);
}

static bool is_first(const struct card *c)
{
	for (size_t i = 0; i < c->nth; i++)
		if (is_user_mode(&c->g->nics.v[i]))
			return false;
	return true;
}

/* Ports of the host that lead into the guest. */
static void forwards(const struct card *c, const struct user_net *u, struct str *out)
{
	const char *to = u->guest ? ipv4_text(u->guest, &c->p->mem) : "";
	struct forward w;

	if (c->f->ssh_port)
		str_fmt(out, ",hostfwd=tcp:127.0.0.1:%d-%s:22", c->f->ssh_port, to);
	for (size_t i = 0; i < c->g->forwards.n; i++)
		if (forward_parse(c->g->forwards.v[i].text, &w, &c->p->mem))
			str_fmt(out, ",hostfwd=%s:%s:%d-%s:%d", w.udp ? "udp" : "tcp", w.address, w.host, to, w.guest);
}

static const char *user_mode(const struct card *c, struct err *e)
{
	const char *alone = str_eq(c->n->type, "host-only") ? ",restrict=on" : "";
	DEFER(str_done) struct str ports = { 0 };
	struct arena *a = &c->p->mem;
	struct user_net u;

	if (user_net(c->g, c->n, &u, e) < 0)
		return NULL;
	if (is_first(c))
		forwards(c, &u, &ports);
	return plan_fmt(c->p, "user,id=%s,net=%s/%d,host=%s,dns=%s%s%s", c->id, ipv4_text(u.net, a), ipv4_mask_bits(u.mask),
			ipv4_text(u.host, a), ipv4_text(u.dns, a), alone, str_text(&ports));
}

const char *qemu_netdev(const struct guest *g, const struct facts *f, size_t nth, struct plan *p, struct err *e)
{
	const struct nic *n = &g->nics.v[nth];
	const struct card c = { g, f, n, nth, p, qemu_netdev_id(g, nth, &p->mem) };

	if (str_eq(n->type, "bridge"))
		return on_bridge(&c, bridge_of(n, f), e);
	if (str_eq(n->type, "network"))
		return on_network(&c, e);
	if (str_eq(n->type, "tap"))
		return on_tap(&c, n->link, e);
	if (str_eq(n->type, "vde"))
		return on_switch(&c, n->link);
	if (str_eq(n->type, "mcast"))
		return plan_fmt(p, "socket,id=%s,mcast=%s", c.id, value(p, n->link));
	if (str_eq(n->type, "socket"))
		return on_cable(&c);
	return user_mode(&c, e);
}

/* Does the word have this property: "script=no", or "fd=" with any value? */
static bool has(const char *word, const char *property)
{
	size_t n = strlen(property);
	const char *at = word;

	while ((at = strstr(at, property))) {
		if ((at == word || at[-1] == ',') && (property[n - 1] == '=' || !at[n] || at[n] == ','))
			return true;
		at += n;
	}
	return false;
}

/* Would QEMU start a program for it: a script, a helper? */
static bool starts_program(const char *option, const char *word)
{
	bool net = str_eq(option, "-netdev") || str_eq(option, "-nic") || str_eq(option, "-net");

	if (!net || (strncmp(word, "tap", 3) != 0 && strncmp(word, "bridge", 6) != 0))
		return false;
	return has(word, "helper=") || *word == 'b' ||
	       !(has(word, "fd=") || has(word, "fds=") || (has(word, "script=no") && has(word, "downscript=no")));
}

const char *qemu_arg(const struct guest *g, const struct facts *f, size_t nth, struct plan *p, struct err *e)
{
	const char *word = g->qemu.args.v[nth], *bridge = arg_bridge(g, nth, &p->mem), *id;
	struct nic n = { .place = guest_place(g, "driver.qemu.args") };
	struct card c = { g, f, &n, g->nics.n + nth, p, NULL };

	n.place.name = "driver.qemu.args";
	if (bridge && !has(word, "helper=")) {
		id = strstr(word, ",id=");
		c.id = id ? arena_strn(&p->mem, id + 4, strcspn(id + 4, ",")) : "bridge";
		return on_bridge(&c, bridge, e);
	}
	if (nth && !qemu_needs_helper(g, f) && starts_program(g->qemu.args.v[nth - 1], word)) {
		err_set(e, ERR_UNSUPPORTED, "%s:%d: driver.qemu.args: '%s': QEMU would start a program, which its sandbox forbids "
			"(script=no and downscript=no, or '-netdev bridge,id=...,br=...', or [hardware] [[eths]] with type = bridge)",
			g->file, n.place.line, word);
		return NULL;
	}
	return word;
}

/* The devices that root makes for it: of its interfaces, and of what its further words for QEMU join. */
struct tap {
	const char *name, *bridge;
	const char *what;       /* for people */
};

struct taps {
	VEC(struct tap) all;
};

static struct tap tap_of(const struct guest *g, const struct facts *f, size_t nth, struct plan *p)
{
	const struct nic *n = &g->nics.v[nth];

	return (struct tap){ tap_name(g, f, nth, p), bridge_of(n, f), n->place.name };
}

static void add_tap(struct tap t, const struct facts *f, struct plan *p)
{
	plan_run(p, plan_fmt(p, "a device for %s, for the user the guest runs as", t.what),
		 ARGV("ip", "tuntap", "add", "dev", t.name, "mode", "tap", "user", plan_fmt(p, "%u", (unsigned)f->run_uid)));
	plan_run(p, "the device again", ARGV("ip", "link", "del", "dev", t.name));
	plan_undo(p);
	plan_run(p, plan_fmt(p, "on the bridge %s", t.bridge), ARGV("ip", "link", "set", "dev", t.name, "master", t.bridge, "up"));
}

static void del_tap(struct tap t, struct plan *p)
{
	plan_run(p, plan_fmt(p, "the device of %s", t.what), ARGV("ip", "link", "del", "dev", t.name))->may_fail = true;
}

static void own_taps(const struct guest *g, const struct facts *f, struct plan *p, struct taps *out)
{
	for (size_t i = 0; i < g->nics.n; i++)
		if (has_own_tap(&g->nics.v[i], f))
			*vec_add(&out->all, &p->mem) = tap_of(g, f, i, p);
	for (size_t i = 0; !f->uid && i < g->qemu.args.n; i++) {
		const char *bridge = arg_bridge(g, i, &p->mem);

		if (bridge)
			*vec_add(&out->all, &p->mem) = (struct tap){ tap_name(g, f, g->nics.n + i, p), bridge, "driver.qemu.args" };
	}
}

void qemu_join(const struct guest *g, const struct facts *f, struct plan *p)
{
	struct taps taps = { 0 };

	own_taps(g, f, p, &taps);
	if (taps.all.n)
		folder_hold_start(g, f, p);
	network_announce(g, f, p);
	for (size_t i = 0; i < taps.all.n; i++)
		add_tap(taps.all.v[i], f, p);
}

void qemu_leave(const struct guest *g, const struct facts *f, struct plan *p)
{
	struct taps taps = { 0 };

	own_taps(g, f, p, &taps);
	if (taps.all.n)
		folder_hold_start(g, f, p);
	for (size_t i = 0; i < taps.all.n; i++)
		del_tap(taps.all.v[i], p);
}

/* "tap,id=plug1,ifname=tap0" as netdev_add has it; a doubled comma is one of the value. */
static json_t *netdev_json(const char *text)
{
	size_t n = strcspn(text, ",");
	json_t *o = json_pack("{s:s%}", "type", text, n);

	for (text += n; *text;) {
		const char *key = ++text, *value = strchr(text, '=') + 1;
		DEFER(str_done) struct str name = { 0 }, word = { 0 };

		str_addn(&name, key, (size_t)(value - 1 - key));
		for (text = value; *text && (*text != ',' || text[1] == ','); text++) {
			text += *text == ',';
			str_addc(&word, *text);
		}
		json_object_set_new(o, str_text(&name), json_string(str_text(&word)));
	}
	return o;
}

json_t *qemu_plug_netdev(const struct guest *g, const struct facts *f, size_t nth, struct plan *p, struct err *e)
{
	const struct nic *n = &g->nics.v[nth];
	const char *netdev = qemu_netdev(g, f, nth, p, e);

	if (!netdev)
		return NULL;
	if (str_starts(netdev, "bridge,") || str_starts(netdev, "stream,") || str_starts(netdev, "user,")) {
		err_set(e, ERR_UNSUPPORTED, "an interface of type '%s' cannot be attached%s while '%s' runs (berth stop %s, or attach one of "
			"type nat or host-only)", n->type, *netdev == 'b' ? " by who is not root" : "", g->name, g->name);
		return NULL;
	}
	if (has_own_tap(n, f)) {
		network_announce(g, f, p);
		add_tap(tap_of(g, f, nth, p), f, p);
	}
	return netdev_json(netdev);
}

void qemu_unplug_netdev(const struct guest *g, const struct facts *f, size_t nth, struct plan *p)
{
	if (has_own_tap(&g->nics.v[nth], f))
		del_tap(tap_of(g, f, nth, p), p);
}
