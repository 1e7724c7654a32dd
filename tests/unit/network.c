/* SPDX-License-Identifier: ISC */
/* Networks of the host: what is said of them, what is in their way, and that a plan makes only what is missing. */
#include "tap.h"

#include "app/probe_net.h"
#include "model/guest.h"
#include "model/netplan.h"

static struct arena mem;

static void forwards(void)
{
	static const struct { const char *text, *want; } rows[] = {
		{ "8080:80", "tcp 127.0.0.1 8080 80" }, { "8080:80/tcp", "tcp 127.0.0.1 8080 80" },
		{ "5353:53/udp", "udp 127.0.0.1 5353 53" }, { "0.0.0.0:1:65535", "tcp 0.0.0.0 1 65535" },
		{ "", "" }, { "80", "" }, { ":80", "" }, { "80:", "" }, { "0:80", "" }, { "80:0", "" }, { "65536:80", "" },
		{ "80:65536", "" }, { "80:80/", "" }, { "80:80/sctp", "" }, { "80:80:80", "" }, { "1.2.3:80:80", "" },
		{ "1.2.3.4:80:80:80", "" }, { "+80:80", "" }, { " 80:80", "" }, { "80: 80", "" }, { "80:80 ", "" }, { "80/tcp:80", "" },
		{ "99999999999999999999:80", "" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct forward f;

		is(forward_parse(rows[i].text, &f, &mem)
		   ? arena_fmt(&mem, "%s %s %d %d", f.udp ? "udp" : "tcp", f.address, f.host, f.guest) : "", rows[i].want, rows[i].text);
	}
}

static void names(void)
{
	uint32_t net, mask;

	ok(network_name_ok("lab") && network_name_ok("l-_9") && network_name_ok("elevenchars"), "names");
	ok(!network_name_ok("") && !network_name_ok("1st") && !network_name_ok("a.b") && !network_name_ok("../x") &&
	   !network_name_ok("twelve-chars"), "no names");
	ok(subnet_parse("10.5.0.0/24", &net, &mask) && net == 0x0a050000 && mask == 0xffffff00, "a subnet");
	ok(subnet_parse("10.0.0.0/8", &net, &mask) && subnet_parse("10.0.0.8/29", &net, &mask), "the largest and the smallest");
	ok(!subnet_parse("10.5.0.1/24", &net, &mask) && !subnet_parse("10.5.0.0", &net, &mask) && !subnet_parse("10.0.0.0/7", &net, &mask) &&
	   !subnet_parse("10.0.0.0/30", &net, &mask) && !subnet_parse("/24", &net, &mask), "no subnets");
}

/* What ip(8) 6.1 says, shortened to what matters. */
static const char addresses[] =
	"[{\"ifname\":\"lo\",\"flags\":[\"LOOPBACK\",\"UP\"],\"addr_info\":[{\"family\":\"inet\",\"local\":\"127.0.0.1\",\"prefixlen\":8},"
	"{\"family\":\"inet6\",\"local\":\"::1\",\"prefixlen\":128}]},{},"
	"{\"ifname\":\"eth0\",\"flags\":[\"BROADCAST\",\"UP\"],\"address\":\"52:54:00:00:00:01\","
	"\"addr_info\":[{\"family\":\"inet\",\"local\":\"192.168.1.5\",\"prefixlen\":24}]},"
	"{\"ifname\":\"bt-lab\",\"flags\":[\"UP\"],\"linkinfo\":{\"info_kind\":\"bridge\"},"
	"\"addr_info\":[{\"family\":\"inet\",\"local\":\"10.5.0.1\",\"prefixlen\":24}]},"
	"{\"ifname\":\"vt-lab\",\"flags\":[\"UP\"],\"master\":\"bt-lab\",\"linkinfo\":{\"info_kind\":\"tun\"},\"addr_info\":[]}]";
static const char routes[] =
	"[{\"dst\":\"default\",\"gateway\":\"192.168.1.1\",\"dev\":\"eth0\"},{\"dst\":\"192.168.1.0/24\",\"dev\":\"eth0\"},"
	"{\"dst\":\"10.9.0.0/16\",\"gateway\":\"192.168.1.7\",\"dev\":\"eth0\"},{\"dst\":\"10.5.0.0/24\",\"dev\":\"bt-lab\"},"
	"{\"type\":\"unreachable\",\"dst\":\"10.99.0.0/16\"}]";

static struct host_net host(void)
{
	struct host_net h = { .forwarding = true };
	struct err e = { 0 };

	if (host_net_parse(&h, addresses, routes, &mem, &e) < 0)
		tap_note("host", e.msg);
	return h;
}

static void hosts(void)
{
	struct host_net h = host(), empty = { 0 };
	struct err e = { 0 };

	ok(h.ifs.n == 4 && h.routes.n == 4, "interfaces and routes are read");
	ok(host_if(&h, "eth0")->up && !host_if(&h, "eth0")->kind && host_if(&h, "lo")->addresses.n == 1, "a card");
	is(host_if(&h, "vt-lab")->master, "bt-lab", "what is in a bridge");
	is(host_uplink(&h), "eth0", "the way out");
	is(host_net_ssh(&h, "192.168.1.9 50000 192.168.1.5 22"), "eth0", "the interface of this session");
	is(host_net_ssh(&h, "192.168.1.9 50000 192.168.1.50 22"), "?", "not one that begins alike");
	is(host_net_ssh(&h, "fec0::9 50000 fec0::5 22"), "?", "a session by an address that is not kept");
	is(host_net_ssh(&h, NULL), NULL, "no session");
	is(host_net_ssh(&h, "garbage"), "?", "no session that is understood");
	ok(host_net_parse(&empty, "", "", &mem, &e) < 0 && host_net_parse(&empty, "[", "[]", &mem, &e) < 0 &&
	   host_net_parse(&empty, "{\"a\":1}", "7", &mem, &e) < 0, "no answer is an error");
}

static void subnets(void)
{
	const struct network others[] = { { .name = "a", .subnet = "10.88.0.0/24" }, { .name = "b" } };
	struct host_net h = host();

	is(subnet_clash(&h, "192.168.1.0/28", NULL, &mem), "eth0 (192.168.1.5/24)", "a part of what the host has");
	is(subnet_clash(&h, "192.168.0.0/16", NULL, &mem), "eth0 (192.168.1.5/24)", "more than what the host has");
	is(subnet_clash(&h, "10.9.8.0/24", NULL, &mem), "the route to 10.9.0.0/16 by eth0", "behind a route");
	is(subnet_clash(&h, "10.5.0.0/24", "bt-lab", &mem), NULL, "its own does not count");
	is(subnet_clash(&h, "10.6.0.0/24", NULL, &mem), NULL, "a free one");
	is(subnet_free(&h, NULL, 0, &mem), "10.88.0.0/24", "the first");
	is(subnet_free(&h, others, 2, &mem), "10.88.1.0/24", "the next");
}

static void files(void)
{
	const struct network n = { .name = "lab", .bridge = "bt-lab", .subnet = "10.5.0.0/24", .user = "ada", .socket = "/s", .own_bridge = true };
	struct network back = { .name = "lab" }, from_json = { 0 };
	DEFER(str_done) struct str text = { 0 };
	struct err e = { 0 };
	json_t *o = network_json(&n);

	network_text(&n, &text);
	ok(network_read(&back, "lab.conf", text.s, text.n, &mem, &e) == 0 && back.kept, "what was written is read");
	ok(str_eq(back.bridge, "bt-lab") && str_eq(back.subnet, n.subnet) && str_eq(back.user, "ada") && !back.uplink && back.own_bridge && !back.forwarding, "and is the same");
	network_from_json(&from_json, "lab", o, &mem);
	ok(str_eq(from_json.socket, "/s") && from_json.own_bridge && !from_json.kept, "as facts, too");
	json_decref(o);
	ok(network_read(&back, "x", "[net]\nbridge = a, b\nsubnet = 10\n", 30, &mem, &e) < 0 && e.kind == ERR_INVALID, "a bad subnet");
}

static const struct network lab = {
	.name = "lab", .bridge = "bt-lab", .subnet = "10.5.0.0/24", .own_bridge = true, .kept = true, .dns = true, .filter = true,
};

static void expect(const struct network *n, const struct host_net *h, enum err_kind kind, const char *want)
{
	struct obstacles all = { 0 };

	network_check(n, h, &all, &mem);
	if (!*want)
		ok(!all.n, "nothing is in the way");
	else
		ok(all.n && all.v[0].kind == kind && strstr(all.v[0].text, want), "%s: %s", want, all.n ? all.v[0].text : "");
}

static void checks(void)
{
	struct host_net h = host();
	struct network n = lab;

	expect(&lab, &h, ERR_NONE, "");
	h.drops = h.docker = true;
	expect(&lab, &h, ERR_NONE, "Docker drops");
	expect(NULL, &h, ERR_NONE, "iptables -I DOCKER-USER -i bt-+ -j ACCEPT");
	h.docker = false;
	expect(&lab, &h, ERR_NONE, "a firewall drops");
	h.drops = false;
	h.firewalld = true;
	expect(&lab, &h, ERR_NONE, "firewall-cmd --permanent");
	h.firewalld = h.forwarding = false;
	expect(&lab, &h, ERR_FAILED, "ip_forward is 0 (berth net up lab)");
	expect(NULL, &h, ERR_NONE, "ip_forward is 0");
	h.forwarding = true;
	n.dns = false;
	expect(&n, &h, ERR_FAILED, "dnsmasq does not run (berth net up lab)");
	n = lab;
	n.filter = false;
	expect(&n, &h, ERR_FAILED, "its rules are gone");
	n = lab;
	n.user = "ada";
	expect(&n, &h, ERR_FAILED, "the switch does not run");
	n = lab;
	n.bridge = "bt-gone";
	n.subnet = NULL;
	expect(&n, &h, ERR_FAILED, "the bridge is not there");
	n.bridge = "eth0";
	expect(&n, &h, ERR_INVALID, "'eth0' is no bridge");
	n = lab;
	n.subnet = "192.168.1.0/24";
	expect(&n, &h, ERR_BUSY, "in use by eth0 (192.168.1.5/24)");
	n = lab;
	n.uplink = "eth7";
	expect(&n, &h, ERR_NOT_FOUND, "no interface 'eth7'");
	words_add(&h.missing, &mem, "dnsmasq");
	expect(&lab, &h, ERR_NOT_FOUND, "apt-get install dnsmasq-base");
	expect(NULL, &h, ERR_NOT_FOUND, "apt-get install dnsmasq-base");
	n = lab;
	n.subnet = NULL;
	expect(&n, &h, ERR_NONE, "");
	words_add(&h.missing, &mem, "vde_switch");
	expect(&n, &h, ERR_NONE, "");
}

static const struct facts facts = { .data_dir = "/d", .run_dir = "/r", .cache_dir = "/c" };

static bool does(const struct plan *p, const char *const *argv)
{
	for (size_t i = 0; i < p->steps.n; i++) {
		const char *const *have = p->steps.v[i].argv;
		size_t k = 0;

		while (have && argv[k] && have[k] && !strcmp(have[k], argv[k]))
			k++;
		if (have && !argv[k])
			return true;
	}
	return false;
}

static void plans(void)
{
	DEFER(plan_done) struct plan whole = { 0 }, no_dns = { 0 }, uplink = { 0 }, gone = { 0 };
	struct host_net h = host();
	struct network n = lab;

	network_up(&lab, &facts, &h, &whole);
	ok(!whole.steps.n, "what is whole needs no step");
	n.dns = false;
	network_up(&n, &facts, &h, &no_dns);
	ok(does(&no_dns, ARGV("dnsmasq")) && !does(&no_dns, ARGV("ip")) && !does(&no_dns, ARGV("nft")), "only what is missing is made");
	n = (struct network){ .name = "lan", .bridge = "bt-lan", .uplink = "eth0", .own_bridge = true };
	network_up(&n, &facts, &h, &uplink);
	ok(does(&uplink, ARGV("ip", "addr", "add", "192.168.1.5/24", "dev", "bt-lan")) &&
	   does(&uplink, ARGV("ip", "route", "replace", "default", "via", "192.168.1.1", "dev", "bt-lan")) &&
	   does(&uplink, ARGV("ip", "addr", "del", "192.168.1.5/24", "dev", "eth0")), "addresses and routes of an uplink move");
	for (size_t i = 0; i < uplink.steps.n; i++)
		if (uplink.steps.v[i].argv && !strcmp(uplink.steps.v[i].argv[0], "ip") && !uplink.steps.v[i].undo)
			ok(str_eq(uplink.steps.v[i].argv[1], "link"), "what touches addresses and routes can be taken back");
	n = lab;
	n.forwarding = true;
	network_remove(&n, &facts, &h, true, &gone);
	ok(does(&gone, ARGV("nft", "delete", "table", "ip", "berth_lab")) && does(&gone, ARGV("ip", "link", "del", "dev", "bt-lab")) &&
	   does(&gone, ARGV("sysctl", "-q", "-w", "net.ipv4.ip_forward=0")), "everything goes");
	is(gone.steps.v[gone.steps.n - 1].path, "/d/nets/lab.conf", "the file last: until then it can be removed again");
}

int main(void)
{
	forwards();
	names();
	hosts();
	subnets();
	files();
	checks();
	plans();
	arena_done(&mem);
	return tap_done();
}
