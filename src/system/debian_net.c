/* SPDX-License-Identifier: ISC */
/*
 * Addresses, routes and name servers, for systemd-networkd. A file belongs to a card
 * by its MAC, not by the name the kernel happens to give it.
 */
#include "system/debian.h"

#include "text/ipv4.h"

#define STUB "../run/systemd/resolve/stub-resolv.conf"

/* The host gives it its address, and takes part in everything it does: nothing in the guest is to be set. */
static bool hosted(const struct setup *u, const struct nic *n)
{
	return u->s->venet && (!n->type || str_eq(n->type, "nat") || str_eq(n->type, "venet"));
}

bool debian_wants_dhcp(const struct guest *g)
{
	for (size_t i = 0; i < g->nics.n; i++)
		if (nic_attached(&g->nics.v[i]) && nic_is_dhcp(&g->nics.v[i]))
			return true;
	return false;
}

static bool names_resolver(const struct guest *g)
{
	for (size_t i = 0; i < g->nics.n; i++)
		if (g->nics.v[i].dns.n)
			return true;
	return g->nameservers.n > 0;
}

bool debian_wants_resolved(const struct guest *g, const struct surroundings *s)
{
	return debian_wants_dhcp(g) && !names_resolver(g) && !(s && s->resolver);
}

static void static_lines(struct setup *u, const struct nic *n, struct str *s)
{
	const char *gateway = nic_gateway(u->g, n);

	str_fmt(s, "Address=%s/%d\n", n->address, ipv4_mask_bits(nic_mask(n)));
	if (gateway)
		str_fmt(s, "Gateway=%s\n", gateway);
}

/* A card that is not plugged in must not keep the guest waiting for its network. */
static void network_file(struct setup *u, const struct nic *n, size_t i)
{
	DEFER(str_done) struct str s = { 0 };

	str_fmt(&s, "[Match]\nMACAddress=%s\n\n", guest_mac(u->g, i, &u->p->mem));
	if (!n->connected)
		str_add(&s, "[Link]\nRequiredForOnline=no\n\n");
	str_add(&s, "[Network]\n");
	if (nic_is_dhcp(n))
		str_add(&s, "DHCP=ipv4\n");
	else
		static_lines(u, n, &s);
	for (size_t d = 0; d < n->dns.n; d++)
		str_fmt(&s, "DNS=%s\n", n->dns.v[d]);
	setup_file(u, plan_fmt(u->p, "address of %s", n->place.name),
		   plan_fmt(u->p, "etc/systemd/network/10-nic%zu.network", i), 0644, str_text(&s));
}

static void link_file(struct setup *u, const struct nic *n, size_t i)
{
	if (n->ifname)
		setup_file(u, plan_fmt(u->p, "name of %s", n->place.name),
			   plan_fmt(u->p, "etc/systemd/network/10-nic%zu.link", i), 0644,
			   plan_fmt(u->p, "[Match]\nMACAddress=%s\n\n[Link]\nName=%s\n",
				    guest_mac(u->g, i, &u->p->mem), n->ifname));
}

static void resolver(struct setup *u)
{
	const struct guest *g = u->g;
	DEFER(str_done) struct str s = { 0 };
	struct words servers = { 0 };

	if (debian_wants_resolved(g, u->s)) {
		setup_link(u, "name servers come with the address", "etc/resolv.conf", STUB);
		setup_enable(u, "systemd-resolved.service", "multi-user.target");
		return;
	}
	guest_nameservers(g, &servers, &u->p->mem);
	for (size_t i = 0; i < servers.n; i++)
		str_fmt(&s, "nameserver %s\n", servers.v[i]);
	if (!s.n && u->s->resolver)
		str_fmt(&s, "nameserver %s\n", u->s->resolver);
	if (s.n)
		setup_file(u, "name servers", "etc/resolv.conf", 0644, str_text(&s));
}

int debian_network(struct setup *u, struct err *e)
{
	const struct guest *g = u->g;
	bool any = false;

	for (size_t i = 0; i < g->nics.n; i++) {
		const struct nic *n = &g->nics.v[i];

		if (!nic_attached(n) || hosted(u, n))
			continue;
		if (!nic_is_dhcp(n) && !n->address)
			return err_set(e, ERR_INVALID, "%s:%d: %s: a static address is missing (address = 10.0.2.15)",
				       g->file, n->place.line, n->place.name);
		network_file(u, n, i);
		link_file(u, n, i);
		any = true;
	}
	resolver(u);
	if (g->ip_routing || g->nat)
		setup_file(u, "packets pass through", "etc/sysctl.d/90-routing.conf", 0644, "net.ipv4.ip_forward = 1\n");
	if (!any)
		return 0;
	setup_enable(u, "systemd-networkd.service", "multi-user.target");
	setup_enable(u, "systemd-networkd.socket", "sockets.target");
	setup_enable(u, "systemd-networkd-wait-online.service", "network-online.target");
	return 0;
}

/* The networks behind this guest, for address translation: all static cards but the one that leads outside. */
size_t debian_inside(const struct guest *g, uint32_t *net, int *bits, size_t max)
{
	const struct nic *outside = nic_outside(g);
	size_t n = 0;

	for (size_t i = 0; i < g->nics.n && n < max; i++) {
		const struct nic *nic = &g->nics.v[i];
		uint32_t own;

		if (!nic_attached(nic) || nic_is_dhcp(nic) || nic == outside || nic->gateway || !nic->address ||
		    !ipv4_parse(nic->address, &own))
			continue;
		net[n] = own & nic_mask(nic);
		bits[n++] = ipv4_mask_bits(nic_mask(nic));
	}
	return n;
}
