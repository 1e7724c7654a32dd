/* SPDX-License-Identifier: ISC */
#include "model/driver.h"

#include <string.h>

#include "driver/folder.h"

#define X(name) extern const struct driver driver_##name;
#include "driver/driver.def"
#undef X

const struct driver *const drivers[] = {
#define X(name) &driver_##name,
#include "driver/driver.def"
#undef X
	NULL,
};

const struct driver *driver_find(const char *name)
{
	for (const struct driver *const *d = drivers; *d; d++)
		if (!strcmp((*d)->name, name))
			return *d;
	return NULL;
}

int driver_plan(const struct driver *d, enum verb v, const struct guest *g, const struct facts *f,
		struct plan *p, struct err *e)
{
	if (!d->plan[v])
		return err_set(e, ERR_UNSUPPORTED, "%s guests cannot be %s", d->name, verb_done(v));
	p->title = plan_fmt(p, "%s %s on %s", verb_word(v), g->name, d->name);
	/* A guest that is being copied or deleted must not begin to run. */
	if (v == VERB_START && f->state == STATE_BUILT)
		folder_lock(g->name, f, p);
	return d->plan[v](g, f, p, e);
}

int driver_plan_forget(const struct driver *d, const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	if (!d->forget)
		return err_set(e, ERR_UNSUPPORTED, "%s guests have no snapshots", d->name);
	p->title = plan_fmt(p, "delete snapshot %s of %s on %s", f->other, g->name, d->name);
	return d->forget(g, f, p, e);
}
