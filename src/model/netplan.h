/* SPDX-License-Identifier: ISC */
/*
 * Networks of the host (driver/network.c): the plans that make and unmake them, and what drivers need
 * of them. What is there already is left alone, so the plan of a network that is
 * whole is empty, and that of one that was half made repairs it.
 */
#ifndef BERTH_NETPLAN_H
#define BERTH_NETPLAN_H

#include "model/facts.h"
#include "model/guest.h"
#include "model/network.h"
#include "model/plan.h"

/* Where its things are, in arena a. */
char *network_file(const struct facts *f, const char *name, struct arena *a);                   /* DATA/nets/NAME.conf */
char *network_kept(const struct facts *f, const char *name, const char *what, struct arena *a); /* DATA/nets/NAME.d/WHAT */
char *network_run(const struct facts *f, const char *name, const char *what, struct arena *a);  /* RUN/.nets/NAME/WHAT */
char *network_lock(const struct facts *f, struct arena *a);      /* held by who changes networks of this host */
char *network_table(const struct network *n, struct arena *a);                                  /* of nft: berth_NAME */
char *network_tap(const struct network *n, struct arena *a);                                    /* the switch's own: vt-NAME */

/* Make it, or what is missing of it. The file comes first, so that what was killed is known. */
void network_up(const struct network *n, const struct facts *f, const struct host_net *h, struct plan *p);

/* Unmake it; last: no other network needs the host to pass packets on. */
void network_remove(const struct network *n, const struct facts *f, const struct host_net *h, bool last, struct plan *p);

/* The network an interface of type network names; NULL with what to type. */
const struct network *network_of(const struct guest *g, const struct nic *n, const struct facts *f, struct err *e);
const char *network_bridge(const struct nic *n, const struct facts *f);         /* NULL: there is no such network */
int network_is_up(const struct network *net, const struct facts *f, struct err *e);

/* Has the interface an address of that network, or none? */
int network_fits(const struct guest *g, const struct nic *n, const struct network *net, struct err *e);

/* Who answers for names on the guest's first network that is ours: its own (user_net.h), or dnsmasq's. NULL: nobody known. */
const char *network_resolver(const struct guest *g, const struct facts *f, struct arena *a);

/* Steps by which a guest's names and fixed addresses are known on its networks, and forgotten. Root's only. */
void network_announce(const struct guest *g, const struct facts *f, struct plan *p);
void network_withdraw(const struct guest *g, const struct facts *f, struct plan *p);

#endif
