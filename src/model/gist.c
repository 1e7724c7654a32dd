/* SPDX-License-Identifier: ISC */
#include "model/gist.h"

#include <stdlib.h>
#include <string.h>

enum { SEPARATOR = '\037', NOTHING = '\036' };

void gist_read(struct gist *k, const json_t *record, struct arena *a)
{
	const json_t *order = json_object_get(record, "order");

	*k = (struct gist){ .there = record, .throwaway = json_is_true(json_object_get(record, "throwaway")), .ordered = order };
#define X(name) k->name = arena_str(a, json_string_value(json_object_get(record, #name)));
	GIST_TEXTS(X)
#undef X
#define X(name) k->name = json_integer_value(json_object_get(record, #name));
	GIST_NUMBERS(X)
#undef X
	k->mac = arena_str(a, json_string_value(json_array_get(json_object_get(record, "macs"), 0)));
}

static bool add_text(const char *text, struct str *out)
{
	if (text && strpbrk(text, "\036\037\n"))
		return false;
	if (text)
		str_add(out, text);
	else
		str_addc(out, NOTHING);
	str_addc(out, SEPARATOR);
	return true;
}

bool gist_write(const struct gist *k, struct str *out)
{
	str_fmt(out, "%d%c", k->throwaway | k->ordered << 1, SEPARATOR);
#define X(name) if (!add_text(k->name, out)) return false;
	GIST_TEXTS(X)
#undef X
#define X(name) str_fmt(out, "%lld%c", k->name, SEPARATOR);
	GIST_NUMBERS(X)
#undef X
	return true;
}

/* NULL when there is none any more. */
static char *next(char **at)
{
	char *field = *at, *end = strchr(field, SEPARATOR);

	if (!end)
		return NULL;
	*end = 0;
	*at = end + 1;
	return field;
}

static bool parse_text(const char **out, char **at)
{
	char *field = next(at);

	*out = field && *field != NOTHING ? field : NULL;
	return field;
}

static bool parse_number(long long *out, char **at)
{
	char *field = next(at), *end;

	if (!field)
		return false;
	*out = strtoll(field, &end, 10);
	return end > field && !*end;
}

bool gist_parse(struct gist *k, char *line)
{
	long long flags = 0;

	*k = (struct gist){ .there = true };
	if (!parse_number(&flags, &line))
		return false;
	k->throwaway = flags & 1;
	k->ordered = flags & 2;
#define X(name) if (!parse_text(&k->name, &line)) return false;
	GIST_TEXTS(X)
#undef X
#define X(name) if (!parse_number(&k->name, &line)) return false;
	GIST_NUMBERS(X)
#undef X
	return !*line;
}
