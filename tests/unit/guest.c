/* SPDX-License-Identifier: ISC */
/* From a machine file's text to struct guest. */
#include "tap.h"

#include <stdlib.h>

#include "base/str.h"
#include "model/guest.h"

struct fixture {
	struct guest guest;
	struct report report;
	struct err err;
	int status;
};

static void fixture_read(struct fixture *f, const char *file, const char *text)
{
	*f = (struct fixture){ .report.file = file };
	f->status = guest_parse(&f->guest, file, text, strlen(text), &f->report, &f->err);
}

static void fixture_done(struct fixture *f)
{
	guest_done(&f->guest);
	report_done(&f->report);
}

/* All problems, a line each, without the file's name. */
static const char *problems(struct fixture *f)
{
	struct arena *a = &f->report.mem;
	char *s = arena_str(a, "");

	f->report.file = NULL;
	for (size_t i = 0; i < f->report.problems.n; i++)
		s = arena_fmt(a, "%s%s%s", s, i ? "\n" : "", report_line(&f->report, &f->report.problems.v[i], a));
	return s;
}

static void reports(const char *text, const char *want, const char *name)
{
	struct fixture f;

	fixture_read(&f, "t.conf", text);
	is(problems(&f), want, name);
	fixture_done(&f);
}

static void whole(void)
{
	static const char text[] =
		"[hardware]\n\tvm_id = web\n\tnum-cpu = 2\n\tram = 1024\n"
		"\t[[hdds]]\n\t\t[[[hdd0]]]\n\t\t\tsize = 8GB\n\t\t\ttype = scsi\n\t\t\tpos = 0:1\n\t\t\tname = a.vmdk\n"
		"\t\t\t[[[[partitions]]]]\n\t\t\t\t[[[[[p0]]]]]\n\t\t\t\t\tfs = ext4\n\t\t\t\t\tsize = 5000\n"
		"\t\t\t\t[[[[[p1]]]]]\n\t\t\t\t\tfs = swap\n"
		"\t\t[[[hdd1]]]\n\t\t\tsize = 1G\n"
		"\t[[cd_drives]]\n\t\t[[[cd0]]]\n\t\t\tpath = a.iso\n\t\t\tconnected = 0\n"
		"\t[[eths]]\n\t\t[[[eth1]]]\n\t\t\ttype = bridge\n\t\t[[[eth0]]]\n\t\t\thw_address = 52:54:00:00:00:01\n"
		"[network]\n\tip_routing = 1\n\t[[eths]]\n\t\t[[[eth0]]]\n\t\t\taddress = 10.0.0.2\n\t\t\tnetmask = /16\n"
		"\t\t\tdns = 10.0.0.1, 10.0.0.3\n\t\t[[[eth9]]]\n\t\t\ttype = dhcp\n"
		"\t[[open_ports]]\n\t\t[[[ssh]]]\n\t\t\tport = 22\n"
		"\t[[firewall_rules]]\n\t\tr1 = iptables -m multiport --dports 80,443\n\t\tr0 = \"x, y\"\n"
		"[users]\n\t[[users]]\n\t\t[[[u]]]\n\t\t\tname = ada\n\t\t\tpasswd = a, b\n\t\t\tgroups = \"sudo, adm\"\n"
		"[config]\n\tbash_comp = yes\n"
		"[services]\n\tsshd = 1\n\tmail_client = mozilla-thunderbird, wireshark\n"
		"[driver]\n\t[[qemu]]\n\t\targs = -device, \"e1000,id=x\"\n";
	struct fixture f;
	struct guest *g = &f.guest;

	fixture_read(&f, "dir/t.conf", text);
	is(problems(&f), "", "a good file has no problems");
	ok(f.status == 0, "and is good");
	is(g->name, "web", "vm_id is the name");
	is(g->dir, "dir", "the folder of relative paths");
	ok(g->cpus == 2 && g->ram == 1ull << 30, "numbers and sizes");
	ok(g->disks.n == 2 && g->disks.v[0].size == 8ull << 30, "disks in the file's order");
	is(g->disks.v[0].bus, "scsi", "the bus of the first");
	is(g->disks.v[1].bus, "virtio", "the default of the second");
	is(g->disks.v[0].file, "a.vmdk", "name is the disk's file");
	ok(g->disks.v[0].partitions.n == 2 && g->disks.v[0].partitions.v[0].size == 5000ull << 20, "partitions in MB");
	is(g->disks.v[0].partitions.v[0].type, "primary", "primary by default");
	ok(!g->disks.v[0].partitions.v[1].size, "no size is the rest");
	ok(g->cdroms.n == 1 && !g->cdroms.v[0].connected, "a CD drive that is not connected");
	ok(g->nics.n == 3, "interfaces of both sections, once each");
	is(g->nics.v[0].place.name, "eth1", "in the order they come first");
	is(g->nics.v[1].mac, "52:54:00:00:00:01", "hw_address is hw_addr");
	is(g->nics.v[1].address, "10.0.0.2", "address from the other section");
	is(g->nics.v[1].mask, "255.255.0.0", "mask as dots");
	ok(g->nics.v[1].dns.n == 2, "two name servers");
	ok(g->nics.v[2].connected, "a default of [hardware] for an interface that only [network] has");
	ok(g->ip_routing && !g->nat && g->bash_completion, "yes and no");
	is(g->ports.v[0].proto, "tcp", "tcp by default");
	is(g->rules.v[0].place.name, "r1", "rules in the file's order");
	is(g->rules.v[0].text, "iptables -m multiport --dports 80,443", "a comma in a rule is a comma");
	is(g->rules.v[1].text, "x, y", "quoted or not");
	is(g->users.v[0].passwd, "a, b", "and in a password");
	ok(g->users.v[0].groups.n == 2 && words_has(&g->users.v[0].groups, "adm"), "a quoted list is a list");
	ok(g->programs.n == 2 && g->programs.v[1].value.n == 2, "programs");
	is(g->programs.v[0].section, "services", "with their section");
	ok(g->qemu.args.n == 2, "words for QEMU");
	is(g->qemu.args.v[1], "e1000,id=x", "as they are");
	is(g->driver, "qemu", "the usual driver");
	ok(g->stop_delay == 60 && g->wait_timeout == 300, "default times");
	ok(guest_place(g, "hardware.hdds.hdd0.size").line == 7, "a value knows its line");
	ok(guest_place(g, "network.eths.eth0.network").line == 33, "under today's spelling");
	ok(!guest_place(g, "hardware.uuid").line, "what is not there has none");
	fixture_done(&f);
}

static void usual(void)
{
	struct fixture f;

	fixture_read(&f, "/srv/mini.conf", "[hardware]\nos = debian-12\n");
	is(problems(&f), "", "the shortest machine is good");
	is(f.guest.name, "mini", "it is called after its file");
	is(f.guest.dir, "/srv", "whose folder is known");
	ok(f.guest.disks.n == 1 && f.guest.disks.v[0].size == 8ull << 30, "it has a disk");
	is(f.guest.disks.v[0].bus, "virtio", "of the usual kind");
	ok(f.guest.nics.n == 1 && f.guest.nics.v[0].connected, "and an interface");
	ok(f.guest.cpus == 1 && f.guest.ram == 512ull << 20, "and the usual processor and memory");
	fixture_done(&f);
	fixture_read(&f, "/x.conf", "[hardware]\n");
	ok(!f.guest.disks.n && !f.guest.nics.n, "without an os nothing is added");
	is(f.guest.dir, "/", "the folder of a file at the top");
	fixture_done(&f);
}

/* Layouts of older files and of the theses. */
static void layouts(void)
{
	struct fixture f;

	fixture_read(&f, "t.conf",
		     "[hardware]\ncpu_no = 3\n[[disks]]\n[[[d]]]\nbus = ide\nfile = x.raw\nsize = 1G\n"
		     "[network]\nhostname = h\ndns = 10.0.0.1, 10.0.0.2\n[[nameservers]]\n[[[n]]]\naddress = 10.0.0.3\n"
		     "[[eths]]\n[[[eth0]]]\nhw_addr = 52:54:00:00:00:01\n"
		     "[users]\n[[groups]]\ng0 = one\n[[[g1]]]\nname = two\n[[user0]]\nname = ada\npassword = x\ngroup = one\n");
	is(problems(&f), "22:1: warning: user0: a user's section belongs into [[users]], one level deeper",
	   "one layout is pointed at, the others are taken");
	ok(f.guest.cpus == 3, "cpu_no");
	is(f.guest.disks.v[0].bus, "ide", "disks, bus");
	is(f.guest.disks.v[0].file, "x.raw", "file");
	is(f.guest.hostname, "h", "network.hostname");
	ok(f.guest.nameservers.n == 3, "network.dns with [[nameservers]]");
	is(f.guest.nameservers.v[2].text, "10.0.0.3", "a name server as a section");
	is(f.guest.nics.v[0].mac, "52:54:00:00:00:01", "hw_addr in [network]");
	ok(f.guest.groups.n == 2, "groups as keys and as sections");
	is(f.guest.groups.v[1].text, "two", "by name");
	is(f.guest.users.v[0].passwd, "x", "password");
	ok(f.guest.users.v[0].groups.n == 1, "group");
	is(guest_place(&f.guest, "users.users.user0.passwd").name, "users.users.user0.passwd", "the place has today's path");
	fixture_done(&f);
}

static const struct { const char *text, *want; } bad[] = {
	{ "[hardware]\n[[hdds]]\n[[[hdd0]]]\nsize = 1G\nsiz = 8G\n",
	  "5:1: warning: hardware.hdds.hdd0.siz: unknown key, ignored (did you mean 'size'?)" },
	{ "[hardwear]\nram = 4Q\n",
	  "1:1: warning: hardwear: unknown section, ignored with all that is in it (did you mean 'hardware'?)" },
	{ "[zoo]\n", "1:1: warning: zoo: unknown section, ignored with all that is in it" },
	{ "[hardware]\nhostname = x\n",
	  "2:1: warning: hardware.hostname: unknown key, ignored (did you mean 'config.hostname'?)" },
	{ "x = 1\n[hardware]\n", "1:1: warning: x: stands before the first section, ignored" },
	{ "ram = 512\n", "1:1: warning: ram: stands before the first section, ignored (did you mean 'hardware.ram'?)" },
	{ "[hardware]\n    ram = 4Q\n", "2:11: ram: '4Q' is not a size (try 4G)" },
	{ "[hardware]\nram = 1, 2\n", "2:7: ram: '1, 2' is a list, one value is expected" },
	{ "[hardware]\nram =\n", "2:6: warning: ram: has no value, ignored" },
	{ "[hardware]\n[[ram]]\n", "2:1: ram: is a key, not a section (write 'ram = ...')" },
	{ "[hardware]\nhdds = 1\n", "2:1: hdds: is a section, not a key (write it in brackets)" },
	{ "[hardware]\n[[hdds]]\nhdd0 = 8G\n", "3:1: warning: hardware.hdds.hdd0: unknown key, ignored" },
	{ "[hardware]\n[[hdds]]\n[[[../x]]]\nsize = 1G\n",
	  "3:1: '../x' cannot name a section here (letters, digits, '.', '_' and '-', a letter or digit first, at most 63)" },
	{ "[hardware]\nnum_cpu = 1\ncpus = 2\n", "3:1: cpus: the same key stands on line 2 under another name" },
	{ "[users]\n[[users]]\n[[[u]]]\nname = a\nperm = x\n",
	  "5:1: warning: perm: ignored (Its meaning was never settled; groups say what a user may do)" },
	{ "[users]\n[[users]]\n[[[u]]]\npasswd = x\n", "3:1: u: name is missing (add 'name = ...')" },
	{ "[users]\n[[groups]]\n[[[g]]]\n", "3:1: g: name is missing (add 'name = ...')" },
	{ "[users]\n[[groups]]\ng =\n", "3:4: warning: g: has no value, ignored" },
	{ "[network]\n[[nameservers]]\nn0 = 10.0.0.1, 10.0.0\n", "3:6: n0: '10.0.0' is not an IPv4 address (try 192.168.1.2)" },
	{ "[network]\n[[open_ports]]\n[[[p]]]\nproto = tcp\n", "3:1: p: port is missing (add 'port = ...')" },
	{ "[network]\n[[open_ports]]\n[[[p]]]\nport = x\n", "4:8: port: 'x' is not a port (1 to 65535)" },
	{ "[config]\nroot_passwd =\n", "2:14: warning: root_passwd: has no value, ignored" },
	{ "[config]\nroot_passwd = \"\"\"secret\nword\"\"\"\n", "2:15: root_passwd: a password is one line" },
	{ "[hardware]\nvm_id = a b\n",
	  "2:9: vm_id: 'a b' is not a name (letters, digits, '.', '_' and '-', a letter or digit first, at most 63)" },
	{ "[hardware]\nram = 1Q\nnum_cpu = 0\nfirmware = efi\n",
	  "2:7: ram: '1Q' is not a size (try 1G)\n3:11: num_cpu: '0' is out of range (1 to 255)\n"
	  "4:12: firmware: 'efi' is none of bios, uefi (try uefi)" },
};

static void file_name(void)
{
	struct fixture f;

	fixture_read(&f, "my guest.conf", "[hardware]\n");
	is(problems(&f), "'my guest' cannot name a guest (add 'vm_id = ...' to [hardware])", "a file whose name is no guest's");
	ok(f.status < 0 && f.err.kind == ERR_INVALID, "is an error");
	is(f.err.msg, "my guest.conf: 'my guest' cannot name a guest (add 'vm_id = ...' to [hardware])", "that says so");
	fixture_done(&f);
}

/* The theses' own samples: warnings only, and only where the thesis slips. */
static const struct { const char *file, *want; } samples[] = {
	{ "thesis-openvz.conf",
	  "3:10: warning: os: 'fedora-14-x86' is of 2011, today debian-12 stands for it\n"
	  "11:23: warning: hw_addr: '01:00:de:ad:be:ef' is a multicast address, ignored: "
	  "bit 0 of its first byte is set (try 02:00:de:ad:be:ef)\n"
	  "30:9: warning: user0: a user's section belongs into [[users]], one level deeper" },
	{ "thesis-windows.conf",
	  "35:23: warning: hw_addr: '01:00:de:ad:be:ef' is a multicast address, ignored: "
	  "bit 0 of its first byte is set (try 02:00:de:ad:be:ef)" },
};

static char *slurp(const char *file)
{
	DEFER(str_done) struct str path = { 0 };
	char buf[8192];
	FILE *in;
	size_t n;

	str_fmt(&path, "%s/tests/data/%s", getenv("BERTH_SOURCE"), file);
	in = fopen(path.s, "r");
	if (!in)
		return xstrdup("");
	n = fread(buf, 1, sizeof buf - 1, in);
	fclose(in);
	buf[n] = 0;
	return xstrdup(buf);
}

static void theses(void)
{
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		DEFER(free_str) char *text = slurp(samples[i].file);
		struct fixture f;

		fixture_read(&f, samples[i].file, text);
		is(problems(&f), samples[i].want, samples[i].file);
		ok(f.status == 0 && *text, "%s is good", samples[i].file);
		ok(f.guest.users.n >= 1 && f.guest.groups.n >= 1, "%s: users and groups", samples[i].file);
		is(f.guest.users.v[0].name, "caesar", "the first user");
		is(f.guest.users.v[0].groups.v[0], "julius", "and his group");
		ok(!f.guest.nics.v[0].mac, "a multicast MAC counts as not given");
		fixture_done(&f);
	}
}

static void derived(void)
{
	struct guest g = { .name = "web" };
	struct nic *n = vec_add(&g.nics, &g.mem);

	is(guest_mac(&g, 0, &g.mem), guest_mac(&g, 0, &g.mem), "a derived MAC is always the same");
	ok(str_starts(guest_mac(&g, 0, &g.mem), "52:54:00:") && strlen(guest_mac(&g, 0, &g.mem)) == 17, "a MAC in the range for guests");
	ok(!str_eq(guest_mac(&g, 0, &g.mem), guest_mac(&g, 1, &g.mem)), "another one for the next interface");
	n->mac = "52:54:00:12:34:56";
	is(guest_mac(&g, 0, &g.mem), n->mac, "the owner's own comes first");
	ok(strlen(guest_uuid(&g, &g.mem)) == 36, "a UUID");
	is(guest_uuid(&g, &g.mem), guest_uuid(&g, &g.mem), "always the same");
	g.uuid = "11111111-2222-3333-4444-555555555555";
	is(guest_uuid(&g, &g.mem), g.uuid, "the owner's own comes first");
	guest_done(&g);
}

static void names(void)
{
	static const char long_name[] = "a23456789012345678901234567890123456789012345678901234567890123";
	static const struct { const char *name; bool good; } rows[] = {
		{ "web", true }, { "web-1.example_x", true }, { "1", true }, { long_name, true },
		{ "", false }, { "-x", false }, { ".", false }, { "..", false }, { "_x", false }, { "a/b", false },
		{ "a b", false }, { "a;b", false }, { "\xc3\xa4", false }, { "a\xc3\xa4", false }, { "a\n", false },
	};
	DEFER(str_done) struct str longer = { 0 };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ok(guest_name_ok(rows[i].name) == rows[i].good, "'%s' is %sa name", rows[i].name, rows[i].good ? "" : "not ");
	str_fmt(&longer, "%s4", long_name);
	ok(!guest_name_ok(longer.s), "64 characters are one too many");
}

int main(void)
{
	whole();
	usual();
	layouts();
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		reports(bad[i].text, bad[i].want, bad[i].text);
	file_name();
	theses();
	derived();
	names();
	return tap_done();
}
