/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/probe_net.h"
#include "cmd/common.h"
#include "cmd/rows.h"
#include "model/netplan.h"
#include "sys/file.h"
#include "sys/intr.h"
#include "sys/lock.h"

enum { BUSY_MS = 60 * 1000 };

/* What every one of them looks at. */
struct net {
	struct call *c;
	struct facts f;
	struct host_net h;
	VEC(struct network) all;        /* that can be read */
	int lock;                       /* nobody else changes networks; -1: it is not held */
};

static void net_done(struct net *w)
{
	close_fd(&w->lock);
	facts_done(&w->f);
}

/*
 * What is there is looked at with the lock in hand: of two that bring the same network up the
 * second finds it done. An init system may well begin both at once.
 */
static int take_lock(struct net *w, struct err *e)
{
	struct arena *a = &w->f.mem;
	const char *path = network_lock(&w->f, a), *who = arena_fmt(a, "pid %d\nberth net %s\n", (int)getpid(), w->c->argv[0]);
	long until = deadline_ms(BUSY_MS);
	struct err why = { 0 }, ignored = { 0 };

	if (dir_make(arena_fmt(a, "%s/nets", w->f.data_dir), 0755, e) < 0)
		return -1;
	while ((w->lock = lock_take(path, false, who, &why)) < 0 && why.kind == ERR_BUSY && left_ms(until))
		lock_wait(path, left_ms(until), &ignored);
	if (w->lock < 0)
		*e = why;
	return w->lock < 0 ? -1 : 0;
}

static int look(struct net *w, bool to_change, struct err *e)
{
	struct words names = { 0 };

	if (probe_places(&w->f, e) < 0)
		return -1;
	if (to_change && !w->c->dry_run && !w->f.uid && take_lock(w, e) < 0)
		return -1;
	if (probe_host_net(&w->h, &w->f.mem, e) < 0 || network_names(&w->f, &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		struct network n;

		if (network_load(&w->f, names.v[i], &n, &w->f.mem, e) < 0)
			return -1;
		*vec_add(&w->all, &w->f.mem) = n;
	}
	return 0;
}

static struct network *kept(struct net *w, const char *name)
{
	for (size_t i = 0; i < w->all.n; i++)
		if (!strcmp(w->all.v[i].name, name))
			return &w->all.v[i];
	return NULL;
}

static struct network *wanted(struct net *w, const char *name, struct err *e)
{
	struct network *n = kept(w, name);

	if (!n)
		err_set(e, ERR_NOT_FOUND, "there is no network '%s' (berth net create %s)", name, name);
	return n;
}

static int run(struct net *w, const struct plan *p, struct err *e)
{
	struct exec x = { .trace = getenv("BERTH_TRACE"), .die_after = getenv("BERTH_DIE_AFTER"),
			  .lock = network_lock(&w->f, &w->f.mem), .lock_fd = w->lock };

	if (w->c->dry_run) {
		call_show(w->c, p);
		return 0;
	}
	if (w->f.uid)
		return err_set(e, ERR_PERMISSION, "only root can change networks of this host (sudo berth net ...; type = nat, mcast and "
			       "socket need none of it)");
	w->lock = -1;
	return plan_execute(p, &x, e);
}

/* Whatever stands in its way but that it is not up; warnings are printed, the first that is fatal is the error. */
static int is_possible(const struct net *w, const struct network *n, struct err *e)
{
	struct network asked = *n;
	struct obstacles all = { 0 };
	int status = 0;

	if (n->user && n->uid == (uid_t)-1)
		return err_set(e, ERR_NOT_FOUND, "network '%s': there is no user '%s' on this host", n->name, n->user);
	asked.kept = false;
	network_check(&asked, &w->h, &all, &w->c->mem);
	for (size_t i = 0; i < all.n; i++) {
		if (!all.v[i].kind && !w->c->quiet)
			fprintf(stderr, "berth: %s\n", all.v[i].text);
		else if (all.v[i].kind && !status)
			status = err_set(e, all.v[i].kind, "%s", all.v[i].text);
	}
	return status;
}

/* Whoever sits at the other end of that wire would be cut off, maybe for good. */
static int may_take(const struct net *w, const char *uplink, const char *bridge, struct err *e)
{
	const struct netif *i = host_if(&w->h, uplink);

	if (!i)
		return err_set(e, ERR_NOT_FOUND, "this host has no interface '%s'", uplink);
	if (str_eq(i->kind, "bridge") || str_eq(i->kind, "tun") || str_eq(uplink, "lo"))
		return err_set(e, ERR_INVALID, "'%s' is no uplink (one is a card, a bond, a vlan)", uplink);
	if (i->master && !str_eq(i->master, bridge))
		return err_set(e, ERR_BUSY, "'%s' is in '%s' already (--bridge %s)", uplink, i->master, i->master);
	if (call_option(w->c, "force"))
		return 0;
	if (str_eq(w->h.ssh, uplink) || str_eq(w->h.ssh, "?"))
		return err_set(e, ERR_BUSY, "this session came in by '%s': to put it into a bridge may cut it off (use the console, or "
			       "--force)", uplink);
	if (str_eq(host_uplink(&w->h), uplink))
		return err_set(e, ERR_BUSY, "the default route goes by '%s': to put it into a bridge may cut the host off (--force "
			       "does it)", uplink);
	return 0;
}

static int options_of(struct net *w, struct network *n, struct err *e)
{
	const char *bridge = call_option(w->c, "bridge"), *nat = call_option(w->c, "nat");
	struct arena *a = &w->f.mem;
	uint32_t net, mask;

	n->uplink = call_option(w->c, "uplink");
	n->user = call_option(w->c, "vde");
	n->bridge = bridge ? bridge : arena_fmt(a, "bt-%s", n->name);
	n->subnet = nat;
	if (nat && n->uplink)
		return err_set(e, ERR_USAGE, "--nat and --uplink exclude each other: guests are behind the host, or beside it");
	if (nat && !subnet_parse(nat, &net, &mask))
		return err_set(e, ERR_USAGE, "--nat: '%s' is not a subnet (try 10.5.0.0/24)", nat);
	if (!nat && !bridge && !n->uplink)
		n->subnet = subnet_free(&w->h, w->all.v, w->all.n, a);
	n->own_bridge = !host_if(&w->h, n->bridge);
	n->forwarding = n->subnet && !w->h.forwarding;
	if (bridge && (!guest_name_ok(bridge) || strlen(bridge) > 15))
		return err_set(e, ERR_USAGE, "--bridge: '%s' is not a name for a bridge (at most 15 letters and digits)", bridge);
	return 0;
}

/* Asked for again: is it the same? What is not said is as it was. */
static int is_same(const struct network *old, const struct network *new, const struct call *c, struct err *e)
{
	if ((!call_option(c, "nat") || str_eq(old->subnet, new->subnet)) && (!call_option(c, "bridge") || str_eq(old->bridge, new->bridge)) &&
	    (!new->uplink || str_eq(old->uplink, new->uplink)) && (!new->user || str_eq(old->user, new->user)))
		return 0;
	return err_set(e, ERR_EXISTS, "there is a network '%s' already, made otherwise (berth net list; berth net remove %s)",
		       old->name, old->name);
}

static void say_up(const struct network *n, bool was_up)
{
	if (was_up)
		printf("network '%s' is up already\n", n->name);
	else
		printf("network '%s' is up on %s%s%s (type = network, link = %s)\n", n->name, n->bridge, n->subnet ? ", " : "",
		       n->subnet ? n->subnet : "", n->name);
}

static int up(struct net *w, const struct network *nets, size_t n, const char *verb, struct err *e)
{
	DEFER(plan_done) struct plan p = { 0 };
	size_t *steps = arena_alloc(&w->c->mem, (n + 1) * sizeof *steps);
	json_t *names = json_array();
	int status = 0;

	for (size_t i = 0; i < n && !status; i++) {
		status = is_possible(w, &nets[i], e);
		network_up(&nets[i], &w->f, &w->h, &p);
		steps[i + 1] = p.steps.n;
		json_array_append_new(names, json_string(nets[i].name));
	}
	p.title = n == 1 ? plan_fmt(&p, "network %s", nets->name) : "networks";
	if (!status && (p.steps.n || w->c->dry_run))
		status = run(w, &p, e);
	for (size_t i = 0; i < n && !status && !w->c->dry_run && !w->c->json && !w->c->quiet; i++)
		say_up(&nets[i], steps[i] == steps[i + 1]);
	if (!status && !w->c->dry_run && w->c->json)
		out_json("berth.net/1", json_pack("{s:s, s:O}", "verb", verb, "networks", names));
	json_decref(names);
	return status;
}

static int create(struct net *w, const char *name, struct err *e)
{
	struct network n = { .name = name }, *old = kept(w, name);

	if (!network_name_ok(name))
		return err_set(e, ERR_USAGE, "'%s' is not a name a network can have (at most %d letters and digits, a letter first)", name,
			       NETWORK_NAME_MAX);
	if (options_of(w, &n, e) < 0)
		return -1;
	if (old)
		return is_same(old, &n, w->c, e) < 0 ? -1 : up(w, old, 1, "create", e);
	for (size_t i = 0; i < w->all.n; i++)
		if (str_eq(w->all.v[i].bridge, n.bridge))
			return err_set(e, ERR_EXISTS, "the bridge '%s' is that of the network '%s' already", n.bridge, w->all.v[i].name);
	network_look(&w->f, &n, &w->f.mem);
	if (n.uplink && may_take(w, n.uplink, n.bridge, e) < 0)
		return -1;
	return up(w, &n, 1, "create", e);
}

static int up_all(struct net *w, const char *name, struct err *e)
{
	const struct network *one = name ? wanted(w, name, e) : NULL;

	if (name)
		return one ? up(w, one, 1, "up", e) : -1;
	return w->all.n ? up(w, w->all.v, w->all.n, "up", e) : 0;
}

/* Whose guests are still on it. */
static const char *user_of(const struct net *w, const struct network *n)
{
	const char *tap = network_tap(n, &w->c->mem);

	for (size_t i = 0; i < w->h.ifs.n; i++) {
		const struct netif *at = &w->h.ifs.v[i];

		if (str_eq(at->master, n->bridge) && !str_eq(at->name, n->uplink) && strcmp(at->name, tap) != 0)
			return at->name;
	}
	return NULL;
}

static int remove_net(struct net *w, const char *name, struct err *e)
{
	DEFER(plan_done) struct plan p = { 0 };
	const struct network *n = wanted(w, name, e);
	const char *user = n && n->own_bridge ? user_of(w, n) : NULL;
	bool last = true;

	if (!n)
		return -1;
	if (user && !call_option(w->c, "force"))
		return err_set(e, ERR_BUSY, "network '%s' is in use by '%s' (stop its guests, or --force)", name, user);
	for (size_t i = 0; i < w->all.n; i++)
		last &= &w->all.v[i] == n || !w->all.v[i].subnet;
	network_remove(n, &w->f, &w->h, last, &p);
	if (run(w, &p, e) < 0)
		return err_add(e, "network '%s'", name);
	if (!w->c->dry_run && w->c->json)
		out_json("berth.net/1", json_pack("{s:s, s:[s]}", "verb", "remove", "networks", name));
	else if (!w->c->dry_run && !w->c->quiet)
		printf("network '%s' is gone\n", name);
	return 0;
}

static const struct field fields[] = {
	{ "name",   "NAME",   0, false, "what the network is called", NULL },
	{ "state",  "STATE",  0, false, "up, partial (something of it is missing) or down", NULL },
	{ "bridge", "BRIDGE", 0, false, "the host's interface that guests are joined to", NULL },
	{ "subnet", "SUBNET", 0, false, "its addresses", NULL },
	{ "uplink", "UPLINK", 0, false, "the host's interface that is joined to it", NULL },
	{ "user",   "USER",   0, false, "who may join it without being root", NULL },
	{ 0 },
};

static int list(struct net *w, const char *name, struct err *e)
{
	DEFER(view_done) struct view v = { 0 };

	if (call_view(w->c, &v, e) < 0 || view_usual(&v, "name,state,bridge,subnet,uplink,user", e) < 0)
		return -1;
	for (size_t i = 0; i < w->all.n; i++) {
		const struct network *n = &w->all.v[i];
		DEFER(plan_done) struct plan p = { 0 };

		network_up(n, &w->f, &w->h, &p);
		view_add(&v, (const char *const[]){ n->name, !host_if(&w->h, n->bridge) ? "down" : p.steps.n ? "partial" : "up", n->bridge,
						    n->subnet, n->uplink, n->user });
	}
	call_rows(w->c, &v, "berth.nets/1", "networks", NULL);
	return 0;
}

static json_t *findings_json(const struct obstacles *all)
{
	json_t *list = json_array();

	for (size_t i = 0; i < all->n; i++)
		json_array_append_new(list, json_pack("{s:b, s:s}", "fatal", all->v[i].kind != ERR_NONE, "text", all->v[i].text));
	return list;
}

static int check(struct net *w, const char *name, struct err *e)
{
	const struct network *one = name ? wanted(w, name, e) : NULL;
	struct obstacles all = { 0 };
	size_t fatal = 0;

	if (name && !one)
		return -1;
	if (one || !w->all.n)
		network_check(one, &w->h, &all, &w->c->mem);
	for (size_t i = 0; !one && i < w->all.n; i++)
		network_check(&w->all.v[i], &w->h, &all, &w->c->mem);
	for (size_t i = 0; i < all.n; i++)
		fatal += all.v[i].kind != ERR_NONE;
	if (w->c->json)
		out_json("berth.net-check/1", json_pack("{s:o}", "findings", findings_json(&all)));
	for (size_t i = 0; !w->c->json && i < all.n; i++)
		printf("%s%s\n", all.v[i].kind ? "" : "warning: ", all.v[i].text);
	if (!all.n && !w->c->json && !w->c->quiet)
		puts("nothing is in the way");
	return fatal ? err_set(e, ERR_FAILED, "%zu thing%s in the way", fatal, fatal == 1 ? "" : "s") : 0;
}

static const struct action {
	const char *word;
	int (*run)(struct net *w, const char *name, struct err *e);
	int min, max;           /* names it takes */
	bool changes;
} actions[] = {
	{ "create", create,     1, 1, true },
	{ "check",  check,      0, 1, false },
	{ "list",   list,       0, 0, false },
	{ "up",     up_all,     0, 1, true },
	{ "remove", remove_net, 1, 1, true },
};

static int net(struct call *c, struct err *e)
{
	DEFER(net_done) struct net w = { .c = c, .lock = -1 };
	const struct action *a = actions, *end = actions + sizeof actions / sizeof *actions;

	while (a < end && strcmp(a->word, c->argv[0]) != 0)
		a++;
	if (a == end)
		return err_set(e, ERR_USAGE, "'%s' is nothing to do with networks (create, check, list, up or remove)", c->argv[0]);
	if (c->argc - 1 < a->min || c->argc - 1 > a->max)
		return command_usage(c->command, e);
	return look(&w, a->changes, e) < 0 ? -1 : a->run(&w, c->argc > 1 ? c->argv[1] : NULL, e);
}

static const struct opt options[] = {
	{ "nat",    0,   "SUBNET", "give guests addresses and names, and a way out behind the host" },
	{ "bridge", 'b', "NAME",   "the bridge to use or to make; without it, bt- and the network's name" },
	{ "uplink", 'u', "NAME",   "put an interface of the host into the bridge, addresses and all" },
	{ "vde",    0,   "USER",   "a switch by which this user's guests join without rights" },
	{ "force",  'f', NULL,     "although a session or a guest may lose its network" },
	{ 0 },
};

const struct command cmd_net = {
	.name = "net",
	.group = "This host",
	.args = "create|check|list|up|remove [NAME]",
	.summary = "networks of this host that guests join by name",
	.description = "'create' makes a network and keeps it: without options one whose guests get addresses and names from dnsmasq and "
		       "reach the world behind the host's address; with --bridge alone, one without addresses. What is there already is left alone, what is missing is made. 'up' "
		       "brings all of them back after a reboot. 'check' says what is in the way, such as a firewall, a tool that is not "
		       "installed or a subnet that is used elsewhere, and what to type; before the first network as well. Guests join "
		       "with 'type = network' and 'link = NAME'. No rule of anybody else's is touched.",
	.example = "berth net create lab\nberth net create lab --nat 10.5.0.0/24 --vde ada\nberth net create lan --uplink eth1\n"
		   "berth net check\nberth net remove lab",
	.options = options,
	.min = 1,
	.max = 2,
	.acts = true,
	.fields = fields,
	.run = net,
};
