/* SPDX-License-Identifier: ISC */
/* What the files of the LXC driver share. */
#ifndef BERTH_LXC_H
#define BERTH_LXC_H

#include "driver/folder.h"
#include "model/driver.h"

enum { LXC_IDS = 65536 };       /* ids a container has for its own users */

/*
 * Whose ids the container's are. As root, ids of a range that nobody else has; as an
 * ordinary user, root inside is that user and the others are its subordinate ids;
 * privileged: root inside is root.
 */
bool lxc_is_shifted(const struct guest *g, const struct facts *f);

/*
 * Files that are setuid in a container are so for whoever reaches them: only root of
 * the container has a way to them.
 */
struct folder_access lxc_access(const struct guest *g, const struct facts *f);

/* The directory that LXC knows our containers by: the guests' folders are theirs (-P). */
char *lxc_path(const struct facts *f, struct arena *a);

/*
 * lxc_user.c: what an ordinary user needs of the host, to build and, besides, to
 * start: ERR_PERMISSION with what root has to type. Root needs nothing.
 */
int lxc_user_builds(const struct guest *g, const struct facts *f, struct err *e);
int lxc_user_starts(const struct guest *g, const struct facts *f, struct err *e);

/* The words in front of lxc-start: who gives the user a control group; none when there is nobody to ask. */
const char *const *lxc_user_prefix(const struct facts *f, struct arena *a);

/* lxc_config.c: the container's configuration, as lxc.container.conf(5) has it, in the plan's memory. */
const char *lxc_config(const struct guest *g, const struct facts *f, struct plan *p, struct err *e);

/* Where its pasta writes its pid, for the nth interface. */
const char *lxc_pasta_pid(const struct guest *g, const struct facts *f, size_t nth, struct plan *p);

/* lxc_root.c: steps that give the guest its root file system in directory work. */
int lxc_root(const struct guest *g, const struct facts *f, const char *work, struct plan *p, struct err *e);

/* The same from the guest f->other, as it is now, with a name and addresses of its own. */
int lxc_root_clone(const struct guest *g, const struct facts *f, const char *work, struct plan *p, struct err *e);

/* The directory of its folder that holds all the guest has written: "upper", or the whole "rootfs". */
const char *lxc_content(const struct guest *g);

/* lxc_copy.c: the verbs that copy a guest which does not run. */
plan_fn lxc_clone, lxc_snapshot, lxc_restore, lxc_forget, lxc_export;

/* A link to the file that tells whether it is frozen, made when it starts: LXC takes the next name for a group when one is taken. */
const char *lxc_freezer_link(const struct facts *f, const char *name, struct arena *a);

/* lxc_survey.c */
int lxc_survey(const struct facts *f, struct plan *p, struct err *e);
int lxc_parse(const struct facts *f, const struct reply *replies, size_t n, struct roster *out, struct err *e);

#endif
