/* SPDX-License-Identifier: ISC */
/*
 * A network of this host, as `berth net` keeps it in DATA/nets/NAME.conf: a bridge,
 * and what goes with it. Guests join it by name (type = network, link = NAME).
 */
#ifndef BERTH_NETWORK_H
#define BERTH_NETWORK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

/* Of the name, so that "bt-NAME" is one of an interface. */
enum { NETWORK_NAME_MAX = 11 };

struct network {
	const char *name;

	/* as it is kept */
	const char *bridge;     /* its guests are on it */
	const char *subnet;     /* "10.5.0.0/24": given out, and hidden behind the host; NULL: neither */
	const char *uplink;     /* an interface of the host's that is in the bridge; NULL: none */
	const char *user;       /* may join without rights, through a switch of VDE; NULL: nobody */
	bool own_bridge;        /* made with the network, and goes with it */
	bool forwarding;        /* the host did not pass packets on before */

	/* as it is now */
	const char *socket;     /* the directory of the user's switch */
	uid_t uid;              /* of user */
	gid_t gid;
	bool kept;              /* there is a file of it */
	bool dns, vde, filter;  /* dnsmasq runs, the switch runs, the table of rules is there */
};

bool network_name_ok(const char *name);         /* letters, digits, '-', '_', letter first */

/* Its file: read into n, whose name is given, and back. */
int network_read(struct network *n, const char *file, const char *text, size_t size, struct arena *a, struct err *e);
void network_text(const struct network *n, struct str *out);
json_t *network_json(const struct network *n);
void network_from_json(struct network *n, const char *name, const json_t *o, struct arena *a);

/* "10.5.0.0/24" in host byte order; a network's own address, 8 to 29 bits. */
bool subnet_parse(const char *text, uint32_t *net, uint32_t *mask);

/* An interface of the host, and a route. */
struct netif {
	const char *name;
	const char *kind;       /* "bridge" "tun" ...; NULL: a real one */
	const char *master;     /* the bridge it is in; NULL: none */
	const char *mac;
	bool up;
	struct words addresses; /* "192.168.1.5/24" */
};

struct route {
	const char *to;         /* "default" or "10.0.0.0/8" */
	const char *via;        /* NULL: it is there directly */
	const char *dev;
};

/* What is true of the host's networks when a plan for one of them is made. */
struct host_net {
	VEC(struct netif) ifs;
	VEC(struct route) routes;
	const char *ssh;        /* the interface by which this session came in; "?": not known which; NULL: it is a local one */
	bool forwarding;        /* the host passes packets on */
	bool drops;             /* ... but a rule of somebody's drops them, unless told otherwise: Docker's, mostly */
	bool docker, firewalld; /* they run */
	struct words missing;   /* "dnsmasq": tools that are not installed */
};

const struct netif *host_if(const struct host_net *h, const char *name);
const char *host_uplink(const struct host_net *h);      /* where the default route goes; NULL: nowhere */

/* What of the host is in a subnet already: "eth0 (192.168.1.5/24)"; except is an interface that may be. NULL: nothing. */
const char *subnet_clash(const struct host_net *h, const char *subnet, const char *except, struct arena *a);

/* The first of 10.88.0.0/24, 10.88.1.0/24 ... that is free on the host, and not that of one of these. */
const char *subnet_free(const struct host_net *h, const struct network *others, size_t n, struct arena *a);

/* Something that keeps a network from working, and what to type. */
struct obstacle {
	enum err_kind kind;     /* ERR_NONE: it may work all the same */
	const char *text;
};

struct obstacles {
	struct obstacle *v;
	size_t n, cap;
};

/* What is wrong with one network, NULL: with making one that gives out addresses. All strings in a. */
void network_check(const struct network *n, const struct host_net *h, struct obstacles *out, struct arena *a);

#endif
