/* SPDX-License-Identifier: ISC */
/*
 * macro:NAME and {macro:NAME} in words of a call, replaced by text from a file of lines
 * NAME = TEXT. NAME%FILE is another file than "default"; %OPTIONAL says that there need
 * not be one; %ECHO says nothing. %EVAL would run something, and is refused.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "front/ctys_priv.h"

enum { LONGEST = 65536 };

/* What "macro:" stands before. */
struct call {
	const char *name, *file;
	bool optional;
};

static size_t name_length(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == '-' || s[n] == '.')
		n++;
	return n;
}

/* The suffixes at s: flags, or a file. How long they are; -1: wrong. */
static long suffixes(struct ctys_reader *r, const char *s, struct call *m)
{
	const char *start = s;

	while (*s == '%' && name_length(s + 1)) {
		size_t n = name_length(s + 1);

		if (n == 4 && !strncasecmp(s + 1, "EVAL", n))
			return err_set(r->e, ERR_UNSUPPORTED, "macro '%s': what stands behind %%EVAL is never run", m->name);
		if (n == 8 && !strncasecmp(s + 1, "OPTIONAL", n))
			m->optional = true;
		else if (n != 4 || strncasecmp(s + 1, "ECHO", n) != 0)
			m->file = arena_strn(&r->c->mem, s + 1, n);
		s += n + 1;
	}
	return (long)(s - start);
}

/* Without comments, with lines joined that end in a backslash. */
static const char *next_line(const char **s, struct str *line)
{
	if (!**s)
		return NULL;
	str_clear(line);
	for (;;) {
		size_t n = strcspn(*s, "\n");
		bool more = n && (*s)[n - 1] == '\\';

		str_addn(line, *s, more ? n - 1 : n);
		*s += n + ((*s)[n] == '\n');
		if (!more || !**s)
			return str_text(line);
	}
}

/* The text that a line gives the name; NULL: it is not about that. */
static char *value_of(const char *line, const char *name, struct arena *a)
{
	size_t n;

	line += strspn(line, " \t");
	n = name_length(line);
	if (!n || strlen(name) != n || strncmp(line, name, n) != 0)
		return NULL;
	line += n + strspn(line + n, " \t");
	if (*line != '=')
		return NULL;
	line += 1 + strspn(line + 1, " \t");
	n = strlen(line);
	while (n && strchr(" \t\r", line[n - 1]))
		n--;
	return ctys_unquoted(arena_strn(a, line, n), a);
}

/* NULL with an error, or without one: it is not there. */
static const char *look_up(struct ctys_reader *r, const struct call *m)
{
	DEFER(str_done) struct str line = { 0 };
	const char *text = NULL, *found = NULL, *l;

	if (r->files && r->files->macros)
		text = r->files->macros(r->files->arg, m->file, &r->c->mem, r->e);
	while (text && (l = next_line(&text, &line))) {
		const char *value = value_of(l, m->name, &r->c->mem);

		if (value && found) {
			err_set(r->e, ERR_AMBIGUOUS, "macro '%s' stands twice in '%s'", m->name, m->file);
			return NULL;
		}
		found = value ? value : found;
	}
	return found;
}

static int replace(struct ctys_reader *r, const char *text, int depth, struct str *out);

/* At s is "macro:": what it stands for; the length of what it took. */
static long one(struct ctys_reader *r, const char *s, int depth, struct str *out)
{
	static const char mark[] = "macro:";
	bool braced = *s == '{';
	const char *name = s + braced + sizeof mark - 1, *text;
	struct call m = { .file = "default" };
	size_t n = name_length(name);
	long more;

	m.name = arena_strn(&r->c->mem, name, n);
	if (!n)
		return ctys_wrong(r->e, s, 0, "the name of a macro is missing");
	more = suffixes(r, name + n, &m);
	if (more < 0)
		return -1;
	name += n + (size_t)more;
	if (braced && *name != '}')
		return ctys_wrong(r->e, s, (size_t)(name - s), "'}' is missing behind the macro '%s'", m.name);
	text = ctys_lookup(r, m.name) < 0 ? NULL : look_up(r, &m);
	if (r->e->kind)
		return -1;
	/* Tables have names in berth, too: they are found later, with their fields. */
	if (!text && !strncmp(m.name, "TAB_", 4))
		str_fmt(out, "macro:%s", m.name);
	else if (!text && !m.optional)
		return err_set(r->e, ERR_NOT_FOUND, "there is no macro '%s' in '%s' (CTYS_MACRO_PATH says where to look)", m.name, m.file);
	if (text && replace(r, text, depth + 1, out) < 0)
		return -1;
	return (long)(name - s) + braced;
}

static int replace(struct ctys_reader *r, const char *text, int depth, struct str *out)
{
	if (depth > CTYS_DEPTH)
		return err_set(r->e, ERR_USAGE, "more than %d macros are in each other; is one in itself?", CTYS_DEPTH);
	while (*text) {
		long n = !strncasecmp(text, "macro:", 6) || !strncasecmp(text, "{macro:", 7) ? one(r, text, depth, out) : 0;

		if (n < 0)
			return -1;
		if (!n)
			str_addc(out, *text++);
		text += n;
		if (out->n > LONGEST)
			return err_set(r->e, ERR_USAGE, "the macros of a word come to more than %d bytes", LONGEST);
	}
	return 0;
}

int ctys_expand(struct ctys_reader *r, const char *word, struct words *out)
{
	DEFER(str_done) struct str text = { 0 };
	const char *s;

	if (replace(r, word, 0, &text) < 0)
		return -1;
	s = arena_str(&r->c->mem, str_text(&text));
	if (!strcmp(s, word)) {
		words_add(out, &r->c->mem, s);
		return 0;
	}
	/* The text of a macro may be several words. */
	while (*(s += strspn(s, " \t"))) {
		size_t n = 0;

		while (s[n] && s[n] != ' ' && s[n] != '\t') {
			long more = strchr("([{", s[n]) ? ctys_span(s + n) : 1;

			n += more > 0 ? (size_t)more : 1;
		}
		words_add(out, &r->c->mem, arena_strn(&r->c->mem, s, n));
		s += n;
	}
	return 0;
}
