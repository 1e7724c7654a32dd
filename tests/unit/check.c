/* SPDX-License-Identifier: ISC */
/* What is wrong with a guest as a whole: machine files, and all that is said of them. */
#include "tap.h"

#include "base/str.h"
#include "model/guest.h"

#define HDD0 "[hardware]\n[[hdds]]\n[[[hdd0]]]\nsize = 8GB\n"
#define PART(name, keys) "[[[[[" name "]]]]]\n" keys

struct row {
	const char *name, *text, *want;
};

static const struct row disks[] = {
	{ "neither size nor source", "[hardware]\n[[hdds]]\n[[[hdd0]]]\ntype = ide\n",
	  "3:1: hdd0: size is missing (add 'size = 8G', or 'source = ...' for an image)" },
	{ "a source is enough", "[hardware]\n[[hdds]]\n[[[hdd0]]]\nsource = x.qcow2\n", "" },
	{ "one position twice", HDD0 "type = ide\npos = 0:0\n[[[hdd1]]]\nsize = 1G\ntype = ide\npos = 0:0\n",
	  "10:7: pos: '0:0' on ide is taken by 'hdd0'" },
	{ "the same position on another bus", HDD0 "type = scsi\npos = 0:0\n[[[hdd1]]]\nsize = 1G\ntype = ide\npos = 0:0\n", "" },
	{ "a disk and a CD drive", HDD0 "type = ide\npos = 1:0\n[[cd_drives]]\n[[[cd0]]]\npos = 1:0\n",
	  "9:7: pos: '1:0' on ide is taken by 'hdd0'" },
	{ "no such position", HDD0 "type = ide\npos = 2:0\n", "6:7: pos: '2:0' is not a position on ide (try 0:1)" },
	{ "half a position", HDD0 "type = scsi\npos = 0\n", "6:7: pos: '0' is not a position on scsi (try 0:1)" },
	{ "one file twice", HDD0 "name = a.raw\n[[[hdd1]]]\nsize = 1G\nname = a.raw\n",
	  "8:8: name: 'a.raw' is the file of 'hdd0' already" },
	{ "a file elsewhere", HDD0 "name = ../a.raw\n",
	  "5:8: name: '../a.raw' is not a file name in the guest's folder (try hdd0.qcow2)" },
	{ "too large for an mbr", "[hardware]\n[[hdds]]\n[[[hdd0]]]\nsize = 3T\n", "3:1: hdd0: an mbr ends at 2T (add 'table = gpt')" },
	{ "a gpt holds it", "[hardware]\n[[hdds]]\n[[[hdd0]]]\nsize = 3T\ntable = gpt\n", "" },
};

static const struct row partitions[] = {
	{ "they fill the disk to the brim", HDD0 "[[[[partitions]]]]\n"
	  PART("p0", "fs = ext4\nsize = 5000\n") PART("p1", "fs = swap\nsize = 3192\n"), "" },
	{ "one MB more does not fit", HDD0 "[[[[partitions]]]]\n"
	  PART("p0", "fs = ext4\nsize = 5000\n") PART("p1", "fs = swap\nsize = 3193\n"),
	  "4:8: hdd0: its partitions need 8194M, it has 8G (make it 8194M or a partition smaller)" },
	{ "extended ones count, logical ones do not", HDD0 "[[[[partitions]]]]\n"
	  PART("p0", "fs = ntfs\nsize = 5000\n") PART("p1", "type = extended\nsize = 3072\n")
	  PART("p2", "type = logical\nfs = ntfs\nsize = 2048\n") PART("p3", "type = logical\nfs = ntfs\nsize = 1024\n"), "" },
	{ "logical ones outgrow the extended", HDD0 "[[[[partitions]]]]\n"
	  PART("p1", "type = extended\nsize = 2048\n") PART("p2", "type = logical\nfs = ext4\nsize = 2049\n"),
	  "8:8: p1: its logical partitions need 2049M, it has 2G (make it larger or them smaller)" },
	{ "nothing left for a logical rest", HDD0 "[[[[partitions]]]]\n"
	  PART("p1", "type = extended\nsize = 2048\n") PART("p2", "type = logical\nfs = ext4\nsize = 2048\n")
	  PART("p3", "type = logical\nfs = ext4\n"),
	  "8:8: p1: its logical partitions need 2049M, it has 2G (make it larger or them smaller)" },
	{ "logical ones in an extended rest", HDD0 "[[[[partitions]]]]\n"
	  PART("p0", "fs = ext4\nsize = 5000\n") PART("p1", "type = extended\n")
	  PART("p2", "type = logical\nfs = ext4\nsize = 4000\n"),
	  "4:8: hdd0: its partitions need 9002M, it has 8G (make it 9002M or a partition smaller)" },
	{ "the rest is the last", HDD0 "[[[[partitions]]]]\n" PART("p0", "fs = ext4\nsize = 5000\n") PART("p1", "fs = ext4\n"), "" },
	{ "nothing behind the rest", HDD0 "[[[[partitions]]]]\n" PART("p0", "fs = ext4\n") PART("p1", "fs = ext4\nsize = 10\n"),
	  "8:1: p1: nothing is left for it: 'p0' has no size and takes the rest" },
	{ "no second rest", HDD0 "[[[[partitions]]]]\n" PART("p0", "fs = ext4\nsize = 0\n") PART("p1", "fs = ext4\n"),
	  "9:1: p1: nothing is left for it: 'p0' has no size and takes the rest" },
	{ "no room for the rest", HDD0 "[[[[partitions]]]]\n" PART("p0", "fs = ext4\nsize = 8191\n") PART("p1", "fs = ext4\n"),
	  "4:8: hdd0: its partitions need 8G, it has 8G (make it 8193M or a partition smaller)" },
	{ "five primary ones", HDD0 "[[[[partitions]]]]\n" PART("p0", "fs = ext4\nsize = 1\n") PART("p1", "fs = ext4\nsize = 1\n")
	  PART("p2", "fs = ext4\nsize = 1\n") PART("p3", "fs = ext4\nsize = 1\n") PART("p4", "fs = ext4\nsize = 1\n"),
	  "18:1: p4: an mbr holds at most 4 primary partitions (make one of them extended, or add 'table = gpt' to the disk)" },
	{ "five on a gpt", HDD0 "table = gpt\n[[[[partitions]]]]\n" PART("p0", "fs = ext4\nsize = 1\n") PART("p1", "fs = ext4\nsize = 1\n")
	  PART("p2", "fs = ext4\nsize = 1\n") PART("p3", "fs = ext4\nsize = 1\n") PART("p4", "fs = ext4\nsize = 1\n"), "" },
	{ "two extended ones", HDD0 "[[[[partitions]]]]\n" PART("p0", "type = extended\nsize = 10\n") PART("p1", "type = extended\nsize = 10\n"),
	  "9:1: p1: a disk has one extended partition, and 'p0' is it" },
	{ "an extended one on a gpt", HDD0 "table = gpt\n[[[[partitions]]]]\n" PART("p0", "type = extended\nsize = 9000\n")
	  PART("p1", "type = logical\nfs = ext4\nsize = 8000\n"), "7:1: warning: p0: a gpt has no extended partitions, left out" },
	{ "a logical one without", HDD0 "[[[[partitions]]]]\n" PART("p0", "type = logical\nfs = ext4\nsize = 10\n"),
	  "6:1: p0: a logical partition lies in an extended one, which must stand before it (add 'type = extended')" },
	{ "less than a MB", HDD0 "[[[[partitions]]]]\n" PART("p0", "fs = ext4\nsize = 512K\n"),
	  "8:8: p0: a partition has at least 1M (a bare number is MB)" },
	{ "no file system", HDD0 "[[[[partitions]]]]\n" PART("p0", "size = 10\n"), "6:1: p0: fs is missing (add 'fs = ext4')" },
	{ "a file system for an extended one", HDD0 "[[[[partitions]]]]\n" PART("p0", "type = extended\nfs = ext4\nsize = 10\n"),
	  "8:6: warning: p0: an extended partition has no file system, fs is ignored" },
	{ "mounted nowhere", HDD0 "[[[[partitions]]]]\n" PART("p0", "fs = ext4\nmount = home\n"),
	  "8:9: mount: 'home' is not a path from '/' (try /home)" },
	{ "mounted outside", HDD0 "[[[[partitions]]]]\n" PART("p0", "fs = ext4\nmount = /srv/../..\n"),
	  "8:9: mount: '/srv/../..' is not a path from '/' (try /home)" },
	{ "mounted twice", HDD0 "[[[[partitions]]]]\n" PART("p0", "fs = ext4\nsize = 10\nmount = /a\n") PART("p1", "fs = ext4\nmount = /a\n"),
	  "10:1: p1: '/a' is where 'p0' is mounted already" },
	{ "swap is not mounted", HDD0 "[[[[partitions]]]]\n" PART("p0", "fs = swap\nmount = /a\n"),
	  "8:9: warning: p0: there is nothing to mount here, mount is ignored" },
	{ "no place for the system", "[hardware]\nos = debian-12\n[[hdds]]\n[[[hdd0]]]\nsize = 8G\n[[[[partitions]]]]\n" PART("p0", "fs = swap\n"),
	  "4:1: hdd0: no partition can hold the system (add one with 'fs = ext4')" },
	{ "uefi starts from vfat", "[hardware]\nos = debian-12\nfirmware = uefi\nboot = disk\n[[hdds]]\n[[[hdd0]]]\nsize = 8G\n"
	  "[[[[partitions]]]]\n" PART("p0", "fs = ext4\n"),
	  "6:1: hdd0: uefi has no partition to start from (add one with 'fs = vfat' and 'mount = /boot/efi')" },
};

#define ETH0(keys) "[network]\n[[eths]]\n[[[eth0]]]\n" keys

static const struct row network[] = {
	{ "static without an address", ETH0("type = static\n"),
	  "3:1: eth0: address is missing (add 'address = 192.168.1.2' or say 'type = dhcp')" },
	{ "dhcp with one", ETH0("type = dhcp\naddress = 10.0.0.2\n"), "5:11: warning: eth0: with 'type = dhcp' its address is ignored" },
	{ "a gateway without an address", ETH0("gateway = 10.0.0.1\n"), "4:11: warning: eth0: without an address its gateway is ignored" },
	{ "the network itself", ETH0("address = 192.168.1.0\n"),
	  "4:11: address: '192.168.1.0' is the address of the network itself (try 192.168.1.2)" },
	{ "the broadcast address", ETH0("address = 192.168.7.255\nnetwork = /22\n"),
	  "4:11: address: '192.168.7.255' is the broadcast address of its network (try 192.168.4.2)" },
	{ "two hosts have no broadcast", ETH0("address = 192.168.7.255\nnetwork = /31\n"), "" },
	{ "a loopback address", ETH0("address = 127.0.0.1\n"),
	  "4:11: address: '127.0.0.1' is not an address a machine can have (try 192.168.1.2)" },
	{ "a multicast address", ETH0("address = 224.0.0.5\n"),
	  "4:11: address: '224.0.0.5' is not an address a machine can have (try 192.168.1.2)" },
	{ "one address twice", ETH0("address = 10.0.0.2\n[[[eth1]]]\naddress = 10.0.0.2\n"),
	  "6:11: address: '10.0.0.2' is the address of 'eth0' already" },
	{ "a gateway out of reach", ETH0("address = 10.0.0.2\ngateway = 10.0.1.1\n"),
	  "5:11: gateway: '10.0.1.1' is not in the network of 'eth0', so nothing reaches it" },
	{ "a gateway to itself", ETH0("address = 10.0.0.2\ngateway = 10.0.0.2\n"), "5:11: gateway: '10.0.0.2' is the guest itself" },
	{ "the default gateway out of reach", "[network]\ngateway = 10.0.1.1\n[[eths]]\n[[[eth0]]]\naddress = 10.0.0.2\n",
	  "2:11: gateway: '10.0.1.1' is in the network of no interface, so nothing reaches it" },
	{ "in reach of the second", "[network]\ngateway = 10.0.1.1\n[[eths]]\n[[[eth0]]]\naddress = 10.0.0.2\n[[[eth1]]]\naddress = 10.0.1.2\n", "" },
	{ "dhcp may bring it", "[network]\ngateway = 10.0.1.1\n[[eths]]\n[[[eth0]]]\naddress = 10.0.0.2\n[[[eth1]]]\ntype = dhcp\n", "" },
	{ "the default gateway is the guest", "[network]\ngateway = 10.0.0.2\n[[eths]]\n[[[eth0]]]\naddress = 10.0.0.2\n",
	  "2:11: gateway: '10.0.0.2' is the guest itself ('eth0')" },
	{ "one MAC twice", "[hardware]\n[[eths]]\n[[[a]]]\nmac = 52:54:00:00:00:01\n[[[b]]]\nmac = 52:54:00:00:00:01\n",
	  "6:7: hw_addr: '52:54:00:00:00:01' is the address of 'a' already (leave it out: one is derived from the name)" },
	{ "one name twice", "[hardware]\n[[eths]]\n[[[a]]]\nname = lan\n[[[b]]]\nname = lan\n", "6:8: name: 'lan' is the name of 'a' already" },
	{ "no name for an interface", "[hardware]\n[[eths]]\n[[[a]]]\nname = much-too-long-name\n",
	  "4:8: name: 'much-too-long-name' is not the name of an interface (at most 15 letters and digits)" },
	{ "no name for a bridge", "[hardware]\n[[eths]]\n[[[a]]]\ntype = bridge\nbridge = br/0\n",
	  "5:10: bridge: 'br/0' is not the name of a bridge (try br0)" },
	{ "a bridge for nothing", "[hardware]\n[[eths]]\n[[[a]]]\nbridge = br0\n",
	  "4:10: warning: a: the bridge is ignored without 'type = bridge'" },
	{ "no name server", ETH0("dns = 10.0.0.1, ten\n"), "4:7: dns: 'ten' is not an IPv4 address (try 192.168.1.1)" },
	{ "one port twice", "[network]\n[[open_ports]]\n[[[a]]]\nport = 22\n[[[b]]]\nport = 22\nproto = all\n",
	  "5:1: warning: b: port 22 is open by 'a' already" },
	{ "one port for each protocol", "[network]\n[[open_ports]]\n[[[a]]]\nport = 53\n[[[b]]]\nport = 53\nproto = udp\n", "" },
};

#define USER(keys) "[users]\n[[users]]\n[[[u]]]\nname = ada\n" keys

static const struct row users[] = {
	{ "a group nobody listed", USER("groups = crew\n"), "5:10: warning: groups: 'crew' is not listed in [[groups]] and will be made" },
	{ "a usual group", USER("groups = sudo, audio\n"), "" },
	{ "another user's own group", USER("groups = bob\n[[[v]]]\nname = bob\n"), "" },
	{ "blanks between groups", USER("groups = sudo audio\n"),
	  "5:10: groups: 'sudo audio' is not the name of a group (put commas between several)" },
	{ "one user twice", USER("[[[v]]]\nname = ada\n"), "6:8: name: 'ada' is the name of 'u' already" },
	{ "one group twice", "[users]\n[[groups]]\na = crew\nb = crew\n", "4:5: b: 'crew' is listed as 'a' already" },
	{ "capitals in a name", "[users]\n[[users]]\n[[[u]]]\nname = Ada\n",
	  "4:8: warning: name: 'Ada' is refused by some systems (small letters, digits, '_' and '-', at most 32)" },
	{ "capitals in a group", "[users]\n[[groups]]\na = Crew\n",
	  "3:5: warning: a: 'Crew' is refused by some systems (small letters, digits, '_' and '-', at most 32)" },
	{ "two passwords for root", "[users]\n[[users]]\n[[[u]]]\nname = root\npasswd = x\n[config]\nroot_passwd = y\n",
	  "4:8: u: root has a password in [config] already" },
	{ "a home that is no path", USER("home_dir = ada\n"), "5:12: home_dir: 'ada' is not a path from '/', without blanks and ':'" },
	{ "a shell that breaks the table", USER("shell = /bin/sh:x\n"), "5:9: shell: '/bin/sh:x' is not a path from '/', without blanks and ':'" },
	{ "a password in lines, which is not shown", USER("passwd = \"\"\"se\ncret\"\"\"\n"), "5:10: passwd: a password is one line" },
	{ "no key", USER("ssh_keys = AAAA\n"), "5:12: ssh_keys: 'AAAA' is not a line of authorized_keys (try 'ssh-ed25519 AAAA... name')" },
	{ "nobody gets in", "[hardware]\nos = debian-12\n" USER(""),
	  "5:1: warning: nobody can log in: no user has a password or an ssh key (add 'root_passwd = ...' to [config])" },
	{ "a key gets in", "[hardware]\nos = debian-12\n" USER("ssh_keys = ssh-ed25519 AAAA me\n"), "" },
};

static const struct row others[] = {
	{ "no such system", "[hardware]\nos = debain-12\n", "2:6: os: 'debain-12' is not known (did you mean 'debian-12'?)" },
	{ "nothing like it", "[hardware]\nos = plan9\n", "2:6: os: 'plan9' is not known (try debian-12)" },
	{ "a name of 2011", "[hardware]\nos = debian5-64\n", "2:6: warning: os: 'debian5-64' is of 2011, today debian-12 stands for it" },
	{ "no installer is no problem", "[hardware]\nos = winxppro\n[gui]\nfirefox = 1\neclipse = 1\n", "" },
	{ "little memory", "[hardware]\nram = 4\n", "2:7: warning: ram: 4M is too little for most systems (a bare number is MB)" },
	{ "no memory", "[hardware]\nram = 0\n", "2:7: ram: a guest needs memory (try 512M)" },
	{ "no UUID", "[hardware]\nuuid = 1234\n", "2:8: uuid: '1234' is not a UUID (leave it out: one is derived from the name)" },
	{ "a UUID", "[hardware]\nuuid = 01234567-89ab-cdef-0123-456789abcdef\n", "" },
	{ "a host name with an underscore", "[config]\nhostname = a_b\n",
	  "2:12: warning: hostname: 'a_b' is refused as a host name by some programs (letters, digits, '-' and '.')" },
	{ "a name that is no host name", "[hardware]\nvm_id = a_b\nos = debian-12\n",
	  "2:9: warning: vm_id: 'a_b' is refused as a host name by some programs (letters, digits, '-' and '.'; add 'hostname = ...' to [config])" },
	{ "a time zone out of its folder", "[config]\ntimezone = ../../etc/passwd\n",
	  "2:12: timezone: '../../etc/passwd' is not a time zone (try Europe/Bucharest)" },
	{ "no such program", "[devel]\nvisual_studio = 1\n", "2:17: warning: visual_studio: unknown program, ignored" },
	{ "a program that is not wanted", "[devel]\nvisual_studio = 0\n", "" },
	{ "a program without a package", "[hardware]\nos = debian-12\n[devel]\neclipse = 1\n",
	  "4:11: warning: eclipse: not installed: Debian and Ubuntu dropped it; its makers publish it themselves" },
};

static void table(const char *title, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct guest g = { 0 };
		struct report r = { 0 };
		struct err e = { 0 };
		DEFER(str_done) struct str got = { 0 }, name = { 0 };

		guest_parse(&g, "t.conf", rows[i].text, strlen(rows[i].text), &r, &e);
		r.file = NULL;
		for (size_t k = 0; k < r.problems.n; k++)
			str_fmt(&got, "%s%s", k ? "\n" : "", report_line(&r, &r.problems.v[k], &r.mem));
		str_fmt(&name, "%s: %s", title, rows[i].name);
		is(str_text(&got), rows[i].want, name.s);
		guest_done(&g);
		report_done(&r);
	}
}

#define TABLE(rows) table(#rows, rows, sizeof rows / sizeof *rows)

/* A guest made by hand has no places: what is said of it falls back on the sections'. */
static void by_hand(void)
{
	struct guest g = { .file = "t", .name = "web", .ram = 1 << 30 };
	struct report r = { .file = "t" };
	struct disk *d = vec_add(&g.disks, &g.mem);

	*d = (struct disk){ .place = { "hdd0", 7, 3 }, .bus = "ide", .pos = "9:9", .size = 1 << 30 };
	guest_check(&g, &r);
	ok(r.errors == 1 && r.problems.n == 1, "one problem");
	is(report_line(&r, r.problems.v, &r.mem), "t:7:3: pos: '9:9' is not a position on ide (try 0:1)", "at the disk's place");
	report_done(&r);
	arena_done(&g.mem);
}

int main(void)
{
	TABLE(disks);
	TABLE(partitions);
	TABLE(network);
	TABLE(users);
	TABLE(others);
	by_hand();
	return tap_done();
}
