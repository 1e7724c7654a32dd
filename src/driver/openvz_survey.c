/* SPDX-License-Identifier: ISC */
/*
 * Which containers are on the host. Both tools answer in JSON; vzlist says nothing
 * but "[]" with status 1 when there are none.
 */
#include <jansson.h>
#include <string.h>

#include "base/str.h"
#include "driver/openvz.h"

/* Suspended is written to disk and gone from memory: started again, it goes on. On its way somewhere: nobody knows. */
static const struct { const char *word; enum state state; } states[] = {
	{ "running",   STATE_RUNNING },
	{ "paused",    STATE_PAUSED },
	{ "stopped",   STATE_BUILT },
	{ "mounted",   STATE_BUILT },
	{ "suspended", STATE_BUILT },
};

static enum state state_of(const char *word)
{
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (str_eq(states[i].word, word))
			return states[i].state;
	return STATE_UNKNOWN;
}

/* The first address of "10.0.0.1/255.255.255.0 10.0.0.2", without its mask; NULL for "-" and "". */
static const char *first_address(const char *text, struct arena *a)
{
	size_t n = text ? strcspn(text, " /") : 0;

	return !n || !strncmp(text, "-", n) ? NULL : arena_strn(a, text, n);
}

static struct sighting *add(struct roster *r, const char *name, const char *status, const char *address)
{
	struct sighting *s = vec_add(&r->guests, &r->mem);

	s->name = arena_str(&r->mem, name);
	s->driver = "openvz";
	s->state = state_of(status);
	s->alien = true;
	s->address = first_address(address, &r->mem);
	return s;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s && *s ? s : NULL;
}

/* The list a reply is; NULL with an error when it is something else. */
static json_t *list_of(const struct reply *r, const char *who, struct err *e)
{
	const char *text = r->text ? r->text : "";
	json_error_t je;
	json_t *list;

	if (!text[strspn(text, " \t\n")] && !r->status)
		return json_array();
	list = json_loads(text, 0, &je);
	if (json_is_array(list))
		return list;
	json_decref(list);
	err_set(e, ERR_FAILED, "%s ended with status %d and no list of containers (what does '%s' say?)", who, r->status,
		who);
	return NULL;
}

static const char *number_text(const json_t *v, struct arena *a)
{
	if (json_is_integer(v))
		return arena_fmt(a, "%lld", (long long)json_integer_value(v));
	return json_string_value(v);
}

int vz_parse_vzlist(const struct reply *r, struct roster *out, struct err *e)
{
	json_t *list = list_of(r, "vzlist -a -j", e), *o;
	size_t i;

	if (!list)
		return -1;
	json_array_foreach(list, i, o) {
		const char *name = text_of(o, "name"), *id = number_text(json_object_get(o, "ctid"), &out->mem);

		if (name || id)
			add(out, name ? name : id, text_of(o, "status"),
			    json_string_value(json_array_get(json_object_get(o, "ip"), 0)));
	}
	json_decref(list);
	return 0;
}

int vz_parse_prlctl(const struct reply *r, struct roster *out, struct err *e)
{
	json_t *list = list_of(r, "prlctl list -a -j", e), *o;
	size_t i;

	if (!list)
		return -1;
	json_array_foreach(list, i, o) {
		const char *name = text_of(o, "name"), *id = text_of(o, "uuid");

		if (name || id)
			add(out, name ? name : id, text_of(o, "status"), text_of(o, "ip_configured"));
	}
	json_decref(list);
	return 0;
}

int vz_survey(const struct facts *f, struct plan *p, struct err *e)
{
	const struct dialect *d = vz_dialect(NULL, f);
	const char *const *argv = d ? d->survey(f, &p->mem) : NULL;

	/* None at all is status 1, and what it says is read either way. */
	if (argv)
		plan_run(p, "containers of OpenVZ", argv)->may_fail = true;
	return 0;
}

int vz_parse(const struct facts *f, const struct reply *replies, size_t n, struct roster *out, struct err *e)
{
	const struct dialect *d = vz_dialect(NULL, f);

	return d && n ? d->parse(&replies[0], out, e) : 0;
}
