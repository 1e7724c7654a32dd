/* SPDX-License-Identifier: ISC */
#ifndef BERTH_IMAGE_H
#define BERTH_IMAGE_H
#include "model/facts.h"
#include "model/guest.h"
#include "model/plan.h"
#include "model/system.h"
struct image_boot { const char *kernel, *initrd, *append; };
int image_build(const struct guest *g, const struct facts *f, const char *work, const struct surroundings *s,
		struct plan *p, struct err *e);
int image_boot(const struct guest *g, const struct facts *f, struct image_boot *out, struct arena *a, struct err *e);
const char *image_format(const struct disk *d);
const char *image_file(const struct guest *g, size_t nth, struct arena *a);
#endif
