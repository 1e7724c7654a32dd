/* SPDX-License-Identifier: ISC */
/*
 * What the files that make disks share: image.c and image_*.c. A container has a
 * root tree and settings and no disk: lxc_root.c uses the template and the stage.
 */
#ifndef BERTH_DRIVER_IMAGE_H
#define BERTH_DRIVER_IMAGE_H

#include "model/image.h"
#include "model/install.h"
#include "model/layout.h"

/* An ext file system of any disk that is mounted below the root, so that files of the guest go into it. */
struct mount {
	size_t disk;
	int part;
	const char *path;               /* "/home" */
	const char *stage;              /* where its files are gathered */
};

struct build {
	const struct guest *g;
	const struct facts *f;
	const struct surroundings *s;
	const char *work;               /* the guest's folder while it is made */
	struct plan *p;
	struct layout *layouts;         /* one per disk; left empty for a disk with a source */
	const char *missing;            /* message about the first program that was looked for in vain */

	/* when a system goes onto the first disk */
	const struct system *system;
	const struct installer *installer;
	struct recipe recipe;
	const char *tree;               /* CACHE/tree/KEY */
	const char *boot;               /* CACHE/boot/KEY */
	const char *disk_key;
	const char *base;               /* CACHE/disk/KEY.raw */
	const char *stages;             /* CACHE/stage/NAME: the guest's own files, by file system */
	const char *stage;              /* those of the root */
	VEC(struct mount) mounts;       /* deepest first */
};

/* image.c: where the host has a program; notes its package as missing when it has none. */
const char *tool(struct build *b, const char *name);

/*
 * image_fs.c: a raw disk file with its table and file systems. dirs[i] is the
 * directory that file system i is filled from; NULL, or dirs NULL: empty. scratch
 * is a directory.
 */
void fs_disk(struct build *b, const char *file, const struct layout *l, const char *const *dirs,
	     const char *scratch);
char *fs_name(const struct layout *l, int part, struct arena *a);      /* as fstab writes it */
bool fs_is_ext(const struct part *part);

/* image_loader.c: the boot loader of the first disk, into its raw file. */
int loader_install(struct build *b, const char *file, const char *scratch, struct err *e);
const char *loader_kind(const struct build *b);         /* for the key: "none" "bios" "uefi" */
const char *loader_menu(void);                          /* /boot/grub/grub.cfg */

/* image_template.c: a step on files that belong to a tree, as the one who owns them as root does. */
struct step *tree_run(struct build *b, const char *why, const char *const *argv);
void tree_forget(struct build *b, const char *why, const char *path);

/*
 * image_template.c: what many guests share. First what the tree is made of, as the
 * guest's os and programs say; then, with whatever the driver adds to b->recipe, its
 * key and the paths that follow from it; then steps that make it where it is not there.
 */
int template_recipe(struct build *b, struct err *e);
int template_key(struct build *b, struct err *e);
int template_tree(struct build *b, struct err *e);
int template_disk(struct build *b, struct err *e);

/* image_stage.c: the guest's own files, gathered in directories, then written into the first disk. */
void stage_paths(struct build *b);                       /* where that is; template_key does it, too */
int stage_identity(struct build *b, struct err *e);      /* only what makes a clone itself, into b->stage */
int stage_settings(struct build *b, struct err *e);      /* only what system/ says, into b->stage */
int stage_gather(struct build *b, struct err *e);
void stage_into_disk(struct build *b, const char *file, bool layered);
void stage_clear(struct build *b);

#endif
