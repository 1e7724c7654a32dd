/* SPDX-License-Identifier: ISC */
/*
 * The scanner: lines in, tree out. A line is blank, a comment, a section marker or
 * a key; only a triple-quoted value takes more than one. After an error the scanner
 * goes on with the next line. A section whose marker is wrong still opens, but is
 * not linked to its parent: its keys are checked and then forgotten, instead of
 * landing in the section before and colliding with the keys there.
 */
#include "text/ini.h"

#include <string.h>

#include "text/ini_priv.h"
#include "text/width.h"

struct scanner {
	struct ini_reader rd;
	char *s;                        /* the source, all of it */
	size_t size;
	size_t bol, eol;                /* the current line, without its end */
	size_t next;                    /* the line after it */
	int line;
	struct ini_node *section;       /* the one keys go to */
};

/* A piece of the source. */
struct span {
	size_t start, end;
};

static int fail(struct scanner *sc, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct scanner *sc, size_t at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ini_verror(&sc->rd, sc->line, ini_col(sc->s, sc->bol, at), fmt, ap);
	va_end(ap);
	return -1;
}

static const char *word(struct scanner *sc, struct span w)
{
	return ini_word(&sc->rd, sc->s + w.start, w.end - w.start);
}

/* Report the first byte of the current line that has no business in a text file. */
static void check_bytes(struct scanner *sc)
{
	size_t i = sc->bol;

	while (i < sc->eol) {
		unsigned char c = (unsigned char)sc->s[i];
		size_t len = utf8_length((unsigned char *)sc->s + i, sc->eol - i);

		if (!c || c == '\r' || !len)
			break;
		i += len;
	}
	if (i == sc->eol)
		return;
	if (!sc->s[i])
		fail(sc, i, "NUL byte (byte %zu of the file), expected text", i);
	else if (sc->s[i] == '\r')
		fail(sc, i, "carriage return within a line, expected it only before a newline");
	else
		fail(sc, i, "byte 0x%02x (byte %zu of the file) is not UTF-8, save the file as UTF-8",
		     (unsigned char)sc->s[i], i);
	/* A NUL would cut strings short further on; nobody sees the copy but us. */
	for (char *nul; (nul = memchr(sc->s + i, 0, sc->eol - i));)
		*nul = '?';
}

static bool next_line(struct scanner *sc)
{
	char *nl;

	if (sc->next >= sc->size || ini_gave_up(&sc->rd))
		return false;
	sc->bol = sc->next;
	nl = memchr(sc->s + sc->bol, '\n', sc->size - sc->bol);
	sc->eol = nl ? (size_t)(nl - sc->s) : sc->size;
	sc->next = nl ? sc->eol + 1 : sc->size;
	if (nl && sc->eol > sc->bol && sc->s[sc->eol - 1] == '\r')
		sc->eol--;
	sc->line++;
	check_bytes(sc);
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

static size_t skip_blanks(const struct scanner *sc, size_t p)
{
	while (p < sc->eol && is_blank(sc->s[p]))
		p++;
	return p;
}

/* A span without the blanks at its end. */
static struct span trimmed(const struct scanner *sc, size_t start, size_t end)
{
	while (end > start && is_blank(sc->s[end - 1]))
		end--;
	return (struct span){ start, end };
}

/* Nothing but a comment follows. */
static bool at_end(const struct scanner *sc, size_t p)
{
	return p == sc->eol || sc->s[p] == '#';
}

static struct ini_node *node_new(struct scanner *sc, struct span name, size_t at)
{
	struct ini_node *n = arena_alloc(&sc->rd.ini->mem, sizeof *n);

	n->name = arena_strn(&sc->rd.ini->mem, sc->s + name.start, name.end - name.start);
	n->line = sc->line;
	n->col = ini_col(sc->s, sc->bol, at);
	n->start = sc->bol;
	n->end = sc->next;
	return n;
}

static void node_link(struct ini_node *parent, struct ini_node *n)
{
	n->parent = parent;
	if (parent->last)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
}

static void value_add(struct scanner *sc, struct ini_node *key, struct span v)
{
	struct arena *a = &sc->rd.ini->mem;

	words_add(&key->values, a, arena_strn(a, sc->s + v.start, v.end - v.start));
}

/* What stands between the quote at *p and the next of its kind; *p moves behind that. */
static int quoted(struct scanner *sc, size_t *p, struct span *inner)
{
	char quote = sc->s[*p];
	char *close = memchr(sc->s + *p + 1, quote, sc->eol - *p - 1);

	if (!close)
		return fail(sc, *p, "quote is not closed, expected another %c on this line", quote);
	*inner = (struct span){ *p + 1, (size_t)(close - sc->s) };
	*p = inner->end + 1;
	return 0;
}

/* One item of a value, quoted or not; *p moves to the comma, comment or line end behind it. */
static int read_item(struct scanner *sc, struct ini_node *key, size_t *p)
{
	size_t start = *p;
	struct span item = { 0 };

	if (is_quote(sc->s[start])) {
		if (quoted(sc, p, &item) < 0)
			return -1;
		key->value_end = *p;
		*p = skip_blanks(sc, *p);
		if (!at_end(sc, *p) && sc->s[*p] != ',')
			return fail(sc, *p, "text behind a closing quote, put all of the value into quotes");
	} else {
		while (!at_end(sc, *p) && sc->s[*p] != ',')
			++*p;
		item = trimmed(sc, start, *p);
		key->value_end = item.end;
	}
	value_add(sc, key, item);
	return 0;
}

/* The comma at *p, and the blanks behind it. */
static void read_comma(struct scanner *sc, struct ini_node *key, size_t *p)
{
	size_t behind = *p + 1;

	key->value_end = behind;
	*p = skip_blanks(sc, behind);
	key->tight = *p == behind && (key->tight || !key->list);
	key->list = true;
}

static int read_line_value(struct scanner *sc, struct ini_node *key, size_t p)
{
	if (at_end(sc, p)) {
		value_add(sc, key, (struct span){ p, p });
		return 0;
	}
	if (sc->s[p] == ',') {
		size_t comma = p;

		read_comma(sc, key, &p);
		if (at_end(sc, p))
			return 0;
		return fail(sc, comma, "list begins with a comma, write \"\" for an empty item");
	}
	for (;;) {
		if (read_item(sc, key, &p) < 0)
			return -1;
		if (at_end(sc, p))
			return 0;
		read_comma(sc, key, &p);
		if (at_end(sc, p))
			return 0;
		if (sc->s[p] == ',')
			return fail(sc, p, "nothing between two commas, write \"\" for an empty item");
	}
}

/*
 * Where the quotes that close a triple-quoted value begin; 0 when none do. Further
 * quotes right behind them belong to the value, so that it may end in one.
 */
static size_t find_triple(const struct scanner *sc, size_t from)
{
	const char *open = sc->s + from - 3;
	const char *close = memmem(sc->s + from, sc->size - from, open, 3);
	const char *end = sc->s + sc->size;

	if (!close)
		return 0;
	while (end - close > 3 && close[3] == *open)
		close++;
	return (size_t)(close - sc->s);
}

/* Lines end in '\n' whatever they end in in the file. */
static const char *without_returns(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (from[0] != '\r' || from[1] != '\n')
			*to++ = *from;
	*to = 0;
	return text;
}

static int read_triple_value(struct scanner *sc, struct ini_node *key, size_t p)
{
	struct arena *a = &sc->rd.ini->mem;
	size_t start = p + 3, close = find_triple(sc, start);

	if (!close)
		return fail(sc, p, "triple quote is never closed, expected another %.3s further on", sc->s + p);
	while (close >= sc->next && next_line(sc))
		;
	words_add(&key->values, a, without_returns(arena_strn(a, sc->s + start, close - start)));
	key->value_end = close + 3;
	p = skip_blanks(sc, key->value_end);
	if (!at_end(sc, p))
		return fail(sc, p, "text behind closing triple quotes, which cannot be part of a list");
	return 0;
}

static int read_value(struct scanner *sc, struct ini_node *key, size_t p)
{
	key->value_start = key->value_end = p;
	key->value_line = sc->line;
	key->value_col = ini_col(sc->s, sc->bol, p);
	if (sc->eol - p >= 3 && is_quote(sc->s[p]) && sc->s[p + 1] == sc->s[p] && sc->s[p + 2] == sc->s[p])
		return read_triple_value(sc, key, p);
	return read_line_value(sc, key, p);
}

/* People who come from another INI write "ram: 512"; tell them. */
static int no_equals(struct scanner *sc, size_t start)
{
	char *colon = memchr(sc->s + start, ':', sc->eol - start);
	struct span all = trimmed(sc, start, sc->eol);

	if (!colon)
		return fail(sc, start, "'%s' has no '=', expected 'key = value' or '[section]'", word(sc, all));
	return fail(sc, (size_t)(colon - sc->s), "'%s' is followed by ':', use '='",
		    word(sc, trimmed(sc, start, (size_t)(colon - sc->s))));
}

/* The name of a key; *p moves to the '=' behind it. */
static int read_name(struct scanner *sc, size_t *p, struct span *name)
{
	size_t start = *p;
	char *equals;

	if (is_quote(sc->s[start])) {
		if (quoted(sc, p, name) < 0)
			return -1;
		*p = skip_blanks(sc, *p);
		if (*p == sc->eol || sc->s[*p] == ':')
			return no_equals(sc, start);
		if (sc->s[*p] != '=')
			return fail(sc, *p, "text behind the quoted key '%s', expected '='", word(sc, *name));
	} else {
		equals = memchr(sc->s + start, '=', sc->eol - start);
		if (!equals)
			return no_equals(sc, start);
		*p = (size_t)(equals - sc->s);
		*name = trimmed(sc, start, *p);
	}
	if (name->start == name->end)
		return fail(sc, start, "key has no name, expected 'key = value'");
	return 0;
}

static void read_key(struct scanner *sc, size_t p)
{
	size_t start = p;
	struct span name = { 0 };
	struct ini_node *key;

	if (read_name(sc, &p, &name) < 0)
		return;
	key = node_new(sc, name, start);
	if (read_value(sc, key, skip_blanks(sc, p + 1)) < 0)
		return;
	key->end = sc->next;
	node_link(sc->section, key);
}

/* Count one kind of bracket, blanks between them allowed. */
static int count_brackets(struct scanner *sc, size_t *p, char bracket)
{
	int n = 0;

	while (*p < sc->eol && sc->s[*p] == bracket) {
		n++;
		*p = skip_blanks(sc, *p + 1);
	}
	return n;
}

/*
 * An unquoted section name ends at the brackets that end the line: "[a]b]" is
 * called "a]b", as ConfigObj has it. *p moves to the first of these brackets.
 */
static int read_bare_section_name(struct scanner *sc, size_t *p, struct span *name)
{
	size_t start = *p, behind = 0;

	for (size_t i = start; i < sc->eol;) {
		size_t close = i++;

		if (sc->s[close] != ']')
			continue;
		i = close;
		count_brackets(sc, &i, ']');
		if (at_end(sc, i)) {
			*name = trimmed(sc, start, close);
			*p = close;
			return 0;
		}
		if (!behind)
			behind = i;
	}
	if (behind)
		return fail(sc, behind, "text behind a section marker, expected a comment or nothing");
	return fail(sc, start, "section '%s' lacks its closing ']'", word(sc, trimmed(sc, start, sc->eol)));
}

static int read_section_name(struct scanner *sc, size_t *p, struct span *name)
{
	size_t start = *p;

	if (start == sc->eol || sc->s[start] == ']')
		return fail(sc, start, "section has no name");
	if (!is_quote(sc->s[start]))
		return read_bare_section_name(sc, p, name);
	if (quoted(sc, p, name) < 0)
		return -1;
	if (name->start == name->end)
		return fail(sc, start, "section has no name");
	*p = skip_blanks(sc, *p);
	if (*p == sc->eol || sc->s[*p] != ']')
		return fail(sc, *p, "section '%s' lacks its closing ']'", word(sc, *name));
	return 0;
}

/* The name and the closing brackets of a marker that begins at start with depth brackets. */
static int read_marker(struct scanner *sc, size_t start, size_t p, int depth, struct span *name)
{
	int closing;

	if (read_section_name(sc, &p, name) < 0)
		return -1;
	closing = count_brackets(sc, &p, ']');
	if (closing != depth)
		return fail(sc, start, "section '%s' has %d '[' but %d ']'", word(sc, *name), depth, closing);
	if (!at_end(sc, p))
		return fail(sc, p, "text behind a section marker, expected a comment or nothing");
	return 0;
}

static int check_depth(struct scanner *sc, size_t at, int depth, const struct ini_node *parent)
{
	int most = parent->depth < INI_MAX_DEPTH ? parent->depth + 1 : INI_MAX_DEPTH;

	if (depth <= most)
		return 0;
	return fail(sc, at, "section is %d deep, expected at most %d", depth, most);
}

static void read_section(struct scanner *sc, size_t p)
{
	size_t start = p;
	int depth = count_brackets(sc, &p, '[');
	struct ini_node *parent = sc->section, *section;
	struct span name = { p, p };
	bool good = !read_marker(sc, start, p, depth, &name);

	while (parent->depth >= depth)
		parent = parent->parent;
	good = good && !check_depth(sc, start, depth, parent);
	section = node_new(sc, name, start);
	section->section = true;
	section->depth = depth;
	section->parent = parent;
	if (good)
		node_link(parent, section);
	sc->section = section;
}

static void read_line(struct scanner *sc)
{
	size_t p = skip_blanks(sc, sc->bol);

	if (at_end(sc, p))
		return;
	if (sc->s[p] == ';')
		fail(sc, p, "';' does not begin a comment, use '#'");
	else if (sc->s[p] == '[')
		read_section(sc, p);
	else
		read_key(sc, p);
}

/* UTF-8 needs no byte order mark, but some editors leave one. */
size_t ini_text_start(const char *s, size_t size)
{
	return size >= 3 && !memcmp(s, "\xef\xbb\xbf", 3) ? 3 : 0;
}

static void scan(struct ini_reader *rd, char *source, size_t size)
{
	struct scanner sc = { .rd = *rd, .s = source, .size = size, .section = rd->ini->root };

	sc.next = ini_text_start(source, size);
	while (next_line(&sc))
		read_line(&sc);
	*rd = sc.rd;
}

int ini_parse(struct ini *ini, const char *file, const char *text, size_t size, struct report *r)
{
	struct ini_reader rd = { .ini = ini, .report = r };
	size_t mb = 1024 * 1024;
	char *source;

	ini->file = arena_str(&ini->mem, file);
	ini->source = "";
	ini->root = arena_alloc(&ini->mem, sizeof *ini->root);
	ini->root->name = "";
	ini->root->section = true;
	if (size > INI_MAX_BYTES) {
		ini_error(&rd, 0, 0, "file is %zu MB, expected at most %zu MB",
			  (size + mb - 1) / mb, INI_MAX_BYTES / mb);
		return -1;
	}
	source = arena_strn(&ini->mem, text, size);
	ini->source = source;
	ini->size = size;
	scan(&rd, source, size);
	ini_index(&rd);
	ini_interpolate(&rd);
	report_sort(r);
	return rd.errors ? -1 : 0;
}

void ini_done(struct ini *ini)
{
	arena_done(&ini->mem);
	*ini = (struct ini){ 0 };
}
