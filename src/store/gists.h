/* SPDX-License-Identifier: ISC */
/*
 * What was known of all guests when they were listed last, in CACHE/gists: read in one go,
 * and believed of each guest whose record is still the same file. It is only a copy: who
 * cannot write it, or finds it cut off, reads the records. It makes no directory for it.
 *
 * A record is the same as long as its inode, size and time of change are. One that was
 * changed within the last moments is not kept: it may be changed again within the same
 * tick of the file system's clock.
 */
#ifndef BERTH_GISTS_H
#define BERTH_GISTS_H

#include "base/vec.h"
#include "model/facts.h"
#include "model/gist.h"

struct stamp {
	long long inode, size, seconds, nanoseconds;
};

struct kept {
	const char *name;
	struct stamp stamp;
	struct gist gist;
};

/* By name. */
struct kepts {
	VEC(struct kept) v;
	bool changed;           /* for its user: something in it is new */
};

bool stamp_of(const char *record, struct stamp *out);   /* false: there is none */
bool stamp_is_sure(const struct stamp *s);              /* no change within the last moments */

void kepts_load(const struct facts *f, struct kepts *out, struct arena *a);
const struct gist *kepts_find(const struct kepts *all, const char *name, const struct stamp *stamp);
void kepts_save(const struct facts *f, const struct kepts *all);

#endif
