/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "app/probe.h"
#include "app/survey.h"
#include "cmd/common.h"
#include "text/quote.h"
#include "text/size.h"

/* A key whose value is nobody's business in a listing. */
static bool secret(const char *path)
{
	const struct key *k = key_find(path);

	return k && k->type == KEY_SECRET;
}

/* Every key of the machine file, in its order, with where it stands; defaults behind. */
static void expand_section(const struct ini_node *section, const char *file, struct arena *a, struct str *out)
{
	for (const struct ini_node *n = section->first; n; n = n->next) {
		char *path = ini_path(n, a);

		if (n->section)
			expand_section(n, file, a, out);
		else
			str_fmt(out, "%s = %s  # %s:%d\n", path, secret(path) ? "(secret)" : ini_text(n, a), file, n->line);
	}
}

static void expand_defaults(const struct ini *ini, struct str *out)
{
	for (size_t i = 0; i < nkeys; i++) {
		const struct key *k = &keys[i];

		/* A default below a '*' belongs to every section there is; the key's own page tells it. */
		if (k->def && !k->alias_of && !strchr(k->path, '*') && !ini_find(ini, k->path))
			str_fmt(out, "%s = %s  # default\n", k->path, k->def);
	}
}

static int expanded(const struct target *t, struct err *e)
{
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report r = { 0 };
	DEFER(str_done) struct str out = { 0 };
	struct arena a = { 0 };

	if (ini_parse(&ini, t->report.file, t->text, strlen(t->text), &r) < 0)
		return report_err(&r, e);
	expand_section(ini.root, t->report.file, &a, &out);
	expand_defaults(&ini, &out);
	out_text(&out);
	arena_done(&a);
	return 0;
}

static enum state live_state(const struct target *t)
{
	enum state s = survey_one(&t->facts, t->driver, t->guest.name);

	return s == STATE_ABSENT && t->from_file ? STATE_DEFINED : s;
}

static json_t *details(const struct target *t, enum state s, struct arena *a)
{
	const struct guest *g = &t->guest;
	json_t *o = json_object(), *nics = json_array(), *disks = json_array(), *users = json_array();
	struct reach ssh = { 0 };
	struct err none = { 0 };

	json_object_set_new(o, "name", json_string(g->name));
	json_object_set_new(o, "state", json_string(state_word(s)));
	json_object_set_new(o, "driver", json_string(t->driver->name));
	json_object_set_new(o, "os", g->os ? json_string(g->os) : json_null());
	json_object_set_new(o, "cpus", json_integer(g->cpus));
	json_object_set_new(o, "memory", json_string(size_text(g->ram, a)));
	json_object_set_new(o, "machine file", json_string(t->path));
	json_object_set_new(o, "folder", json_string(guest_folder(&t->facts, g->name, a)));
	json_object_set_new(o, "uuid", json_string(guest_uuid(g, a)));
	for (size_t i = 0; i < g->disks.n; i++)
		json_array_append_new(disks, json_string(arena_fmt(a, "%s %s %s", g->disks.v[i].place.name,
			g->disks.v[i].size ? size_text(g->disks.v[i].size, a) : "(as its source)", g->disks.v[i].bus)));
	for (size_t i = 0; i < g->nics.n; i++)
		json_array_append_new(nics, json_string(arena_fmt(a, "%s %s %s", g->nics.v[i].place.name, guest_mac(g, i, a),
			g->nics.v[i].address ? g->nics.v[i].address : "dhcp")));
	for (size_t i = 0; i < g->users.n; i++)
		json_array_append_new(users, json_string(g->users.v[i].name));
	json_object_set_new(o, "disks", disks);
	json_object_set_new(o, "interfaces", nics);
	json_object_set_new(o, "users", users);
	if (!target_reach(t, REACH_SSH, &ssh, a, &none))
		json_object_set_new(o, "ssh", json_string(arena_fmt(a, "%s:%d", ssh.host, ssh.port)));
	return o;
}

static void print_details(const json_t *o, struct str *out)
{
	const char *key;
	json_t *v, *item;
	size_t i;

	json_object_foreach((json_t *)o, key, v) {
		if (json_is_array(v))
			json_array_foreach(v, i, item)
				str_fmt(out, "%-13s %s\n", i ? "" : key, json_string_value(item));
		else if (json_is_string(v))
			str_fmt(out, "%-13s %s\n", key, json_string_value(v));
		else if (json_is_integer(v))
			str_fmt(out, "%-13s %lld\n", key, (long long)json_integer_value(v));
	}
}

static int show(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(str_done) struct str out = { 0 };
	struct arena a = { 0 };
	json_t *o;

	if (call_target(c, c->argv[0], 0, &t, e) < 0)
		return -1;
	if (call_option(c, "expanded"))
		return expanded(&t, e);
	o = details(&t, live_state(&t), &a);
	if (c->json) {
		out_json("berth.show/1", o);
	} else {
		print_details(o, &out);
		out_text(&out);
		json_decref(o);
	}
	arena_done(&a);
	return 0;
}

static const struct opt options[] = {
	{ "expanded", 'x', NULL, "every key as berth understands it, with where each value comes from" },
	{ 0 },
};

const struct command cmd_show = {
	.name = "show",
	.group = "Guests",
	.args = "FILE|GUEST",
	.summary = "tell all about one guest",
	.description = "What the guest is made of, what state it is in, and how to reach it. With --expanded, every key of its machine file in "
		       "order with file and line, then the defaults of the keys it does not give. Secrets are not shown.",
	.example = "berth show hello",
	.options = options,
	.min = 1,
	.max = 1,
	.completes = "guest",
	.run = show,
};
