/* SPDX-License-Identifier: ISC */
/*
 * References to secrets: "@{how:key_path}" with how in small letters and digits, and
 * a key path without blanks or braces. Anything else that begins with "@{" is text.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "exec/run.h"

static size_t how_length(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789");
}

/* The length of the reference that s begins with; 0: none. */
static size_t reference_length(const char *s)
{
	size_t how = how_length(s + 2), path = 0;
	const char *p = s + 2 + how + 1;

	if (!how || p[-1] != ':')
		return 0;
	while (isgraph((unsigned char)p[path]) && p[path] != '{' && p[path] != '}')
		path++;
	return path && p[path] == '}' ? (size_t)(p + path + 1 - s) : 0;
}

const char *secret_find(const char *text, size_t *n)
{
	for (; (text = strstr(text, "@{")); text += 2)
		if ((*n = reference_length(text)))
			return text;
	return NULL;
}

static char *resolve(struct run *r, const char *ref, size_t n, struct err *e)
{
	size_t how = how_length(ref + 2);
	const char *how_word = arena_strn(&r->mem, ref + 2, how);
	const char *path = arena_strn(&r->mem, ref + 2 + how + 1, n - how - 4);
	char *value = r->x->secret ? r->x->secret(r->x->secret_arg, how_word, path, e) : NULL;

	if (!value && !e->msg[0])
		err_set(e, ERR_NOT_FOUND, "%s: no such secret", path);
	return value;
}

/* A secret of several lines is masked line by line, as output is. */
static void remember(struct run *r, const char *value, const char *ref, size_t n)
{
	const char *reference = arena_strn(&r->mem, ref, n);

	while (*value) {
		size_t len = strcspn(value, "\n");

		if (len) {
			struct mask *m = vec_add(&r->masks, &r->mem);

			m->value = strndup(value, len);
			m->reference = reference;
		}
		value += len + (value[len] == '\n');
	}
}

static void add_json(struct str *out, const char *value)
{
	json_t *string = json_string(value);
	char *quoted = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;

	/* Not UTF-8: as it is, and the receiver's complaint. */
	if (quoted)
		str_addn(out, quoted + 1, strlen(quoted) - 2);
	else
		str_add(out, value);
	free(quoted);
	json_decref(string);
}

static void forget_str(char **s)
{
	if (*s)
		explicit_bzero(*s, strlen(*s));
	free_str(s);
}

int secret_expand(struct run *r, const char *text, bool json, struct str *out, struct err *e)
{
	const char *ref;
	size_t n;

	for (; (ref = secret_find(text, &n)); text = ref + n) {
		DEFER(forget_str) char *value = resolve(r, ref, n, e);

		if (!value)
			return -1;
		remember(r, value, ref, n);
		str_addn(out, text, (size_t)(ref - text));
		if (json)
			add_json(out, value);
		else
			str_add(out, value);
	}
	str_add(out, text);
	return 0;
}

/* The longest, since one secret may begin with another. */
static const struct mask *mask_at(const struct run *r, const char *text, size_t n)
{
	const struct mask *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < r->masks.n; i++) {
		size_t len = strlen(r->masks.v[i].value);

		if (len > longest && len <= n && !memcmp(text, r->masks.v[i].value, len)) {
			best = &r->masks.v[i];
			longest = len;
		}
	}
	return best;
}

void secret_mask(const struct run *r, const char *text, size_t n, struct str *out)
{
	while (n) {
		const struct mask *m = mask_at(r, text, n);
		size_t len = m ? strlen(m->value) : 1;

		if (m)
			str_add(out, m->reference);
		else
			str_addc(out, *text);
		text += len;
		n -= len;
	}
}

void secret_forget(struct run *r)
{
	for (size_t i = 0; i < r->masks.n; i++)
		forget_str(&r->masks.v[i].value);
}
