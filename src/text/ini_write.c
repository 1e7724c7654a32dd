/* SPDX-License-Identifier: ISC */
/*
 * Spelling: how a new line must look so that it reads back as what was meant, and
 * so that it looks like its neighbours.
 */
#include <string.h>

#include "text/ini_priv.h"

const char *ini_newline(const struct ini *ini)
{
	const char *nl = memchr(ini->source, '\n', ini->size);

	return nl && nl > ini->source && nl[-1] == '\r' ? "\r\n" : "\n";
}

const struct ini_node *ini_last_key(const struct ini_node *section)
{
	const struct ini_node *last = NULL;

	for (const struct ini_node *n = section->first; n && !n->section; n = n->next)
		last = n;
	return last;
}

/* The blanks a node's line begins with. */
static char *lead(const struct ini *ini, const struct ini_node *n, struct arena *a)
{
	const char *line = ini->source + n->start;

	return arena_strn(a, line, strspn(line, " \t"));
}

/* By how much the file indents what stands in a section; NULL when it shows none of that kind. */
static const char *step(const struct ini *ini, bool section, struct arena *a)
{
	for (const struct ini_node *n = ini_next(ini->root); n; n = ini_next(n)) {
		const char *outer, *inner;

		if (n->section != section || n->parent == ini->root)
			continue;
		outer = lead(ini, n->parent, a);
		inner = lead(ini, n, a);
		if (str_starts(inner, outer))
			return inner + strlen(outer);
	}
	return NULL;
}

char *ini_deeper(const struct ini *ini, const char *indent, bool section, struct arena *a)
{
	const char *more = step(ini, section, a);

	if (!more)
		more = step(ini, !section, a);
	return arena_fmt(a, "%s%s", indent, more ? more : "    ");
}

char *ini_indent(const struct ini *ini, const struct ini_node *parent, bool section, struct arena *a)
{
	const struct ini_node *sibling = section ? parent->last : ini_last_key(parent);

	if (sibling && sibling->section == section)
		return lead(ini, sibling, a);
	if (parent == ini->root)
		return arena_str(a, "");
	return ini_deeper(ini, lead(ini, parent, a), section, a);
}

static bool has_blank_end(const char *s)
{
	size_t n = strlen(s);

	return n && (s[0] == ' ' || s[0] == '\t' || s[n - 1] == ' ' || s[n - 1] == '\t');
}

/* Between one kind of quotes that the text does not hold itself; false when it holds both. */
static bool add_quoted(struct str *out, const char *s)
{
	char quote = strchr(s, '"') ? '\'' : '"';

	if (strchr(s, quote))
		return false;
	str_addc(out, quote);
	str_add(out, s);
	str_addc(out, quote);
	return true;
}

static int write_name(struct str *out, const char *name, const char *not_first, const char *nowhere, struct err *e)
{
	bool bare = !strchr(not_first, *name) && !strpbrk(name, nowhere) && !has_blank_end(name);

	if (!*name || strpbrk(name, "\r\n"))
		return err_set(e, ERR_INVALID, "'%s' cannot be a name, expected one line of text", name);
	if (bare)
		str_add(out, name);
	else if (!add_quoted(out, name))
		return err_set(e, ERR_INVALID, "'%s' cannot be a name, it holds both kinds of quotes", name);
	return 0;
}

int ini_write_marker(struct str *out, const char *indent, const char *name, int depth,
		     const char *newline, struct err *e)
{
	str_add(out, indent);
	for (int i = 0; i < depth; i++)
		str_addc(out, '[');
	if (write_name(out, name, "\"'", "[]#", e) < 0)
		return -1;
	for (int i = 0; i < depth; i++)
		str_addc(out, ']');
	str_add(out, newline);
	return 0;
}

/* "=" when the keys here are written without blanks around it. */
static const char *equals_sign(const struct ini *ini, const struct ini_node *section)
{
	const struct ini_node *key = ini_last_key(section);

	for (const struct ini_node *n = ini->root; n && !key; n = ini_next(n))
		key = n->section ? NULL : n;
	if (key && key->value_end > key->value_start && ini->source[key->value_start - 1] == '=')
		return "=";
	return " = ";
}

int ini_write_key(struct str *out, const struct ini *ini, const struct ini_node *section, const char *indent,
		  const char *name, const char *raw, struct err *e)
{
	str_add(out, indent);
	if (write_name(out, name, "\"'[;#", "=", e) < 0)
		return -1;
	str_add(out, equals_sign(ini, section));
	str_add(out, raw);
	str_add(out, ini_newline(ini));
	return 0;
}

/* What cannot be written in any way. */
static int check_value(const char *value, struct err *e)
{
	const char *end, *ref = ini_reference(value, &end);

	if (ref)
		return err_set(e, ERR_INVALID, "'%.*s' in a value would be replaced when the file is read",
			       (int)(end + 2 - ref), ref);
	if (strchr(value, '\r'))
		return err_set(e, ERR_INVALID,
			       "value holds a carriage return, expected lines to end in a newline only");
	return 0;
}

/* Quotes within a value are harmless to the reader, but not to the eye. */
static bool is_plain(const char *value)
{
	return *value && !has_blank_end(value) && !strpbrk(value, ",#\"'\n");
}

static bool reads_bare(const char *value)
{
	return *value && *value != '"' && *value != '\'' && !has_blank_end(value) && !strpbrk(value, ",#\n");
}

int ini_write_item(struct str *out, const char *item, struct err *e)
{
	if (strchr(item, '\n'))
		return err_set(e, ERR_INVALID, "an item of a list cannot span lines");
	if (check_value(item, e) < 0)
		return -1;
	if (is_plain(item)) {
		str_add(out, item);
	} else if (!add_quoted(out, item)) {
		if (!reads_bare(item))
			return err_set(e, ERR_INVALID, "'%s' holds both kinds of quotes, which a list cannot", item);
		str_add(out, item);
	}
	return 0;
}

static int write_triple(struct str *out, const char *value, const char *newline, struct err *e)
{
	const char *quotes = strstr(value, "\"\"\"") ? "'''" : "\"\"\"";

	if (strstr(value, quotes))
		return err_set(e, ERR_INVALID, "value holds both kinds of triple quotes");
	str_add(out, quotes);
	for (; *value; value++) {
		if (*value == '\n')
			str_add(out, newline);
		else
			str_addc(out, *value);
	}
	str_add(out, quotes);
	return 0;
}

static int write_scalar(struct str *out, const char *value, const char *newline, struct err *e)
{
	if (check_value(value, e) < 0)
		return -1;
	if (is_plain(value))
		str_add(out, value);
	else if (strchr(value, '\n') || !add_quoted(out, value))
		return write_triple(out, value, newline, e);
	return 0;
}

int ini_write_value(struct str *out, const char *const *values, size_t n, const char *newline, struct err *e)
{
	if (n == 1)
		return write_scalar(out, values[0], newline, e);
	if (!n)
		str_addc(out, ',');
	for (size_t i = 0; i < n; i++) {
		if (i)
			str_add(out, ", ");
		if (ini_write_item(out, values[i], e) < 0)
			return -1;
	}
	return 0;
}
