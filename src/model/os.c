/* SPDX-License-Identifier: ISC */
#include "model/os.h"

#include <string.h>

#include "base/str.h"
#include "model/data.h"
#include "model/key.h"

/* Every name the table knows a system by, for the nearest one. */
static void all_names(const struct ini *ini, struct words *names, struct arena *a)
{
	for (const struct ini_node *s = ini->root->first; s; s = s->next) {
		const struct ini_node *aliases = ini_child(s, "aliases");

		words_add(names, a, s->name);
		for (size_t i = 0; aliases && i < aliases->values.n; i++)
			words_add(names, a, aliases->values.v[i]);
	}
}

static const struct os *row(const struct ini_node *s, const char *asked, bool old, struct arena *a)
{
	struct os *o = arena_alloc(a, sizeof *o);

	o->name = arena_str(a, s->name);
	o->family = arena_str(a, data_text(s, "family"));
	o->distro = arena_str(a, data_text(s, "distro"));
	o->suite = arena_str(a, data_text(s, "suite"));
	o->arch = arena_str(a, data_text(s, "arch"));
	o->installer = arena_str(a, data_text(s, "installer"));
	o->template = arena_str(a, data_text(s, "template"));
	o->stands_for = old ? arena_str(a, asked) : NULL;
	return o;
}

const struct os *os_find(const char *name, struct arena *a, const char **near)
{
	DEFER(ini_done) struct ini ini = { 0 };
	struct words names = { 0 };

	data_read(&ini, "os.conf", data_os);
	for (const struct ini_node *s = ini.root->first; s; s = s->next) {
		bool old = data_lists(s, "old", name);

		if (old || key_same(s->name, name) || data_lists(s, "aliases", name))
			return row(s, name, old, a);
	}
	all_names(&ini, &names, &ini.mem);
	if (near)
		*near = arena_str(a, str_nearest(name, names.v, names.n));
	return NULL;
}
