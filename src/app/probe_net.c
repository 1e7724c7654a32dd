/* SPDX-License-Identifier: ISC */
#include "app/probe_net.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "app/probe.h"
#include "base/str.h"
#include "exec/exec.h"
#include "model/netplan.h"
#include "sys/file.h"
#include "sys/sock.h"

enum { ASK_MS = 5000, SMALL = 1 << 16 };

static char *small_file(const char *path)
{
	struct err ignored = { 0 };

	return file_read(path, SMALL, NULL, &ignored);
}

/* Is the process that wrote this pid still it: does its command line say so? */
static bool runs(const char *pid_file, const char *word, struct arena *a)
{
	DEFER(free_str) char *pid = small_file(pid_file);
	DEFER(free_str) char *line = NULL;
	struct err ignored = { 0 };
	size_t n;

	if (!pid || atoi(pid) <= 0)
		return false;
	line = file_read(arena_fmt(a, "/proc/%d/cmdline", atoi(pid)), SMALL, &n, &ignored);
	for (size_t i = 0; line && i + 1 < n; i++)
		if (!line[i])
			line[i] = ' ';
	return line && strstr(line, word);
}

/* Only root may look at rules; for others they are there. */
static bool has_table(const char *table)
{
	DEFER(str_done) struct str out = { 0 };
	struct err ignored = { 0 };

	return exec_capture(ARGV("nft", "list", "table", "ip", table), ASK_MS, &out, &ignored) == 0;
}

void network_look(const struct facts *f, struct network *n, struct arena *a)
{
	const struct passwd *pw = n->user ? getpwnam(n->user) : NULL;
	const char *conf = network_run(f, n->name, "dnsmasq.conf", a);

	n->socket = n->user ? network_run(f, n->name, "user/vde", a) : NULL;
	n->uid = pw ? pw->pw_uid : (uid_t)-1;
	n->gid = pw ? pw->pw_gid : (gid_t)-1;
	n->dns = n->subnet && runs(network_run(f, n->name, "dnsmasq.pid", a), conf, a);
	n->vde = n->user && runs(network_run(f, n->name, "user/pid", a), n->socket, a);
	n->filter = n->subnet && (f->uid || has_table(network_table(n, a)));
}

static int load(const char *file, const char *name, struct network *n, struct arena *a, struct err *e)
{
	size_t size;
	DEFER(free_str) char *text = file_read(file, SMALL, &size, e);

	*n = (struct network){ .name = arena_str(a, name) };
	return text ? network_read(n, file, text, size, a, e) : -1;
}

int network_load(const struct facts *f, const char *name, struct network *n, struct arena *a, struct err *e)
{
	const char *file = network_file(f, name, a);

	if (!network_name_ok(name) || !file_exists(file))
		return err_set(e, ERR_NOT_FOUND, "there is no network '%s' (berth net create %s)", name, name);
	if (load(file, name, n, a, e) < 0)
		return -1;
	network_look(f, n, a);
	return 0;
}

int network_names(const struct facts *f, struct words *out, struct err *e)
{
	struct arena *a = (struct arena *)&f->mem;
	struct words all = { 0 };

	if (dir_list(arena_fmt(a, "%s/nets", f->data_dir), &all, a, e) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		size_t n = strlen(all.v[i]);

		if (str_ends(all.v[i], ".conf") && n > 5)
			words_add(out, a, arena_strn(a, all.v[i], n - 5));
	}
	return 0;
}

/* A network of ours, else one of the system's, which its root may have opened to us. */
static void probe_network(struct facts *f, const char *name)
{
	static const struct facts system = { .data_dir = "/var/lib/berth", .run_dir = "/run/berth" };
	const struct facts *const places[] = { f, &system };
	size_t last = f->uid && !getenv("BERTH_HOME") ? 2 : 1;
	struct network n;

	for (size_t i = 0; i < last; i++) {
		struct err ignored = { 0 };

		if (load(network_file(places[i], name, &f->mem), name, &n, &f->mem, &ignored) == 0) {
			n.socket = n.user ? network_run(places[i], name, "user/vde", &f->mem) : NULL;
			*vec_add(&f->networks, &f->mem) = n;
			return;
		}
	}
}

/* It works for an ordinary user when it is root's with the set-user-id bit or a capability, and a line allows the bridge. */
static void probe_helper(struct facts *f)
{
	static const char *const helpers[] = { "/usr/lib/qemu/qemu-bridge-helper", "/usr/libexec/qemu-bridge-helper" };
	DEFER(free_str) char *conf = small_file("/etc/qemu/bridge.conf");
	bool works = false;
	struct stat st;
	char *save = NULL;

	for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++)
		works |= stat(helpers[i], &st) == 0 &&
			 ((st.st_uid == 0 && st.st_mode & S_ISUID) || getxattr(helpers[i], "security.capability", NULL, 0) > 0);
	for (char *line = works && conf ? strtok_r(conf, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		if (str_starts(line, "allow "))
			words_add(&f->helper_bridges, &f->mem, arena_str(&f->mem, line + 6 + strspn(line + 6, " \t")));
}

bool probe_own_network(const struct facts *f, const char *name)
{
	enum { MOST_NICS = 8 };
	DEFER(arena_done) struct arena a = { 0 };

	for (int i = 0; i < MOST_NICS; i++) {
		const char *pid = guest_run_file(f, name, arena_fmt(&a, "net%d.pid", i), &a);

		if (runs(pid, pid, &a))
			return true;
	}
	return false;
}

static void probe_ports(struct facts *f, const struct guest *g)
{
	DEFER(free_str) char *low = small_file("/proc/sys/net/ipv4/ip_unprivileged_port_start");
	struct forward w;

	f->low_port = low ? atoi(low) : 0;
	for (size_t i = 0; i < g->forwards.n; i++) {
		const char *text = g->forwards.v[i].text;

		if (forward_parse(text, &w, &f->mem) && sock_port_taken(w.address, w.host, w.udp) && !probe_own_network(f, g->name))
			words_add(&f->taken_ports, &f->mem, text);
	}
}

void probe_guest_net(struct facts *f, const struct guest *g)
{
	struct stat tun;
	const struct passwd *pw = f->user ? NULL : getpwuid(f->uid);

	f->tun_shut = stat("/dev/net/tun", &tun) < 0 || (~tun.st_mode & 06);
	if (pw)
		f->user = arena_str(&f->mem, pw->pw_name);
	if (f->uid && arg_any_bridge(g))
		probe_helper(f);
	for (size_t i = 0; i < g->nics.n; i++) {
		if (str_eq(g->nics.v[i].type, "network") && g->nics.v[i].link)
			probe_network(f, g->nics.v[i].link);
		if (f->uid && str_eq(g->nics.v[i].type, "bridge") && !f->helper_bridges.n)
			probe_helper(f);
	}
	if (g->forwards.n)
		probe_ports(f, g);
}

static const char *text(const json_t *o, const char *key, struct arena *a)
{
	return arena_str(a, json_string_value(json_object_get(o, key)));
}

static void add_if(struct host_net *h, const json_t *o, struct arena *a)
{
	struct netif *n = vec_add(&h->ifs, a);
	const json_t *flags = json_object_get(o, "flags"), *addresses = json_object_get(o, "addr_info"), *v;
	size_t i;

	n->name = text(o, "ifname", a);
	n->kind = text(json_object_get(o, "linkinfo"), "info_kind", a);
	n->master = text(o, "master", a);
	n->mac = text(o, "address", a);
	json_array_foreach(flags, i, v)
		n->up |= str_eq(json_string_value(v), "UP");
	json_array_foreach(addresses, i, v)
		if (str_eq(json_string_value(json_object_get(v, "family")), "inet"))
			words_add(&n->addresses, a, arena_fmt(a, "%s/%d", text(v, "local", a),
							      (int)json_integer_value(json_object_get(v, "prefixlen"))));
}

int host_net_parse(struct host_net *h, const char *addresses, const char *routes, struct arena *a, struct err *e)
{
	json_t *ifs = json_loads(addresses, 0, NULL), *ways = json_loads(*routes ? routes : "[]", 0, NULL), *o;
	size_t i;

	/* A filter of ip's leaves empty objects behind. */
	json_array_foreach(ifs, i, o)
		if (json_object_get(o, "ifname"))
			add_if(h, o, a);
	json_array_foreach(ways, i, o)
		if (json_object_get(o, "dst") && json_object_get(o, "dev"))
			*vec_add(&h->routes, a) = (struct route){ text(o, "dst", a), text(o, "gateway", a), text(o, "dev", a) };
	json_decref(ifs);
	json_decref(ways);
	return h->ifs.n ? 0 : err_set(e, ERR_FAILED, "ip does not say what interfaces there are (apt-get install iproute2)");
}

const char *host_net_ssh(const struct host_net *h, const char *connection)
{
	DEFER(arena_done) struct arena a = { 0 };
	char *save = NULL, *words = arena_str(&a, connection), *at = NULL;
	size_t n;

	for (int i = 0; words && i < 3; i++)
		at = strtok_r(i ? NULL : words, " ", &save);
	n = at ? strlen(at) : 0;
	for (size_t i = 0; at && i < h->ifs.n; i++)
		for (size_t k = 0; k < h->ifs.v[i].addresses.n; k++)
			if (str_starts(h->ifs.v[i].addresses.v[k], at) && h->ifs.v[i].addresses.v[k][n] == '/')
				return h->ifs.v[i].name;
	return connection ? "?" : NULL;
}

/* sudo and su forget the variable; the shell they were started from has it still. */
static const char *ssh_connection(struct arena *a)
{
	enum { GENERATIONS = 32 };
	static const char name[] = "SSH_CONNECTION=";
	const char *own = getenv("SSH_CONNECTION");
	int pid = getppid();

	for (int i = 0; !own && pid > 1 && i < GENERATIONS; i++) {
		struct err ignored = { 0 };
		size_t n = 0;
		DEFER(free_str) char *all = file_read(arena_fmt(a, "/proc/%d/environ", pid), 1 << 20, &n, &ignored);
		DEFER(free_str) char *stat = small_file(arena_fmt(a, "/proc/%d/stat", pid));
		const char *behind = stat ? strrchr(stat, ')') : NULL;

		for (const char *v = all; v && v < all + n && !own; v += strlen(v) + 1)
			if (str_starts(v, name))
				own = arena_str(a, v + sizeof name - 1);
		if (!behind || sscanf(behind, ") %*c %d", &pid) != 1)
			break;
	}
	return own;
}

static bool says_drop(const char *const *argv, const char *what)
{
	DEFER(str_done) struct str out = { 0 };
	struct err ignored = { 0 };

	return exec_capture(argv, ASK_MS, &out, &ignored) == 0 && strstr(str_text(&out), what);
}

static void probe_firewalls(struct host_net *h)
{
	DEFER(str_done) struct str out = { 0 };
	struct err ignored = { 0 };

	h->docker = !access("/run/docker.pid", F_OK) || host_if(h, "docker0");
	h->drops = says_drop(ARGV("iptables", "-S", "FORWARD"), "-P FORWARD DROP") ||
		   says_drop(ARGV("nft", "list", "chain", "ip", "filter", "FORWARD"), "policy drop");
	h->firewalld = !access("/run/firewalld", F_OK) &&
		       exec_capture(ARGV("firewall-cmd", "--state"), ASK_MS, &out, &ignored) == 0;
}

int probe_host_net(struct host_net *h, struct arena *a, struct err *e)
{
	static const char *const tools[] = { "ip", "dnsmasq", "nft", "vde_switch", NULL };
	DEFER(str_done) struct str addresses = { 0 }, routes = { 0 };
	DEFER(free_str) char *forwarding = small_file("/proc/sys/net/ipv4/ip_forward");
	struct err ignored = { 0 };

	for (const char *const *t = tools; *t; t++)
		if (!probe_program(*t, a))
			words_add(&h->missing, a, *t);
	exec_capture(ARGV("ip", "-json", "-details", "address", "show"), ASK_MS, &addresses, &ignored);
	exec_capture(ARGV("ip", "-json", "route", "show"), ASK_MS, &routes, &ignored);
	if (host_net_parse(h, str_text(&addresses), str_text(&routes), a, e) < 0)
		return -1;
	h->forwarding = forwarding && *forwarding == '1';
	h->ssh = host_net_ssh(h, ssh_connection(a));
	probe_firewalls(h);
	return 0;
}
