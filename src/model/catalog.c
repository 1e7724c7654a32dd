/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/str.h"
#include "model/data.h"
#include "model/key.h"
#include "model/os.h"

struct lookup {
	struct ini ini;                 /* the catalog */
	const char *installer, *suite;
	const char *distro;             /* of the suite */
	struct words *out;
	struct arena *a;
	struct report *r;
};

static const struct ini_node *find(const struct lookup *l, const char *name)
{
	for (const struct ini_node *s = l->ini.root->first; s; s = s->next)
		if (key_same(s->name, name) || data_lists(s, "aliases", name))
			return s;
	return NULL;
}

/* The packages of one program: of the suite, else of the distribution, else of the tool. */
static const struct ini_node *packages(struct lookup *l, const struct ini_node *program)
{
	const char *names[] = {
		arena_fmt(l->a, "%s-%s", l->installer, l->suite ? l->suite : ""),
		arena_fmt(l->a, "%s-%s", l->installer, l->distro ? l->distro : ""),
		l->installer,
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct ini_node *n = ini_child(program, names[i]);

		if (n)
			return n;
	}
	return NULL;
}

static void warn_unknown(struct lookup *l, const struct place *at, const char *name)
{
	struct words names = { 0 };
	const char *near;

	for (const struct ini_node *s = l->ini.root->first; s; s = s->next)
		words_add(&names, l->a, s->name);
	near = str_nearest(name, names.v, names.n);
	if (near)
		report_warning(l->r, at->line, at->col, "%s: unknown program, ignored (did you mean '%s'?)", name, near);
	else
		report_warning(l->r, at->line, at->col, "%s: unknown program, ignored", name);
}

static void add_program(struct lookup *l, const struct place *at, const char *name)
{
	const struct ini_node *program = find(l, name), *list;

	if (!program) {
		warn_unknown(l, at, name);
		return;
	}
	if (!l->installer)
		return;
	list = packages(l, program);
	if (!list) {
		const char *why = data_text(program, "why");

		report_warning(l->r, at->line, at->col, "%s: not installed: %s", name,
			       why ? why : "no package of it is known for this system");
		return;
	}
	for (size_t i = 0; i < list->values.n; i++)
		if (!words_has(l->out, list->values.v[i]))
			words_add(l->out, l->a, arena_str(l->a, list->values.v[i]));
}

/* 1: the program the key names; 0: not; anything else: the programs named. */
static void add_line(struct lookup *l, const struct program *p)
{
	if (p->value.n == 1 && !strcmp(p->value.v[0], "0"))
		return;
	if (p->value.n == 1 && !strcmp(p->value.v[0], "1")) {
		add_program(l, &p->place, p->place.name);
		return;
	}
	for (size_t i = 0; i < p->value.n; i++) {
		const char *name = p->value.v[i];

		if (strpbrk(name, " \t"))
			report_warning(l->r, p->place.line, p->place.col,
				       "%s: '%s' is one name, and no program's (separate names with commas)",
				       p->place.name, name);
		else if (*name)
			add_program(l, &p->place, name);
	}
}

static const char *distro_of(const char *suite, struct arena *a)
{
	DEFER(ini_done) struct ini ini = { 0 };

	data_read(&ini, "os.conf", data_os);
	for (const struct ini_node *s = ini.root->first; suite && s; s = s->next)
		if (str_eq(data_text(s, "suite"), suite))
			return arena_str(a, data_text(s, "distro"));
	return NULL;
}

void catalog_packages(const struct guest *g, const char *installer, const char *suite,
		      struct words *out, struct arena *a, struct report *r)
{
	struct lookup l = { .installer = installer, .suite = suite, .distro = distro_of(suite, a),
			    .out = out, .a = a, .r = r };

	data_read(&l.ini, "catalog.conf", data_catalog);
	for (size_t i = 0; i < g->programs.n; i++)
		add_line(&l, &g->programs.v[i]);
	ini_done(&l.ini);
}
