/* SPDX-License-Identifier: ISC */
/*
 * A guest as its owner wrote it: no pid, no socket, no host state. Filled from a
 * machine file by the key table (key.h), then checked as a whole (guest_check).
 * Everything is in the owner's order and lives in guest->mem.
 */
#ifndef BERTH_GUEST_H
#define BERTH_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"
#include "model/key.h"
#include "text/ini.h"

struct partition {
	struct place place;
	const char *type;       /* "primary" "extended" "logical" */
	const char *fs;         /* "ext2" "ext3" "ext4" "swap" "vfat" "ntfs"; NULL for extended */
	uint64_t size;          /* bytes; 0: the rest of the disk (or of the extended partition) */
	const char *mount;      /* where it goes in the guest; NULL: see disk layout */
};

struct disk {
	struct place place;
	uint64_t size;          /* bytes */
	const char *bus;        /* "virtio" "scsi" "sata" "ide" "nvme" */
	const char *pos;        /* "0:0" */
	long scsi_index;
	const char *file;       /* file name in the guest's folder; NULL: derived */
	const char *format;     /* "qcow2" "raw" "vmdk" "vdi"; NULL: from the file name, else qcow2 */
	const char *table;      /* "mbr" "gpt"; NULL: mbr for bios, gpt for uefi */
	const char *source;     /* an existing image this disk starts from; NULL: made new */
	long slot;              /* attached to a guest that was built already: its hot-plug slot, from 1; 0: built in */
	VEC(struct partition) partitions;
};

struct cdrom {
	struct place place;
	const char *pos;
	const char *path;
	bool connected;
};

/* One interface: what [hardware][[eths]] and [network][[eths]] say under the same name. */
struct nic {
	struct place place;     /* name: "eth0" */
	const char *type;       /* "nat" (user mode) "bridge" "host-only" "network" "tap" ... "none"; NULL: nat */
	const char *bridge;     /* for type bridge */
	const char *link;       /* for types network, tap, vde, mcast, socket: what it is joined to */
	bool connected;
	long slot;              /* as of a disk */
	const char *mac;        /* NULL: derived, see guest_mac() */
	const char *ifname;     /* name wanted inside the guest; NULL: the kernel's own */
	const char *mode;       /* "static" "dhcp"; NULL: static when there is an address */
	const char *address;    /* IPv4 */
	const char *mask;       /* dotted; NULL: by /24 */
	const char *gateway;
	struct words dns;
};

struct port {
	struct place place;
	const char *proto;      /* "tcp" "udp" "all" */
	long port;
	const char *description;
};

struct user {
	struct place place;
	const char *name;
	const char *passwd;     /* secret; plans refer to it by its key path */
	struct words groups;
	const char *home;       /* NULL: /home/NAME */
	const char *shell;      /* NULL: /bin/bash */
	struct words ssh_keys;  /* authorized_keys lines */
};

/* A group, a name server, a firewall rule, a repository line: a named text. */
struct item {
	struct place place;
	const char *text;
};

/* One line of a program section; what it means is the catalog's business (install.h). */
struct program {
	struct place place;     /* name: the key, "mail_client" */
	const char *section;    /* "services" */
	struct words value;     /* "1", "0", or names of programs */
};

enum { MAX_SLOTS = 8 };                 /* for devices that are attached later */

struct guest {
	struct arena mem;
	const char *file;       /* the machine file, as messages name it */
	const char *dir;        /* its folder, for relative paths in it */
	const char *text;       /* of the machine file, where it was put together from words; NULL: it is a file */
	const char *name;       /* hardware.vm_id, else the file name without .conf */

	/* [hardware] */
	const char *os;         /* NULL: nothing to install */
	long cpus;
	uint64_t ram;           /* bytes */
	const char *firmware;   /* "bios" "uefi" */
	const char *boot;       /* "kernel": direct kernel boot; "disk": the disk's own loader */
	const char *uuid;       /* NULL: derived from the name */
	VEC(struct disk) disks;
	VEC(struct cdrom) cdroms;
	VEC(struct nic) nics;

	/* [guest] */
	const char *state;      /* what it is for: "active" "backup" "template" ... */
	struct words tags;

	/* [network] */
	const char *gateway;
	VEC(struct item) nameservers;
	VEC(struct port) ports;
	VEC(struct item) rules;
	VEC(struct item) forwards;      /* see forward_parse() */
	bool ip_routing, nat;

	/* [users] */
	VEC(struct item) groups;
	VEC(struct user) users;

	/* [config] */
	const char *hostname;   /* NULL: the guest's name */
	const char *root_passwd;
	VEC(struct item) repos;
	bool bash_completion;
	const char *timezone;
	const char *mirror;     /* an apt source line instead of the host's own */

	/* [devel] [services] [gui] [network] */
	VEC(struct program) programs;

	/* [run] [console] */
	const char *driver;     /* "qemu"; the command line has the last word */
	const char *run_as;
	const char *accel;      /* "auto" "kvm" "tcg" */
	long stop_delay;        /* seconds */
	long wait_timeout;      /* seconds */
	const char *vnc;        /* "unix" "tcp" "none" */
	long vnc_port;          /* 0: one of berth's choice */
	long vnc_base;          /* where that begins */
	const char *window;     /* "none" "gtk" "sdl": QEMU's own */
	long order, boot_delay; /* at the start of the host; the delay in seconds */
	struct words after;     /* "db", "db:ssh" */
	const char *restart;    /* "never" "on-crash" "always" */
	long restart_delay, restart_max_delay, restart_window;  /* seconds */
	long restart_limit;     /* within the window; 0: none */
	struct words pre_start, post_start, pre_stop, post_stop;        /* a program and its arguments; empty: none */

	/* [driver] [[qemu]] */
	struct {
		const char *machine, *cpu, *kernel, *initrd, *append;
		struct words args;
	} qemu;

	/* [driver] [[lxc]] */
	struct {
		bool privileged;
		const char *rootfs;     /* "overlay" "copy" */
		struct words config;
	} lxc;

	/* [driver] [[openvz]] */
	struct {
		const char *dialect;    /* "auto" "vzctl" "prlctl" */
		const char *root;       /* where containers and templates are: "/vz" */
		const char *conf;       /* where their settings are: "/etc/vz/conf" */
		struct words mirrors;   /* of templates; empty: the project's own */
	} openvz;

	/* [driver] [[host]] */
	struct {
		const char *session;    /* "shell" "command" "x11" "vnc" */
		struct words command;
		const char *remote;     /* "ada@lab00", or a name of ssh's; NULL: on this host */
		const char *dir;        /* where it begins; NULL: the home directory */
		const char *display;    /* ":1"; NULL: of a desktop the first free one, of a program its caller's */
		const char *geometry;   /* "1024x768" */
		long depth;
	} host;

	/* Where every value stands, by its path in today's spelling ("hardware.hdds.hdd0.size"); see guest_place(). */
	VEC(struct place) places;
};

/*
 * Fill g from a parsed file; problems (types, ranges, unknown and obsolete keys)
 * go into the report. Lists, old layouts and older spellings are understood. The
 * tree is not needed afterwards. -1 when the report has an error.
 */
int guest_read(struct guest *g, const struct ini *ini, struct report *r);

/* Where the owner wrote a value; line 0 when he did not. */
struct place guest_place(const struct guest *g, const char *path);

/*
 * Look at the guest as a whole: what is missing, partition arithmetic, duplicate
 * positions, addresses and MACs, names used twice, users in unknown groups. Part
 * of guest_read; separate so that tests can call it on a guest made by hand.
 */
void guest_check(const struct guest *g, struct report *r);

/* Read and check in one go, for commands that want a good guest or an error. Text is file's content. */
int guest_parse(struct guest *g, const char *file, const char *text, size_t size,
		struct report *r, struct err *e);
void guest_done(struct guest *g);

/*
 * What the owner did not give is derived from the guest's name, so that a plan is
 * reproducible: MAC 52:54:00:… of the n-th interface, and a UUID. Both are made with
 * SHA-256 over "berth:mac:" name ":" n and "berth:uuid:" name (digest.h).
 */
const char *guest_mac(const struct guest *g, size_t nth, struct arena *a);
const char *guest_uuid(const struct guest *g, struct arena *a);

/* run.stop_delay for a wait: at least 1 ms, since 0 would be for ever, and at most a day. */
int guest_stop_ms(const struct guest *g);

/* Is it to be started again when it ends: run.restart is not never. */
bool guest_restarts(const struct guest *g);

/* Name servers the owner gave: the guest's, else those of its interfaces. */
void guest_nameservers(const struct guest *g, struct words *out, struct arena *a);

/* What an interface comes to, with the defaults of keys that were not given (nic.c). */
bool nic_attached(const struct nic *n);                 /* it is there at all: its type is not none */
bool nic_is_dhcp(const struct nic *n);
bool nic_is_nat(const struct nic *n);                   /* a user-mode network with a way out */
bool nic_is_cable(const struct nic *n);                 /* vde, mcast, socket: guests among themselves, whatever the host's networks are */
bool nic_is_private(const struct nic *n);               /* a network of the guest's own, where addresses mean nothing to others */
bool nic_is_shared(const struct nic *n);                /* attached to the host's network, where addresses must not be used twice */
/* The bridge that the nth of qemu.args joins, as the value of "-netdev bridge,id=lan1,br=br1"; NULL: it is none. */
const char *arg_bridge(const struct guest *g, size_t nth, struct arena *a);
bool arg_any_bridge(const struct guest *g);
uint32_t nic_mask(const struct nic *n);                 /* host byte order */
const char *guest_address(const struct guest *g);       /* the first fixed one on the host's networks; NULL: none */
const struct nic *nic_outside(const struct guest *g);   /* the one that network.gateway belongs to; NULL: none */
const char *nic_gateway(const struct guest *g, const struct nic *n);    /* its own, or the guest's; NULL: none */

/* One of guest.forwards: a port of the host that leads to one of the guest. */
struct forward {
	bool udp;
	const char *address;    /* of the host */
	int host, guest;        /* ports */
};

/* "8080:80", "0.0.0.0:5353:53/udp": without an address only this host itself gets in. */
bool forward_parse(const char *text, struct forward *out, struct arena *a);

/* Is this a name a guest can have? Letters, digits, '.', '_', '-', letter or digit first, at most 63. */
bool guest_name_ok(const char *name);

/* Does it end as berth's own files beside the guests' do (".new", ".lock", ".port" …)? No guest can have it. */
bool guest_name_reserved(const char *name);

/* Is this a name a snapshot can have? The same, but not digits alone: hypervisors number theirs. */
bool snapshot_name_ok(const char *name);

#endif
