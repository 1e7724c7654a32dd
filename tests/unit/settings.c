/* SPDX-License-Identifier: ISC */
/* Machine files in, files of the guest out: what the Debian family's settings write, and how. */
#include "tap.h"

#include "base/str.h"
#include "model/system.h"

struct scene {
	struct guest g;
	struct facts f;
	struct report r;
	struct plan p;
	struct surroundings around;
	struct err e;
	int status;
};

#define HEAD "[hardware]\nvm_id = web\n[[eths]]\n[[[eth0]]]\nhw_addr = 52:54:00:00:00:01\n[[[eth1]]]\nhw_addr = 52:54:00:00:00:02\n"
#define TWO HEAD "[network]\ngateway = 10.0.2.2\n[[eths]]\n[[[eth0]]]\naddress = 10.0.2.10\n" \
	"[[[eth1]]]\naddress = 192.168.50.1\nnetwork = 255.255.254.0\n"

static void settle(struct scene *s, const char *text)
{
	*s = (struct scene){ .around = s->around, .f = { .data_dir = "/d", .run_dir = "/r", .cache_dir = "/c" } };
	s->r.file = "web.conf";
	s->status = guest_parse(&s->g, "web.conf", text, strlen(text), &s->r, &s->e);
	if (!s->status)
		s->status = system_find("debian")->settings(&s->g, &s->f, &s->around, "/root", NULL, &s->p, &s->e);
}

static void drop(struct scene *s)
{
	plan_done(&s->p);
	guest_done(&s->g);
	report_done(&s->r);
	arena_done(&s->f.mem);
}

/* The text of a file, "-> target" of a link; NULL when nothing makes it. */
static const char *content(struct scene *s, const char *path)
{
	for (size_t i = 0; i < s->p.steps.n; i++) {
		const struct step *step = &s->p.steps.v[i];

		if (!step->path || !str_starts(step->path, "/root/") || strcmp(step->path + 6, path) != 0)
			continue;
		if (step->kind == STEP_FILE)
			return step->text;
		if (step->kind == STEP_LINK)
			return plan_fmt(&s->p, "-> %s", step->target);
	}
	return NULL;
}

/* All commands, a line each; what one reads follows it. */
static const char *commands(struct scene *s)
{
	DEFER(str_done) struct str out = { 0 };

	for (size_t i = 0; i < s->p.steps.n; i++) {
		const char *const *w = s->p.steps.v[i].argv;

		for (; w && *w; w++)
			str_fmt(&out, "%s%s", *w, w[1] ? " " : "\n");
		if (w && s->p.steps.v[i].stdin_text)
			str_fmt(&out, "\t%s", s->p.steps.v[i].stdin_text);
	}
	return plan_fmt(&s->p, "%s", str_text(&out));
}

static void names(void)
{
	struct scene s = { 0 };

	settle(&s, HEAD "[config]\nhostname = www.example.org\ntimezone = Europe/Bucharest\n"
	       "[[repos]]\nrepo0 = deb http://example.org/extra bookworm main\n");
	is(content(&s, "etc/hostname"), "www.example.org\n", "the host name");
	is(content(&s, "etc/hosts"), "127.0.0.1\tlocalhost\n127.0.1.1\twww.example.org www\n"
	   "::1\tlocalhost ip6-localhost ip6-loopback\n", "and its short form");
	is(content(&s, "etc/localtime"), "-> /usr/share/zoneinfo/Europe/Bucharest", "the time zone");
	is(content(&s, "etc/apt/sources.list.d/repos.list"), "deb http://example.org/extra bookworm main\n", "more sources");
	drop(&s);
	settle(&s, HEAD "[config]\ntimezone = ../../etc/shadow\n");
	ok(s.status < 0, "a time zone is no path elsewhere");
	drop(&s);
	settle(&s, HEAD "[config]\n[[repos]]\nrepo0 = \"\"\"deb a b c\ndeb d e f\"\"\"\n");
	ok(s.status < 0, "one source is one line");
	drop(&s);
}

static void addresses(void)
{
	struct scene s = { .around = { .resolver = "10.0.2.3" } };

	settle(&s, TWO);
	is(content(&s, "etc/systemd/network/10-nic0.network"),
	   "[Match]\nMACAddress=52:54:00:00:00:01\n\n[Network]\nAddress=10.0.2.10/24\nGateway=10.0.2.2\n",
	   "the gateway belongs to the card that reaches it");
	is(content(&s, "etc/systemd/network/10-nic1.network"),
	   "[Match]\nMACAddress=52:54:00:00:00:02\n\n[Network]\nAddress=192.168.50.1/23\n", "and to no other");
	is(content(&s, "etc/resolv.conf"), "nameserver 10.0.2.3\n", "the resolver that answers where the guest is");
	is(content(&s, "etc/systemd/system/multi-user.target.wants/systemd-networkd.service"),
	   "-> /lib/systemd/system/systemd-networkd.service", "networkd is started");
	ok(!content(&s, "etc/nftables.conf"), "no ports named, no firewall");
	drop(&s);
	settle(&s, HEAD "[network]\n[[nameservers]]\nns0 = 9.9.9.9\n[[eths]]\n[[[eth0]]]\ntype = dhcp\n");
	is(content(&s, "etc/systemd/network/10-nic0.network"),
	   "[Match]\nMACAddress=52:54:00:00:00:01\n\n[Network]\nDHCP=ipv4\n", "an address by DHCP");
	is(content(&s, "etc/resolv.conf"), "nameserver 9.9.9.9\n", "the file's name servers come first");
	drop(&s);
	s.around.resolver = NULL;
	settle(&s, HEAD);
	is(content(&s, "etc/resolv.conf"), "-> ../run/systemd/resolve/stub-resolv.conf", "nobody names one: DHCP does");
	drop(&s);
}

static void cards(void)
{
	struct scene s = { 0 };

	settle(&s, "[hardware]\nvm_id = web\n[[eths]]\n[[[eth0]]]\nhw_addr = 52:54:00:00:00:01\nname = lan\n"
	       "[[[eth1]]]\nhw_addr = 52:54:00:00:00:02\nconnected = 0\n[[[eth2]]]\ntype = none\n");
	is(content(&s, "etc/systemd/network/10-nic0.link"),
	   "[Match]\nMACAddress=52:54:00:00:00:01\n\n[Link]\nName=lan\n", "a name for a card");
	is(content(&s, "etc/systemd/network/10-nic1.network"),
	   "[Match]\nMACAddress=52:54:00:00:00:02\n\n[Link]\nRequiredForOnline=no\n\n[Network]\nDHCP=ipv4\n",
	   "nobody waits for a card that is not plugged in");
	ok(!content(&s, "etc/systemd/network/10-nic2.network"), "a card that is not there has no address");
	drop(&s);
}

#define PORTS "[[open_ports]]\n[[[ssh]]]\nproto = tcp\nport = 22\n[[[dns]]]\nproto = all\nport = 53\ndescription = names\n"

static void firewall(void)
{
	struct scene s = { 0 };

	settle(&s, TWO "[[open_ports]]\n[[[ssh]]]\nproto = tcp\nport = 22\n[[[dns]]]\nproto = all\nport = 53\n"
	       "description = \"\"\"names }\naccept\"\"\"\n");
	is(content(&s, "etc/nftables.conf"),
	   "#!/usr/sbin/nft -f\nflush ruleset\n"
	   "table inet filter {\n\tchain input {\n"
	   "\t\ttype filter hook input priority filter; policy drop;\n"
	   "\t\tct state established,related accept\n"
	   "\t\tiif lo accept\n"
	   "\t\tmeta l4proto { icmp, ipv6-icmp } accept\n"
	   "\t\ttcp dport 22 accept # ssh\n"
	   "\t\tmeta l4proto { tcp, udp } th dport 53 accept # names } accept\n"
	   "\t}\n}\n", "open ports; a description cannot leave its comment");
	drop(&s);
	settle(&s, TWO PORTS "[[firewall_rules]]\nr0 = \"iptables -A INPUT -p tcp --dports 80,81 -j ACCEPT\"\n");
	ok(!content(&s, "etc/nftables.conf"), "own rules in iptables: the ports are no nftables file");
	is(content(&s, "etc/iptables/rules.v6"),
	   "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
	   "-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n-A INPUT -i lo -j ACCEPT\n"
	   "-A INPUT -p ipv6-icmp -j ACCEPT\n-A INPUT -p tcp --dport 22 -j ACCEPT\n"
	   "-A INPUT -p tcp --dport 53 -j ACCEPT\n-A INPUT -p udp --dport 53 -j ACCEPT\nCOMMIT\n",
	   "but iptables, too");
	is(content(&s, "etc/firewall-rules"),
	   "#!/bin/sh -e\niptables-restore /etc/iptables/rules.v4\nip6tables-restore /etc/iptables/rules.v6\n"
	   "iptables -A INPUT -p tcp --dports 80,81 -j ACCEPT\n", "and the rule is for the guest, as it is");
	ok(!strstr(commands(&s), "iptables"), "no rule is run on the host");
	drop(&s);
}

static void router(void)
{
	struct scene s = { 0 };

	settle(&s, HEAD "[network]\nnat = 1\ngateway = 10.0.2.2\n[[eths]]\n[[[eth0]]]\naddress = 10.0.2.10\n"
	       "[[[eth1]]]\naddress = 192.168.50.1\n");
	is(content(&s, "etc/nftables.conf"),
	   "#!/usr/sbin/nft -f\nflush ruleset\n"
	   "table ip nat {\n\tchain postrouting {\n\t\ttype nat hook postrouting priority srcnat;\n"
	   "\t\tip saddr 192.168.50.0/24 ip daddr != 192.168.50.0/24 masquerade\n\t}\n}\n",
	   "the network behind the guest is translated, not the one in front");
	is(content(&s, "etc/sysctl.d/90-routing.conf"), "net.ipv4.ip_forward = 1\n", "which needs routing");
	drop(&s);
}

static void people(void)
{
	struct scene s = { 0 };

	settle(&s, HEAD "[config]\nroot_passwd = hush\n[users]\n[[groups]]\ngroup0 = devel\n[[users]]\n"
	       "[[[u0]]]\nname = ann.b\npasswd = secret\ngroups = sudo, devel\nssh_keys = ssh-ed25519 AAAA ann\n"
	       "[[[u1]]]\nname = bob\nhome_dir = /srv/bob\n");
	is(commands(&s),
	   "groupadd --prefix /root -f ann.b\ngroupadd --prefix /root -f bob\ngroupadd --prefix /root -f devel\n"
	   "useradd --prefix /root --badname -l -m -k /root/etc/skel -u 1000 -g ann.b -d /home/ann.b -s /bin/bash -G sudo,devel ann.b\n"
	   "install -d -m 0700 -o 1000 -g 1000 /root/home/ann.b/.ssh\n"
	   "install -m 0600 -o 1000 -g 1000 /dev/stdin /root/home/ann.b/.ssh/authorized_keys\n\tssh-ed25519 AAAA ann\n"
	   "useradd --prefix /root --badname -l -m -k /root/etc/skel -u 1001 -g bob -d /srv/bob -s /bin/bash bob\n"
	   "sed -i -f /root/etc/shadow.sed /root/etc/shadow\n", "groups, users, keys, passwords");
	is(content(&s, "etc/shadow.sed"),
	   "s|^root:[^:]*:|root:@{crypt:config.root_passwd}:|\n"
	   "s|^ann\\.b:[^:]*:|ann.b:@{crypt:users.users.u0.passwd}:|\n", "only references to passwords are in the plan");
	drop(&s);
	settle(&s, HEAD);
	ok(!content(&s, "etc/shadow.sed") && !strstr(commands(&s), "sed"), "without a password root stays locked");
	drop(&s);
}

/* What settings need that a minimal system lacks. */
static void packages(void)
{
	static const struct os os = { .distro = "debian", .suite = "bookworm" };
	static const struct surroundings around = { .resolver = "10.0.2.3" };
	static const struct { const char *text; bool alone; const char *want; } rows[] = {
		{ TWO, true, "dbus iproute2 netbase systemd-sysv " },
		{ HEAD, true, "dbus iproute2 netbase systemd-sysv systemd-resolved " },
		{ HEAD, false, "dbus iproute2 netbase systemd-sysv " },
		{ TWO PORTS, true, "dbus iproute2 netbase systemd-sysv nftables " },
		{ TWO "[[firewall_rules]]\nr0 = iptables -A X\n", true, "dbus iproute2 netbase systemd-sysv iptables " },
		{ TWO "[users]\n[[users]]\n[[[u0]]]\nname = ann\ngroups = sudo,\n", true, "dbus iproute2 netbase systemd-sysv sudo " },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct scene s = { 0 };
		struct words out = { 0 };
		DEFER(str_done) struct str text = { 0 };

		settle(&s, rows[i].text);
		system_find("debian")->packages(&os, &s.g, rows[i].alone ? NULL : &around, &out, &s.g.mem);
		for (size_t w = 0; w < out.n; w++)
			str_fmt(&text, "%s ", out.v[w]);
		is(str_text(&text), rows[i].want, "packages");
		drop(&s);
	}
}

int main(void)
{
	names();
	addresses();
	cards();
	firewall();
	router();
	people();
	packages();
	return tap_done();
}
