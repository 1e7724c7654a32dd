/* SPDX-License-Identifier: ISC */
#include "model/card.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "model/defined.h"

static char *lower(const char *s, struct arena *a)
{
	char *copy = arena_str(a, s);

	for (char *c = copy; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

/* The value of a fact '#@#KEY = "value"'; NULL: not in the text. */
static const char *fact(const char *text, const char *key, struct arena *a)
{
	size_t n = strlen(key);

	for (const char *at = text; (at = strstr(at, "#@#")); ) {
		size_t end;

		at += 3;
		if (strncmp(at, key, n) != 0)
			continue;
		at += n;
		at += strspn(at, " \t");
		if (*at != '=')
			continue;
		at++;
		at += strspn(at, " \t\"'");
		end = strcspn(at, " \t\"'\r\n");
		return arena_strn(a, at, end);
	}
	return NULL;
}

/* What facts of ctys in a text say a guest is kept as; NULL: they do not. */
static const char *state_said(const char *text, struct arena *a)
{
	const char *said;

	if (strstr(text, "#@#MAGICID-IGNORE") || strstr(text, "#@#MAGICID-NOENUM"))
		return "ignore";
	said = fact(text, "VMSTATE", a);
	return said && *said ? lower(said, a) : NULL;
}

static const char *state_of(const struct guest *g, const char *text, struct arena *a)
{
	const char *said = state_said(text, a);

	return said ? said : g->state;
}

void card_facts(struct card *c, const char *text, struct arena *a)
{
	const char *said = state_said(text, a);

	/* Which is what a machine file says that says nothing. */
	if (said && str_eq(c->state, "active"))
		c->state = said;
}

void card_make(struct card *c, const struct guest *g, const char *text, const char *path, const char *source, struct arena *a)
{
	*c = (struct card){
		.label = arena_str(a, g->name), .uuid = lower(guest_uuid(g, a), a), .driver = arena_str(a, g->driver),
		.state = arena_str(a, state_of(g, text, a)),
	};
	for (size_t i = 0; i < g->nics.n; i++) {
		if (!nic_attached(&g->nics.v[i]))
			continue;
		words_add(&c->macs, a, lower(guest_mac(g, i, a), a));
		if (g->nics.v[i].address)
			words_add(&c->names, a, arena_str(a, g->nics.v[i].address));
	}
	if (g->hostname)
		words_add(&c->names, a, lower(g->hostname, a));
	for (size_t i = 0; i < g->tags.n; i++)
		words_add(&c->tags, a, arena_str(a, g->tags.v[i]));
	words_add(&c->paths, a, arena_str(a, path));
	if (source)
		words_add(&c->paths, a, arena_str(a, source));
}

static const char *joined(const struct words *w, struct arena *a)
{
	DEFER(str_done) struct str s = { 0 };

	for (size_t i = 0; i < w->n; i++)
		str_fmt(&s, "%s%s", i ? "," : "", w->v[i]);
	return w->n ? arena_str(a, str_text(&s)) : NULL;
}

json_t *card_describe(struct card *c, const struct guest *g, const char *user, const char *group, struct arena *a)
{
	struct defined d = {
		.g = g, .host = c->host, .path = c->paths.v[0], .driver = c->driver, .state = c->state, .tags = joined(&c->tags, a),
		.user = user, .group = group,
	};
	json_t *records = json_array(), *details = json_pack("{s:o}", "records", records);

	for (; d.nic < g->nics.n; d.nic++)
		if (nic_attached(&g->nics.v[d.nic]))
			json_array_append_new(records, defined_keep(&d));
	if (!json_array_size(records))
		json_array_append_new(records, defined_keep(&d));
	c->details = details;
	return details;
}

static json_t *list_json(const struct words *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n; i++)
		json_array_append_new(list, json_string(w->v[i]));
	return list;
}

json_t *card_json(const struct card *c)
{
	return json_pack("{s:I, s:s*, s:s, s:s*, s:s, s:s*, s:o, s:o, s:o, s:o, s:s, s:b, s:O*}", "record", (json_int_t)c->record,
			 "host", c->host, "label", c->label, "type", c->driver, "id", c->paths.v[0], "uuid", c->uuid,
			 "mac", list_json(&c->macs), "tcp", list_json(&c->names), "tags", list_json(&c->tags),
			 "paths", list_json(&c->paths), "vmstate", c->state, "own", c->own, "details", c->details);
}

static void list_read(struct words *w, const json_t *list, struct arena *a)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (json_is_string(item))
			words_add(w, a, json_string_value(item));
}

static const char *word_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

void card_read(struct card *c, const json_t *o, struct arena *a)
{
	*c = (struct card){
		.record = (long)json_integer_value(json_object_get(o, "record")), .own = json_is_true(json_object_get(o, "own")),
		.label = word_of(o, "label"), .uuid = word_of(o, "uuid"), .state = word_of(o, "vmstate"),
		.driver = word_of(o, "type"), .host = word_of(o, "host"), .details = json_object_get(o, "details"),
	};
	list_read(&c->macs, json_object_get(o, "mac"), a);
	list_read(&c->names, json_object_get(o, "tcp"), a);
	list_read(&c->tags, json_object_get(o, "tags"), a);
	list_read(&c->paths, json_object_get(o, "paths"), a);
	if (!c->paths.n)
		words_add(&c->paths, a, word_of(o, "id"));
}

bool card_choosable(const struct card *c)
{
	return !str_eq(c->state, "backup") && !str_eq(c->state, "template") && !str_eq(c->state, "ignore");
}
