/* SPDX-License-Identifier: ISC */
/*
 * The JSON schema (draft 2020-12) of a machine file in the form that `berth get --json`
 * gives it: sections are objects, values are strings, lists are arrays of strings.
 * Programs that write such files may use numbers and booleans as well. What no row
 * knows is allowed, since berth ignores it with a warning.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "model/key.h"

static json_t *section_schema(const char *path);

static json_t *texts(const char *const *words)
{
	json_t *list = json_array();

	for (; *words; words++)
		json_array_append_new(list, json_string(*words));
	return list;
}

static json_t *pattern(const char *regex)
{
	return json_pack("{s:[s, s], s:s}", "type", "string", "integer", "pattern", regex);
}

static json_t *list_schema(void)
{
	return json_pack("{s:[{s:s}, {s:s, s:{s:s}}]}", "anyOf", "type", "string", "type", "array", "items", "type", "string");
}

static json_t *program_schema(void)
{
	return json_pack("{s:[{s:[s, s]}, {s:s, s:{s:s}}]}", "anyOf", "type", "string", "integer",
			 "type", "array", "items", "type", "string");
}

static json_t *number_schema(const struct key *k)
{
	json_t *o = pattern("^[0-9]+$");

	json_object_set_new(o, "minimum", json_integer(k->type == KEY_PORT ? 1 : k->min));
	json_object_set_new(o, "maximum", json_integer(k->type == KEY_PORT ? 65535 : k->max));
	return o;
}

static json_t *type_schema(const struct key *k)
{
	switch (k->type) {
	case KEY_TEXT:
	case KEY_PATH:
	case KEY_OBSOLETE: return json_pack("{s:s}", "type", "string");
	case KEY_SECRET:   return json_pack("{s:s, s:b}", "type", "string", "writeOnly", 1);
	case KEY_NAME:     return pattern("^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$");
	case KEY_LIST:
	case KEY_LINES:    return list_schema();
	case KEY_INT:
	case KEY_PORT:     return number_schema(k);
	case KEY_BOOL:     return json_pack("{s:[i, i, b, b, s, s, s, s, s, s, s, s]}", "enum", 1, 0, 1, 0,
					    "1", "yes", "on", "true", "0", "no", "off", "false");
	case KEY_SIZE:     return pattern("^[0-9]+(\\.[0-9]+)? *([KMGTPEkmgtpe]([Ii]?[Bb])?|[Bb])?$");
	case KEY_CHOICE:   return json_pack("{s:o}", "enum", texts(k->choices));
	case KEY_IPV4:     return json_pack("{s:s, s:s}", "type", "string", "format", "ipv4");
	case KEY_MASK:     return pattern("^([0-9]+(\\.[0-9]+){3}|/?[0-9]+)$");
	case KEY_MAC:      return json_pack("{s:s, s:s}", "type", "string", "pattern", "^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$");
	case KEY_SECONDS:  return pattern("^[0-9]+(s|m|min|h)?$");
	case KEY_PROGRAM:  return program_schema();
	case KEY_SECTION:  return section_schema(k->path);
	}
	return json_object();
}

static json_t *schema_of(const struct key *row)
{
	const struct key *k = key_real(row);
	json_t *o = type_schema(k);

	json_object_set_new(o, "description", json_string(k->help));
	if (k->def)
		json_object_set_new(o, "default", json_string(k->def));
	if (row->alias_of)
		json_object_set_new(o, "deprecated", json_true());
	return o;
}

/* A repeated section, or the line that stands for one. */
static json_t *element_schema(const struct key *row)
{
	const struct key *k = key_real(row);

	if (!k->plain)
		return schema_of(row);
	return json_pack("{s:[o, o]}", "anyOf", schema_of(key_child(k->path, k->plain)), schema_of(row));
}

static void add_required(json_t *o, const char *name)
{
	json_t *list = json_object_get(o, "required");

	if (!list) {
		list = json_array();
		json_object_set_new(o, "required", list);
	}
	json_array_append_new(list, json_string(name));
}

static json_t *section_schema(const char *path)
{
	json_t *o = json_pack("{s:s}", "type", "object"), *properties = json_object();

	for (size_t i = 0; i < nkeys; i++) {
		const struct key *k = &keys[i];
		const char *name = strrchr(k->path, '.') ? strrchr(k->path, '.') + 1 : k->path;

		if (!key_within(k, path))
			continue;
		if (!strcmp(name, "*"))
			json_object_set_new(o, "additionalProperties", element_schema(k));
		else
			json_object_set_new(properties, name, schema_of(k));
		if (k->required)
			add_required(o, name);
	}
	json_object_set_new(o, "properties", properties);
	if (!json_object_get(o, "additionalProperties"))
		json_object_set_new(o, "additionalProperties", json_true());
	return o;
}

void key_schema(struct str *out)
{
	json_t *o = section_schema("");
	char *text;

	json_object_set_new(o, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
	json_object_set_new(o, "title", json_string("berth machine file"));
	text = json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS);
	str_fmt(out, "%s\n", text);
	free(text);
	json_decref(o);
}
