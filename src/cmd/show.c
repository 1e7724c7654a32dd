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

/* One line of --expanded: a key as it stands in the file, or a default (node NULL). */
struct line {
	const char *path, *def;
	const struct ini_node *node;
};

struct lines {
	struct line *v;
	size_t n, cap;
};

/* Every key of the machine file, in its order; defaults behind. */
static void expand_section(const struct ini_node *section, struct lines *out, struct arena *a)
{
	for (const struct ini_node *n = section->first; n; n = n->next) {
		if (n->section)
			expand_section(n, out, a);
		else
			*vec_add(out, a) = (struct line){ .path = ini_path(n, a), .node = n };
	}
}

static void expand_defaults(const struct ini *ini, struct lines *out, struct arena *a)
{
	for (size_t i = 0; i < nkeys; i++) {
		const struct key *k = &keys[i];

		/* A default below a '*' belongs to every section there is; the key's own page tells it. */
		if (k->def && !k->alias_of && !strchr(k->path, '*') && !ini_find(ini, k->path))
			*vec_add(out, a) = (struct line){ .path = k->path, .def = k->def };
	}
}

static void lines_print(const struct lines *lines, const char *file, struct arena *a)
{
	DEFER(str_done) struct str out = { 0 };

	for (size_t i = 0; i < lines->n; i++) {
		const struct line *l = &lines->v[i];

		if (l->node)
			str_fmt(&out, "%s = %s  # %s:%d\n", l->path, secret(l->path) ? "(secret)" : ini_text(l->node, a),
				file, l->node->line);
		else
			str_fmt(&out, "%s = %s  # default\n", l->path, l->def);
	}
	out_text(&out);
}

/* A list is an array, as with get; a secret is null. */
static json_t *line_value(const struct line *l)
{
	json_t *list;

	if (secret(l->path))
		return json_null();
	if (!l->node)
		return json_string(l->def);
	if (!l->node->list)
		return json_string(l->node->values.v[0]);
	list = json_array();
	for (size_t i = 0; i < l->node->values.n; i++)
		json_array_append_new(list, json_string(l->node->values.v[i]));
	return list;
}

/* A default comes from no file. */
static void lines_json(const struct lines *lines, const char *file)
{
	json_t *list = json_array();

	for (size_t i = 0; i < lines->n; i++) {
		const struct line *l = &lines->v[i];

		json_array_append_new(list, json_pack("{s:s, s:o, s:s?, s:o, s:b}", "key", l->path, "value", line_value(l),
						      "file", l->node ? file : NULL,
						      "line", l->node ? json_integer(l->node->line) : json_null(),
						      "default", !l->node));
	}
	out_json("berth.expanded/1", json_pack("{s:o}", "keys", list));
}

static int expanded(const struct target *t, bool json, struct err *e)
{
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report r = { 0 };
	DEFER(arena_done) struct arena a = { 0 };
	struct lines lines = { 0 };

	if (ini_parse(&ini, t->report.file, t->text, strlen(t->text), &r) < 0)
		return report_err(&r, e);
	expand_section(ini.root, &lines, &a);
	expand_defaults(&ini, &lines, &a);
	if (json)
		lines_json(&lines, t->report.file);
	else
		lines_print(&lines, t->report.file, &a);
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
	struct reach ssh = { 0 }, screen = { 0 };
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
	if (!target_reach(t, REACH_SCREEN, &screen, a, &none))
		json_object_set_new(o, "vnc", json_string(reach_text(&screen, a)));
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
		return expanded(&t, c->json, e);
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
