/* SPDX-License-Identifier: ISC */
/*
 * An edit of any file: it fails, or the result holds what was wanted and every byte
 * around it is as it was. The input is the edit, a line of "--", and the file:
 *
 *	set users.user0.name
 *	caesar
 *	--
 *	[users]
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text/iniedit.h"

#define MUST(cond) do { if (!(cond)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	char *verb, *path, *value, *file;
	size_t size;
};

/* Cut text at a separator: the part behind it, NULL when there is none. */
static char *cut(char *text, const char *separator)
{
	char *at = strstr(text, separator);

	if (!at)
		return NULL;
	*at = 0;
	return at + strlen(separator);
}

static bool split(struct input *in, char *text, size_t size)
{
	in->verb = text;
	in->file = cut(text, "\n--\n");
	if (!in->file)
		return false;
	in->size = size - (size_t)(in->file - text);
	in->path = cut(in->verb, " ");
	if (!in->path)
		return false;
	in->value = cut(in->path, "\n");
	return in->value != NULL;
}

/* What stood around the value of a key still stands around the new one. */
static void check_around(const struct ini *ini, const struct ini_node *key, const struct str *out)
{
	size_t behind = ini->size - key->value_end;

	MUST(out->n >= key->value_start + behind);
	MUST(!memcmp(out->s, ini->source, key->value_start));
	MUST(!memcmp(out->s + out->n - behind, ini->source + key->value_end, behind));
}

static void check_value(const struct ini *ini, const struct input *in, const char *path, bool grows,
			const struct str *out)
{
	DEFER(ini_done) struct ini new = { 0 };
	DEFER(report_done) struct report r = { 0 };
	const struct ini_node *old = ini_find(ini, path), *key;

	MUST(ini_parse(&new, "t", str_text(out), out->n, &r) == 0);
	key = ini_find(&new, path);
	MUST(key && !key->section && key->values.n);
	MUST(grows || key->values.n == 1);
	MUST(!strcmp(key->values.v[key->values.n - 1], in->value));
	if (old)
		check_around(ini, old, out);
}

static void fuzz_set(const struct ini *ini, const struct input *in)
{
	DEFER(str_done) struct str out = { 0 };
	const char *value = in->value;
	struct err e = { 0 };

	if (ini_set(ini, in->path, &value, 1, &out, &e) == 0)
		check_value(ini, in, in->path, false, &out);
	else
		MUST(e.kind && !out.n);
}

static void fuzz_add(const struct ini *ini, const struct input *in)
{
	DEFER(arena_done) struct arena mem = { 0 };
	DEFER(str_done) struct str out = { 0 };
	const char *chosen = NULL;
	struct err e = { 0 };

	if (ini_add(ini, in->path, in->value, &mem, &chosen, &out, &e) < 0)
		MUST(e.kind && !out.n);
	else if (!chosen)
		check_value(ini, in, in->path, true, &out);
}

static void fuzz_del(const struct ini *ini, const struct input *in)
{
	DEFER(ini_done) struct ini new = { 0 };
	DEFER(report_done) struct report r = { 0 };
	DEFER(str_done) struct str out = { 0 };
	const struct ini_node *old = ini_find(ini, in->path);
	struct err e = { 0 };

	if (ini_del(ini, in->path, &out, &e) < 0) {
		MUST(e.kind && !out.n);
		return;
	}
	MUST(old && out.n < ini->size);
	MUST(ini_parse(&new, "t", str_text(&out), out.n, &r) == 0);
	MUST(!ini_find(&new, in->path));
	MUST(!memcmp(str_text(&out), ini->source, old->start));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(arena_done) struct arena mem = { 0 };
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report r = { 0 };
	struct input in;

	if (!split(&in, arena_strn(&mem, (const char *)data, size), size))
		return 0;
	ini_parse(&ini, "t", in.file, in.size, &r);
	if (!strcmp(in.verb, "set"))
		fuzz_set(&ini, &in);
	else if (!strcmp(in.verb, "add"))
		fuzz_add(&ini, &in);
	else if (!strcmp(in.verb, "del"))
		fuzz_del(&ini, &in);
	return 0;
}
