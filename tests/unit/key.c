/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include <ctype.h>
#include <jansson.h>

#include "base/str.h"
#include "model/guest.h"
#include "model/key.h"

static void find(void)
{
	static const struct { const char *path, *want; } rows[] = {
		{ "hardware.ram", "hardware.ram" },
		{ "hardware.num-cpu", "hardware.num_cpu" },
		{ "hardware.cpu_no", "hardware.num_cpu" },
		{ "hardware.hdds.hdd0.size", "hardware.hdds.*.size" },
		{ "hardware.hdds.\"a.b\".size", "hardware.hdds.*.size" },
		{ "hardware.disks.hdd0.bus", "hardware.hdds.*.type" },
		{ "hardware.hdds.*", "hardware.hdds.*" },
		{ "users.users.user0.password", "users.users.*.passwd" },
		{ "users.user0.passwd", "users.users.*.passwd" },
		{ "network.eths.eth0.hw_addr", "hardware.eths.*.hw_addr" },
		{ "network.hostname", "config.hostname" },
		{ "network.dns", "network.nameservers.*" },
		{ "services.mail_server", "services.*" },
		{ "network.nmap", "network.nmap" },
		{ "hardware", "hardware" },
		{ "Hardware", NULL },
		{ "hardware.ram.size", NULL },
		{ "hardware.siz", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct key *k = key_find(rows[i].path);

		is(k ? k->path : NULL, rows[i].want, rows[i].path);
	}
}

static void nearest(void)
{
	static const struct { const char *path, *want; } rows[] = {
		{ "hardware.hdds.hdd0.siz", "hardware.hdds.hdd0.size" },
		{ "hardwear", "hardware" },
		{ "hardwear.ram", "hardware.ram" },
		{ "hardware.hdd.hdd0", "hardware.hdds.hdd0" },
		{ "hardware.hostname", "config.hostname" },
		{ "ram", "hardware.ram" },
		{ "network.eths.eth0.adress", "network.eths.eth0.address" },
		{ "config.root_pasword", "config.root_password" },
		{ "hardware.flux_capacitor", NULL },
		{ "hardware.ram", NULL },
	};
	struct arena a = { 0 };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		is(key_nearest(rows[i].path, &a), rows[i].want, rows[i].path);
	arena_done(&a);
}

/* One value of each type into a field of it: what came out as text, or the complaint behind a '!'. */
static const struct { const char *path, *text, *want; } values[] = {
	{ "hardware.vm_id", "web-1", "web-1" },
	{ "hardware.vm_id", "x;touch /tmp/p",
	  "! is not a name (letters, digits, '.', '_' and '-', a letter or digit first, at most 63)" },
	{ "hardware.num_cpu", "4", "4" },
	{ "hardware.num_cpu", "0", "! is out of range (1 to 255)" },
	{ "hardware.num_cpu", "99999999999999999999", "! is out of range (1 to 255)" },
	{ "hardware.num_cpu", "two", "! is not a number (1 to 255)" },
	{ "hardware.num_cpu", "-1", "! is out of range (1 to 255)" },
	{ "hardware.num_cpu", "", "! is not a number (1 to 255)" },
	{ "hardware.ram", "512", "536870912" },
	{ "hardware.ram", "8GB", "8589934592" },
	{ "hardware.ram", "4Q", "! is not a size (try 4G)" },
	{ "hardware.ram", "512X", "! is not a size (try 512M)" },
	{ "hardware.ram", "much", "! is not a size (try 512M)" },
	{ "hardware.ram", "1025T", "! is too large (at most 1024T)" },
	{ "hardware.ram", "-1", "! is not a size (try 512M)" },
	{ "hardware.firmware", "UEFI", "uefi" },
	{ "hardware.firmware", "efi", "! is none of bios, uefi (try uefi)" },
	{ "hardware.eths.e.type", "host_only", "host-only" },
	{ "network.gateway", "192.168.1.1", "192.168.1.1" },
	{ "network.gateway", "192.168.1", "! is not an IPv4 address (try 192.168.1.2)" },
	{ "network.gateway", "192.168.1.256", "! is not an IPv4 address (try 192.168.1.2)" },
	{ "network.eths.e.address", "10.0.0.2/8",
	  "! is not an IPv4 address (what follows the '/' has its own key: network = /24)" },
	{ "network.eths.e.network", "255.255.0.0", "255.255.0.0" },
	{ "network.eths.e.network", "/24", "255.255.255.0" },
	{ "network.eths.e.network", "16", "255.255.0.0" },
	{ "network.eths.e.network", "255.0.255.0", "! is not a net mask (try 255.255.255.0 or /24)" },
	{ "network.eths.e.network", "/33", "! is not a net mask (try 255.255.255.0 or /24)" },
	{ "hardware.eths.e.hw_addr", "52:54:00:AB:cd:ef", "52:54:00:ab:cd:ef" },
	{ "hardware.eths.e.hw_addr", "52-54-00-ab-cd-ef", "52:54:00:ab:cd:ef" },
	{ "hardware.eths.e.hw_addr", "52:54:00:ab:cd", "! is not a MAC address (try 52:54:00:12:34:56)" },
	{ "hardware.eths.e.hw_addr", "52:54:00:ab:cd:ef:00", "! is not a MAC address (try 52:54:00:12:34:56)" },
	{ "hardware.eths.e.hw_addr", "01:00:de:ad:be:ef",
	  "(ignored) is a multicast address, ignored: bit 0 of its first byte is set (try 02:00:de:ad:be:ef)" },
	{ "network.open_ports.p.port", "65535", "65535" },
	{ "network.open_ports.p.port", "0", "! is not a port (1 to 65535)" },
	{ "network.open_ports.p.port", "65536", "! is not a port (1 to 65535)" },
	{ "network.open_ports.p.port", "ssh", "! is not a port (1 to 65535)" },
	{ "network.nat", "1", "yes" },
	{ "network.nat", "Off", "no" },
	{ "network.nat", "2", "! is neither yes nor no (1, yes, on, true; 0, no, off, false)" },
	{ "run.wait_timeout", "30", "30" },
	{ "run.wait_timeout", "5m", "300" },
	{ "run.wait_timeout", "1h", "3600" },
	{ "run.wait_timeout", "5 fortnights", "! is not a time (try 30, 5m or 1h)" },
	{ "users.users.u.groups", "a, b ,, c", "a|b|c" },
	{ "users.users.u.ssh_keys", "from=\"a,b\" ssh-ed25519 AAAA me", "from=\"a,b\" ssh-ed25519 AAAA me" },
	{ "hardware.hdds.d.source", "../base.qcow2", "../base.qcow2" },
};

static char *as_text(const struct key *k, void *field, struct arena *a)
{
	struct words *w = field;
	char *s = arena_str(a, "");

	switch (k->type) {
	case KEY_LIST:
	case KEY_LINES:
		for (size_t i = 0; i < w->n; i++)
			s = arena_fmt(a, "%s%s%s", s, i ? "|" : "", w->v[i]);
		return s;
	case KEY_INT:
	case KEY_PORT:
	case KEY_SECONDS:
		return arena_fmt(a, "%ld", *(long *)field);
	case KEY_SIZE:
		return arena_fmt(a, "%llu", (unsigned long long)*(uint64_t *)field);
	case KEY_BOOL:
		return arena_str(a, *(bool *)field ? "yes" : "no");
	case KEY_TEXT:
	case KEY_NAME:
	case KEY_PATH:
	case KEY_SECRET:
	case KEY_CHOICE:
	case KEY_IPV4:
	case KEY_MASK:
	case KEY_MAC:
		return arena_str(a, *(const char **)field);
	case KEY_SECTION:
	case KEY_PROGRAM:
	case KEY_OBSOLETE:
		break;
	}
	return NULL;
}

static void parse(void)
{
	struct arena a = { 0 };

	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		union { struct words words; const char *text; long n; uint64_t size; bool yes; } field = { 0 };
		const struct key *k = key_find(values[i].path);
		bool ignored = false;
		const char *why = key_parse(k, values[i].text, &field, &a, &ignored);
		const char *got = why ? arena_fmt(&a, "%s %s", ignored ? "(ignored)" : "!", why) : as_text(k, &field, &a);

		is(got, values[i].want, arena_fmt(&a, "%s = %s", k->path, values[i].text));
		ok(!why || !field.text, "%s = %s: what is wrong leaves the field alone", k->path, values[i].text);
	}
	arena_done(&a);
}

/* The repeated section a row's offset counts in; NULL for the guest itself. */
static const struct key *owner(const struct key *k)
{
	DEFER(free_str) char *path = xstrdup(k->path);

	for (char *dot; (dot = strrchr(path, '.'));) {
		const struct key *above;

		*dot = 0;
		above = key_find(path);
		if (above && above->size)
			return above;
	}
	return NULL;
}

static void row_is_complete(const struct key *k)
{
	const struct key *in = owner(k);
	size_t room = in ? in->size : sizeof(struct guest);
	bool ignored;
	struct arena a = { 0 };
	union { struct words words; char bytes[64]; } field = { 0 };

	ok(k->help && !islower((unsigned char)*k->help),
	   "%s has help that begins a sentence", k->path);
	ok(k->help && (str_ends(k->help, ".") || str_ends(k->help, "?")), "%s has help that ends one", k->path);
	ok(str_eq(k->since, "0.1"), "%s says since when", k->path);
	ok(k->offset < room, "%s is inside its struct", k->path);
	ok(!in || k->type == KEY_OBSOLETE || (k->type == KEY_SECTION && !k->size) || k->offset >= sizeof(struct place), "%s leaves the place alone", k->path);
	ok((k->type == KEY_CHOICE) == !!k->choices, "%s has choices if it is one", k->path);
	ok(k->type != KEY_INT || k->min < k->max, "%s has a range if it is a number", k->path);
	ok(!k->def || !key_parse(k, k->def, &field, &a, &ignored), "%s has a default that is good", k->path);
	ok(!k->plain || (k->size && key_child(k->path, k->plain) && key_child(k->path, k->plain)->required),
	   "%s: the key that a plain line sets is there, and needed", k->path);
	ok((k->type == KEY_SECTION && str_ends(k->path, ".*")) == !!k->size, "%s is repeated if it ends in a star", k->path);
	arena_done(&a);
}

static void alias_is_sound(const struct key *k)
{
	const struct key *real = key_real(k);
	const struct key *from = owner(k), *to = real ? owner(real) : NULL;

	ok(real && !real->alias_of, "%s stands for a row that is no alias", k->path);
	ok(!to || (from && from->offset == to->offset && from->size == to->size),
	   "%s and what it stands for are in the same element", k->path);
	ok(!k->help || islower((unsigned char)*k->help), "%s: its hint goes on behind a colon", k->path);
	ok(!k->help || !str_ends(k->help, "."), "%s: its hint has no full stop", k->path);
}

static void rows(void)
{
	for (size_t i = 0; i < nkeys; i++) {
		const struct key *k = &keys[i];

		if (k->alias_of)
			alias_is_sound(k);
		else
			row_is_complete(k);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(keys[j].path, k->path))
				ok(0, "%s is there twice", k->path);
		if (strchr(k->path, '.')) {
			DEFER(free_str) char *parent = xstrdup(k->path);

			*strrchr(parent, '.') = 0;
			ok(key_find(parent) && key_find(parent)->type == KEY_SECTION, "%s is in a section that has a row", k->path);
		}
	}
}

static void explain(void)
{
	DEFER(str_done) struct str s = { 0 };

	ok(key_explain("hardware.cpu_no", &s) == 0, "an older spelling is explained");
	is(str_text(&s),
	   "hardware.num_cpu\n"
	   "    Number of processors.\n"
	   "\n"
	   "    type          number (1 to 255)\n"
	   "    default       1\n"
	   "    also written  cpu_no, cpus, num_cpus\n"
	   "    since         0.1\n", "as the key it stands for");
	str_clear(&s);
	ok(key_explain("users.groups.group0", &s) == 0, "a section is explained");
	ok(strstr(str_text(&s), "'name = value' stands for a section with 'name = value'"), "with what a plain line means");
	ok(strstr(str_text(&s), "    name               The group's name.\n"), "with its keys");
	str_clear(&s);
	ok(key_explain("hardware.flux_capacitor", &s) < 0 && !s.n, "what is no key is not");
	for (size_t i = 0; i < nkeys; i++) {
		str_clear(&s);
		ok(key_explain(keys[i].path, &s) == 0 && strstr(str_text(&s), key_real(&keys[i])->help), "%s is explained", keys[i].path);
	}
}

static void manual(void)
{
	DEFER(str_done) struct str s = { 0 };

	key_manual(&s);
	ok(strstr(str_text(&s), "## [hardware] [[hdds]] [[[NAME]]] [[[[partitions]]]] [[[[[NAME]]]]]\n"), "sections as in the file");
	ok(strstr(str_text(&s), "*num\\_cpu*: number (1 to 255)\n\tNumber of processors. Default: 1. Also written cpu\\_no, cpus, num\\_cpus.\n"),
	   "a key with all that is known of it, its markup harmless");
	ok(!strchr(str_text(&s), '\r') && strstr(str_text(&s), "# KEYS\n\n") == str_text(&s), "under one heading");
}

/* Follow properties down to a key of the schema. */
static const json_t *at(const json_t *o, const char *path)
{
	DEFER(free_str) char *copy = xstrdup(path);
	char *save = NULL;

	for (char *part = strtok_r(copy, ".", &save); part && o; part = strtok_r(NULL, ".", &save))
		o = *part == '*' ? json_object_get(o, "additionalProperties")
				 : json_object_get(json_object_get(o, "properties"), part);
	return o;
}

static void schema(void)
{
	DEFER(str_done) struct str s = { 0 };
	json_t *o;

	key_schema(&s);
	o = json_loads(str_text(&s), 0, NULL);
	ok(o, "the schema is JSON");
	is(json_string_value(json_object_get(o, "$schema")), "https://json-schema.org/draft/2020-12/schema", "of the draft it says");
	is(json_string_value(json_object_get(at(o, "hardware.ram"), "default")), "512", "a default");
	is(json_string_value(json_array_get(json_object_get(at(o, "hardware.hdds.*.type"), "enum"), 1)), "scsi", "choices");
	ok(json_is_true(json_object_get(at(o, "hardware.cpu_no"), "deprecated")), "an older spelling is deprecated");
	ok(json_is_true(json_object_get(o, "additionalProperties")), "what is unknown is allowed");
	is(json_string_value(json_array_get(json_object_get(at(o, "network.open_ports.*"), "required"), 0)), "port", "needed keys");
	ok(json_array_size(json_object_get(at(o, "users.groups.*"), "anyOf")) == 2, "a line may stand for a section");
	for (size_t i = 0; i < nkeys; i++)
		if (!strchr(keys[i].path, '*'))
			ok(json_object_get(at(o, keys[i].path), "description"), "%s is in the schema", keys[i].path);
	json_decref(o);
}

int main(void)
{
	find();
	nearest();
	parse();
	rows();
	explain();
	manual();
	schema();
	return tap_done();
}
