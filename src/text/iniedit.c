/* SPDX-License-Identifier: ISC */
/*
 * An edit replaces one range of bytes of the source by others. It is prepared from
 * the tree's byte ranges and then checked: the result is read again, must hold what
 * was wanted, and must be the same everywhere else.
 */
#include "text/iniedit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "text/ini_priv.h"

/* A path as words, and how far it leads in a document. */
struct way {
	const char *path;               /* as the user wrote it */
	struct words names;
	size_t numbered;                /* the word with the '+'; names.n: none */
	struct ini_node *section;       /* the deepest section on the way that exists */
	size_t depth;                   /* how many words lead to it */
	struct ini_node *node;          /* what the whole path names, or NULL */
};

/* The bytes from..to of the source become text. */
struct change {
	size_t from, to;
	struct str text;
};

static int split_path(struct way *w, const char *path, bool plus, struct arena *a, struct err *e)
{
	DEFER(str_done) struct str part = { 0 };
	const char *p = path;
	bool quoted;

	*w = (struct way){ .path = path, .numbered = (size_t)-1 };
	do {
		if (!ini_path_part(&p, &part, &quoted))
			return err_set(e, ERR_USAGE, "'%s' is not a path, expected section.section.key", path);
		if (plus && !quoted && part.n > 1 && part.s[part.n - 1] == '+') {
			if (w->numbered != (size_t)-1)
				return err_set(e, ERR_USAGE, "'%s' has more than one '+', expected one", path);
			w->numbered = w->names.n;
			part.s[--part.n] = 0;
		}
		words_add(&w->names, a, arena_strn(a, part.s, part.n));
	} while (*p);
	if (w->numbered == (size_t)-1)
		w->numbered = w->names.n;
	return 0;
}

static int follow_path(const struct ini *ini, struct way *w, struct err *e)
{
	struct ini_node *n = ini->root;

	for (w->depth = 0; w->depth < w->names.n; w->depth++) {
		w->section = n;
		n = ini_child(n, w->names.v[w->depth]);
		if (!n)
			return 0;
		if (w->depth + 1 < w->names.n && !n->section)
			return err_set(e, ERR_INVALID, "'%s' in '%s' is a value, expected a section",
				       n->name, w->path);
	}
	w->depth--;
	w->node = n;
	return 0;
}

static void apply(const struct ini *ini, const struct change *c, struct str *out)
{
	str_clear(out);
	str_addn(out, ini->source, c->from);
	str_add(out, str_text(&c->text));
	str_addn(out, ini->source + c->to, ini->size - c->to);
}

static bool same_node(const struct ini *old, const struct ini_node *a, const struct ini *new, const struct ini_node *b)
{
	size_t n = a->value_end - a->value_start;

	return !strcmp(a->name, b->name) && a->section == b->section && a->depth == b->depth &&
	       n == b->value_end - b->value_start &&
	       !memcmp(old->source + a->value_start, new->source + b->value_start, n);
}

/*
 * Both documents say the same, but for what is below skip_old and skip_new. Raw
 * values are compared: others may well read differently now if they refer to the
 * one that changed.
 */
static bool same_elsewhere(const struct ini *old, const struct ini_node *skip_old,
			   const struct ini *new, const struct ini_node *skip_new)
{
	const struct ini_node *a = ini_next(old->root), *b = ini_next(new->root);

	for (;; a = ini_next(a), b = ini_next(b)) {
		if (a && a == skip_old)
			a = ini_skip(a);
		if (b && b == skip_new)
			b = ini_skip(b);
		if (!a || !b)
			return !a && !b;
		if (!same_node(old, a, new, b))
			return false;
	}
}

/* The node that the first n words of a path lead to. */
static struct ini_node *at_words(const struct ini *ini, const struct words *names, size_t n)
{
	struct ini_node *node = ini->root;

	for (size_t i = 0; node && i < n; i++)
		node = ini_child(node, names->v[i]);
	return node;
}

static bool holds(const struct ini_node *key, const char *const *values, size_t n)
{
	if (!key || key->section || key->values.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(key->values.v[i], values[i]))
			return false;
	return true;
}

static int read_text(struct ini *ini, const char *file, const char *text, size_t size, struct err *e)
{
	DEFER(report_done) struct report r = { .file = file };

	ini_parse(ini, file, text, size, &r);
	return report_err(&r, e);
}

/* Read the result of an edit. When it has errors, those that were there before are what to speak of. */
static int read_again(struct ini *ini, const struct ini *old, const struct way *w, const struct str *text,
		      struct err *e)
{
	DEFER(ini_done) struct ini before = { 0 };

	if (read_text(ini, old->file, str_text(text), text->n, e) == 0)
		return 0;
	if (read_text(&before, old->file, old->source, old->size, e) < 0)
		return err_add(e, "cannot change '%s'", w->path);
	return err_add(e, "with '%s' changed", w->path);
}

static int verify_set(const struct ini *old, const struct way *w, const char *const *values, size_t n,
		      const struct str *text, struct err *e)
{
	DEFER(ini_done) struct ini new = { 0 };

	if (read_again(&new, old, w, text, e) < 0)
		return -1;
	if (!holds(at_words(&new, &w->names, w->names.n), values, n) ||
	    !same_elsewhere(old, w->node, &new, at_words(&new, &w->names, w->depth + 1)))
		return err_set(e, ERR_INVALID, "'%s' cannot be written so that it reads back the same", w->path);
	return 0;
}

/* An empty value has no bytes to replace; what comes in keeps its distance from '=' and comment. */
static void replace_value(const struct ini *ini, const struct ini_node *key, const char *raw, struct change *c)
{
	const char *at = ini->source + key->value_start;
	bool empty = key->value_start == key->value_end;

	c->from = key->value_start;
	c->to = key->value_end;
	if (empty && at[-1] == '=' && (at[-2] == ' ' || at[-2] == '\t'))
		str_addc(&c->text, ' ');
	str_add(&c->text, raw);
	if (empty && *at == '#')
		str_addc(&c->text, ' ');
}

static size_t subtree_end(const struct ini_node *n)
{
	while (n->last)
		n = n->last;
	return n->end;
}

/* Where new lines go: keys behind the last key, sections behind all that the section holds. */
static size_t new_lines_at(const struct ini *ini, const struct way *w)
{
	const struct ini_node *key = ini_last_key(w->section);

	if (w->depth + 1 < w->names.n)
		return w->section == ini->root ? ini->size : subtree_end(w->section);
	if (key)
		return key->end;
	return w->section == ini->root ? ini_text_start(ini->source, ini->size) : w->section->end;
}

/* Top-level sections stand apart from what is before them. */
static bool wants_blank_line(const struct ini *ini, size_t at)
{
	size_t start = ini_text_start(ini->source, ini->size);
	int newlines = 0;

	for (; at > start && strchr("\r\n", ini->source[at - 1]); at--)
		newlines += ini->source[at - 1] == '\n';
	return at > start && newlines < 2;
}

static int write_lines(const struct ini *ini, const struct way *w, const char *raw, struct str *lines, struct err *e)
{
	DEFER(arena_done) struct arena mem = { 0 };
	const char *newline = ini_newline(ini);
	size_t last = w->names.n - 1;
	char *indent = ini_indent(ini, w->section, w->depth < last, &mem);

	for (size_t i = w->depth; i < last; i++) {
		if (ini_write_marker(lines, indent, w->names.v[i], (int)i + 1, newline, e) < 0)
			return -1;
		indent = ini_deeper(ini, indent, i + 1 < last, &mem);
	}
	return ini_write_key(lines, ini, w->section, indent, w->names.v[last], raw, e);
}

/* New lines at a place; a file that lacks its last newline still does afterwards. */
static int insert_lines(const struct ini *ini, const struct way *w, const char *raw, struct change *c, struct err *e)
{
	const char *newline = ini_newline(ini);
	bool open_end;

	c->from = c->to = new_lines_at(ini, w);
	open_end = c->from > ini_text_start(ini->source, ini->size) && ini->source[c->from - 1] != '\n';
	if (open_end)
		str_add(&c->text, newline);
	if (w->section == ini->root && w->depth + 1 < w->names.n && wants_blank_line(ini, c->from))
		str_add(&c->text, newline);
	if (write_lines(ini, w, raw, &c->text, e) < 0)
		return -1;
	if (open_end)
		c->text.s[c->text.n -= strlen(newline)] = 0;
	return 0;
}

static void change_done(struct change *c)
{
	str_done(&c->text);
}

/* Put a raw value, which must read as these values, to the end of the way. */
static int put(const struct ini *ini, const struct way *w, const char *raw, const char *const *values, size_t n,
	       struct str *out, struct err *e)
{
	DEFER(change_done) struct change c = { 0 };

	if (w->node)
		replace_value(ini, w->node, raw, &c);
	else if (insert_lines(ini, w, raw, &c, e) < 0)
		return -1;
	apply(ini, &c, out);
	if (verify_set(ini, w, values, n, out, e) == 0)
		return 0;
	str_clear(out);
	return -1;
}

static int refuse_section(const struct way *w, struct err *e)
{
	if (w->node && w->node->section)
		return err_set(e, ERR_INVALID, "'%s' is a section, expected a key in it", w->path);
	return 0;
}

int ini_set(const struct ini *ini, const char *path, const char *const *values, size_t n,
	    struct str *out, struct err *e)
{
	DEFER(arena_done) struct arena mem = { 0 };
	DEFER(str_done) struct str raw = { 0 };
	struct way w;

	if (split_path(&w, path, false, &mem, e) < 0 || follow_path(ini, &w, e) < 0 || refuse_section(&w, e) < 0)
		return -1;
	if (ini_write_value(&raw, values, n, ini_newline(ini), e) < 0)
		return err_add(e, "%s", path);
	return put(ini, &w, raw.s, values, n, out, e);
}

/* The number of a name like "user7" for the prefix "user"; -1 when it is no such name. */
static long number_of(const char *name, const char *prefix)
{
	enum { DIGITS = 9 };
	const char *digits = name + strlen(prefix);

	if (!str_starts(name, prefix) || !*digits || strlen(digits) > DIGITS ||
	    strspn(digits, "0123456789") != strlen(digits))
		return -1;
	return strtol(digits, NULL, 10);
}

/* "user+" becomes "user3" when user2 is the highest there is: numbers of deleted ones are not taken again. */
static void choose_number(const struct ini *ini, struct way *w, struct arena *a)
{
	const char *prefix = w->names.v[w->numbered];
	const struct ini_node *parent = at_words(ini, &w->names, w->numbered);
	long highest = -1;

	for (const struct ini_node *n = parent ? parent->first : NULL; n; n = n->next) {
		long number = number_of(n->name, prefix);

		if (number > highest)
			highest = number;
	}
	w->names.v[w->numbered] = arena_fmt(a, "%s%ld", prefix, highest + 1);
}

/*
 * What stands before the comma when a value grows: as it is written, references
 * included. Triple quotes cannot be part of a list, so what they hold is spelt anew.
 */
static int write_before_comma(const struct ini *ini, const struct ini_node *key, struct str *raw, struct err *e)
{
	DEFER(free_str) char *old = NULL;
	size_t n = key->value_end - key->value_start;
	struct str text = { 0 };

	str_addn(&text, ini->source + key->value_start, n);
	old = str_take(&text);
	if (!str_starts(old, "\"\"\"") && !str_starts(old, "'''")) {
		str_add(raw, old);
		return 0;
	}
	old[n - 3] = 0;
	return ini_write_item(raw, old + 3, e);
}

static int append(const struct ini *ini, const struct way *w, const char *value, struct str *out, struct err *e)
{
	DEFER(arena_done) struct arena mem = { 0 };
	DEFER(str_done) struct str raw = { 0 };
	const struct ini_node *key = w->node;
	struct words values = { 0 };

	for (size_t i = 0; i < key->values.n; i++)
		words_add(&values, &mem, key->values.v[i]);
	words_add(&values, &mem, value);
	if (key->values.n) {
		if (write_before_comma(ini, key, &raw, e) < 0)
			return err_add(e, "%s", w->path);
		if (raw.s[raw.n - 1] != ',')
			str_addc(&raw, ',');
		if (!key->tight || key->values.n < 2)
			str_addc(&raw, ' ');
	}
	if (ini_write_item(&raw, value, e) < 0)
		return err_add(e, "%s", w->path);
	if (!key->values.n)
		str_addc(&raw, ',');
	return put(ini, w, raw.s, values.v, values.n, out, e);
}

/* Nothing, or "": adding to it gives one value, not two. */
static bool is_empty(const struct ini_node *key)
{
	return !key->list && !*key->values.v[0];
}

int ini_add(const struct ini *ini, const char *path, const char *value, struct arena *a,
	    const char **chosen, struct str *out, struct err *e)
{
	DEFER(arena_done) struct arena mem = { 0 };
	DEFER(str_done) struct str raw = { 0 };
	struct way w;

	if (split_path(&w, path, true, &mem, e) < 0)
		return -1;
	if (w.numbered < w.names.n) {
		choose_number(ini, &w, &mem);
		if (chosen)
			*chosen = arena_str(a, w.names.v[w.numbered]);
	}
	if (follow_path(ini, &w, e) < 0 || refuse_section(&w, e) < 0)
		return -1;
	if (w.node && !is_empty(w.node))
		return append(ini, &w, value, out, e);
	if (ini_write_value(&raw, &value, 1, ini_newline(ini), e) < 0)
		return err_add(e, "%s", path);
	return put(ini, &w, raw.s, &value, 1, out, e);
}

static bool is_comment(const char *line)
{
	return line[strspn(line, " \t")] == '#';
}

/* Comments right above a section belong to it: go up over them, but not past a limit. */
static size_t with_comments(const struct ini *ini, size_t start, size_t limit)
{
	while (start > limit) {
		size_t line = start - 1;

		while (line > limit && ini->source[line - 1] != '\n')
			line--;
		if (!is_comment(ini->source + line))
			break;
		start = line;
	}
	return start;
}

/* A section reaches to the next one, blank lines and comments between them included. */
static size_t deletion_end(const struct ini *ini, const struct ini_node *n)
{
	const struct ini_node *next = ini_skip(n);

	if (!n->section)
		return n->end;
	return next ? with_comments(ini, next->start, subtree_end(n)) : ini->size;
}

static int verify_del(const struct ini *old, const struct way *w, const struct str *text, struct err *e)
{
	DEFER(ini_done) struct ini new = { 0 };

	if (read_again(&new, old, w, text, e) < 0)
		return -1;
	if (!same_elsewhere(old, w->node, &new, NULL))
		return err_set(e, ERR_INVALID, "'%s' cannot be deleted without changing other values", w->path);
	return 0;
}

int ini_del(const struct ini *ini, const char *path, struct str *out, struct err *e)
{
	DEFER(arena_done) struct arena mem = { 0 };
	struct change c = { 0 };
	struct way w;

	if (split_path(&w, path, false, &mem, e) < 0 || follow_path(ini, &w, e) < 0)
		return -1;
	if (!w.node)
		return err_set(e, ERR_NOT_FOUND, "there is no '%s' in %s", path, ini->file);
	c.from = w.node->start;
	c.to = deletion_end(ini, w.node);
	apply(ini, &c, out);
	if (verify_del(ini, &w, out, e) == 0)
		return 0;
	str_clear(out);
	return -1;
}
