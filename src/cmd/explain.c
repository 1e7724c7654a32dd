/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "cmd/cmd.h"
#include "model/key.h"

/* The type's name for programs; people are told in words (model/key_docs.c). */
static const char *type_name(enum key_type type)
{
	switch (type) {
	case KEY_SECTION:  return "section";
	case KEY_TEXT:     return "text";
	case KEY_NAME:     return "name";
	case KEY_PATH:     return "path";
	case KEY_SECRET:   return "secret";
	case KEY_LIST:     return "list";
	case KEY_LINES:    return "lines";
	case KEY_INT:      return "int";
	case KEY_BOOL:     return "bool";
	case KEY_SIZE:     return "size";
	case KEY_CHOICE:   return "choice";
	case KEY_IPV4:     return "ipv4";
	case KEY_MASK:     return "mask";
	case KEY_MAC:      return "mac";
	case KEY_PORT:     return "port";
	case KEY_SECONDS:  return "seconds";
	case KEY_PROGRAM:  return "program";
	case KEY_OBSOLETE: return "obsolete";
	}
	return "?";
}

static json_t *choices_json(const struct key *k)
{
	json_t *list = json_array();

	for (const char *const *word = k->choices; *word; word++)
		json_array_append_new(list, json_string(*word));
	return list;
}

/* The row's drivers stand in one text, with blanks between. */
static json_t *drivers_json(const struct key *k)
{
	json_t *list = json_array();

	for (const char *s = k->drivers; *s; s += strspn(s, " ")) {
		size_t n = strcspn(s, " ");

		json_array_append_new(list, json_stringn(s, n));
		s += n;
	}
	return list;
}

static json_t *aliases_json(const struct key *k)
{
	json_t *list = json_array();

	for (size_t i = 0; i < nkeys; i++)
		if (str_eq(keys[i].alias_of, k->path))
			json_array_append_new(list, json_string(keys[i].path));
	return list;
}

/* What a row says, and nothing of what it leaves open. */
static json_t *key_json(const struct key *k)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:b, s:s*, s:s*, s:s*, s:s*}", "key", k->path, "type", type_name(k->type),
			      "help", k->help, "required", k->required, "unit", k->unit, "default", k->def,
			      "plain", k->plain, "since", k->since);

	if (k->min || k->max) {
		json_object_set_new(o, "min", json_integer(k->min));
		json_object_set_new(o, "max", json_integer(k->max));
	}
	if (k->choices)
		json_object_set_new(o, "choices", choices_json(k));
	if (k->drivers)
		json_object_set_new(o, "drivers", drivers_json(k));
	json_object_set_new(o, "aliases", aliases_json(k));
	return o;
}

/* A row, and of a section the rows in it; NULL: all rows. */
static void explain_json(const struct key *k)
{
	json_t *o = k ? key_json(k) : json_object(), *list = json_array();

	for (size_t i = 0; i < nkeys; i++)
		if (!keys[i].alias_of && (!k || key_within(&keys[i], k->path)))
			json_array_append_new(list, key_json(&keys[i]));
	if (!k || k->type == KEY_SECTION)
		json_object_set(o, "keys", list);
	json_decref(list);
	out_json("berth.explain/1", o);
}

/* Without a key: all of them, a line each. */
static void list_keys(struct str *out)
{
	for (size_t i = 0; i < nkeys; i++)
		if (!keys[i].alias_of)
			str_fmt(out, "%-44s %s\n", keys[i].path, keys[i].help);
}

static int no_key(struct call *c, const char *path, struct err *e)
{
	const char *near = key_nearest(path, &c->mem);

	if (near)
		return err_set(e, ERR_NOT_FOUND, "'%s' is no key of a machine file (did you mean '%s'?)", path, near);
	return err_set(e, ERR_NOT_FOUND, "'%s' is no key of a machine file ('berth explain' lists all)", path);
}

static int explain(struct call *c, struct err *e)
{
	DEFER(str_done) struct str out = { 0 };
	const struct key *k = c->argc ? key_find(c->argv[0]) : NULL;

	if (c->argc && !k)
		return no_key(c, c->argv[0], e);
	if (c->json) {
		explain_json(k);
		return 0;
	}
	if (k)
		key_explain(c->argv[0], &out);
	else
		list_keys(&out);
	out_text(&out);
	return 0;
}

const struct command cmd_explain = {
	.name = "explain",
	.group = "Machine files",
	.args = "[KEY]",
	.summary = "tell what a key of a machine file means",
	.description = "Type, unit, range, default and meaning of a key or a section, from the same table that reads and checks the file. "
		       "Without a key, lists all of them.",
	.example = "berth explain hardware.hdds.hdd0.size",
	.max = 1,
	.completes = "key",
	.run = explain,
};
