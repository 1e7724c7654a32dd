/* SPDX-License-Identifier: ISC */
/* What an image file is, by its first bytes. */
#ifndef BERTH_DISK_IMAGE_H
#define BERTH_DISK_IMAGE_H

#include <stdint.h>

struct disk_image {
	const char *format;     /* "raw" "qcow2" */
	uint64_t size;          /* of the disk in it, in bytes */
};

/* -1: it is no file that we may read, or of a kind that berth does not know. */
int disk_image_look(const char *path, struct disk_image *out);

#endif
