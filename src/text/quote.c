/* SPDX-License-Identifier: ISC */
#include "text/quote.h"

#include <ctype.h>
#include <string.h>

static bool is_plain(const char *word)
{
	if (!*word || *word == '=')
		return false;
	for (const char *p = word; *p; p++)
		if (!isascii((unsigned char)*p) || (!isalnum((unsigned char)*p) && !strchr("@%+=:,./_-", *p)))
			return false;
	return true;
}

/* "A=b" before a command would set a variable instead of naming a program. */
static bool is_assignment(const char *word)
{
	if (!isalpha((unsigned char)*word) && *word != '_')
		return false;
	while (isalnum((unsigned char)*word) || *word == '_')
		word++;
	return *word == '=' || (*word == '+' && word[1] == '=');
}

/* Newline and tab are safe in single quotes; what would steer a terminal is spelt out. */
static bool needs_spelling(char c)
{
	return ((unsigned char)c < ' ' && c && c != '\n' && c != '\t') || c == 0x7f;
}

/* A run of control bytes, by way of printf: $'...' is unknown to dash, which is Debian's /bin/sh. */
static const char *spell_out(struct str *out, const char *p)
{
	str_add(out, "\"$(printf '");
	for (; needs_spelling(*p); p++)
		str_fmt(out, "\\%03o", (unsigned char)*p);
	str_add(out, "')\"");
	return p;
}

void quote_sh(struct str *out, const char *word)
{
	const char *p = word;

	if (is_plain(word) && !is_assignment(word)) {
		str_add(out, word);
		return;
	}
	str_addc(out, '\'');
	while (*p) {
		if (needs_spelling(*p)) {
			str_addc(out, '\'');
			p = spell_out(out, p);
			str_addc(out, '\'');
		} else if (*p == '\'') {
			str_add(out, "'\\''");
			p++;
		} else {
			str_addc(out, *p++);
		}
	}
	str_addc(out, '\'');
}

void quote_argv(struct str *out, const char *const *argv)
{
	for (size_t i = 0; argv[i]; i++) {
		if (i)
			str_addc(out, ' ');
		quote_sh(out, argv[i]);
	}
}

const char *quote_word(const char *word, struct arena *a)
{
	DEFER(str_done) struct str out = { 0 };

	quote_sh(&out, word);
	return arena_str(a, str_text(&out));
}
