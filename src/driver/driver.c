/* SPDX-License-Identifier: ISC */
#include "model/driver.h"

#include <string.h>

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
	return d->plan[v](g, f, p, e);
}
