/* SPDX-License-Identifier: ISC */
/*
 * Facts from this host. What costs more than a few file reads (the version of
 * QEMU, whether KVM works) is remembered in the cache directory, keyed by what it
 * was learned from, so that `berth start` pays microseconds for it.
 */
#ifndef BERTH_PROBE_H
#define BERTH_PROBE_H

#include "base/err.h"
#include "model/driver.h"
#include "model/facts.h"
#include "model/guest.h"

enum {
	PROBE_START = 1,        /* what starting needs: QEMU, the accelerator, whom guests run as */
	PROBE_BUILD = 2,        /* what building needs: tools, package sources, the template cache */
	PROBE_COPY = 4,         /* what clones, snapshots and exports need: tools */
};

/*
 * Where things are (data_dir, cache_dir, run_dir) and who we are. BERTH_HOME puts
 * everything below one directory; root has /var/lib, /var/cache and /run; others
 * the XDG directories. BERTH_SYSTEM shows others what root has.
 */
int probe_places(struct facts *f, struct err *e);

/*
 * Where a file of settings may be, the user's own first: below BERTH_HOME; else in
 * ~/.config/berth and in /etc/berth.
 */
void probe_config(const char *file, struct words *paths, struct arena *a);

/* The host, as far as this driver and this guest need to know it; NULL: any. Places first. */
int probe_host(struct facts *f, int what, const struct driver *d, const struct guest *g, struct err *e);

/*
 * Whom guests run as when root starts them: the file's run_as, else the account
 * "berth" where an administrator made one, else nobody. Never root unless the file says so.
 */
int probe_run_as(struct facts *f, const char *run_as, struct err *e);

/* Where a driver's programs are, and nothing else: for surveys. */
void probe_driver(struct facts *f, const struct driver *d);

/* Where the program is that serves the viewers of consoles. */
void probe_attendant(struct facts *f);

/* Where a program is, in arena a; NULL: nowhere. */
const char *probe_program(const char *name, struct arena *a);

/* The release of a driver's hypervisor, in f's arena; NULL: not known. */
const char *probe_release(struct facts *f, const struct driver *d);

/* The port its ssh was moved to (guest_port_file); 0: none. */
int probe_moved_port(const struct facts *f, const char *name);

/* One guest: its state, what was pinned when it was built, a port for its ssh. */
int probe_guest(struct facts *f, const char *name, struct err *e);

/* The port of its screen, after that; name: its own, or that of the clone it is to become. */
void probe_screen(struct facts *f, const struct guest *g, const char *name);

/* The state of one guest from its lock and its folder alone; cheap. */
enum state probe_state(const struct facts *f, const char *name);

/* The same, and of one that runs the pid of its process, as the kernel knows it by its lock; 0: it does not. */
enum state probe_process(const struct facts *f, const char *name, pid_t *pid);

#endif
