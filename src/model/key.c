/* SPDX-License-Identifier: ISC */
#include "model/key.h"

#include <ctype.h>
#include <string.h>

static int dashed(char c)
{
	return c == '_' ? '-' : (unsigned char)c;
}

bool key_same(const char *a, const char *b)
{
	while (*a && tolower(dashed(*a)) == tolower(dashed(*b))) {
		a++;
		b++;
	}
	return *a == *b;
}

/* A key is spelled as in the table, but for '_' and '-'. */
static bool spelled(const char *name, const char *row)
{
	while (*name && dashed(*name) == dashed(*row)) {
		name++;
		row++;
	}
	return *name == *row;
}

/* The last part of a row's path, when the rest of it is parent. */
static const char *name_below(const struct key *k, const char *parent)
{
	size_t n = strlen(parent);
	const char *name = k->path;

	if (n) {
		if (strncmp(k->path, parent, n) || k->path[n] != '.')
			return NULL;
		name += n + 1;
	}
	return strchr(name, '.') ? NULL : name;
}

bool key_within(const struct key *k, const char *parent)
{
	return name_below(k, parent);
}

static const struct key *row_of(const char *path)
{
	for (size_t i = 0; i < nkeys; i++)
		if (!strcmp(keys[i].path, path))
			return &keys[i];
	return NULL;
}

const struct key *key_real(const struct key *k)
{
	return k && k->alias_of ? row_of(k->alias_of) : k;
}

const struct key *key_child(const char *parent, const char *name)
{
	const struct key *any = NULL;

	for (size_t i = 0; i < nkeys; i++) {
		const char *own = name_below(&keys[i], parent);

		if (!own)
			continue;
		if (!strcmp(own, "*"))
			any = &keys[i];
		else if (spelled(name, own))
			return &keys[i];
	}
	return any;
}

/*
 * Cut the first part off a path of the file, "a.b" or "\"a.b\".c": its name is copied
 * to arena a, without quotes. NULL at the end.
 */
static const char *next_part(const char **path, struct arena *a)
{
	const char *s = *path, *end;
	char *name;

	if (!*s)
		return NULL;
	if (*s == '"' && (end = strchr(s + 1, '"'))) {
		name = arena_strn(a, s + 1, (size_t)(end - s - 1));
		end++;
	} else {
		end = s + strcspn(s, ".");
		name = arena_strn(a, s, (size_t)(end - s));
	}
	*path = *end == '.' ? end + 1 : end;
	return name;
}

const struct key *key_find(const char *path)
{
	DEFER(arena_done) struct arena a = { 0 };
	const struct key *k = NULL;
	const char *part;

	while ((part = next_part(&path, &a))) {
		k = key_real(key_child(k ? k->path : "", part));
		if (!k)
			return NULL;
	}
	return k;
}

/* The names in one section of the table that somebody may have meant. */
static const char *near_child(const char *parent, const char *word, struct arena *a)
{
	struct words names = { 0 };

	for (size_t i = 0; i < nkeys; i++) {
		const char *own = name_below(&keys[i], parent);

		if (own && *own != '*')
			words_add(&names, a, own);
	}
	return str_nearest(word, names.v, names.n);
}

/* A key of that name in another section, one of which there is only one: no '*' on the way. */
static const char *elsewhere(const char *word)
{
	for (size_t i = 0; i < nkeys; i++) {
		const char *dot = strrchr(keys[i].path, '.');
		const struct key *real = key_real(&keys[i]);

		if (dot && spelled(word, dot + 1) && !strchr(real->path, '*'))
			return real->path;
	}
	return NULL;
}

const char *key_nearest(const char *path, struct arena *a)
{
	const struct key *k = NULL, *next;
	const char *start = path, *rest = path, *part, *near, *whole;

	while ((part = next_part(&rest, a))) {
		next = key_real(key_child(k ? k->path : "", part));
		if (!next)
			break;
		k = next;
		start = rest;
	}
	if (!part)
		return NULL;
	near = *rest ? NULL : elsewhere(part);
	if (near)
		return near;
	near = near_child(k ? k->path : "", part, a);
	if (!near)
		return NULL;
	near = arena_fmt(a, "%.*s%s", (int)(start - path), path, near);
	whole = arena_fmt(a, "%s.%s", near, rest);
	return *rest && key_find(whole) ? whole : near;
}
