/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "model/check.h"
#include "model/network.h"
#include "text/ipv4.h"

enum { MAX_IFNAME = 15 };

/* An interface with its addresses as numbers. */
struct subnet {
	const struct nic *nic;
	uint32_t address, mask;
};

/* False when the interface has no fixed address. */
static bool subnet_of(const struct nic *n, struct subnet *s)
{
	s->nic = n;
	s->mask = 0xffffff00;
	if (!n->address || str_eq(n->mode, "dhcp") || !ipv4_parse(n->address, &s->address))
		return false;
	return !n->mask || ipv4_mask_parse(n->mask, &s->mask);
}

static bool within(const struct subnet *s, uint32_t address)
{
	return (s->address & s->mask) == (address & s->mask);
}

static struct place nic_place(const struct guest *g, const struct nic *n, const char *key)
{
	return check_place(g, &n->place, "network.eths.%s.%s", n->place.name, key);
}

static void check_mode(const struct guest *g, const struct nic *n, struct report *r)
{
	struct place at = nic_place(g, n, "address");

	if (str_eq(n->mode, "static") && !n->address)
		report_error(r, at.line, at.col, "%s: address is missing (add 'address = 192.168.1.2' or say 'type = dhcp')", n->place.name);
	if (str_eq(n->mode, "dhcp") && n->address)
		report_warning(r, at.line, at.col, "%s: with 'type = dhcp' its address is ignored", n->place.name);
	if (!n->address && !str_eq(n->mode, "static") && n->gateway) {
		at = nic_place(g, n, "gateway");
		report_warning(r, at.line, at.col, "%s: without an address its gateway is ignored", n->place.name);
	}
}

static const char *address_fault(const struct subnet *s)
{
	uint32_t hosts = ~s->mask, part = s->address & hosts, top = s->address >> 24;

	if (top == 0 || top == 127 || top >= 224)
		return "is not an address a machine can have";
	if (hosts > 1 && part == 0)
		return "is the address of the network itself";
	if (hosts > 1 && part == hosts)
		return "is the broadcast address of its network";
	return NULL;
}

static void check_address(const struct guest *g, const struct subnet *s, struct report *r)
{
	DEFER(arena_done) struct arena a = { 0 };
	const struct nic *n = s->nic;
	struct place at = nic_place(g, n, "address");
	const char *fault = address_fault(s);

	if (fault)
		report_error(r, at.line, at.col, "address: '%s' %s (try %s)", n->address, fault,
			     s->address >> 24 == 0 || s->address >> 24 == 127 || s->address >> 24 >= 224
			     ? "192.168.1.2" : ipv4_text((s->address & s->mask) + 2, &a));
	for (const struct nic *o = g->nics.v; o < n; o++)
		if (str_eq(o->address, n->address))
			report_error(r, at.line, at.col, "address: '%s' is the address of '%s' already", n->address, o->place.name);
}

static void check_own_gateway(const struct guest *g, const struct subnet *s, struct report *r)
{
	struct place at = nic_place(g, s->nic, "gateway");
	uint32_t gateway;

	if (!s->nic->gateway || !ipv4_parse(s->nic->gateway, &gateway))
		return;
	if (gateway == s->address)
		report_error(r, at.line, at.col, "gateway: '%s' is the guest itself", s->nic->gateway);
	else if (!within(s, gateway))
		report_error(r, at.line, at.col, "gateway: '%s' is not in the network of '%s', so nothing reaches it",
			     s->nic->gateway, s->nic->place.name);
}

/* The gateway of all interfaces is in one of their networks, unless DHCP or a venet brings one we cannot know. */
static void check_gateway(const struct guest *g, struct report *r)
{
	struct place at = check_place(g, NULL, "network.gateway");
	uint32_t gateway;
	bool open = !g->nics.n;

	if (!g->gateway || !ipv4_parse(g->gateway, &gateway))
		return;
	for (size_t i = 0; i < g->nics.n; i++) {
		struct subnet s;
		bool fixed = subnet_of(&g->nics.v[i], &s);

		if (fixed && s.address == gateway) {
			report_error(r, at.line, at.col, "gateway: '%s' is the guest itself ('%s')", g->gateway, s.nic->place.name);
			return;
		}
		open |= !fixed || within(&s, gateway) || str_eq(s.nic->type, "venet");
	}
	if (!open)
		report_error(r, at.line, at.col, "gateway: '%s' is in the network of no interface, so nothing reaches it", g->gateway);
}

static void check_mac(const struct guest *g, const struct nic *n, struct report *r)
{
	struct place at = check_place(g, &n->place, "hardware.eths.%s.hw_addr", n->place.name);

	for (const struct nic *o = g->nics.v; n->mac && o < n; o++)
		if (str_eq(o->mac, n->mac))
			report_error(r, at.line, at.col, "hw_addr: '%s' is the address of '%s' already (leave it out: one is derived from the name)",
				     n->mac, o->place.name);
}

static bool is_ifname(const char *name)
{
	if (!*name || strlen(name) > MAX_IFNAME || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++)
		if (!isgraph((unsigned char)*name) || strchr("/:,\"\\%", *name))
			return false;
	return true;
}

static void check_names(const struct guest *g, const struct nic *n, struct report *r)
{
	struct place at = check_place(g, &n->place, "hardware.eths.%s.name", n->place.name);

	if (n->ifname && !is_ifname(n->ifname))
		report_error(r, at.line, at.col, "name: '%s' is not the name of an interface (at most %d letters and digits)",
			     n->ifname, MAX_IFNAME);
	for (const struct nic *o = g->nics.v; n->ifname && o < n; o++)
		if (str_eq(o->ifname, n->ifname))
			report_error(r, at.line, at.col, "name: '%s' is the name of '%s' already", n->ifname, o->place.name);
	at = check_place(g, &n->place, "hardware.eths.%s.bridge", n->place.name);
	if (n->bridge && !is_ifname(n->bridge))
		report_error(r, at.line, at.col, "bridge: '%s' is not the name of a bridge (try br0)", n->bridge);
	else if (n->bridge && !str_eq(n->type, "bridge") && !str_eq(n->type, "veth"))
		report_warning(r, at.line, at.col, "%s: the bridge is ignored without 'type = bridge'", n->place.name);
}

/* "230.0.0.1:7000" */
static bool is_group(const char *link)
{
	DEFER(arena_done) struct arena a = { 0 };
	const char *colon = strrchr(link, ':');
	uint32_t address, port;

	return colon && ipv4_parse(arena_strn(&a, link, (size_t)(colon - link)), &address) && address >> 28 == 0xe &&
	       (port = (uint32_t)strtoul(colon + 1, NULL, 10)) > 0 && port < 65536;
}

static bool is_cable_end(const char *link)
{
	const char *rest = str_starts(link, "listen:") ? link + 7 : str_starts(link, "connect:") ? link + 8 : "";
	const char *colon = strrchr(rest, ':');

	return *rest == '/' || (colon && colon > rest && atoi(colon + 1) > 0 && atoi(colon + 1) < 65536);
}

static bool is_directory(const char *link)
{
	return *link == '/';
}

static bool is_network(const char *link)
{
	return network_name_ok(link);
}

static const struct { const char *type; bool (*fits)(const char *link); const char *what, *example; } links[] = {
	{ "network", is_network,   "the name of a network",             "lab" },
	{ "tap",     is_ifname,    "the name of a tap device",          "tap0" },
	{ "vde",     is_directory, "the directory of a switch",         "/run/vde/switch" },
	{ "mcast",   is_group,     "a multicast group and a port",      "230.0.0.1:7000" },
	{ "socket",  is_cable_end, "an end of a cable between guests",  "listen:127.0.0.1:7000" },
};

static void check_link(const struct guest *g, const struct nic *n, struct report *r)
{
	struct place at = check_place(g, &n->place, "hardware.eths.%s.link", n->place.name);

	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		if (!str_eq(n->type, links[i].type))
			continue;
		if (!n->link)
			report_error(r, at.line, at.col, "%s: type %s needs a link, %s (link = %s)", n->place.name, n->type,
				     links[i].what, links[i].example);
		else if (!links[i].fits(n->link))
			report_error(r, at.line, at.col, "link: '%s' is not %s (try %s)", n->link, links[i].what, links[i].example);
		return;
	}
	if (n->link)
		report_warning(r, at.line, at.col, "%s: the link is ignored with type %s", n->place.name, n->type ? n->type : "nat");
}

static void check_dns(const struct guest *g, const struct nic *n, struct report *r)
{
	struct place at = nic_place(g, n, "dns");
	uint32_t address;

	for (size_t i = 0; i < n->dns.n; i++)
		if (!ipv4_parse(n->dns.v[i], &address))
			report_error(r, at.line, at.col, "dns: '%s' is not an IPv4 address (try 192.168.1.1)", n->dns.v[i]);
}

static void check_nic(const struct guest *g, const struct nic *n, struct report *r)
{
	struct subnet s;

	check_mode(g, n, r);
	check_mac(g, n, r);
	check_names(g, n, r);
	check_link(g, n, r);
	check_dns(g, n, r);
	if (!subnet_of(n, &s))
		return;
	check_address(g, &s, r);
	check_own_gateway(g, &s, r);
}

static bool same_port(const struct port *a, const struct port *b)
{
	return a->port == b->port && (str_eq(a->proto, b->proto) || str_eq(a->proto, "all") || str_eq(b->proto, "all"));
}

static void check_ports(const struct guest *g, struct report *r)
{
	for (size_t i = 0; i < g->ports.n; i++)
		for (size_t j = 0; j < i; j++)
			if (g->ports.v[i].port && same_port(&g->ports.v[i], &g->ports.v[j]))
				report_warning(r, g->ports.v[i].place.line, g->ports.v[i].place.col, "%s: port %ld is open by '%s' already",
					       g->ports.v[i].place.name, g->ports.v[i].port, g->ports.v[j].place.name);
}

static bool same_forward(const struct forward *a, const struct forward *b)
{
	return a->udp == b->udp && a->host == b->host &&
	       (str_eq(a->address, b->address) || str_eq(a->address, "0.0.0.0") || str_eq(b->address, "0.0.0.0"));
}

static bool has_nat(const struct guest *g)
{
	for (size_t i = 0; i < g->nics.n; i++)
		if (nic_is_nat(&g->nics.v[i]))
			return true;
	return false;
}

static void check_forwards(const struct guest *g, struct report *r)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct forward one, other;

	for (size_t i = 0; i < g->forwards.n; i++) {
		const struct item *f = &g->forwards.v[i];

		if (!f->text)
			continue;
		if (!forward_parse(f->text, &one, &a)) {
			report_error(r, f->place.line, f->place.col, "%s: '%s' is not a forwarded port (try 8080:80, or "
				     "0.0.0.0:5353:53/udp)", f->place.name, f->text);
			continue;
		}
		for (size_t k = 0; k < i; k++)
			if (g->forwards.v[k].text && forward_parse(g->forwards.v[k].text, &other, &a) && same_forward(&one, &other))
				report_error(r, f->place.line, f->place.col, "%s: port %d leads to '%s' already", f->place.name,
					     one.host, g->forwards.v[k].place.name);
	}
	if (g->forwards.n && g->nics.n && !has_nat(g))
		report_warning(r, g->forwards.v[0].place.line, g->forwards.v[0].place.col,
			       "forward: ignored, since no interface is of type nat");
}

void check_network(const struct guest *g, struct report *r)
{
	for (size_t i = 0; i < g->nics.n; i++)
		check_nic(g, &g->nics.v[i], r);
	check_gateway(g, r);
	check_ports(g, r);
	check_forwards(g, r);
}
