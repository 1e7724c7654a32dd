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
 */
#ifndef BERTH_FOLDER_H
#define BERTH_FOLDER_H

#include "model/facts.h"
#include "model/guest.h"
#include "model/plan.h"

/* Steps up to an empty folder to work in, which goes again when a later step fails. Its path is the plan's. */
const char *folder_begin(const struct guest *g, const struct facts *f, struct plan *p);

/* Before that, where guests run as another user: steps that give their disks to it, and the folder to nobody. */
void folder_own(const struct facts *f, const char *work, struct plan *p);

/* Steps that complete the folder and give it its name. machine: a hardware type to pin; NULL: none. */
void folder_publish(const struct guest *g, const struct facts *f, const char *driver, const char *machine,
		    struct plan *p);

/* Steps that delete it. The folder leaves its name first, so a killed destroy leaves a guest or none. */
void folder_destroy(const struct guest *g, const struct facts *f, struct plan *p);

#endif
