/* SPDX-License-Identifier: ISC */
/* The user-mode network is laid out so that the addresses of the machine file are right in it. */
#include "tap.h"

#include "base/str.h"
#include "driver/user_net.h"
#include "text/ipv4.h"

static const struct {
	const char *name, *address, *mask, *gateway, *resolver;
	const char *want;               /* net/bits host dns guest, or the error's beginning */
} rows[] = {
	{ "nothing given", NULL, NULL, NULL, NULL, "10.0.2.0/24 10.0.2.2 10.0.2.3 0.0.0.0" },
	{ "static address alone", "192.168.1.2", NULL, NULL, NULL, "192.168.1.0/24 192.168.1.3 192.168.1.4 192.168.1.2" },
	{ "the thesis's network", "192.168.1.2", "255.255.255.0", "192.168.1.254", "192.168.1.1",
	  "192.168.1.0/24 192.168.1.254 192.168.1.1 192.168.1.2" },
	{ "the gateway is the resolver", "10.0.0.2", NULL, "10.0.0.1", "10.0.0.1", "10.0.0.0/24 10.0.0.1 10.0.0.3 10.0.0.2" },
	{ "a resolver elsewhere", "10.0.0.2", NULL, "10.0.0.1", "9.9.9.9", "10.0.0.0/24 10.0.0.1 10.0.0.3 10.0.0.2" },
	{ "DHCP behind a gateway", NULL, NULL, "172.16.5.1", NULL, "172.16.5.0/24 172.16.5.1 172.16.5.3 0.0.0.0" },
	{ "a wide mask", "10.1.2.3", "255.255.0.0", "10.1.0.1", NULL, "10.1.0.0/16 10.1.0.1 10.1.0.3 10.1.2.3" },
	{ "a gateway outside", "10.0.0.2", NULL, "10.9.9.1", NULL, "10.0.0.0/24 10.0.0.3 10.0.0.4 10.0.0.2" },
	{ "no room", "10.0.0.2", "255.255.255.252", NULL, NULL, "t.conf:7: a user-mode network needs" },
};

static void text_of(const struct user_net *u, struct str *s)
{
	struct arena a = { 0 };

	str_fmt(s, "%s/%d %s %s %s", ipv4_text(u->net, &a), ipv4_mask_bits(u->mask), ipv4_text(u->host, &a),
		ipv4_text(u->dns, &a), ipv4_text(u->guest, &a));
	arena_done(&a);
}

static void layout(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		DEFER(str_done) struct str got = { 0 };
		struct guest g = { .file = "t.conf", .gateway = rows[i].gateway };
		struct nic n = { .place = { "eth0", 7, 1 }, .address = rows[i].address, .mask = rows[i].mask };
		struct user_net u;
		struct err e = { 0 };

		if (rows[i].resolver)
			vec_add(&g.nameservers, &g.mem)->text = rows[i].resolver;
		if (user_net(&g, &n, &u, &e) < 0)
			str_addn(&got, e.msg, strlen(rows[i].want));
		else
			text_of(&u, &got);
		is(str_text(&got), rows[i].want, rows[i].name);
		arena_done(&g.mem);
	}
}

static void masks(void)
{
	static const struct { const char *text; int bits; } want[] = {
		{ "255.255.255.0", 24 }, { "/24", 24 }, { "24", 24 }, { "0", 0 }, { "32", 32 }, { "255.0.255.0", -1 },
		{ "33", -1 }, { "", -1 }, { "24x", -1 }, { "255.255.255", -1 }, { "/", -1 }, { "-1", -1 },
	};

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		uint32_t m = 0;
		int bits = ipv4_mask_parse(want[i].text, &m) ? ipv4_mask_bits(m) : -1;

		ok(bits == want[i].bits, "mask '%s' has %d bits", want[i].text, want[i].bits);
	}
}

int main(void)
{
	layout();
	masks();
	return tap_done();
}
