/* SPDX-License-Identifier: ISC */
#include "driver/user_net.h"

#include "base/str.h"
#include "text/ipv4.h"

/* An address of the subnet that is none of the three given; from the low end, as slirp's own defaults are. */
static uint32_t free_address(const struct user_net *u, uint32_t first)
{
	for (uint32_t a = u->net + first; a < (u->net | ~u->mask); a++)
		if (a != u->host && a != u->guest && a != u->dns)
			return a;
	return 0;
}

static bool inside(const struct user_net *u, uint32_t address)
{
	return (address & u->mask) == u->net && address != u->net && address != (u->net | ~u->mask);
}

static const char *gateway_of(const struct guest *g, const struct nic *n)
{
	return n->gateway ? n->gateway : g->gateway;
}

/* The subnet: that of the static address, else that of the gateway, else slirp's 10.0.2.0/24. */
static void subnet(const struct guest *g, const struct nic *n, struct user_net *u)
{
	const char *gateway = gateway_of(g, n);
	uint32_t at;

	if (!n->mask || !ipv4_mask_parse(n->mask, &u->mask))
		u->mask = 0xffffff00;
	if (n->address && ipv4_parse(n->address, &u->guest))
		u->net = u->guest & u->mask;
	else if (gateway && ipv4_parse(gateway, &at))
		u->net = at & u->mask;
	else
		u->net = 0x0a000200;
}

int user_net(const struct guest *g, const struct nic *n, struct user_net *u, struct err *e)
{
	const char *gateway = gateway_of(g, n);
	uint32_t at;

	*u = (struct user_net){ 0 };
	subnet(g, n, u);
	if (ipv4_mask_bits(u->mask) > 29)
		return err_set(e, ERR_INVALID, "%s:%d: a user-mode network needs a gateway, a resolver and a guest: "
			       "the mask must leave 3 bits (try 255.255.255.0)", g->file, n->place.line);
	if (gateway && ipv4_parse(gateway, &at) && inside(u, at) && at != u->guest)
		u->host = at;
	else
		u->host = free_address(u, 2);
	for (size_t i = 0; i < g->nameservers.n && !u->dns; i++)
		if (ipv4_parse(g->nameservers.v[i].text, &at) && inside(u, at) && at != u->host && at != u->guest)
			u->dns = at;
	if (!u->dns)
		u->dns = free_address(u, 3);
	u->free = free_address(u, 4);
	return 0;
}

const char *user_net_resolver(const struct guest *g, struct arena *a)
{
	struct user_net u;
	struct err e;

	for (size_t i = 0; i < g->nics.n; i++)
		if (!g->nics.v[i].type || str_eq(g->nics.v[i].type, "nat"))
			return user_net(g, &g->nics.v[i], &u, &e) < 0 ? NULL : ipv4_text(u.dns, a);
	return NULL;
}
