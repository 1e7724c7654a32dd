/* SPDX-License-Identifier: ISC */
#include "model/network.h"

#include <string.h>

#include "text/ini.h"
#include "text/ipv4.h"

#define TEXTS(X) X(bridge) X(subnet) X(uplink) X(user)
#define FLAGS(X) X(own_bridge) X(forwarding)

bool network_name_ok(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	return *name && strchr(letters, *name) && !name[n] && n <= NETWORK_NAME_MAX;
}

static const char *text_of(const struct ini_node *section, const char *key, struct arena *a)
{
	const struct ini_node *n = ini_child(section, key);

	return n && !n->section ? ini_text(n, a) : NULL;
}

int network_read(struct network *n, const char *file, const char *text, size_t size, struct arena *a, struct err *e)
{
	DEFER(report_done) struct report r = { .file = file };
	DEFER(ini_done) struct ini ini = { 0 };
	const struct ini_node *net;
	uint32_t ignored;

	if (ini_parse(&ini, file, text, size, &r) < 0)
		return report_err(&r, e);
	net = ini_child(ini.root, "net");
	if (!net || !net->section)
		return err_set(e, ERR_INVALID, "%s: has no section [net] (berth net remove %s, then make it anew)", file, n->name);
#define X(field) n->field = text_of(net, #field, a);
	TEXTS(X)
#undef X
#define X(field) n->field = str_eq(text_of(net, #field, a), "yes");
	FLAGS(X)
#undef X
	n->kept = true;
	if (!n->bridge || (n->subnet && !subnet_parse(n->subnet, &ignored, &ignored)))
		return err_set(e, ERR_INVALID, "%s: the network has no bridge, or a subnet that is none", file);
	return 0;
}

void network_text(const struct network *n, struct str *out)
{
	str_fmt(out, "# Kept by 'berth net'.\n[net]\n");
#define X(field) if (n->field) str_fmt(out, "%s = %s\n", #field, n->field);
	TEXTS(X)
#undef X
#define X(field) if (n->field) str_fmt(out, "%s = yes\n", #field);
	FLAGS(X)
#undef X
}

json_t *network_json(const struct network *n)
{
	json_t *o = json_object();

#define X(field) json_object_set_new(o, #field, n->field ? json_string(n->field) : json_null());
	TEXTS(X) X(socket)
#undef X
#define X(field) json_object_set_new(o, #field, json_boolean(n->field));
	FLAGS(X) X(kept) X(dns) X(vde) X(filter)
#undef X
	return o;
}

void network_from_json(struct network *n, const char *name, const json_t *o, struct arena *a)
{
	n->name = arena_str(a, name);
#define X(field) n->field = arena_str(a, json_string_value(json_object_get(o, #field)));
	TEXTS(X) X(socket)
#undef X
#define X(field) n->field = json_is_true(json_object_get(o, #field));
	FLAGS(X) X(kept) X(dns) X(vde) X(filter)
#undef X
}

/* "10.5.0.1/24" as address and mask. */
static bool address_parse(const char *text, uint32_t *address, uint32_t *mask)
{
	DEFER(arena_done) struct arena a = { 0 };
	const char *slash = strchr(text, '/');

	return slash && ipv4_parse(arena_strn(&a, text, (size_t)(slash - text)), address) && ipv4_mask_parse(slash, mask);
}

bool subnet_parse(const char *text, uint32_t *net, uint32_t *mask)
{
	return address_parse(text, net, mask) && !(*net & ~*mask) && ipv4_mask_bits(*mask) >= 8 && ipv4_mask_bits(*mask) <= 29;
}

const struct netif *host_if(const struct host_net *h, const char *name)
{
	for (size_t i = 0; name && i < h->ifs.n; i++)
		if (!strcmp(h->ifs.v[i].name, name))
			return &h->ifs.v[i];
	return NULL;
}

const char *host_uplink(const struct host_net *h)
{
	for (size_t i = 0; i < h->routes.n; i++)
		if (!strcmp(h->routes.v[i].to, "default"))
			return h->routes.v[i].dev;
	return NULL;
}

static bool overlaps(const char *one, const char *other)
{
	uint32_t a, b, am, bm;

	return address_parse(one, &a, &am) && address_parse(other, &b, &bm) && !((a ^ b) & am & bm);
}

const char *subnet_clash(const struct host_net *h, const char *subnet, const char *except, struct arena *a)
{
	for (size_t i = 0; i < h->ifs.n; i++)
		for (size_t k = 0; k < h->ifs.v[i].addresses.n && !str_eq(h->ifs.v[i].name, except); k++)
			if (overlaps(subnet, h->ifs.v[i].addresses.v[k]))
				return arena_fmt(a, "%s (%s)", h->ifs.v[i].name, h->ifs.v[i].addresses.v[k]);
	for (size_t i = 0; i < h->routes.n; i++)
		if (!str_eq(h->routes.v[i].dev, except) && overlaps(subnet, h->routes.v[i].to))
			return arena_fmt(a, "the route to %s by %s", h->routes.v[i].to, h->routes.v[i].dev);
	return NULL;
}

const char *subnet_free(const struct host_net *h, const struct network *others, size_t n, struct arena *a)
{
	for (int i = 0; i < 256; i++) {
		const char *subnet = arena_fmt(a, "10.88.%d.0/24", i);
		bool taken = subnet_clash(h, subnet, NULL, a);

		for (size_t k = 0; k < n; k++)
			taken |= others[k].subnet && overlaps(subnet, others[k].subnet);
		if (!taken)
			return subnet;
	}
	return NULL;
}

__attribute__((format(printf, 4, 5)))
static void found(struct obstacles *out, struct arena *a, enum err_kind kind, const char *fmt, ...)
{
	struct obstacle *f = vec_add(out, a);
	va_list ap;

	va_start(ap, fmt);
	*f = (struct obstacle){ kind, arena_vfmt(a, fmt, ap) };
	va_end(ap);
}

static void check_firewalls(const struct host_net *h, struct obstacles *out, struct arena *a)
{
	if (h->drops)
		found(out, a, ERR_NONE, "%s drops what this host passes on (chain FORWARD), so guests get no further than the host: "
		      "iptables -I %s -i bt-+ -j ACCEPT; iptables -I %s -o bt-+ -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
		      h->docker ? "Docker" : "a firewall", h->docker ? "DOCKER-USER" : "FORWARD", h->docker ? "DOCKER-USER" : "FORWARD");
	if (h->firewalld)
		found(out, a, ERR_NONE, "firewalld lets only the networks it knows through: firewall-cmd --permanent --zone=trusted "
		      "--add-interface=BRIDGE; firewall-cmd --reload");
}

static void check_tools(const struct network *n, const struct host_net *h, struct obstacles *out, struct arena *a)
{
	static const struct { const char *tool, *package; } tools[] = {
		{ "ip", "iproute2" }, { "dnsmasq", "dnsmasq-base" }, { "nft", "nftables" }, { "vde_switch", "vde2" },
	};

	for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
		bool vde = i == 3, nat = i == 1 || i == 2;

		if (words_has(&h->missing, tools[i].tool) && !(vde && !(n && n->user)) && !(nat && n && !n->subnet))
			found(out, a, ERR_NOT_FOUND, "%s is not installed (apt-get install %s)", tools[i].tool, tools[i].package);
	}
}

static void check_parts(const struct network *n, const struct host_net *h, struct obstacles *out, struct arena *a)
{
	const struct netif *bridge = host_if(h, n->bridge);
	const char *clash = n->subnet ? subnet_clash(h, n->subnet, n->bridge, a) : NULL;

	if (clash)
		found(out, a, ERR_BUSY, "%s: its subnet %s is in use by %s (berth net remove %s, then make it with another --nat)",
		      n->name, n->subnet, clash, n->name);
	if (bridge && !str_eq(bridge->kind, "bridge"))
		found(out, a, ERR_INVALID, "%s: the interface '%s' is no bridge", n->name, n->bridge);
	if (n->uplink && !host_if(h, n->uplink))
		found(out, a, ERR_NOT_FOUND, "%s: this host has no interface '%s'", n->name, n->uplink);
	if (!n->kept)
		return;
	if (!bridge || !bridge->up || (n->subnet && (!n->dns || !n->filter)) || (n->user && !n->vde) ||
	    (n->uplink && host_if(h, n->uplink) && !str_eq(host_if(h, n->uplink)->master, n->bridge)))
		found(out, a, ERR_FAILED, "%s: is not up: %s (berth net up %s)", n->name,
		      !bridge ? "the bridge is not there" : !bridge->up ? "the bridge is down" :
		      n->subnet && !n->dns ? "dnsmasq does not run" : n->subnet && !n->filter ? "its rules are gone" :
		      n->user && !n->vde ? "the switch does not run" : "the uplink is not in the bridge", n->name);
	else if (n->subnet && !h->forwarding)
		found(out, a, ERR_FAILED, "%s: this host does not pass packets on any more, ip_forward is 0 (berth net up %s)", n->name, n->name);
}

void network_check(const struct network *n, const struct host_net *h, struct obstacles *out, struct arena *a)
{
	check_tools(n, h, out, a);
	if (n)
		check_parts(n, h, out, a);
	else if (!h->forwarding)
		found(out, a, ERR_NONE, "this host does not pass packets on, ip_forward is 0 (berth net create turns it on)");
	if (!n || n->subnet)
		check_firewalls(h, out, a);
}
