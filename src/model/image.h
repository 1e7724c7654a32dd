/* SPDX-License-Identifier: ISC */
/*
 * Disks with a system on them, for every driver whose guests have disks. What is
 * the same for many guests is made once and kept below the cache directory:
 *
 *	tree/KEY          a root tree with all programs (install.h)
 *	boot/KEY/         its kernel and initial ramdisk, for direct kernel boot
 *	disk/KEY.raw      a whole disk made from it: table, file systems, boot loader
 *
 * A guest's own first disk is a layer on top of the last, with its settings
 * (system.h) written into the file systems. Everything in the cache is made under
 * another name and published by renaming it; KEY is a sum over all that decides
 * the content, so what is there is right, and nothing there ever changes.
 */
#ifndef BERTH_IMAGE_H
#define BERTH_IMAGE_H

#include "model/facts.h"
#include "model/guest.h"
#include "model/plan.h"
#include "model/system.h"

/*
 * All steps from nothing to the guest's disks in directory work, which exists. s
 * says what the driver puts around the guest; NULL: nothing is known.
 */
int image_build(const struct guest *g, const struct facts *f, const char *work, const struct surroundings *s,
		struct plan *p, struct err *e);

/* What a host hands to the hypervisor to start a guest it built without the disk's own loader. */
struct image_boot {
	const char *kernel, *initrd;    /* files in the guest's folder */
	const char *append;             /* the kernel's command line */
};

int image_boot(const struct guest *g, const struct facts *f, struct image_boot *out, struct arena *a, struct err *e);

/* Links in directory work to the disks, and to the kernel where it starts from one, that lie beside the machine file. */
int image_link(const struct guest *g, const char *work, struct plan *p, struct err *e);

/* Format and file name (in the guest's folder) of a disk; of the nth disk. */
const char *image_format(const struct disk *d);
const char *image_file(const struct guest *g, size_t nth, struct arena *a);

#endif
