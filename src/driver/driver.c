/* SPDX-License-Identifier: ISC */
#include "model/driver.h"

#include <string.h>

#include "driver/around.h"
#include "driver/folder.h"
#include "text/quote.h"

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
	if (around_check(d, g, v, e) < 0)
		return -1;
	p->title = plan_fmt(p, "%s %s on %s", verb_word(v), g->name, d->name);
	/* A guest that is being copied or deleted must not begin to run. */
	if (v == VERB_START && (f->state == STATE_BUILT || f->state == STATE_SAVED))
		folder_lock(g->name, f, p);
	around_begin(g, f, v, p);
	if (!around_suffices(f, v) && d->plan[v](g, f, p, e) < 0)
		return -1;
	around_end(g, f, v, p);
	return 0;
}

int driver_plan_forget(const struct driver *d, const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	if (!d->forget)
		return err_set(e, ERR_UNSUPPORTED, "%s guests have no snapshots", d->name);
	p->title = plan_fmt(p, "delete snapshot %s of %s on %s", f->other, g->name, d->name);
	return d->forget(g, f, p, e);
}

/* One word, such that a shell reads it as that word. */
static const char *quoted(const char *word, struct arena *a)
{
	DEFER(str_done) struct str s = { 0 };

	quote_sh(&s, word);
	return arena_str(a, str_text(&s));
}

const char *const *enter_words(const char *const *prefix, bool quotes, const char *const *argv, struct arena *a)
{
	struct words w = { 0 };

	for (; *prefix; prefix++)
		words_add(&w, a, arena_str(a, *prefix));
	for (; *argv; argv++)
		words_add(&w, a, quotes ? quoted(*argv, a) : arena_str(a, *argv));
	return argv_of(&w, a);
}

const char *const *enter_argv(const struct driver *d, const struct guest *g, const struct facts *f,
			      const char *const *argv, struct arena *a, struct err *e)
{
	struct words w = { 0 };

	if (!d->enter) {
		err_set(e, ERR_UNSUPPORTED, "%s guests have no way in besides ssh", d->name);
		return NULL;
	}
	if (d->enter(g, f, &w, a, e) < 0)
		return NULL;
	return enter_words(argv_of(&w, a), d->enter_quotes, argv, a);
}
