/* SPDX-License-Identifier: ISC */
/* What stands in the headers of images. */
#ifndef BERTH_QCOW2_H
#define BERTH_QCOW2_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/*
 * QEMU looks for the base of a layer from the name it was given for the layer. That of
 * one which is opened by a link must therefore not be named from where the layer lies:
 * ERR_UNSUPPORTED then, with the command that names it in full. Any other file is fine.
 */
int qcow2_base_check(const char *file, struct err *e);

struct image_head {
	const char *format;     /* "raw" "qcow2" */
	uint64_t size;          /* of the disk in it, in bytes */
};

/* What an image is, by its first bytes; -1: no file that we may read, or of a kind that is neither. */
int image_look(const char *file, struct image_head *out);

#endif
