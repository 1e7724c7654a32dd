/* SPDX-License-Identifier: ISC */
/*
 * The folder of a guest, made and unmade the same way by every driver:
 *
 *	const char *work = folder_begin(g, f, p);
 *	plan_run(p, "its disk", ARGV("qemu-img", "create", ..., plan_fmt(p, "%s/disk", work)));
 *	folder_publish(g, f, "paper", NULL, p);
 *
 * A build happens in DATA/guests/NAME.new and is published by renaming it to NAME,
 * so a guest's folder is complete or not there. NAME.lock excludes a second build
 * of the same guest. guest.conf in it is the machine file as it was built,
 * record.json what must stay as it was then; commands find the guest by them.
 *
 * Copies are made in the same way: a clone is a build that takes its content from
 * another guest; a snapshot is a folder snapshots/SNAP, made as SNAP.new, with a
 * record.json and whatever the driver keeps beside it; an export is a file made as
 * FILE.berth-new. Whatever is killed leaves only these, which the next try removes.
 */
#ifndef BERTH_FOLDER_H
#define BERTH_FOLDER_H

#include "model/facts.h"
#include "model/guest.h"
#include "model/plan.h"

/* Who may look into it besides its owner. */
struct folder_access {
	mode_t mode;
	gid_t gid;              /* (gid_t)-1: the owner's */
};

#define FOLDER_OPEN ((struct folder_access){ 0755, (gid_t)-1 })
#define FOLDER_CLOSED ((struct folder_access){ 0700, (gid_t)-1 })

/*
 * Steps up to the places that guests share. Those of root let the user guests run as
 * pass, show their content to members of the group "berth", and nothing to others;
 * these may switch the autostart of a guest off, which root alone has switched on.
 */
void folder_places(const struct facts *f, struct plan *p);
void folder_run_dir(const struct facts *f, struct plan *p);

/*
 * Before a start: whoever starts the guest at the same time fails here, and does not
 * take, write or take away what is that of the one that runs; said twice is fine.
 */
void folder_hold_start(const struct guest *g, const struct facts *f, struct plan *p);

/* That its ssh is behind another port than before, for whoever asks while it runs and for the next start. */
void folder_note_port(const struct guest *g, const struct facts *f, struct plan *p);

/* Steps up to an empty folder to work in, which goes again when a later step fails. Its path is the plan's. */
const char *folder_begin(const struct guest *g, const struct facts *f, struct folder_access who, struct plan *p);

/*
 * Before that, of a closed folder: steps that give the disks to the user guests run as,
 * who may then pass through the folder; it stays the owner's.
 */
void folder_own(const struct facts *f, const char *dir, struct plan *p);

/* Where the guest's machine file is. */
const char *folder_machine_file(const struct guest *g, struct plan *p);

/* Hardware that must not change under a guest once it is built. */
struct pin {
	const char *machine;    /* type of the machine */
	int slots;              /* for devices that are attached later */
	const char *session;    /* of a session of the host: its kind. There is no machine then */
};

/* Steps that complete the folder and give it its name. pin NULL: there is nothing to pin. */
void folder_publish(const struct guest *g, const struct facts *f, const char *driver, const struct pin *pin,
		    struct plan *p);

/*
 * The same for a guest whose machine file and disks stay where they are: links lead
 * there (image_link), so its folder can go without them. folder_unregister is the verb.
 */
void folder_register(const struct guest *g, const struct facts *f, const char *driver, const struct pin *pin, struct plan *p);
int folder_unregister(const struct guest *g, const struct facts *f, struct plan *p, struct err *e);

/* Steps that delete it. The folder leaves its name first, so a killed destroy leaves a guest or none. */
void folder_destroy(const struct guest *g, const struct facts *f, struct plan *p);

/*
 * Nobody else builds, copies, starts or deletes this guest until the plan ends; said
 * twice is fine. folder_hold also makes sure that a guest that did not run does not.
 */
void folder_lock(const char *name, const struct facts *f, struct plan *p);
void folder_hold(const char *name, const struct facts *f, struct plan *p);

/* Of f->other, g is the clone. The same as folder_begin and folder_publish; own what you copy (cp -a does). */
const char *folder_clone_begin(const struct guest *g, const struct facts *f, struct folder_access who, struct plan *p);
void folder_clone_publish(const struct guest *g, const struct facts *f, const char *driver, const struct pin *pin,
			  struct plan *p);

/* Steps that make f->other the guest g, with f->changes in its machine file. */
void folder_rename(const struct guest *g, const struct facts *f, const char *driver, const struct pin *pin, struct plan *p);

/* One call of berth on a machine file ("set" "del"): secrets in it stay where they are, and are in no plan. */
struct step *folder_edit(const struct facts *f, const char *why, const char *command, const char *file,
			 const struct words *changes, struct plan *p);

/* Around what keeps the content of g as snapshot f->other; the path is that of its empty folder. */
const char *folder_snapshot_begin(const struct guest *g, const struct facts *f, struct plan *p);
void folder_snapshot_publish(const struct guest *g, const struct facts *f, const char *driver, struct plan *p);

/*
 * Around what puts g back to snapshot f->other in more than one step: as long as the
 * file "restoring" is in its folder, the guest can be restored and deleted, no more.
 */
void folder_restore_begin(const struct guest *g, const struct facts *f, struct plan *p);
void folder_restore_end(const struct guest *g, const struct facts *f, struct plan *p);

/* Around what deletes snapshot f->other where it is not in its folder. */
void folder_forget_begin(const struct guest *g, const struct facts *f, struct plan *p);
void folder_forget_end(const struct guest *g, const struct facts *f, struct plan *p);

/* How tar(1) is told to pack f->other, by its suffix; *option NULL: not at all. */
int folder_packing(const struct facts *f, const char **option, struct err *e);

/* Around what writes g into a file, whose path this is. */
const char *folder_export_begin(const struct guest *g, const struct facts *f, struct plan *p);
void folder_export_publish(const struct facts *f, struct plan *p);

#endif
