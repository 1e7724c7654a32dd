/* SPDX-License-Identifier: ISC */
/*
 * Disks that a process outside berth uses: a QEMU that somebody has started by hand, or
 * a tool of its. Who wrote to such a disk would ruin it, who copied it got halves.
 */
#ifndef BERTH_IMAGE_USE_H
#define BERTH_IMAGE_USE_H

#include "app/target.h"

/* May the disks of a guest that does not run be written to, or only be read? ERR_BUSY names the disk and who has it. */
int image_use_check(const struct target *t, bool write, struct err *e);

#endif
