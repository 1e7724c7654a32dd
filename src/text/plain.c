/* SPDX-License-Identifier: ISC */
/*
 * Escape sequences after ECMA-48:
 *
 *	ESC [ parameters final          CSI: ends with a byte from '@' to '~'
 *	ESC ] … BEL or ESC \            OSC and the other strings (P X ^ _)
 *	ESC ( x                         two-byte designations
 *	ESC x                           the rest
 */
#include "text/plain.h"

#include <string.h>

enum {
	TEXT,           /* plain */
	RETURN,         /* after CR: LF ends the line, anything else starts writing over it */
	ESCAPE,         /* after ESC */
	CONTROL,        /* inside CSI */
	STRING,         /* inside OSC and its like */
	DESIGNATION,    /* one byte is left to skip */
	LEAD_C2,        /* the lead byte of U+0080 to U+00BF, whose first half are controls */
};

static void backspace(struct str *line)
{
	while (line->n && (line->s[line->n - 1] & 0xc0) == 0x80)
		line->n--;
	if (line->n)
		line->n--;
	if (line->s)
		line->s[line->n] = 0;
}

static bool text_byte(struct plain *p, char c)
{
	unsigned char b = (unsigned char)c;

	switch (c) {
	case '\n':
		return true;
	case '\r':
		p->state = RETURN;
		return false;
	case '\033':
		p->state = ESCAPE;
		return false;
	case '\b':
		backspace(&p->line);
		return false;
	}
	if (b == 0xc2)
		p->state = LEAD_C2;
	else if (c == '\t' || (b >= ' ' && b != 0x7f))
		str_addc(&p->line, c);
	return p->line.n >= PLAIN_MAX_LINE;
}

static int after_escape(char c)
{
	if (c == '[')
		return CONTROL;
	if (c && strchr("]PX^_", c))
		return STRING;
	return c && strchr("()*+-./ #%", c) ? DESIGNATION : TEXT;
}

bool plain_byte(struct plain *p, char c)
{
	int state = p->state;

	p->state = TEXT;
	switch (state) {
	case RETURN:
		if (c == '\r')
			p->state = RETURN;
		else if (c != '\n' && c != '\033')
			str_clear(&p->line);
		return c != '\r' && text_byte(p, c);
	case ESCAPE:
		p->state = after_escape(c);
		return false;
	case CONTROL:
		if (c < '@' || c > '~')
			p->state = CONTROL;
		/* Somewhere else on the screen: what stood here is complete. */
		return p->line.n && (c == 'H' || c == 'f' || c == 'J');
	case STRING:
		if (c == '\033')
			p->state = ESCAPE;
		else if (c != '\a')
			p->state = STRING;
		return false;
	case DESIGNATION:
		return false;
	case LEAD_C2:
		if ((c & 0xc0) != 0x80)
			return text_byte(p, c);         /* no UTF-8 at all */
		if ((unsigned char)c >= 0xa0)
			str_addn(&p->line, (char[]){ '\xc2', c }, 2);
		return false;
	}
	return text_byte(p, c);
}

void plain_done(struct plain *p)
{
	str_done(&p->line);
}

static void add_line(struct str *out, struct str *line)
{
	str_addn(out, str_text(line), line->n);
	str_addc(out, '\n');
	str_clear(line);
}

void plain_text(struct str *out, const char *bytes, size_t n)
{
	DEFER(plain_done) struct plain p = { 0 };

	for (size_t i = 0; i < n; i++)
		if (plain_byte(&p, bytes[i]))
			add_line(out, &p.line);
	if (p.line.n)
		add_line(out, &p.line);
}

static bool blank(const char *line, size_t n)
{
	return strspn(line, " \t") >= n;
}

void plain_tail(struct str *out, const char *bytes, size_t n, size_t lines)
{
	DEFER(str_done) struct str all = { 0 };
	DEFER(str_done) struct str kept = { 0 };
	size_t have = 0, at;

	plain_text(&all, bytes, n);
	for (const char *line = str_text(&all); *line; line = strchr(line, '\n') + 1) {
		size_t len = strcspn(line, "\n");

		if (blank(line, len))
			continue;
		str_addn(&kept, line, len + 1);
		have++;
	}
	for (at = 0; have > lines; have--)
		at += strcspn(kept.s + at, "\n") + 1;
	str_add(out, str_text(&kept) + at);
}
