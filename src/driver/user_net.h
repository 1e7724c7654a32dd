/* SPDX-License-Identifier: ISC */
#ifndef BERTH_USER_NET_H
#define BERTH_USER_NET_H

#include "model/facts.h"
#include "model/guest.h"

/*
 * The user-mode network of one interface: a subnet of its own inside the QEMU
 * process (slirp), which needs no root and no set-up on the host. It is laid out so
 * that the addresses the machine file gives are right in it.
 * (qemu(1), -netdev user: net, host, dns, hostfwd; host and dns must differ.)
 */
struct user_net {
	uint32_t net, mask;     /* host byte order */
	uint32_t host;          /* the gateway as the guest sees it */
	uint32_t dns;           /* the resolver as the guest sees it */
	uint32_t guest;         /* its static address; 0: DHCP */
	uint32_t free;          /* one that DHCP may give to it; 0: the subnet has no more */
};

int user_net(const struct guest *g, const struct nic *n, struct user_net *u, struct err *e);

/* A name server outside the subnet or inside it but free: what the guest should ask. */
const char *user_net_resolver(const struct guest *g, struct arena *a);

#endif
