/* SPDX-License-Identifier: ISC */
/*
 * Where everything is on a disk: the partitions of a machine file turned into
 * sectors. Pure arithmetic; driver/image.c makes the disk from it.
 *
 * Partitions are whole MiB. What the table itself takes (the first
 * MiB, one before every logical partition, the end of a GPT) is paid for by the
 * last partition when the owner's sizes fill the disk to the brim; an extended
 * partition is made that much larger than written, so that its logical ones fit.
 * GPT knows no extended partitions: there they are left out and logical ones
 * are like any other.
 */
#ifndef BERTH_LAYOUT_H
#define BERTH_LAYOUT_H

#include "base/err.h"
#include "base/str.h"
#include "model/guest.h"

enum { SECTOR = 512, MIB_SECTORS = 2048 };

struct part {
	struct place place;     /* in the machine file; line 0: added here */
	int number;             /* as the guest's kernel counts: vda1 is 1; logical ones from 5 */
	const char *code;       /* type for sfdisk: "83", or a GUID */
	const char *fs;         /* NULL: none in it */
	const char *mount;      /* NULL: nowhere */
	const char *uuid;       /* of the file system, in the form its maker takes */
	uint64_t start, size;   /* sectors */
	bool boot;              /* MBR: the active one */
};

struct layout {
	const char *table;      /* "mbr" "gpt" */
	const char *id;         /* of the table: "0x1234abcd", or a UUID */
	uint64_t sectors;       /* of the whole disk */
	VEC(struct part) parts; /* in the owner's order */
	int root;               /* index of the root file system; -1: none */
	int esp;                /* index of the EFI system partition; -1: none */
	bool bios_boot;         /* GPT for BIOS: the loader's own partition stands before the first MiB */
};

/*
 * Lay out one disk. system: this is the disk the guest boots from, so a disk
 * without partitions gets the usual ones. Identifiers are derived from seed and
 * the layout itself, so equal input gives equal disks. ERR_INVALID with file:line
 * when the partitions do not fit or the table cannot hold them.
 */
int layout_make(struct layout *l, const struct guest *g, const struct disk *d, bool system,
		const char *seed, struct arena *a, struct err *e);

/* The script sfdisk reads to write the table. */
char *layout_script(const struct layout *l, struct arena *a);

/* Where the loader's core stands: a sector behind the MBR, or in the BIOS boot partition. */
uint64_t layout_core_sector(const struct layout *l);

#endif
