/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "model/guest.h"
#include "text/ipv4.h"

bool nic_attached(const struct nic *n)
{
	return !str_eq(n->type, "none");
}

bool nic_is_dhcp(const struct nic *n)
{
	return n->mode ? str_eq(n->mode, "dhcp") : !n->address;
}

bool nic_is_private(const struct nic *n)
{
	return !n->type || str_eq(n->type, "nat") || str_eq(n->type, "host-only");
}

bool nic_is_nat(const struct nic *n)
{
	return !n->type || str_eq(n->type, "nat");
}

bool nic_is_cable(const struct nic *n)
{
	return str_eq(n->type, "vde") || str_eq(n->type, "mcast") || str_eq(n->type, "socket");
}

bool nic_is_shared(const struct nic *n)
{
	return nic_attached(n) && !nic_is_private(n) && !nic_is_cable(n);
}

const char *arg_bridge(const struct guest *g, size_t nth, struct arena *a)
{
	const char *word = g->qemu.args.v[nth], *br;

	if (!nth || !str_eq(g->qemu.args.v[nth - 1], "-netdev") || !str_starts(word, "bridge") || (word[6] && word[6] != ','))
		return NULL;
	br = strstr(word, ",br=");
	return br ? arena_strn(a, br + 4, strcspn(br + 4, ",")) : "br0";
}

bool arg_any_bridge(const struct guest *g)
{
	DEFER(arena_done) struct arena a = { 0 };

	for (size_t i = 0; i < g->qemu.args.n; i++)
		if (arg_bridge(g, i, &a))
			return true;
	return false;
}

const char *guest_address(const struct guest *g)
{
	for (size_t i = 0; i < g->nics.n; i++)
		if (nic_is_shared(&g->nics.v[i]) && !nic_is_dhcp(&g->nics.v[i]))
			return g->nics.v[i].address;
	return NULL;
}

uint32_t nic_mask(const struct nic *n)
{
	uint32_t mask;

	return n->mask && ipv4_mask_parse(n->mask, &mask) ? mask : 0xffffff00;
}

/* Is there a way from this card to the guest's gateway without another router? */
static bool reaches(const struct nic *n, const char *gateway)
{
	uint32_t own, other;

	return n->address && !nic_is_dhcp(n) && ipv4_parse(n->address, &own) && ipv4_parse(gateway, &other) &&
	       !((own ^ other) & nic_mask(n));
}

const struct nic *nic_outside(const struct guest *g)
{
	for (size_t i = 0; g->gateway && i < g->nics.n; i++)
		if (nic_attached(&g->nics.v[i]) && reaches(&g->nics.v[i], g->gateway))
			return &g->nics.v[i];
	return NULL;
}

void guest_nameservers(const struct guest *g, struct words *out, struct arena *a)
{
	for (size_t i = 0; i < g->nameservers.n; i++)
		words_add(out, a, g->nameservers.v[i].text);
	for (size_t i = 0; !g->nameservers.n && i < g->nics.n; i++)
		for (size_t d = 0; d < g->nics.v[i].dns.n; d++)
			words_add(out, a, g->nics.v[i].dns.v[d]);
}

const char *nic_gateway(const struct guest *g, const struct nic *n)
{
	return n->gateway ? n->gateway : n == nic_outside(g) ? g->gateway : NULL;
}

/* A port, up to the character end, which is skipped; 0: none. */
static int port_before(const char **at, const char *end)
{
	char *stop;
	long port = **at >= '1' && **at <= '9' ? strtol(*at, &stop, 10) : 0;

	if (port < 1 || port > 65535 || !strchr(end, *stop))
		return 0;
	*at = *stop ? stop + 1 : stop;
	return (int)port;
}

bool forward_parse(const char *text, struct forward *out, struct arena *a)
{
	const char *colon = strchr(text, ':');
	uint32_t address;

	*out = (struct forward){ .address = "127.0.0.1" };
	if (colon && strchr(colon + 1, ':')) {
		out->address = arena_strn(a, text, (size_t)(colon - text));
		if (!ipv4_parse(out->address, &address))
			return false;
		text = colon + 1;
	}
	out->host = port_before(&text, ":");
	if (!out->host || !text[-1])
		return false;
	out->guest = port_before(&text, "/");
	out->udp = !strcmp(text, "udp");
	return out->guest && (text[-1] == '/' ? out->udp || !strcmp(text, "tcp") : !*text);
}
