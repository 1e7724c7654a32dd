/* SPDX-License-Identifier: ISC */
/*
 * What is true of a host, and of one guest on it, when a plan is made. Everything
 * uncertain enters a plan through here: clock, free ports, tool versions, users,
 * whether KVM really works. app/probe.c fills it from the host; tests read it from
 * a file (facts_read), which is also what `berth facts --json` writes.
 */
#ifndef BERTH_FACTS_H
#define BERTH_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "model/network.h"
#include "model/state.h"

struct tool {
	const char *name;       /* "qemu-system-x86_64" */
	const char *path;       /* NULL: looked for and not there */
};

/* One of the host's own apt source files, reduced to the distributions a guest may use. */
struct apt_source {
	const char *name;       /* "debian.sources": only the file's name, for the guest */
	const char *text;
};

struct facts {
	struct arena mem;

	/* places: absolute, without trailing slash (DESIGN §5) */
	const char *data_dir;           /* guests and keys: /var/lib/berth */
	const char *cache_dir;          /* templates: /var/cache/berth */
	const char *run_dir;            /* sockets and locks of running guests: /run/berth */

	/* who */
	uid_t uid;
	gid_t gid;
	const char *user;               /* the name of uid; NULL: it has none */
	uid_t run_uid;                  /* what guests run as */
	gid_t run_gid;
	const char *run_user, *run_home, *run_shell;    /* of sessions: run_uid's, as he logs in */
	const char *display;            /* of sessions: the X display of who asks; NULL: he has none */
	gid_t group;                    /* in system mode: "berth", whose members may see who runs; 0: there is none */

	/* tools */
	const char *arch;               /* "x86_64" */
	VEC(struct tool) tools;
	const char *qemu_version;       /* "7.2" */
	bool qemu_traces;               /* it can write what it does into a file (-trace) */
	bool kvm;                       /* a probe guest has really run under it on this boot */
	const char *kvm_why;            /* the reason in words, either way */
	bool fuse;                      /* qemu-storage-daemon can export through /dev/fuse */
	const char *ovmf_code, *ovmf_vars;

	/* packages */
	VEC(struct apt_source) apt_sources;
	const char *apt_conf;           /* Acquire:: lines of the host that a guest needs too; may be "" */
	struct words cached;            /* what the template cache holds: "tree/KEY", "disk/KEY" */

	/* containers */
	int cpus;                       /* processors of this host */
	const char *cgroup;             /* "1" "2": where limits can be set; NULL: nowhere, for who we are */
	bool own_cgroup;                /* what we start may make groups below the one it is in */
	bool user_manager;              /* systemd runs for this user, and can give such a group */
	bool tun;                       /* /dev/net/tun opens: networks of a guest's own */
	bool tun_shut;                  /* only root may open /dev/net/tun, so no guest can have a tap device */
	struct words bridges;           /* "br0" */
	struct words helper_bridges;    /* those that qemu-bridge-helper lets an ordinary user join; "all" */
	VEC(struct network) networks;   /* that the guest at hand joins */
	uint32_t id_base;               /* of the host's ids given to containers (subuid(5)), ... */
	uint32_t id_count;              /* ... and how many; 0: none yet */
	bool id_tools;                  /* newuidmap is there, so /etc/subuid and /etc/subgid decide what may be mapped */
	struct words containers;        /* names on this host that are no guests of ours: "lxc/web" "openvz/101" */
	struct words templates;         /* files in OpenVZ's template cache: "debian-12-x86_64.tar.gz" */

	/* the guest at hand */
	enum state state;
	bool gone;                      /* its hypervisor does not know it any more: deleted by others, or by a destroy that was killed */
	bool remains;                   /* it is not built, but a killed build or destroy has left something of it */
	bool saved;                     /* memory of the guest is on disk; of a guest that runs, left by an interrupted suspend or start */
	const char *was;                /* what a suspend found it, "running" or "paused", while that still has to be made so again */
	bool registered;                /* its machine file and disks are its owner's, and links in its folder lead there */
	const char *machine;            /* machine type pinned when it was built; NULL: not built */
	bool throwaway;                 /* it is deleted when it ends */
	bool built;                     /* it has a folder of its own */
	bool kept;                      /* a keeper watches over it, who starts it again when it ends */
	struct words killed;            /* of processes of its that were killed while they were frozen: what keeps them from ending */
	int slots;                      /* hot-plug slots it was built with */
	int ssh_port;                   /* recorded, else found free; 0: none could be had */
	bool ssh_moved;                 /* the one recorded is taken, so this is another */
	struct words taken_ports;       /* of the host, that the guest forwards and somebody listens on: "8080:80" */
	int low_port;                   /* ports below it are root's alone */
	int vnc_port;                   /* where console.vnc = tcp: the file's, else recorded, else found free; 0: none */
	bool once_ran;                  /* what runs, or did last, was started as its machine file does not say */
	bool run_dir_foreign;           /* its run directory belongs to another user than it is to run as now */
	struct words taken_addresses;   /* of running guests on its networks, "10.0.0.2 web" */

	/* what the command line adds to some verbs */
	bool cold;                      /* START: without the saved memory */
	bool once;                      /* START: with some of what follows, or with values of the guest that are no others' */
	const char *boot_from;          /* START: "cd" "hdd" "usb" "fdd" "pxe", this time; NULL: what the machine file says */
	const char *boot_device;        /* the guest's own disk, CD drive or interface that is; NULL: there is a medium, ... */
	const char *boot_medium;        /* ... which is an absolute path */
	const char *boot_append;        /* START: more words for the kernel */
	const char *boot_erase;         /* START: the disk to be empty before that */
	bool memory;                    /* RESTORE: the snapshot has the guest's memory, too */
	bool held;                      /* RESTORE: with that memory it was paused, and is again */
	bool as_folder;                 /* EXPORT: not into one file */
	bool agent;                     /* EXPORT: the agent in the guest answers */
	const char *other;              /* CLONE: the guest that is cloned; SNAPSHOT RESTORE: the snapshot's name; EXPORT: the file or folder; RENAME: the old name; ATTACH DETACH CD: the device */
	struct words changes;           /* RENAME CLONE ATTACH CD: what becomes of the machine file, "path=value" */
	struct words dropped;           /* DETACH CD: what goes from it (ATTACH: when it fails); CLONE: keys of the machine file that are not the clone's, as the owner spelled them */
};

/* Where a tool is; NULL when it is missing. */
const char *facts_tool(const struct facts *f, const char *name);

json_t *facts_json(const struct facts *f);
int facts_read(struct facts *f, const json_t *json, struct err *e);
void facts_done(struct facts *f);

/* Where a guest's things are on this host, in arena a. */
char *guest_folder(const struct facts *f, const char *name, struct arena *a);   /* DATA/guests/NAME */
char *guest_snapshot(const struct facts *f, const char *name, const char *snapshot, struct arena *a);   /* .../snapshots/SNAPSHOT */
char *guest_run_dir(const struct facts *f, const char *name, struct arena *a);  /* RUN/NAME */
/*
 * The lock of a running guest stands beside its run directory, not in it: the
 * directory belongs to the user guests run as, who must not be able to take it away.
 */
char *guest_lock(const struct facts *f, const char *name, struct arena *a);     /* RUN/NAME.lock */
/* Held by the guest's keeper; and by who ends the guest, so that its keeper does not start it again. */
char *guest_keep_lock(const struct facts *f, const char *name, struct arena *a);        /* RUN/NAME.keep */
char *guest_ending_lock(const struct facts *f, const char *name, struct arena *a);      /* RUN/NAME.ending */
/* Where it is reached by ssh, when that is not the port of its record: there somebody else was listening. */
char *guest_tunnel_lock(const struct facts *f, const char *name, int port, struct arena *a);  /* of a port that leads to its screen */
char *guest_port_file(const struct facts *f, const char *name, struct arena *a);        /* RUN/NAME.port */
/* It is there when the guest was started as its machine file does not say. */
char *guest_once_file(const struct facts *f, const char *name, struct arena *a);        /* RUN/NAME.once */
char *guest_run_file(const struct facts *f, const char *name, const char *file, struct arena *a);

#endif
