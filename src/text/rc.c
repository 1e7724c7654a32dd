/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "text/rc.h"

struct reader {
	struct rc *rc;
	struct report *report;
	int line;
};

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Terminals and machine files take neither; a file of options has no use for them. */
static const char *bad_byte(const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < ' ' && *s != '\t') || *s == 127)
			return s;
	return NULL;
}

/* What stands between two quotes of a kind; NULL when the second is missing. In double ones, '\' frees '"', '\', '$' and '`'. */
static const char *quoted(const char *s, struct str *out)
{
	char quote = *s++;

	for (; *s && *s != quote; s++) {
		if (quote == '"' && *s == '\\' && s[1] && strchr("\"\\$`", s[1]))
			s++;
		str_addc(out, *s);
	}
	return *s ? s + 1 : NULL;
}

/* One word, appended to out; NULL when a quote is not closed. */
static const char *word(const char *s, struct str *out)
{
	while (s && *s && !blank(*s)) {
		if (*s == '"' || *s == '\'') {
			s = quoted(s, out);
			continue;
		}
		if (*s == '\\' && s[1])
			s++;
		str_addc(out, *s++);
	}
	return s;
}

const char *rc_words(const char *text, struct words *out, struct arena *a)
{
	for (;;) {
		DEFER(str_done) struct str w = { 0 };

		text += strspn(text, " \t");
		if (!*text || *text == '#')
			return NULL;
		text = word(text, &w);
		if (!text)
			return "has a quote that is not closed";
		words_add(out, a, arena_str(a, str_text(&w)));
	}
}

/* The text up to a comment, which begins behind a blank, and without the blanks before that. */
static char *bare(const char *s, struct arena *a)
{
	size_t n = 0;

	while (s[n] && !(s[n] == '#' && (!n || blank(s[n - 1]))))
		n++;
	while (n && blank(s[n - 1]))
		n--;
	return arena_strn(a, s, n);
}

/* What is wrong with the value, or NULL. */
static const char *value(struct rc_line *l, const char *s, struct arena *a)
{
	DEFER(str_done) struct str text = { 0 };

	if (*s != '"' && *s != '\'') {
		l->value = bare(s, a);
		return NULL;
	}
	s = quoted(s, &text);
	if (!s)
		return "the quote is not closed";
	if (*bare(s, a))
		return "something stands behind the closing quote";
	l->quoted = true;
	l->value = arena_str(a, str_text(&text));
	return NULL;
}

static void setting(struct reader *rd, const char *line, const char *s)
{
	struct arena *a = &rd->rc->mem;
	size_t n = 0;
	struct rc_line l = { .line = rd->line, .col = (int)(s - line) + 1 };
	const char *equal, *wrong;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	equal = s + n + strspn(s + n, " \t");
	if (!n || *equal != '=') {
		report_warning(rd->report, l.line, l.col, "not understood and left out, expected KEY=VALUE or options: '%s'", s);
		return;
	}
	l.key = arena_strn(a, s, n);
	s = equal + 1 + strspn(equal + 1, " \t");
	l.value_col = (int)(s - line) + 1;
	wrong = value(&l, s, a);
	if (wrong)
		report_warning(rd->report, l.line, l.value_col, "%s: %s; the line is left out", l.key, wrong);
	else
		*vec_add(&rd->rc->lines, a) = l;
}

static void options(struct reader *rd, const char *line, const char *s)
{
	struct rc_line l = { .line = rd->line, .col = (int)(s - line) + 1 };
	const char *wrong = rc_words(s, &l.words, &rd->rc->mem);

	if (wrong)
		report_warning(rd->report, l.line, l.col, "the line %s; it is left out", wrong);
	else
		*vec_add(&rd->rc->lines, &rd->rc->mem) = l;
}

static void one_line(struct reader *rd, const char *line)
{
	const char *s = line + strspn(line, " \t");
	const char *bad = bad_byte(line);

	if (!*s || *s == '#')
		return;
	if (bad)
		report_warning(rd->report, rd->line, (int)(bad - line) + 1, "a control character; the line is left out");
	else if (*s == '-')
		options(rd, line, s);
	else
		setting(rd, line, s);
}

/* Does a line of options go on in the next one? Only an odd number of '\' at its end is one that stands for itself. */
static bool goes_on(const char *line, size_t n)
{
	size_t slashes = 0;

	while (slashes < n && line[n - 1 - slashes] == '\\')
		slashes++;
	return slashes % 2 && line[strspn(line, " \t")] == '-';
}

void rc_parse(struct rc *rc, const char *text, size_t size, struct report *r)
{
	DEFER(str_done) struct str line = { 0 };
	struct reader rd = { .rc = rc, .report = r };
	const char *end = text + size;
	int next = 1;

	rd.line = next;
	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((nl ? nl : end) - text);

		for (size_t i = 0; i < n; i++)
			if (text[i] != '\r' || i + 1 < n)
				str_addc(&line, text[i] ? text[i] : 1);         /* NUL: a control character like others */
		text += n + 1;
		next++;
		if (nl && line.n && goes_on(line.s, line.n)) {
			line.s[--line.n] = 0;
			continue;
		}
		one_line(&rd, str_text(&line));
		str_clear(&line);
		rd.line = next;
	}
	if (line.n)
		one_line(&rd, line.s);
}

void rc_done(struct rc *rc)
{
	arena_done(&rc->mem);
}
