/* SPDX-License-Identifier: ISC */
/* What the files of the QEMU driver share. */
#ifndef BERTH_QEMU_H
#define BERTH_QEMU_H

#include <jansson.h>

#include "model/driver.h"
#include "model/guest.h"
#include "model/plan.h"

/*
 * The whole command line, in the plan's memory. held: the processors stand still until
 * they are told to go on, and the console's log is continued.
 */
int qemu_argv(const struct guest *g, const struct facts *f, bool held, struct plan *p, struct words *w, struct err *e);

/* "q35" pinned to this host's QEMU, "pc-q35-7.2", so that the hardware does not change under the guest. */
const char *qemu_machine(const struct guest *g, const struct facts *f, struct arena *a);

/* qemu.c: steps until the process answers; a later failure ends it, unless there is the file keep (NULL: in any case). */
int qemu_launch(const struct guest *g, const struct facts *f, bool held, const char *keep, struct plan *p, struct err *e);
void qemu_end(const struct guest *g, const struct facts *f, struct plan *p);    /* steps until it is gone */

/* qemu_nic.c: what stands behind the nth interface, as a value of -netdev; steps around a guest's life for it. */
const char *qemu_netdev(const struct guest *g, const struct facts *f, size_t nth, struct plan *p, struct err *e);
/* The nth of the guest's own words for QEMU; one that joins a bridge does it as its interfaces do. */
const char *qemu_arg(const struct guest *g, const struct facts *f, size_t nth, struct plan *p, struct err *e);
/* For one that comes and goes while the guest runs: what netdev_add wants to know, and steps for its device before and after. */
json_t *qemu_plug_netdev(const struct guest *g, const struct facts *f, size_t nth, struct plan *p, struct err *e);
void qemu_unplug_netdev(const struct guest *g, const struct facts *f, size_t nth, struct plan *p);
bool qemu_needs_helper(const struct guest *g, const struct facts *f);
void qemu_join(const struct guest *g, const struct facts *f, struct plan *p);
void qemu_leave(const struct guest *g, const struct facts *f, struct plan *p);

/* In QEMU's option syntax a comma inside a value is doubled. */
char *qemu_value(const char *text, struct arena *a);

/* qemu_survey.c */
int qemu_survey(const struct facts *f, struct plan *p, struct err *e);
int qemu_parse(const struct facts *f, const struct reply *replies, size_t n, struct roster *out, struct err *e);
const char *qemu_tell(const struct words *argv, enum told what, struct arena *a);

/* qemu_copy.c: the verbs that copy a guest. */
plan_fn qemu_rename, qemu_clone, qemu_snapshot, qemu_restore, qemu_forget, qemu_export;
const char *qemu_img(const struct facts *f, struct err *e);

/* qemu_memory.c: with the guest's memory. */
plan_fn qemu_suspend, qemu_go_on, qemu_restore_online;
int qemu_snapshot_online(const struct guest *g, const struct facts *f, const char *work, const char *img, struct plan *p,
			 struct err *e);
void qemu_forget_online(const struct guest *g, const struct facts *f, struct plan *p);
const char *qemu_saved(const struct guest *g, const struct facts *f, struct plan *p);   /* the file */
const char *qemu_saved_old(const struct guest *g, const struct facts *f, struct plan *p);       /* once a process has it */
bool qemu_is_saved(const struct facts *f);      /* the file is what the guest is, whatever a process of it may have */
void qemu_forget_saved(const char *why, const struct guest *g, const struct facts *f, struct plan *p);

/* One command of QMP; takes the reference to arguments, which may be NULL. */
struct step *qemu_say(struct plan *p, const char *why, const char *qmp, const char *command, json_t *arguments);

/* An empty file for QEMU to write, which goes again when a later step fails. */
void qemu_blank(const struct facts *f, const char *why, const char *file, mode_t mode, struct plan *p);

/* qemu_backup.c: the disks of a running guest, as they are at one moment, into files of the same names. */
void qemu_backup(const struct guest *g, const struct facts *f, const char *img, const char *parts, struct plan *p);
/* How many devices can be attached to the guest later: pinned when it was built, none where the machine has no such bus. */
int qemu_slots(const struct guest *g, const struct facts *f, struct arena *a);

/*
 * Names by which running guests are asked: what is attached in slot 3 is the device
 * plug3, and so is the node of its disk; the nth CD drive is cd0, the medium it was
 * started with medium0.
 */
#define QEMU_PLUG "plug%ld"
#define QEMU_CD "cd%zu"
#define QEMU_MEDIUM "medium%zu"

/* Of the nth disk and the nth interface: what it has behind it. */
const char *qemu_node(const struct guest *g, size_t nth, struct arena *a);
const char *qemu_netdev_id(const struct guest *g, size_t nth, struct arena *a);

/* qemu_plug.c: what changes the hardware of a guest, running or not; an empty disk in place of the file. */
plan_fn qemu_attach, qemu_detach, qemu_cd;
int qemu_new_disk(const struct facts *f, const struct disk *d, const char *folder, const char *file, struct plan *p, struct err *e);

/*
 * qemu_boot.c: what one start boots from. Is it this device; what makes it the first, in the
 * options of the device; the medium that is there for this start; steps to erase the
 * disk to install on, and to have the usual order again.
 */
bool qemu_boots_from(const struct facts *f, const char *from, const char *name);
const char *qemu_boot_first(const struct facts *f, const char *from, struct place at, long slot);
void qemu_boot_medium(const struct facts *f, struct plan *p, struct words *w);
int qemu_boot_erase(const struct guest *g, const struct facts *f, struct plan *p, struct err *e);
void qemu_boot_usual(const struct guest *g, const struct facts *f, struct plan *p);

#endif
