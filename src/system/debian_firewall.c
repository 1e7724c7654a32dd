/* SPDX-License-Identifier: ISC */
/*
 * Open ports, address translation and the owner's own rules. Normally all of it is
 * one nftables file. When the owner's rules are iptables commands, the open ports
 * become iptables rules, too: a packet has to pass every table there is, so an
 * ACCEPT in one would not open what another drops.
 *
 * Without open ports nothing is closed: rules of one's own then are all there is.
 */
#include "system/debian.h"

#include <string.h>

#include "text/ipv4.h"

enum { MAX_INSIDE = 16 };

static bool rules_speak(const struct guest *g, const char *word)
{
	for (size_t i = 0; i < g->rules.n; i++)
		if (strstr(g->rules.v[i].text, word))
			return true;
	return false;
}

bool debian_wants_iptables(const struct guest *g)
{
	return rules_speak(g, "iptables") || rules_speak(g, "ip6tables");
}

bool debian_wants_nftables(const struct guest *g)
{
	return !debian_wants_iptables(g) && (g->ports.n || g->nat || g->rules.n);
}

/* Text for a comment behind '#': whatever the owner wrote, it stays on its line. */
static void comment(struct str *s, const char *text)
{
	if (!text)
		return;
	str_add(s, " # ");
	for (; *text; text++)
		str_addc(s, (unsigned char)*text < ' ' ? ' ' : *text);
}

static void nft_port(struct str *s, const struct port *port)
{
	if (str_eq(port->proto, "all"))
		str_fmt(s, "\t\tmeta l4proto { tcp, udp } th dport %ld accept", port->port);
	else
		str_fmt(s, "\t\t%s dport %ld accept", port->proto, port->port);
	comment(s, port->description ? port->description : port->place.name);
	str_add(s, "\n");
}

static void nft_input(struct str *s, const struct guest *g)
{
	str_add(s, "table inet filter {\n"
		   "\tchain input {\n"
		   "\t\ttype filter hook input priority filter; policy drop;\n"
		   "\t\tct state established,related accept\n"
		   "\t\tiif lo accept\n"
		   "\t\tmeta l4proto { icmp, ipv6-icmp } accept\n");
	for (size_t i = 0; i < g->ports.n; i++)
		nft_port(s, &g->ports.v[i]);
	str_add(s, "\t}\n}\n");
}

/* One rule for each network behind the guest; a rule for everything when the file names none. */
static void masquerade(struct setup *u, struct str *s, bool iptables)
{
	uint32_t net[MAX_INSIDE];
	int bits[MAX_INSIDE];
	size_t n = debian_inside(u->g, net, bits, MAX_INSIDE);

	for (size_t i = 0; i < n; i++) {
		char *text = plan_fmt(u->p, "%s/%d", ipv4_text(net[i], &u->p->mem), bits[i]);

		if (iptables)
			str_fmt(s, "-A POSTROUTING -s %s ! -d %s -j MASQUERADE\n", text, text);
		else
			str_fmt(s, "\t\tip saddr %s ip daddr != %s masquerade\n", text, text);
	}
	if (!n)
		str_add(s, iptables ? "-A POSTROUTING -j MASQUERADE\n" : "\t\tmasquerade\n");
}

static void nft_file(struct setup *u)
{
	DEFER(str_done) struct str s = { 0 };

	str_add(&s, "#!/usr/sbin/nft -f\nflush ruleset\n");
	if (u->g->ports.n)
		nft_input(&s, u->g);
	if (u->g->nat) {
		str_add(&s, "table ip nat {\n\tchain postrouting {\n"
			    "\t\ttype nat hook postrouting priority srcnat;\n");
		masquerade(u, &s, false);
		str_add(&s, "\t}\n}\n");
	}
	setup_file(u, "open ports", "etc/nftables.conf", 0755, str_text(&s));
	setup_enable(u, "nftables.service", "sysinit.target");
}

static void iptables_port(struct str *s, const struct port *port)
{
	static const char *const protos[] = { "tcp", "udp" };

	for (size_t i = 0; i < 2; i++)
		if (str_eq(port->proto, protos[i]) || str_eq(port->proto, "all"))
			str_fmt(s, "-A INPUT -p %s --dport %ld -j ACCEPT\n", protos[i], port->port);
}

/* What iptables-restore reads; version 4 or 6 differ in their control protocol, and translation is for 4 only. */
static void iptables_file(struct setup *u, int version)
{
	DEFER(str_done) struct str s = { 0 };

	str_fmt(&s, "*filter\n:INPUT %s [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n",
		u->g->ports.n ? "DROP" : "ACCEPT");
	if (u->g->ports.n)
		str_fmt(&s, "-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n"
			    "-A INPUT -i lo -j ACCEPT\n-A INPUT -p %s -j ACCEPT\n", version == 4 ? "icmp" : "ipv6-icmp");
	for (size_t i = 0; i < u->g->ports.n; i++)
		iptables_port(&s, &u->g->ports.v[i]);
	str_add(&s, "COMMIT\n");
	if (u->g->nat && version == 4) {
		str_add(&s, "*nat\n");
		masquerade(u, &s, true);
		str_add(&s, "COMMIT\n");
	}
	setup_file(u, "open ports", plan_fmt(u->p, "etc/iptables/rules.v%d", version), 0644, str_text(&s));
}

/* The owner's commands, as they are: they are for the guest's shell, and only the guest ever runs them. */
static void own_rules(struct setup *u)
{
	bool iptables = debian_wants_iptables(u->g);
	DEFER(str_done) struct str s = { 0 };

	str_add(&s, "#!/bin/sh -e\n");
	if (iptables)
		str_add(&s, "iptables-restore /etc/iptables/rules.v4\nip6tables-restore /etc/iptables/rules.v6\n");
	for (size_t i = 0; i < u->g->rules.n; i++)
		str_fmt(&s, "%s\n", u->g->rules.v[i].text);
	setup_file(u, "firewall rules of the file", "etc/firewall-rules", 0755, str_text(&s));
	setup_file(u, "firewall rules at boot", "etc/systemd/system/firewall-rules.service", 0644,
		   "[Unit]\n"
		   "Description=Firewall rules of the machine file\n"
		   "DefaultDependencies=no\n"
		   "After=local-fs.target nftables.service\n"
		   "Before=network-pre.target shutdown.target\n"
		   "Wants=network-pre.target\n"
		   "Conflicts=shutdown.target\n"
		   "\n"
		   "[Service]\n"
		   "Type=oneshot\n"
		   "RemainAfterExit=yes\n"
		   "ExecStart=/etc/firewall-rules\n");
	setup_link(u, "firewall rules at boot", "etc/systemd/system/sysinit.target.wants/firewall-rules.service",
		   "/etc/systemd/system/firewall-rules.service");
}

void debian_firewall(struct setup *u)
{
	if (debian_wants_nftables(u->g))
		nft_file(u);
	if (debian_wants_iptables(u->g)) {
		iptables_file(u, 4);
		iptables_file(u, 6);
	}
	if (u->g->rules.n)
		own_rules(u);
}
