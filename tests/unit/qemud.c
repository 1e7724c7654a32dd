/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include <stdlib.h>

#include "base/arena.h"
#include "front/qemud.h"
#include "sys/file.h"
#include "text/ini.h"

#define MUST "NAME=a\nTGTARCH=kvm\n"

/* Lines besides those that must be, the cfg-file, and what comes out: a key and its value (NULL: no such key), or what is said. */
static const struct {
	const char *rc, *cfg, *path, *value;
} rows[] = {
	{ "", "", "hardware.vm_id", "a" },
	{ "", "", "hardware.ram", "2G" },
	{ "RAM=2048\n", "", "hardware.ram", "2048" },
	{ "RAM=0\n", "", "hardware.ram", "128M" },
	{ "RAM=\n", "", "hardware.ram", "128M" },
	{ "RUNAS=kvmer\n", "", "run.run_as", "kvmer" },
	{ "RUNAS=0\n", "", "run.run_as", NULL },
	{ "KVM=true\n", "", "run.accel", NULL },
	{ "KVM=0\n", "", "run.accel", "tcg" },
	{ "KVM=false\n", "", "run.accel", "tcg" },
	{ "", "", "console.vnc", NULL },
	{ "DISPLAY=\n", "", "console.vnc", "none" },
	{ "DISPLAY=vnc\n", "", "console.vnc", NULL },
	{ "STOPDELAY=90\n", "", "run.stop_delay", "90" },
	{ "STOPDELAY=39\n", "", "run.stop_delay", NULL },
	{ "SMP=4\n", "", "hardware.num_cpu", "4" },
	{ "SMP=4,cores=2\n", "", "driver.qemu.args", "-smp, 4,cores=2" },
	{ "CPU=host\n", "", "driver.qemu.cpu", "host" },
	{ "MACHINE=q35\n", "", "driver.qemu.machine", "q35" },
	{ "UEFI=true\n", "", "hardware.firmware", "uefi" },
	{ "BIOS=my.bin\n", "", "driver.qemu.args", "-bios, /vm/my.bin" },
	{ "BOOT=d\n", "", "driver.qemu.args", "-boot, d" },
	{ "RTC=base=localtime\n", "", "driver.qemu.args", "-rtc, base=localtime" },
	{ "KEYBOARD=de\n", "", "driver.qemu.args", "-k, de" },
	{ "USB=tablet\n", "", "driver.qemu.args", "-device, qemu-xhci, -device, usb-tablet" },
	{ "SNAPSHOT=1\n", "", "driver.qemu.args", "-snapshot" },
	{ "EXTRA=-a 'b c'\n", "-d e\n", "driver.qemu.args", "-a, b c, -d, e" },
	{ "", "", "hardware.eths.eth0.type", "bridge" },
	{ "", "", "hardware.eths.eth0.bridge", "br0" },
	{ "NIC1=br7,52:54:00:00:00:01\n", "", "hardware.eths.eth0.bridge", "br7" },
	{ "NIC1=br7,52:54:00:00:00:01\n", "", "hardware.eths.eth0.hw_addr", "52:54:00:00:00:01" },
	{ "NIC1=br7\n", "NIC2=br8\n", "hardware.eths.eth1.bridge", "br8" },
	{ "NIC1=user\n", "", "hardware.eths.eth0.type", "nat" },
	{ "NIC1=0\n", "", "hardware.eths", NULL },
	{ "NIC2=br8\n", "", "hardware.eths.eth1", NULL },
	/* What is a disk, what is a CD, and how it is told. */
	{ "", "DSK1=a.img\nDSK3=c.img\n", "hardware.hdds.hdd0.name", "a.img" },
	{ "", "DSK1=a.img\nDSK3=c.img\n", "hardware.hdds.hdd0.format", "raw" },
	{ "", "DSK1=a.img\nDSK3=c.img\n", "hardware.hdds.hdd0.type", "sata" },
	{ "", "DSK1=a.img\nDSK3=c.img\n", "hardware.hdds.hdd0.size", "3G" },
	{ "", "DSK1=a.img\nDSK3=c.img\n", "driver.qemu.args", NULL },
	{ "", "-hda ./a.qcow2\n-s\n", "hardware.hdds.hdd0.format", "qcow2" },
	{ "", "-hda ./a.qcow2\n-s\n", "hardware.hdds.hdd0.size", "10G" },
	{ "", "-hda ./a.qcow2\n-s\n", "driver.qemu.args", "-s" },
	{ "", "-hda a.img -hdb b.img\n", "hardware.hdds.hdd1.name", "b.img" },
	{ "", "-s -drive file=a.qcow2,if=virtio,id=x,cache=writeback -S\n", "hardware.hdds.hdd0.type", "virtio" },
	{ "", "-s -drive file=a.qcow2,if=virtio,id=x,cache=writeback -S\n", "driver.qemu.args", "-s, -S" },
	{ "", "-drive if=virtio,index=0,file=/vm/a.img,format=raw\n", "hardware.hdds.hdd0.name", "a.img" },
	{ "EXTRA=-drive file=a.img,if=virtio\n", "", "hardware.hdds.hdd0.name", "a.img" },
	{ "", "CDR1=a.iso\n", "hardware.cd_drives.cd0.path", "/vm/a.iso" },
	{ "", "-cdrom /iso/x,y.iso\n", "hardware.cd_drives.cd0.path", "/iso/x,y.iso" },
	{ "", "-drive file=/iso/x,,y.iso,media=cdrom,readonly=on\n", "hardware.cd_drives.cd0.path", "/iso/x,y.iso" },
	{ "BOOT=order=c,menu=on\n", "DSK1=a.img\n", "hardware.hdds.hdd0.name", "a.img" },
	{ "BOOT=menu=on\n", "DSK1=a.img\n", "hardware.hdds.hdd0.name", "a.img" },
	{ "MACHINE=pc\n", "-drive file=a.img,if=virtio\n", "hardware.hdds.hdd0.name", "a.img" },
	/* What stays as it was, and why. */
	{ "DISK1=/b/a,b.qcow2\n", "", "driver.qemu.args", "-drive, file=/b/a,,b.qcow2,snapshot=off,format=qcow2" },
	{ "DISK1=/b/a.img\n", "", NULL, "t.rc:3:1: warning: DISK1: stays an option for QEMU alone: its image is not in the guest's folder" },
	{ "DISK1=d/a.img\n", "", NULL, "QEMU alone: its image is not in the guest's folder" },
	{ "DISK1=my disk.img\n", "", NULL, "QEMU alone: its image would need a name of letters" },
	{ "DISK1=gone\n", "", NULL, "QEMU alone: its image is not there, cannot be read" },
	{ "DISK1=a.img\nDISK2=a.img\n", "", NULL, "t.rc:4:1: warning: DISK2: stays an option for QEMU alone: another drive has" },
	{ "", "-drive file=a.img,format=qcow2\n", NULL, "t.cfg:1:1: warning: -drive: stays an option for QEMU alone: its image is raw, and not qcow2" },
	{ "", "-drive file=a.img,cache=none\n", NULL, "-drive: stays an option for QEMU alone: a machine file has no key for 'cache=none'" },
	{ "", "-drive file=a.img,readonly=on\n", NULL, "QEMU alone: a machine file has no key for 'readonly=on'" },
	{ "", "-drive file=a.img,snapshot=on\n", NULL, "QEMU alone: a machine file has no key for 'snapshot=on'" },
	{ "", "-drive if=none,file=a.img,id=a\n", NULL, "QEMU alone: a machine file has no key for 'if=none'" },
	{ "", "-drive file=a.img,if=virtio,index=1\n", NULL, "QEMU alone: a machine file has disks without gaps" },
	{ "", "-hdb a.img\n", NULL, "QEMU alone: a machine file has disks without gaps" },
	{ "", "-cdrom /dev/sr0\n", NULL, "QEMU alone: it is a device" },
	{ "", "-drive media=cdrom\n", NULL, "QEMU alone: it names no file" },
	{ "SNAPSHOT=1\n", "DSK1=a.img\n", NULL, "QEMU alone: '-snapshot' is meant for such only" },
	{ "BOOT=d\n", "CDR1=a.iso\n", NULL, "QEMU alone: the order of '-boot' is meant for such only" },
	{ "", "-boot once=d\n-cdrom a.iso\n", NULL, "QEMU alone: the order of '-boot' is meant for such only" },
	{ "MACHINE=pc\n", "DSK1=a.img\n", NULL, "QEMU alone: only q35 machines have the bus for it" },
	{ "", "-M pc\n-hda a.img\n", NULL, "QEMU alone: only q35 machines have the bus for it" },
	{ "", "-hda a.img -hdb gone\n", NULL, "-hda: stays an option for QEMU alone: so does another one on its bus" },
	{ "", "-hda a.img\n-drive file=gone,if=virtio\n", "hardware.hdds.hdd0.name", "a.img" },
	{ "", "DSK1=1.img\nDSK2=2.img\nDSK3=3.img\nDSK4=4.img\nDSK5=5.img\nDSK6=6.img\nCDR1=x\n", NULL, "its bus has too few places" },
	{ "", "-drive if=none,file=x,,y,id=a\n", "driver.qemu.args", "-drive, if=none,file=/vm/x,,y,id=a" },
	{ "", "-drive file=nbd://h/x\n", "driver.qemu.args", "-drive, file=nbd://h/x" },
	{ "", "-daemonize --pidfile a -s\n", "driver.qemu.args", "-s" },
	{ "", "-netdev tap,id=n,script=/l/qemud-br1\n", "driver.qemu.args", "-netdev, bridge,id=n,br=br1" },
	{ "", "-netdev tap,id=n,script=/etc/up\n", "driver.qemu.args", "-netdev, tap,id=n,script=/etc/up" },
	{ "RAM=4Q\n", "", NULL, "t.rc:3:5: RAM: '4Q' is not a size (try 4G)" },
	{ "SMP=0x\nRAM=1G\nRAM=2G\n", "", NULL, "t.rc:4:1: warning: RAM: is given again below, which counts" },
	{ "NAME=a.b\n", "", NULL, "t.rc:3:1: warning: NAME: is a name for berth, but not for qemu-init: letters and digits, at most 40, "
	  "the last one no 0" },
	{ "NAME=web10\n", "", "hardware.vm_id", "web10" },
	{ "NAME=a/b\n", "", NULL, "t.rc:3:6: NAME: 'a/b' cannot be a guest's name, expected letters and digits" },
	{ "NAME=0\n", "", NULL, "t.rc:3:6: NAME: '0' cannot be a guest's name, expected letters and digits" },
	{ "TGTARCH=\n", "", NULL, "t.rc:3:9: TGTARCH: '' is not supported, only qemu-system-x86_64 is" },
	{ "TGTARCH=qemu-system-arm\n", "", NULL, "t.rc:3:9: TGTARCH: 'qemu-system-arm' is not supported, only qemu-system-x86_64 is" },
	{ "PRECMD=x\n", "", NULL, "t.rc:3:1: warning: PRECMD: is a command and is not taken over; read it, and see 'berth explain run'" },
	{ "DESC=\xe4\n", "", NULL, "t.rc:3:1: warning: DESC: is not UTF-8, and is left out" },
	{ "DESC=\xe4\n", "", "hardware.vm_id", "a" },
	{ "", "-append \"\" -s\n", "driver.qemu.args", "-append, , -s" },
	{ "KEYBOARD=%(x)s\n", "", NULL, "in a value would be replaced when the file is read" },
	{ "FOO=1\n", "", NULL, "t.rc:3:1: warning: FOO: is no key of an rc-file, and is left out" },
	{ "-s\n", "", NULL, "t.rc:3:1: warning: options belong into the cfg-file; the line is left out" },
	{ "DAEMON=no\n", "", NULL, "t.rc:3:1: warning: DAEMON: guests of berth always run in the background" },
	{ "EXTRA=a 'b\n", "", NULL, "t.rc:3:7: EXTRA has a quote that is not closed" },
	{ "KEYBOARD=%(x)s\n", "KEY=1\n", NULL, "t.cfg:1:1: warning: KEY: is not known in a cfg-file, and is left out" },
	{ "", "DSK2=b.img\n", NULL, "t.cfg:1:1: warning: DSK2: is left out: a number before it is missing, or it is given twice" },
	{ "", "-runas x\n", NULL, "t.cfg:1:1: warning: -runas is left out: 'run.run_as' says who a guest runs as" },
};

struct result {
	struct report rc, cfg;
	struct str text;
	int status;
};

/* All images are there, but 'gone'; names end in what they are. */
static int look(const char *path, struct image_head *out)
{
	bool qcow2 = str_ends(path, ".qcow2");

	*out = (struct image_head){ .format = qcow2 ? "qcow2" : "raw", .size = (qcow2 ? 10ULL : 3ULL) << 30 };
	return str_ends(path, "gone") ? -1 : 0;
}

static void translate(const char *rc, size_t rc_size, const char *cfg, size_t cfg_size, struct result *out)
{
	const struct qemud_files files = {
		.folder = "/vm", .rc = rc, .rc_size = rc_size, .cfg = cfg, .cfg_size = cfg_size, .look = look,
	};

	*out = (struct result){ .rc.file = "t.rc", .cfg.file = "t.cfg" };
	out->status = qemud_translate(&files, &out->rc, &out->cfg, &out->text);
}

static void result_done(struct result *r)
{
	report_done(&r->rc);
	report_done(&r->cfg);
	str_done(&r->text);
}

static void said(struct report *r, struct str *out)
{
	for (size_t i = 0; i < r->problems.n; i++)
		str_fmt(out, "%s\n", report_line(r, &r->problems.v[i], &r->mem));
}

static void check_key(struct result *r, const char *path, const char *want)
{
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report none = { 0 };
	DEFER(arena_done) struct arena a = { 0 };
	const struct ini_node *n;

	ini_parse(&ini, "t", str_text(&r->text), r->text.n, &none);
	n = ini_find(&ini, path);
	ok(r->status == 0, "it is a machine file");
	if (!want || !n)
		ok(!n && !want, "%s is %s", path, want ? want : "not there");
	else
		is(ini_text(n, &a), want, path);
}

static void table(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		DEFER(arena_done) struct arena a = { 0 };
		DEFER(str_done) struct str told = { 0 };
		char *rc = arena_fmt(&a, MUST "%s", rows[i].rc);
		struct result r;

		translate(rc, strlen(rc), rows[i].cfg, strlen(rows[i].cfg), &r);
		said(&r.rc, &told);
		said(&r.cfg, &told);
		if (rows[i].path)
			check_key(&r, rows[i].path, rows[i].value);
		else if (!strstr(str_text(&told), rows[i].value))
			is(str_text(&told), rows[i].value, rows[i].rc);
		else
			ok(1, "%s", rows[i].value);
		result_done(&r);
	}
}

static char *data(const char *name, const char *end, size_t *size, struct arena *a)
{
	struct err e = { 0 };

	return file_read(arena_fmt(a, "%s/tests/data/qemu-init/%s%s", getenv("BERTH_SOURCE"), name, end), 1 << 20, size, &e);
}

/* Whole guests: NAME-qemud.rc and NAME-qemu.cfg come to NAME.conf, its complaints behind it. */
static void guests(void)
{
	static const char *const names[] = { "web1", "minimal", "evil" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		DEFER(arena_done) struct arena a = { 0 };
		DEFER(free_str) char *rc = NULL;
		DEFER(free_str) char *cfg = NULL;
		DEFER(free_str) char *want = NULL;
		size_t rc_size = 0, cfg_size = 0;
		struct result r;

		rc = data(names[i], "-qemud.rc", &rc_size, &a);
		cfg = data(names[i], "-qemu.cfg", &cfg_size, &a);
		want = data(names[i], ".want", NULL, &a);
		translate(rc, rc_size, cfg, cfg_size, &r);
		said(&r.rc, &r.text);
		said(&r.cfg, &r.text);
		is(str_text(&r.text), want, names[i]);
		result_done(&r);
	}
}

/* What the host knows: rc-file, key, value. 'kvmer', the seventh guest, screens from port 50100 on. */
static void habits(void)
{
	static const struct { const char *rc, *path, *value; } known[] = {
		{ MUST, "run.run_as", "kvmer" },
		{ MUST "RUNAS=0\n", "run.run_as", "kvmer" },
		{ MUST "RUNAS=other\n", "run.run_as", "other" },
		{ MUST, "run.order", "7" },
		{ MUST, "console.vnc", "tcp" },
		{ MUST, "console.vnc_base", "50100" },
		{ MUST "DISPLAY=0\n", "console.vnc", "none" },
		{ MUST "DISPLAY=0\n", "console.vnc_base", NULL },
		{ MUST "DISPLAY=vnc\n", "console.vnc", "tcp" },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		const struct qemud_files files = {
			.folder = "/vm", .rc = known[i].rc, .rc_size = strlen(known[i].rc),
			.run_as = "kvmer", .order = 7, .vnc_base = 50100,
		};
		struct result r = { .rc.file = "t.rc", .cfg.file = "t.cfg" };

		r.status = qemud_translate(&files, &r.rc, &r.cfg, &r.text);
		check_key(&r, known[i].path, known[i].value);
		result_done(&r);
	}
}

static void names(void)
{
	DEFER(arena_done) struct arena a = { 0 };

	is(qemud_name("/a/web1-qemud.rc", &a), "web1", "the name of a guest");
	is(qemud_name("web1-qemud.rc", &a), "web1", "without a folder");
	is(qemud_name("-qemud.rc", &a), NULL, "no name");
	is(qemud_name("web1-qemu.cfg", &a), NULL, "another file");
}

int main(void)
{
	table();
	guests();
	habits();
	names();
	return tap_done();
}
