/* SPDX-License-Identifier: ISC */
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

bool nic_is_shared(const struct nic *n)
{
	return nic_attached(n) && !nic_is_private(n);
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
