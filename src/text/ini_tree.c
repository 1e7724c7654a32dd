/* SPDX-License-Identifier: ISC */
/*
 * The tree that the scanner left: finding nodes in it, naming them, and what is set
 * twice. Each section keeps its children sorted by name besides their file order: a
 * lookup is a binary search, and no choice of names makes it slow, as it could with
 * a hash table.
 */
#include <stdlib.h>
#include <string.h>

#include "text/ini.h"
#include "text/ini_priv.h"

void ini_verror(struct ini_reader *rd, int line, int col, const char *fmt, va_list ap)
{
	const char *text;

	if (ini_gave_up(rd))
		return;
	if (rd->errors++ == INI_MAX_ERRORS) {
		report_error(rd->report, rd->last_line, rd->last_col, "too many errors");
		return;
	}
	if (line > rd->last_line || (line == rd->last_line && col > rd->last_col)) {
		rd->last_line = line;
		rd->last_col = col;
	}
	text = arena_vfmt(&rd->ini->mem, fmt, ap);
	report_error(rd->report, line, col, "%s", text);
}

void ini_error(struct ini_reader *rd, int line, int col, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ini_verror(rd, line, col, fmt, ap);
	va_end(ap);
}

bool ini_gave_up(const struct ini_reader *rd)
{
	return rd->errors > INI_MAX_ERRORS;
}

/* Inside a UTF-8 character, behind its first byte. */
static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

const char *ini_word(struct ini_reader *rd, const char *s, size_t n)
{
	enum { LONGEST = 60 };
	size_t cut = LONGEST;

	if (n <= LONGEST)
		return arena_strn(&rd->ini->mem, s, n);
	while (cut > 0 && is_continuation(s[cut]))
		cut--;
	return arena_fmt(&rd->ini->mem, "%.*s...", (int)cut, s);
}

int ini_col(const char *source, size_t bol, size_t at)
{
	int col = 1;

	for (size_t i = bol; i < at; i++)
		col += !is_continuation(source[i]);
	return col;
}

struct ini_node *ini_skip(const struct ini_node *n)
{
	for (; n; n = n->parent)
		if (n->next)
			return n->next;
	return NULL;
}

struct ini_node *ini_next(const struct ini_node *n)
{
	return n->first ? n->first : ini_skip(n);
}

static int by_name_then_place(const void *left, const void *right)
{
	const struct ini_node *a = *(struct ini_node *const *)left;
	const struct ini_node *b = *(struct ini_node *const *)right;
	int order = strcmp(a->name, b->name);

	return order ? order : (a->start > b->start) - (a->start < b->start);
}

static void report_twice(struct ini_reader *rd, const struct ini_node *n, const struct ini_node *first)
{
	const char *name = ini_word(rd, n->name, strlen(n->name));

	if (n->section && first->section)
		ini_error(rd, n->line, n->col, "section '%s' appears twice, first on line %d", name, first->line);
	else if (n->section || first->section)
		ini_error(rd, n->line, n->col, "'%s' is both a key and a section, first on line %d", name, first->line);
	else
		ini_error(rd, n->line, n->col, "'%s' is set twice, first on line %d", name, first->line);
}

/* Take the nodes that lost their parent out of a list of children. */
static void drop_orphans(struct ini_node *section)
{
	struct ini_node **link = &section->first;

	section->last = NULL;
	while (*link) {
		if ((*link)->parent) {
			section->last = *link;
			link = &(*link)->next;
		} else {
			*link = (*link)->next;
		}
	}
}

/* Sort the children of a section; of several with one name only the first stays. */
static void index_section(struct ini_reader *rd, struct ini_node *section)
{
	size_t n = 0, kept = 0;

	for (struct ini_node *c = section->first; c; c = c->next)
		n++;
	if (!n)
		return;
	section->sorted = arena_alloc(&rd->ini->mem, n * sizeof(struct ini_node *));
	n = 0;
	for (struct ini_node *c = section->first; c; c = c->next)
		section->sorted[n++] = c;
	qsort(section->sorted, n, sizeof(struct ini_node *), by_name_then_place);
	for (size_t i = 0; i < n; i++) {
		struct ini_node *c = section->sorted[i];

		if (kept && !strcmp(section->sorted[kept - 1]->name, c->name)) {
			report_twice(rd, c, section->sorted[kept - 1]);
			c->parent = NULL;
		} else {
			section->sorted[kept++] = c;
		}
	}
	section->nsorted = kept;
	if (kept < n)
		drop_orphans(section);
}

void ini_index(struct ini_reader *rd)
{
	for (struct ini_node *n = rd->ini->root; n; n = ini_next(n))
		index_section(rd, n);
}

static int name_against_node(const void *name, const void *node)
{
	return strcmp(name, (*(struct ini_node *const *)node)->name);
}

struct ini_node *ini_child(const struct ini_node *section, const char *name)
{
	struct ini_node **found = NULL;

	if (section->nsorted)
		found = bsearch(name, section->sorted, section->nsorted, sizeof *found, name_against_node);
	return found ? *found : NULL;
}

bool ini_path_part(const char **path, struct str *part, bool *quoted)
{
	const char *p = *path;
	char quote = *p;

	str_clear(part);
	*quoted = quote == '"' || quote == '\'';
	if (*quoted) {
		for (p++; *p && (*p != quote || p[1] == quote); p++) {
			str_addc(part, *p);
			p += *p == quote;
		}
		if (*p++ != quote)
			return false;
	} else {
		str_addn(part, p, strcspn(p, "."));
		p += part->n;
	}
	if (!part->n || (*p && *p != '.') || (*p && !p[1]))
		return false;
	*path = *p ? p + 1 : p;
	return true;
}

struct ini_node *ini_find(const struct ini *ini, const char *path)
{
	DEFER(str_done) struct str part = { 0 };
	struct ini_node *n = ini->root;
	bool quoted;

	while (n && *path)
		n = ini_path_part(&path, &part, &quoted) ? ini_child(n, part.s) : NULL;
	return n;
}

static void add_path_part(struct str *s, const char *name)
{
	if (s->n)
		str_addc(s, '.');
	if (!strpbrk(name, ". \t") && *name != '"' && *name != '\'') {
		str_add(s, name);
		return;
	}
	str_addc(s, '"');
	for (; *name; name++) {
		str_addc(s, *name);
		if (*name == '"')
			str_addc(s, '"');
	}
	str_addc(s, '"');
}

char *ini_path(const struct ini_node *n, struct arena *a)
{
	const struct ini_node *chain[INI_MAX_DEPTH + 2];
	DEFER(str_done) struct str s = { 0 };
	size_t depth = 0;

	for (; n->parent; n = n->parent)
		chain[depth++] = n;
	while (depth)
		add_path_part(&s, chain[--depth]->name);
	return arena_str(a, str_text(&s));
}

char *ini_text(const struct ini_node *key, struct arena *a)
{
	DEFER(str_done) struct str s = { 0 };

	for (size_t i = 0; i < key->values.n; i++) {
		if (i)
			str_add(&s, key->tight ? "," : ", ");
		str_add(&s, key->values.v[i]);
	}
	return arena_str(a, str_text(&s));
}
