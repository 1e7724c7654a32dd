/* SPDX-License-Identifier: ISC */
/*
 * Interfaces of a container. A venet has no hardware address; the host gives it its
 * address and lets nothing else through. A veth is a cable: into a bridge of the
 * host, or to the host itself, which then has to pass packets on and to know where
 * the address is. Those settings live as long as the cable, which every start makes
 * anew.
 */
#include "base/str.h"
#include "driver/openvz.h"

static bool is_static(const struct nic *n)
{
	return n->address && !nic_is_dhcp(n);
}

static int no_address(const struct vz *v, const struct nic *n, enum err_kind kind, const char *what, struct err *e)
{
	return err_set(e, kind, "%s:%d: %s: %s (add [network] [[eths]] [[[%s]]] address = 192.168.1.2, or say type = veth "
		       "and bridge = br0)", v->g->file, n->place.line, n->place.name, what, n->place.name);
}

static int venet(const struct vz *v, struct vz_nic *out, struct err *e)
{
	out->link = VZ_VENET;
	if (is_static(out->nic))
		return 0;
	if (str_eq(out->nic->type, "venet"))
		return no_address(v, out->nic, ERR_INVALID, "a venet needs an address: the host gives it to the guest", e);
	return no_address(v, out->nic, ERR_UNSUPPORTED, "openvz has no network of its own that gives out addresses", e);
}

static int bridged(const struct vz *v, const char *bridge, struct vz_nic *out, struct err *e)
{
	out->link = VZ_VETH;
	out->bridge = bridge;
	if (words_has(&v->f->bridges, bridge))
		return 0;
	return err_set(e, ERR_NOT_FOUND, "%s:%d: %s: this host has no bridge '%s' (ip link add %s type bridge)",
		       v->g->file, out->nic->place.line, out->nic->place.name, bridge, bridge);
}

/* A host-only network is a cable behind which nothing is passed on. */
static int to_host(const struct vz *v, struct vz_nic *out, struct err *e)
{
	out->link = VZ_VETH;
	out->routed = !str_eq(out->nic->type, "host-only");
	if (is_static(out->nic))
		return 0;
	return no_address(v, out->nic, ERR_INVALID, "a cable to the host needs an address: the host has a route to it", e);
}

int vz_nic(const struct vz *v, size_t nth, struct vz_nic *out, struct err *e)
{
	const struct nic *n = &v->g->nics.v[nth];
	struct arena *a = &v->p->mem;

	*out = (struct vz_nic){
		.nic = n,
		.name = n->ifname ? n->ifname : arena_fmt(a, "eth%zu", nth),
		.host = arena_fmt(a, "veth%s.%zu", vz_ctid(v->g, a), nth),
		.mac = guest_mac(v->g, nth, a),
	};
	if (!nic_attached(n))
		return 0;
	if (nic_is_cable(n) || str_eq(n->type, "tap") || str_eq(n->type, "network"))
		return err_set(e, ERR_UNSUPPORTED, "%s:%d: %s: openvz guests cannot have a network of type %s (bridge, veth or venet)",
			       v->g->file, n->place.line, n->place.name, n->type);
	if (str_eq(n->type, "bridge"))
		return bridged(v, n->bridge ? n->bridge : "br0", out, e);
	if (str_eq(n->type, "veth") && n->bridge)
		return bridged(v, n->bridge, out, e);
	if (str_eq(n->type, "veth") || str_eq(n->type, "host-only"))
		return to_host(v, out, e);
	return venet(v, out, e);
}

int vz_plug(struct vz *v, struct err *e)
{
	for (size_t i = 0; i < v->g->nics.n; i++) {
		struct vz_nic n;

		if (vz_nic(v, i, &n, e) < 0 || (n.link && v->d->plug(v, &n, e) < 0))
			return -1;
	}
	return 0;
}

/* With slashes a dot in the interface's name is a dot. */
static void sysctl(struct vz *v, const char *why, const char *host, const char *key)
{
	plan_run(v->p, why, ARGV("sysctl", "-q", "-w", plan_fmt(v->p, "net/ipv4/conf/%s/%s=1", host, key)));
}

int vz_route(struct vz *v, struct err *e)
{
	for (size_t i = 0; i < v->g->nics.n; i++) {
		struct vz_nic n;

		if (vz_nic(v, i, &n, e) < 0)
			return -1;
		if (n.link != VZ_VETH || n.bridge)
			continue;
		if (n.routed) {
			sysctl(v, plan_fmt(v->p, "the host passes on what %s sends", n.nic->place.name), n.host, "forwarding");
			sysctl(v, "and answers there for the rest of the network", n.host, "proxy_arp");
		}
		plan_run(v->p, "where its address is", ARGV("ip", "route", "replace", n.nic->address, "dev", n.host));
	}
	return 0;
}
