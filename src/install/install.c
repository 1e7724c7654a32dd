/* SPDX-License-Identifier: ISC */
#include "model/install.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "model/digest.h"

#define X(name) extern const struct installer installer_##name;
#include "install/install.def"
#undef X

const struct installer *const installers[] = {
#define X(name) &installer_##name,
#include "install/install.def"
#undef X
	NULL,
};

const struct installer *installer_find(const char *name)
{
	for (const struct installer *const *i = installers; *i; i++)
		if (str_eq((*i)->name, name))
			return *i;
	return NULL;
}

static void sort_unique(struct words *w)
{
	size_t n = 0;

	if (!w->n)
		return;
	words_sort(w, 0);
	for (size_t i = 1; i < w->n; i++)
		if (strcmp(w->v[i], w->v[n]) != 0)
			w->v[++n] = w->v[i];
	w->n = n + 1;
}

static void add_words(struct str *s, const char *what, const struct words *w)
{
	str_fmt(s, "%s:", what);
	for (size_t i = 0; i < w->n; i++)
		str_fmt(s, " %s", w->v[i]);
	str_add(s, "\n");
}

int recipe_key(struct recipe *r, const struct guest *g, const struct facts *f,
	       struct arena *a, struct err *e)
{
	const struct installer *in = installer_find(r->os->installer);
	DEFER(str_done) struct str s = { 0 };

	if (!in)
		return err_set(e, ERR_UNSUPPORTED,
			       "%s: '%s' cannot be installed from packages; give the first disk a source = IMAGE",
			       g->file, r->os->name);
	sort_unique(&r->packages);
	str_fmt(&s, "%s %s %s %s\n", in->name, r->os->distro, r->os->suite, r->os->arch);
	add_words(&s, "packages", &r->packages);
	add_words(&s, "modules", &r->modules);
	if (in->identity(r, g, f, &s, e) < 0)
		return -1;
	r->key = digest_hex(str_text(&s), 16, a);
	return 0;
}

const char *const *tree_prefix(const struct facts *f)
{
	static const char *const root[] = { NULL };
	static const char *const user[] = { "unshare", "--map-root-user", "--map-auto", "--", NULL };

	return f->uid ? user : root;
}

void plan_remove_tree(const struct facts *f, const char *why, const char *path, struct plan *p)
{
	const char *const command[] = { "rm", "-rf", "--one-file-system", "--", path, NULL };
	struct words w = { 0 };

	/* Who has no such ids has no such files either. */
	if (!f->uid || !f->id_count || !f->id_tools) {
		plan_remove(p, why, path);
		return;
	}
	words_extend(&w, &p->mem, tree_prefix(f));
	words_extend(&w, &p->mem, command);
	plan_run(p, why, argv_of(&w, &p->mem));
}
