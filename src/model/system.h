/* SPDX-License-Identifier: ISC */
/*
 * Settings of an operating system family, applied to a root tree that is not
 * running: the files and commands that give a guest its name, users, network,
 * firewall. One file per family in src/system/; no driver holds a settings command.
 */
#ifndef BERTH_SYSTEM_H
#define BERTH_SYSTEM_H

#include "model/facts.h"
#include "model/guest.h"
#include "model/os.h"
#include "model/plan.h"

/* The network a guest finds itself in, when the driver provides it (user mode). */
struct surroundings {
	const char *resolver;           /* name server that answers there; NULL: unknown */
	bool container;                 /* no kernel, no disks, no udev of its own: the host has them */
	bool venet;                     /* the host gives interfaces of type venet (and nat) their addresses */
	const char *ssh_public_key;     /* file on the host that may log in to every user; NULL: none */
};

struct system {
	const char *family;             /* "debian" */

	/* Packages the settings of this guest need beyond a minimal system (firewall, resolver …). s may be NULL. */
	void (*packages)(const struct os *os, const struct guest *g, const struct surroundings *s,
			 struct words *out, struct arena *a);

	/*
	 * Files of the tree that settings() changes rather than makes when there are
	 * accounts or passwords to set, relative to its root (etc/passwd): who works on a
	 * partial copy of a tree brings these along then.
	 */
	const char *const *wants;

	/*
	 * Steps that write the settings below root. prefix is the argv prefix for
	 * commands that must own files as root does (NULL or empty: we are root).
	 */
	int (*settings)(const struct guest *g, const struct facts *f, const struct surroundings *s,
			const char *root, const char *const *prefix, struct plan *p, struct err *e);

	/*
	 * Of these, those that tell a guest from its clone: names, machine-id, network.
	 * They only make files. And patterns of files, relative to the root, that a clone
	 * must not have: what it lacks it makes itself at its first start.
	 */
	int (*identity)(const struct guest *g, const struct facts *f, const struct surroundings *s,
			const char *root, const char *const *prefix, struct plan *p, struct err *e);
	const char *const *own;
};

extern const struct system *const systems[];    /* NULL-terminated */
const struct system *system_find(const char *family);

#endif
