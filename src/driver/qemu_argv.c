/* SPDX-License-Identifier: ISC */
/*
 * A guest as QEMU's command line. Everything that the guest can see has its place
 * written down: machine type, slot of every device, MAC, UUID. Slots on pcie.0:
 *
 *	01      VGA
 *	02      virtio-serial (guest agent)
 *	03      random numbers
 *	04      hot-plug slots, one function each: what is attached later sits behind them
 *	05      what a boot medium of one start is plugged into
 *	06-07   nothing yet
 *	08-0f   network interfaces, in the file's order
 *	10-1b   disks and CD drives that sit on PCI
 *	1c-1d   disk controllers
 *	1e      reserved; 1f is the chipset's own
 *
 * so that a disk more does not rename a network interface. Guests that were built
 * before there were such slots have none: their record decides.
 */
#include "driver/qemu.h"

#include <string.h>

#include "base/str.h"
#include "model/image.h"

enum {
	SLOT_VGA = 0x01, SLOT_SERIAL, SLOT_RANDOM,
	SLOT_PLUG, SLOT_NIC = 0x08, MAX_NICS = 8,
	SLOT_DISK = 0x10, MAX_DISKS = 12,
	SLOT_SCSI = 0x1c,
};

struct line {
	const struct guest *g;
	const struct facts *f;
	struct plan *p;
	struct words *w;
	bool held;              /* with -S: the process takes over from an earlier one */
	bool direct;            /* direct kernel boot: takes the first place in the boot order */
};

static void add(struct line *l, const char *option, const char *value)
{
	words_add(l->w, &l->p->mem, option);
	words_add(l->w, &l->p->mem, value);
}

char *qemu_value(const char *text, struct arena *a)
{
	DEFER(str_done) struct str s = { 0 };

	for (; *text; text++) {
		str_addc(&s, *text);
		if (*text == ',')
			str_addc(&s, ',');
	}
	return arena_str(a, str_text(&s));
}

static const char *value(struct line *l, const char *text)
{
	return qemu_value(text, &l->p->mem);
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

int qemu_slots(const struct guest *g, const struct facts *f, struct arena *a)
{
	if (f->machine)
		return f->slots;
	return strstr(qemu_machine(g, f, a), "q35") ? MAX_SLOTS : 0;
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

static bool has_window(const struct guest *g)
{
	return g->window && strcmp(g->window, "none") != 0;
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
	add(l, "-display", has_window(g) ? plan_fmt(l->p, "%s,window-close=off", g->window) : "none");
}

/*
 * QEMU's sandbox takes from everything it starts the means to gain rights, and without those the bridge helper is nothing.
 * GTK and SDL start helpers of theirs.
 */
static void sandbox(struct line *l)
{
	if (!qemu_needs_helper(l->g, l->f))
		add(l, "-sandbox", plan_fmt(l->p, "on,obsolete=deny,elevateprivileges=deny,spawn=%s,resourcecontrol=deny",
					    has_window(l->g) ? "allow" : "deny"));
}

/* QEMU counts displays from port 5900 on. */
static int screen(struct line *l, struct err *e)
{
	enum { FIRST_PORT = 5900 };
	const struct guest *g = l->g;

	if (!str_eq(g->vnc, "none") || has_window(g))
		add(l, "-device", plan_fmt(l->p, "VGA,addr=%#x", SLOT_VGA));
	if (str_eq(g->vnc, "none"))
		return 0;
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
	/* Whether it runs or stands still, in its own words: read by who lists hundreds and has no time to ask. */
	if (l->f->qemu_traces)
		add(l, "-trace", plan_fmt(l->p, "enable=runstate_set,file=%s", run_file(l, "state.log")));
	add(l, "-chardev", plan_fmt(l->p, "socket,id=serial0,path=%s,server=on,wait=off,logfile=%s,logappend=%s",
				    run_file(l, "serial.sock"), run_file(l, "console.log"), l->held ? "on" : "off"));
	add(l, "-chardev", plan_fmt(l->p, "socket,id=monitor,path=%s,server=on,wait=off,logfile=%s,logappend=off",
				    run_file(l, "monitor.sock"), run_file(l, "monitor.log")));
	add(l, "-mon", "chardev=monitor,mode=readline");
	if (guest_restarts(l->g)) {
		add(l, "-chardev", plan_fmt(l->p, "socket,id=end,path=%s,server=on,wait=off", run_file(l, "end.sock")));
		add(l, "-mon", "chardev=end,mode=control");
	}
	add(l, "-serial", "chardev:serial0");
	add(l, "-device", plan_fmt(l->p, "virtio-serial-pci,id=agentbus,addr=%#x", SLOT_SERIAL));
	add(l, "-chardev", plan_fmt(l->p, "socket,id=agent,path=%s,server=on,wait=off", run_file(l, "agent.sock")));
	add(l, "-device", "virtserialport,bus=agentbus.0,chardev=agent,name=org.qemu.guest_agent.0");
	add(l, "-device", plan_fmt(l->p, "virtio-rng-pci,addr=%#x", SLOT_RANDOM));
}

/* Nothing can be plugged into pcie.0 itself; the names are those of driver/qemu.h. */
static void slots(struct line *l)
{
	int n = qemu_slots(l->g, l->f, &l->p->mem);

	for (int i = 0; i < n; i++)
		add(l, "-device", plan_fmt(l->p, "pcie-root-port,id=slot%d,chassis=%d,slot=%d,addr=%#x.%d%s", i + 1, i + 1, i + 1,
					   SLOT_PLUG, i, i ? "" : ",multifunction=on"));
}

/* Every slot that the machine file names is there, and holds one device. */
static int check_slots(struct line *l, struct err *e)
{
	struct place taken[MAX_SLOTS + 1] = { 0 };
	const struct guest *g = l->g;
	int n = qemu_slots(g, l->f, &l->p->mem);

	for (size_t i = 0; i < g->disks.n + g->nics.n; i++) {
		bool nic = i >= g->disks.n;
		long slot = nic ? g->nics.v[i - g->disks.n].slot : g->disks.v[i].slot;
		struct place at = nic ? g->nics.v[i - g->disks.n].place : g->disks.v[i].place;

		if (slot > n)
			return err_set(e, ERR_INVALID, "%s:%d: %s: '%s' has %d hot-plug slots", g->file, at.line, at.name, g->name, n);
		if (slot && taken[slot].name)
			return err_set(e, ERR_INVALID, "%s:%d: %s: slot %ld holds '%s' already", g->file, at.line, at.name, slot,
				       taken[slot].name);
		taken[slot] = slot ? at : taken[0];
	}
	return 0;
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

	if (l->f->boot_from)
		return 0;
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
	if (l->f->boot_append)
		boot.append = plan_fmt(l->p, "%s%s%s", boot.append ? boot.append : "", boot.append ? " " : "", l->f->boot_append);
	add(l, "-kernel", boot.kernel);
	if (boot.initrd)
		add(l, "-initrd", boot.initrd);
	if (boot.append)
		add(l, "-append", boot.append);
	return 0;
}

/* Direct kernel boot is boot index 0 for QEMU, so disks come after it. */
static const char *boot_index(struct line *l, size_t i)
{
	return plan_fmt(l->p, ",bootindex=%zu", i + 1);
}

const char *qemu_node(const struct guest *g, size_t nth, struct arena *a)
{
	long slot = g->disks.v[nth].slot;

	return slot ? arena_fmt(a, QEMU_PLUG, slot) : arena_fmt(a, "disk%zu", nth);
}

static void disk_device(struct line *l, const struct disk *d, size_t i)
{
	const char *first = qemu_boot_first(l->f, "hdd", d->place, d->slot);
	const char *common = plan_fmt(l->p, "drive=%s%s,serial=%s", qemu_node(l->g, i, &l->p->mem),
				      *first ? first : boot_index(l, i), value(l, d->place.name));

	if (d->slot)
		add(l, "-device", plan_fmt(l->p, "virtio-blk-pci,id=" QEMU_PLUG ",bus=slot%ld,%s", d->slot, d->slot, common));
	else if (!strcmp(d->bus, "scsi"))
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
					     image_format(d), qemu_node(l->g, i, &l->p->mem),
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

		const char *first = qemu_boot_first(l->f, "cd", c->place, 1), *medium = "";

		if (c->path) {
			add(l, "-blockdev", plan_fmt(l->p, "driver=raw,node-name=" QEMU_MEDIUM ",read-only=on,file.driver=file,"
						     "file.filename=%s", i, path(l, c->path)));
			medium = plan_fmt(l->p, ",drive=" QEMU_MEDIUM, i);
		}
		add(l, "-device", plan_fmt(l->p, "ide-cd,id=" QEMU_CD ",bus=ide.%zu%s%s", i, port, medium,
					   *first ? first : boot_index(l, l->g->disks.n + i)));
	}
}

const char *qemu_netdev_id(const struct guest *g, size_t nth, struct arena *a)
{
	long slot = g->nics.v[nth].slot;

	return slot ? arena_fmt(a, QEMU_PLUG, slot) : arena_fmt(a, "net%zu", nth);
}

static int nics(struct line *l, struct err *e)
{
	if (l->g->nics.n > MAX_NICS)
		return err_set(e, ERR_INVALID, "%s: %zu network interfaces, qemu guests have at most %d",
			       l->g->file, l->g->nics.n, MAX_NICS);
	for (size_t i = 0; i < l->g->nics.n; i++) {
		const struct nic *n = &l->g->nics.v[i];
		const char *netdev, *where, *first;

		if (str_eq(n->type, "none"))
			continue;
		netdev = qemu_netdev(l->g, l->f, i, l->p, e);
		if (!netdev)
			return -1;
		add(l, "-netdev", netdev);
		where = n->slot ? plan_fmt(l->p, "id=" QEMU_PLUG ",bus=slot%ld", n->slot, n->slot)
				: plan_fmt(l->p, "addr=%#zx", SLOT_NIC + i);
		/* Its own firmware is what boots from a network. */
		first = qemu_boot_first(l->f, "pxe", n->place, n->slot);
		add(l, "-device", plan_fmt(l->p, "virtio-net-pci,netdev=%s,%s,mac=%s%s", qemu_netdev_id(l->g, i, &l->p->mem), where,
					   guest_mac(l->g, i, &l->p->mem), *first ? first : ",romfile="));
	}
	return 0;
}

int qemu_argv(const struct guest *g, const struct facts *f, bool held, struct plan *p, struct words *w, struct err *e)
{
	struct line l = { .g = g, .f = f, .p = p, .w = w, .held = held };
	const char *qemu = facts_tool(f, "qemu-system-x86_64");

	if (!qemu)
		return err_set(e, ERR_NOT_FOUND, "qemu-system-x86_64 is not installed (apt-get install qemu-system-x86 qemu-utils)");
	words_add(w, &p->mem, qemu);
	machine(&l);
	sandbox(&l);
	if (check_slots(&l, e) < 0 || firmware(&l, e) < 0 || kernel(&l, e) < 0)
		return -1;
	channels(&l);
	slots(&l);
	if (screen(&l, e) < 0 || disks(&l, e) < 0 || nics(&l, e) < 0)
		return -1;
	cdroms(&l);
	qemu_boot_medium(f, p, w);
	if (held)
		words_add(w, &p->mem, "-S");
	for (size_t i = 0; i < g->qemu.args.n; i++) {
		const char *word = qemu_arg(g, f, i, p, e);

		if (!word)
			return -1;
		words_add(w, &p->mem, word);
	}
	return 0;
}
