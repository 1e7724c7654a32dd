/* SPDX-License-Identifier: ISC */
#include "app/rename.h"

#include <string.h>

#include "app/act.h"
#include "app/probe.h"
#include "app/survey.h"
#include "base/str.h"

static void change(struct target *t, const char *path, const char *value)
{
	words_add(&t->facts.changes, &t->facts.mem, arena_fmt(&t->facts.mem, "%s=%s", path, value));
}

/* How the owner spells the key of the name; today's spelling when it is not there. */
static const char *name_key(struct target *t, struct err *e)
{
	DEFER(report_done) struct report r = { .file = t->path };
	DEFER(ini_done) struct ini ini = { 0 };

	if (ini_parse(&ini, t->path, t->text, strlen(t->text), &r) < 0) {
		report_err(&r, e);
		return NULL;
	}
	for (const struct ini_node *n = ini_next(ini.root); n; n = ini_next(n)) {
		const char *path = ini_path(n, &t->facts.mem);
		const struct key *k = n->section ? NULL : key_find(path);

		if (k && str_eq(k->path, "hardware.vm_id"))
			return path;
	}
	return "hardware.vm_id";
}

/* Whatever the hypervisor showed of the old name, it goes on showing. */
static void keep_hardware(struct target *t)
{
	struct guest *g = &t->guest;
	struct arena *a = &t->facts.mem;

	if (!g->uuid) {
		g->uuid = guest_uuid(g, &g->mem);
		change(t, "hardware.uuid", g->uuid);
	}
	for (size_t i = 0; i < g->nics.n; i++) {
		struct nic *n = &g->nics.v[i];

		if (n->mac || !nic_attached(n))
			continue;
		n->mac = guest_mac(g, i, &g->mem);
		change(t, arena_fmt(a, "hardware.eths.%s.hw_addr", n->place.name), n->mac);
	}
}

int rename_guest(struct target *t, const char *name, struct plan *p, struct err *e)
{
	struct facts *f = &t->facts;
	const char *key;

	if (!guest_name_ok(name) || guest_name_reserved(name))
		return err_set(e, ERR_USAGE, "'%s' is not a name a guest can have", name);
	if (!t->driver->plan[VERB_RENAME])
		return driver_plan(t->driver, VERB_RENAME, &t->guest, f, p, e);
	if (act_fits(t, VERB_RENAME, e) < 0)
		return -1;
	if (str_eq(name, t->guest.name) || (!t->elsewhere && probe_state(f, name) != STATE_ABSENT))
		return err_set(e, ERR_EXISTS, "there is a guest '%s' already", name);
	if (!t->elsewhere && survey_alien(f, t->driver, name))
		return err_set(e, ERR_EXISTS, "the name '%s' is taken: %s has a guest called so that berth did not make", name,
			       t->driver->name);
	key = name_key(t, e);
	if (!key)
		return -1;
	keep_hardware(t);
	change(t, key, name);
	f->other = t->guest.name;
	t->guest.name = arena_str(&t->guest.mem, name);
	return driver_plan(t->driver, VERB_RENAME, &t->guest, f, p, e);
}
