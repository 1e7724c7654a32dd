/* SPDX-License-Identifier: ISC */
/*
 * A guest as QEMU's command line. Everything that the guest can see has its place
 * written down: machine type, slot of every device, MAC, UUID. Slots on pcie.0:
 *
 *	01      VGA
 *	02      virtio-serial (guest agent)
 *	03      random numbers
 *	04-07   nothing yet
 *	08-0f   network interfaces, in the file's order
 *	10-1b   disks and CD drives that sit on PCI
 *	1c-1d   disk controllers
 *	1e      reserved; 1f is the chipset's own
 *
 * so that a disk more does not rename a network interface.
 */
#include "driver/qemu.h"
#include "driver/user_net.h"

#include <string.h>

#include "base/str.h"
#include "model/image.h"
#include "text/ipv4.h"

enum {
	SLOT_VGA = 0x01, SLOT_SERIAL, SLOT_RANDOM,
	SLOT_NIC = 0x08, MAX_NICS = 8,
	SLOT_DISK = 0x10, MAX_DISKS = 12,
	SLOT_SCSI = 0x1c,
};

struct line {
	const struct guest *g;
	const struct facts *f;
	struct plan *p;
	struct words *w;
	bool direct;            /* direct kernel boot: takes the first place in the boot order */
};

static void add(struct line *l, const char *option, const char *value)
{
	words_add(l->w, &l->p->mem, option);
	words_add(l->w, &l->p->mem, value);
}

/* In QEMU's option syntax a comma inside a value is doubled. */
static const char *value(struct line *l, const char *text)
{
	DEFER(str_done) struct str s = { 0 };

	for (; *text; text++) {
		str_addc(&s, *text);
		if (*text == ',')
			str_addc(&s, ',');
	}
	return arena_str(&l->p->mem, str_text(&s));
}

static const char *run_file(struct line *l, const char *name)
{
	return value(l, guest_run_file(l->f, l->g->name, name, &l->p->mem));
}

static const char *path(struct line *l, const char *file)
{
	const char *full = *file == '/' ? file : plan_fmt(l->p, "%s/%s", l->g->dir, file);

	return value(l, full);
}

const char *qemu_machine(const struct guest *g, const struct facts *f, struct arena *a)
{
	const char *wish = g->qemu.machine ? g->qemu.machine : "q35";

	if (f->machine)
		return f->machine;
	if (!f->qemu_version)
		return wish;
	if (!strcmp(wish, "q35"))
		return arena_fmt(a, "pc-q35-%s", f->qemu_version);
	if (!strcmp(wish, "pc"))
		return arena_fmt(a, "pc-i440fx-%s", f->qemu_version);
	return wish;
}

/*
 * Under emulation the plainest processor that today's distributions run on
 * (x86-64-v2) is the fastest: "max" makes the guest use vector instructions that
 * are slow to emulate. KVM passes the host's own through.
 */
static const char *cpu(struct line *l)
{
	if (l->g->qemu.cpu)
		return l->g->qemu.cpu;
	return l->f->kvm ? "host" : "qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16";
}

static void machine(struct line *l)
{
	const struct guest *g = l->g;

	add(l, "-name", value(l, g->name));
	words_add(l->w, &l->p->mem, "-nodefaults");
	words_add(l->w, &l->p->mem, "-no-user-config");
	add(l, "-machine", plan_fmt(l->p, "%s,graphics=off", qemu_machine(g, l->f, &l->p->mem)));
	add(l, "-accel", l->f->kvm ? "kvm" : "tcg,thread=multi");
	add(l, "-cpu", cpu(l));
	add(l, "-smp", plan_fmt(l->p, "%ld", g->cpus));
	add(l, "-m", plan_fmt(l->p, "%lluM", (unsigned long long)(g->ram >> 20)));
	add(l, "-uuid", guest_uuid(g, &l->p->mem));
	add(l, "-rtc", "base=utc");
	add(l, "-display", "none");
}

/* The bridge helper is a program of its own; nothing else ever needs one started. */
static void sandbox(struct line *l)
{
	bool helper = false;

	for (size_t i = 0; i < l->g->nics.n; i++)
		helper |= str_eq(l->g->nics.v[i].type, "bridge");
	add(l, "-sandbox", helper ? "on,obsolete=deny,resourcecontrol=deny"
				  : "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
}

/* QEMU counts displays from port 5900 on. */
static int screen(struct line *l, struct err *e)
{
	enum { FIRST_PORT = 5900 };
	const struct guest *g = l->g;

	if (str_eq(g->vnc, "none"))
		return 0;
	add(l, "-device", plan_fmt(l->p, "VGA,addr=%#x", SLOT_VGA));
	if (!str_eq(g->vnc, "tcp"))
		add(l, "-vnc", plan_fmt(l->p, "unix:%s", run_file(l, "vnc.sock")));
	else if (l->f->vnc_port)
		add(l, "-vnc", plan_fmt(l->p, "127.0.0.1:%d", l->f->vnc_port - FIRST_PORT));
	else
		return err_set(e, ERR_INVALID, "%s: '%s' was built without a port for its screen (add console.vnc_port = 50000)",
			       g->file, g->name);
	return 0;
}

static void channels(struct line *l)
{
	add(l, "-chardev", plan_fmt(l->p, "socket,id=qmp,path=%s,server=on,wait=off", run_file(l, "qmp.sock")));
	add(l, "-mon", "chardev=qmp,mode=control");
	add(l, "-chardev", plan_fmt(l->p, "socket,id=serial0,path=%s,server=on,wait=off,logfile=%s,logappend=off",
				    run_file(l, "serial.sock"), run_file(l, "console.log")));
	add(l, "-serial", "chardev:serial0");
	add(l, "-device", plan_fmt(l->p, "virtio-serial-pci,id=agentbus,addr=%#x", SLOT_SERIAL));
	add(l, "-chardev", plan_fmt(l->p, "socket,id=agent,path=%s,server=on,wait=off", run_file(l, "agent.sock")));
	add(l, "-device", "virtserialport,bus=agentbus.0,chardev=agent,name=org.qemu.guest_agent.0");
	add(l, "-device", plan_fmt(l->p, "virtio-rng-pci,addr=%#x", SLOT_RANDOM));
}

static int firmware(struct line *l, struct err *e)
{
	const char *folder = guest_folder(l->f, l->g->name, &l->p->mem);

	if (!str_eq(l->g->firmware, "uefi"))
		return 0;
	if (!l->f->ovmf_code)
		return err_set(e, ERR_NOT_FOUND, "UEFI firmware is not installed (apt-get install ovmf)");
	add(l, "-drive", plan_fmt(l->p, "if=pflash,unit=0,format=raw,readonly=on,file=%s", value(l, l->f->ovmf_code)));
	add(l, "-drive", plan_fmt(l->p, "if=pflash,unit=1,format=raw,file=%s/nvram.fd", value(l, folder)));
	return 0;
}

static int kernel(struct line *l, struct err *e)
{
	const struct guest *g = l->g;
	struct image_boot boot = { 0 };

	if (g->qemu.kernel) {
		boot.kernel = path(l, g->qemu.kernel);
		boot.initrd = g->qemu.initrd ? path(l, g->qemu.initrd) : NULL;
		boot.append = g->qemu.append;
	} else if (g->os && str_eq(g->boot, "kernel")) {
		if (image_boot(g, l->f, &boot, &l->p->mem, e) < 0)
			return -1;
	}
	l->direct = boot.kernel;
	if (!boot.kernel)
		return 0;
	add(l, "-kernel", boot.kernel);
	if (boot.initrd)
		add(l, "-initrd", boot.initrd);
	if (boot.append)
		add(l, "-append", boot.append);
	return 0;
}

/* Direct kernel boot is boot index 0 for QEMU, so disks come after it. */
static long boot_index(struct line *l, size_t i)
{
	return (long)i + 1;
}

static const char *node(struct line *l, size_t i)
{
	return plan_fmt(l->p, "disk%zu", i);
}

static void disk_device(struct line *l, const struct disk *d, size_t i)
{
	const char *common = plan_fmt(l->p, "drive=%s,bootindex=%ld,serial=%s", node(l, i), boot_index(l, i),
				      value(l, d->place.name));

	if (!strcmp(d->bus, "scsi"))
		add(l, "-device", plan_fmt(l->p, "scsi-hd,bus=scsi0.0,scsi-id=%zu,%s", i, common));
	else if (!strcmp(d->bus, "ide") || !strcmp(d->bus, "sata"))
		add(l, "-device", plan_fmt(l->p, "ide-hd,bus=ide.%zu,%s", i, common));
	else if (!strcmp(d->bus, "nvme"))
		add(l, "-device", plan_fmt(l->p, "nvme,addr=%#zx,%s", SLOT_DISK + i, common));
	else
		add(l, "-device", plan_fmt(l->p, "virtio-blk-pci,addr=%#zx,%s", SLOT_DISK + i, common));
}

static int disks(struct line *l, struct err *e)
{
	const struct guest *g = l->g;
	bool scsi = false;

	if (g->disks.n + g->cdroms.n > MAX_DISKS)
		return err_set(e, ERR_INVALID, "%s: %zu disks and CD drives, qemu guests have at most %d",
			       g->file, g->disks.n + g->cdroms.n, MAX_DISKS);
	for (size_t i = 0; i < g->disks.n; i++) {
		const struct disk *d = &g->disks.v[i];

		if (!strcmp(d->bus, "scsi") && !scsi) {
			add(l, "-device", plan_fmt(l->p, "virtio-scsi-pci,id=scsi0,addr=%#x", SLOT_SCSI));
			scsi = true;
		}
		add(l, "-blockdev", plan_fmt(l->p, "driver=%s,node-name=%s,discard=unmap,file.driver=file,file.filename=%s/%s",
					     image_format(d), node(l, i),
					     value(l, guest_folder(l->f, g->name, &l->p->mem)),
					     value(l, image_file(g, i, &l->p->mem))));
		disk_device(l, d, i);
	}
	return 0;
}

/* CD drives sit on the chipset's own SATA ports, behind the disks there. */
static void cdroms(struct line *l)
{
	for (size_t i = 0; i < l->g->cdroms.n; i++) {
		const struct cdrom *c = &l->g->cdroms.v[i];
		size_t port = 5 - i;

		if (!c->path) {
			add(l, "-device", plan_fmt(l->p, "ide-cd,id=cd%zu,bus=ide.%zu", i, port));
			continue;
		}
		add(l, "-blockdev", plan_fmt(l->p, "driver=raw,node-name=cd%zu,read-only=on,file.driver=file,file.filename=%s",
					     i, path(l, c->path)));
		add(l, "-device", plan_fmt(l->p, "ide-cd,id=cdrom%zu,bus=ide.%zu,drive=cd%zu,bootindex=%ld", i, port, i,
					   boot_index(l, l->g->disks.n + i)));
	}
}

static int user_netdev(struct line *l, const struct nic *n, size_t i, bool first, struct err *e)
{
	struct arena *a = &l->p->mem;
	const char *forward = "", *alone = str_eq(n->type, "host-only") ? ",restrict=on" : "";
	struct user_net u;

	if (user_net(l->g, n, &u, e) < 0)
		return -1;
	if (first && l->f->ssh_port)
		forward = plan_fmt(l->p, ",hostfwd=tcp:127.0.0.1:%d-%s:22", l->f->ssh_port,
				   u.guest ? ipv4_text(u.guest, a) : "");
	add(l, "-netdev", plan_fmt(l->p, "user,id=net%zu,net=%s/%d,host=%s,dns=%s%s%s", i, ipv4_text(u.net, a),
				   ipv4_mask_bits(u.mask), ipv4_text(u.host, a), ipv4_text(u.dns, a), alone, forward));
	return 0;
}

static int nics(struct line *l, struct err *e)
{
	bool first = true;

	if (l->g->nics.n > MAX_NICS)
		return err_set(e, ERR_INVALID, "%s: %zu network interfaces, qemu guests have at most %d",
			       l->g->file, l->g->nics.n, MAX_NICS);
	for (size_t i = 0; i < l->g->nics.n; i++) {
		const struct nic *n = &l->g->nics.v[i];

		if (str_eq(n->type, "none"))
			continue;
		if (str_eq(n->type, "bridge")) {
			add(l, "-netdev", plan_fmt(l->p, "bridge,id=net%zu,br=%s", i,
						   value(l, n->bridge ? n->bridge : "br0")));
		} else {
			if (user_netdev(l, n, i, first, e) < 0)
				return -1;
			first = false;
		}
		add(l, "-device", plan_fmt(l->p, "virtio-net-pci,netdev=net%zu,addr=%#zx,mac=%s,romfile=", i, SLOT_NIC + i,
					   guest_mac(l->g, i, &l->p->mem)));
	}
	return 0;
}

int qemu_argv(const struct guest *g, const struct facts *f, struct plan *p, struct words *w, struct err *e)
{
	struct line l = { .g = g, .f = f, .p = p, .w = w };
	const char *qemu = facts_tool(f, "qemu-system-x86_64");

	if (!qemu)
		return err_set(e, ERR_NOT_FOUND, "qemu-system-x86_64 is not installed (apt-get install qemu-system-x86 qemu-utils)");
	words_add(w, &p->mem, qemu);
	machine(&l);
	sandbox(&l);
	if (firmware(&l, e) < 0 || kernel(&l, e) < 0)
		return -1;
	channels(&l);
	if (screen(&l, e) < 0 || disks(&l, e) < 0 || nics(&l, e) < 0)
		return -1;
	cdroms(&l);
	for (size_t i = 0; i < g->qemu.args.n; i++)
		words_add(w, &p->mem, g->qemu.args.v[i]);
	return 0;
}
