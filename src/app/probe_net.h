/* SPDX-License-Identifier: ISC */
/* Facts of the host's networks: interfaces, routes, firewalls, and the networks that `berth net` keeps. */
#ifndef BERTH_PROBE_NET_H
#define BERTH_PROBE_NET_H

#include <stdbool.h>

#include "model/facts.h"
#include "model/guest.h"
#include "model/network.h"

/* What starting a guest takes: the networks it joins, bridges open to ordinary users, ports it forwards. */
void probe_guest_net(struct facts *f, const struct guest *g);

/* Is a network of the guest's own there, which is its container's, or was? What it holds is nobody else's. */
bool probe_own_network(const struct facts *f, const char *name);

/* The names of all networks kept in DATA, sorted. */
int network_names(const struct facts *f, struct words *out, struct err *e);

/* One of them with its state now; ERR_NOT_FOUND with what to type. */
int network_load(const struct facts *f, const char *name, struct network *n, struct arena *a, struct err *e);

/* Its user's ids (-1: there is no such user), and what of it runs; for one that is not kept as well. */
void network_look(const struct facts *f, struct network *n, struct arena *a);

int probe_host_net(struct host_net *h, struct arena *a, struct err *e);

/* What `ip -json -details address show` and `ip -json route show` say. */
int host_net_parse(struct host_net *h, const char *addresses, const char *routes, struct arena *a, struct err *e);

/* The interface that has the address a session came to, the third word of $SSH_CONNECTION; "?": none has it. NULL for NULL. */
const char *host_net_ssh(const struct host_net *h, const char *connection);

#endif
