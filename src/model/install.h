/* SPDX-License-Identifier: ISC */
/*
 * Package tools: how a root tree of an operating system comes to be, with its
 * programs in the same transaction. One file per tool in src/install/.
 */
#ifndef BERTH_INSTALL_H
#define BERTH_INSTALL_H

#include "model/driver.h"
#include "model/facts.h"
#include "model/guest.h"
#include "model/os.h"
#include "model/plan.h"

/* What a root tree is made of. Its key is a SHA-256 over all of it: the same content, the same key. */
struct recipe {
	const struct os *os;
	struct words packages;          /* beyond the minimal system; sorted, without doubles */
	struct words modules;           /* kernel modules wanted in the initial ramdisk; empty: no kernel, no ramdisk */
	const char *key;                /* 16 hex digits, set by recipe_key() */
};

struct installer {
	const char *name;               /* "apt" */

	/*
	 * Steps that make the root tree in directory tree (which does not exist yet; its
	 * parent does). scratch is a directory for files the steps need. May fail with
	 * ERR_NOT_FOUND (mmdebstrap missing; the host's sources do not have the suite).
	 */
	int (*tree)(const struct recipe *r, const struct guest *g, const struct facts *f,
		    const char *tree, const char *scratch, struct plan *p, struct err *e);

	/* Everything besides the recipe that decides the content, as text, for the key. */
	int (*identity)(const struct recipe *r, const struct guest *g, const struct facts *f,
			struct str *out, struct err *e);

	/*
	 * The same for a system that is there already, a container made from somebody's
	 * template. sources: steps that write the package sources of tree() below its
	 * root, in place of its own, while it does not run and has no settings yet. add: steps that install the recipe's packages while
	 * it runs, by the driver's way in; settings that were written before stay.
	 */
	int (*sources)(const struct recipe *r, const struct guest *g, const struct facts *f,
		       const char *root, struct plan *p, struct err *e);
	int (*add)(const struct recipe *r, const struct guest *g, const struct facts *f,
		   const struct driver *d, struct plan *p, struct err *e);
};

extern const struct installer *const installers[];      /* NULL-terminated */
const struct installer *installer_find(const char *name);

/* Set r->key from the recipe and the installer's identity. */
int recipe_key(struct recipe *r, const struct guest *g, const struct facts *f,
	       struct arena *a, struct err *e);

/* argv prefix for working on a tree as root does: empty for root, else unshare with the user's subordinate ids. */
const char *const *tree_prefix(const struct facts *f);

/* A step that deletes path, where files of a tree may be: only root of the tree's own users can delete what those own. */
void plan_remove_tree(const struct facts *f, const char *why, const char *path, struct plan *p);

#endif
