/* SPDX-License-Identifier: ISC */
/* What the rows say to people: `berth explain` and berth.conf(5). */
#include <string.h>

#include "model/key.h"

static const char *type_words(enum key_type type)
{
	switch (type) {
	case KEY_SECTION:  return "section";
	case KEY_TEXT:     return "text";
	case KEY_NAME:     return "name";
	case KEY_PATH:     return "path";
	case KEY_SECRET:   return "secret";
	case KEY_LIST:
	case KEY_LINES:    return "list";
	case KEY_INT:      return "number";
	case KEY_BOOL:     return "yes or no";
	case KEY_SIZE:     return "size";
	case KEY_CHOICE:   return "choice";
	case KEY_IPV4:     return "IPv4 address";
	case KEY_MASK:     return "net mask";
	case KEY_MAC:      return "MAC address";
	case KEY_PORT:     return "port";
	case KEY_SECONDS:  return "time";
	case KEY_PROGRAM:  return "programs";
	case KEY_OBSOLETE: return "obsolete";
	}
	return "?";
}

/* What such a value looks like, where the type's name does not say it. */
static const char *form_of(const struct key *k)
{
	switch (k->type) {
	case KEY_NAME:     return "letters, digits, '.', '_' and '-'";
	case KEY_PATH:     return "from '/', or from the folder of the machine file";
	case KEY_SECRET:   return "shown in no plan, log or message";
	case KEY_LIST:
	case KEY_LINES:    return "commas between the parts";
	case KEY_BOOL:     return "1, yes, on, true; 0, no, off, false";
	case KEY_SIZE:     return "4G, 512M, 1.5G; a bare number is MB";
	case KEY_MASK:     return "255.255.255.0, /24 or 24";
	case KEY_PORT:     return "1 to 65535";
	case KEY_SECONDS:  return "30, 5m, 1h; a bare number is seconds";
	case KEY_PROGRAM:  return "1, 0, or names with commas between";
	case KEY_SECTION:
	case KEY_TEXT:
	case KEY_INT:
	case KEY_CHOICE:
	case KEY_IPV4:
	case KEY_MAC:
	case KEY_OBSOLETE: return NULL;
	}
	return NULL;
}

/* "number (1 to 255)", "one of bios, uefi". */
static void add_type(const struct key *k, struct str *out)
{
	if (k->type == KEY_CHOICE) {
		str_add(out, "one of ");
		for (size_t i = 0; k->choices[i]; i++)
			str_fmt(out, "%s%s", i ? ", " : "", k->choices[i]);
		return;
	}
	str_add(out, type_words(k->type));
	if (k->min || k->max)
		str_fmt(out, " (%ld to %ld)", k->min, k->max);
	else if (form_of(k))
		str_fmt(out, " (%s)", form_of(k));
}

static const char *last_part(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

/* Older spellings of a row, "a, b"; the whole path of those that stand elsewhere. */
static void add_aliases(const struct key *k, struct str *out)
{
	size_t n = out->n, dir = (size_t)(last_part(k->path) - k->path);

	for (size_t i = 0; i < nkeys; i++) {
		const struct key *alias = &keys[i];

		if (!str_eq(alias->alias_of, k->path))
			continue;
		if (strncmp(alias->path, k->path, dir) || strchr(alias->path + dir, '.'))
			str_fmt(out, "%s%s", out->n > n ? ", " : "", alias->path);
		else
			str_fmt(out, "%s%s", out->n > n ? ", " : "", alias->path + dir);
	}
}

static void explain_line(struct str *out, const char *label, const char *text)
{
	if (text && *text)
		str_fmt(out, "    %-13s %s\n", label, text);
}

static void explain_key(const struct key *k, struct str *out)
{
	DEFER(str_done) struct str type = { 0 }, aliases = { 0 };

	add_type(k, &type);
	add_aliases(k, &aliases);
	explain_line(out, "type", str_text(&type));
	explain_line(out, "default", k->def);
	explain_line(out, "needed", k->required ? "yes" : NULL);
	explain_line(out, "drivers", k->drivers);
	explain_line(out, "also written", str_text(&aliases));
	explain_line(out, "since", k->since);
}

static void explain_section(const struct key *section, struct str *out)
{
	str_addc(out, '\n');
	if (section->plain)
		str_fmt(out, "    A line 'name = value' stands for a section with '%s = value'.\n\n", section->plain);
	for (size_t i = 0; i < nkeys; i++)
		if (!keys[i].alias_of && key_within(&keys[i], section->path))
			str_fmt(out, "    %-18s %s\n", last_part(keys[i].path), keys[i].help);
}

int key_explain(const char *path, struct str *out)
{
	const struct key *k = key_find(path);

	if (!k)
		return -1;
	str_fmt(out, "%s\n    %s\n\n", k->path, k->help);
	explain_key(k, out);
	if (k->type == KEY_SECTION)
		explain_section(k, out);
	return 0;
}

/* Plain text as scdoc text: what would be markup is taken literally. */
static void add_plain(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("*_\\", *text))
			str_addc(out, '\\');
		str_addc(out, *text);
	}
}

static void add_many(struct str *out, char c, int n)
{
	while (n--)
		str_addc(out, c);
}

/* "hardware.hdds.*": [hardware] [[hdds]] [[[NAME]]], as it stands in the file. */
static void add_markers(struct str *out, const char *path)
{
	int depth = 1;

	for (const char *s = path; *s; depth++) {
		size_t n = strcspn(s, ".");

		str_add(out, depth > 1 ? " " : "");
		add_many(out, '[', depth);
		str_addn(out, *s == '*' ? "NAME" : s, *s == '*' ? 4 : n);
		add_many(out, ']', depth);
		s += n + (s[n] == '.');
	}
}

static void manual_section(const struct key *k, struct str *out)
{
	DEFER(str_done) struct str markers = { 0 };

	add_markers(&markers, k->path);
	str_add(out, "## ");
	add_plain(out, str_text(&markers));
	str_add(out, "\n\n");
	add_plain(out, k->help);
	str_add(out, "\n\n");
}

static void manual_key(const struct key *k, struct str *out)
{
	DEFER(str_done) struct str type = { 0 }, aliases = { 0 };

	add_type(k, &type);
	add_aliases(k, &aliases);
	str_add(out, "*");
	add_plain(out, *last_part(k->path) == '*' ? "NAME" : last_part(k->path));
	str_add(out, "*: ");
	add_plain(out, str_text(&type));
	str_add(out, "\n\t");
	add_plain(out, k->help);
	if (k->def)
		str_fmt(out, " Default: %s.", k->def);
	if (k->drivers)
		str_fmt(out, " Drivers: %s.", k->drivers);
	if (aliases.n) {
		str_add(out, " Also written ");
		add_plain(out, str_text(&aliases));
		str_addc(out, '.');
	}
	str_add(out, "\n\n");
}

void key_manual(struct str *out)
{
	str_add(out, "# KEYS\n\n");
	for (size_t i = 0; i < nkeys; i++) {
		if (keys[i].alias_of)
			continue;
		if (keys[i].type == KEY_SECTION)
			manual_section(&keys[i], out);
		else
			manual_key(&keys[i], out);
	}
}
