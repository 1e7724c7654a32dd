/* SPDX-License-Identifier: ISC */
#include "cmd/edit.h"

static void get_section(const struct ini_node *section, struct arena *a, struct str *out)
{
	for (const struct ini_node *n = section->first; n; n = n->next) {
		if (n->section)
			get_section(n, a, out);
		else
			str_fmt(out, "%s = %s\n", ini_path(n, a), ini_text(n, a));
	}
}

static json_t *to_json(const struct ini_node *n)
{
	json_t *o;

	if (n->section) {
		o = json_object();
		for (const struct ini_node *k = n->first; k; k = k->next)
			json_object_set_new(o, k->name, to_json(k));
		return o;
	}
	if (!n->list)
		return json_string(n->values.v[0]);
	o = json_array();
	for (size_t i = 0; i < n->values.n; i++)
		json_array_append_new(o, json_string(n->values.v[i]));
	return o;
}

static int get(struct call *c, struct err *e)
{
	DEFER(edit_done) struct edit d;
	DEFER(str_done) struct str out = { 0 };
	const struct ini_node *n;

	if (edit_open(&d, c->argv[0], e) < 0)
		return -1;
	n = c->argc > 1 ? ini_find(&d.ini, c->argv[1]) : d.ini.root;
	if (!n)
		return err_set(e, ERR_NOT_FOUND, "%s: there is no '%s'", d.file, c->argv[1]);
	if (c->json) {
		out_json("berth.get/1", json_pack("{s:o}", "value", to_json(n)));
		return 0;
	}
	if (n->section)
		get_section(n, &c->mem, &out);
	else
		str_fmt(&out, "%s\n", ini_text(n, &c->mem));
	out_text(&out);
	return 0;
}

const struct command cmd_get = {
	.name = "get",
	.group = "Machine files",
	.args = "FILE [PATH]",
	.summary = "print keys of a machine file",
	.description = "With a path to a key, prints its value, a list as 'a, b'. With a path to a section, or none, prints every key in it as "
		       "'section.sub.key = value', in the order of the file.",
	.example = "berth get web.conf hardware.ram",
	.min = 1,
	.max = 2,
	.completes = "file",
	.run = get,
};
