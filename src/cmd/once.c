/* SPDX-License-Identifier: ISC */
/* The options that say what one start boots from. */
#include <string.h>

#include "app/once.h"
#include "cmd/common.h"

static const char *const *all(struct call *c, const char *option)
{
	const char *start = arena_fmt(&c->mem, "%s=", option);
	struct words w = { 0 };

	for (size_t i = 0; i < c->options.n; i++)
		if (str_starts(c->options.v[i], start))
			words_add(&w, &c->mem, c->options.v[i] + strlen(start));
	return argv_of(&w, &c->mem);
}

/* What is erased is gone: the same question as for many guests, about one disk. */
static int sure(const struct call *c, const struct target *t, struct err *e)
{
	DEFER(str_done) struct str what = { 0 };

	if (!t->facts.boot_erase || c->dry_run || call_option(c, "yes"))
		return 0;
	str_fmt(&what, "erase disk '%s' of '%s' with all that is on it", t->facts.boot_erase, t->guest.name);
	return call_sure(c, str_text(&what), e);
}

int call_once(struct call *c, struct target *t, struct err *e)
{
	struct once o = {
		.boot = call_option(c, "boot"), .install = call_option(c, "install"),
		.target = call_option(c, "target"), .stage = call_option(c, "stage"),
		.kernel = call_option(c, "kernel"), .initrd = call_option(c, "initrd"), .append = call_option(c, "append"),
	};

	words_extend(&o.args, &c->mem, all(c, "args"));
	return once_apply(t, &o, e) < 0 ? -1 : sure(c, t, e);
}
