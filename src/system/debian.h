/* SPDX-License-Identifier: ISC */
/* What the files of the Debian family share: where settings go, and the helpers that put them there. */
#ifndef BERTH_SYSTEM_DEBIAN_H
#define BERTH_SYSTEM_DEBIAN_H

#include <stdbool.h>

#include "base/str.h"
#include "model/system.h"

struct setup {
	const struct guest *g;
	const struct facts *f;
	const struct surroundings *s;   /* never NULL here */
	const char *root;
	const char *const *prefix;      /* NULL-terminated, may be empty */
	struct plan *p;
	struct words dirs;              /* made already */
	bool clone;                     /* only what a clone needs: the rest has been set, and perhaps changed since */
};

/* path is relative to the guest's root; directories on the way are made. */
struct step *setup_file(struct setup *u, const char *why, const char *path, mode_t mode, const char *text);
void setup_link(struct setup *u, const char *why, const char *path, const char *target);
void setup_dir(struct setup *u, const char *path, mode_t mode);
char *setup_path(struct setup *u, const char *path);

/* Have systemd start unit (a file of a package) with wanted_by. */
void setup_enable(struct setup *u, const char *unit, const char *wanted_by);

/* Where the host has a program; its bare name when nobody looked. */
const char *setup_tool(const struct setup *u, const char *name);

/* A command on files below root, as the one who may own them as root does. */
struct step *setup_run(struct setup *u, const char *why, const char *const *argv);

/* -1 when text would not stay one line of a settings file; what: "config.hostname". */
int setup_one_line(const struct setup *u, const struct place *at, const char *what, const char *text, struct err *e);

void debian_users(struct setup *u);
int debian_network(struct setup *u, struct err *e);
void debian_firewall(struct setup *u);

/* Is there an interface that asks for its address and resolver? */
bool debian_wants_dhcp(const struct guest *g);

/* The name server that takes its own from DHCP: nobody else says one. */
bool debian_wants_resolved(const struct guest *g, const struct surroundings *s);

/* The owner's own rules are iptables commands: then the open ports are, too, so that both meet in one place. */
bool debian_wants_iptables(const struct guest *g);
bool debian_wants_nftables(const struct guest *g);

/*
 * The networks behind the guest, at most max: those of its static cards, except the
 * one that leads outside. Returns how many.
 */
size_t debian_inside(const struct guest *g, uint32_t *net, int *bits, size_t max);

#endif
