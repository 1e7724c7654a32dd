/* SPDX-License-Identifier: ISC */
#include "front/calls.h"

#include <string.h>

#include "base/str.h"

bool front_is(const char *program)
{
	for (const struct front_call *c = front_calls; c->program; c++)
		if (!strcmp(c->program, program))
			return true;
	return false;
}

static bool is_option(const char *word)
{
	return *word == '-' && word[1];
}

/* Where the row's own word stands among those of the call; -1: it does not. */
static int find_word(const struct front_call *c, int argc, char **argv)
{
	int first = 0;

	while (first < argc && is_option(argv[first]) && !is_option(c->word))
		first++;
	for (int i = first; i < argc && (i == first || is_option(c->word)); i++)
		if (!strcmp(argv[i], c->word))
			return i;
	return -1;
}

/* Is it this form of the call, with that many names? An option that is a form of its own decides alone. */
static bool fits(const struct front_call *c, int argc, char **argv)
{
	int names = c->word ? -1 : 0;

	if (c->word && find_word(c, argc, argv) < 0)
		return false;
	if (c->word && is_option(c->word))
		return true;
	for (int i = 0; i < argc; i++)
		names += !is_option(argv[i]);
	return names >= c->min && (c->max < 0 || names <= c->max);
}

static int usage(const char *program, struct err *e)
{
	DEFER(str_done) struct str s = { 0 };

	for (const struct front_call *c = front_calls; c->program; c++)
		if (!strcmp(c->program, program))
			str_fmt(&s, "%s%s%s%s%s%s", s.n ? " | " : "", program, c->word ? " " : "", c->word ? c->word : "",
				*c->names ? " " : "", c->names);
	return err_set(e, ERR_USAGE, "usage: %s (see 'berth help as')", str_text(&s));
}

/* qemu-init's rules for a name; an older name may do without, a new one may not. */
static bool is_name(const char *s)
{
	enum { LONGEST = 40 };
	size_t n = strlen(s);

	return n && n <= LONGEST && s[n - 1] != '0' &&
	       strspn(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == n;
}

static int add_rc_file(const char *name, const char *folder, struct words *out, struct arena *a, struct err *e)
{
	if (!is_name(name))
		return err_set(e, ERR_USAGE, "'%s' is not a name a guest of qemu-init can have: letters and digits, at most 40, the last "
			       "one no 0", name);
	words_add(out, a, arena_fmt(a, "%s/%s-qemud.rc", folder, name));
	return 0;
}

/* Names and options of the call, without the word that the row has instead. */
static void sort_words(const struct front_call *c, int argc, char **argv, struct words *names, struct words *options,
		       struct arena *a)
{
	int skip = c->word ? find_word(c, argc, argv) : -1;

	for (int i = 0; i < argc; i++)
		if (i != skip && !(is_option(argv[i]) && c->lenient))
			words_add(is_option(argv[i]) ? options : names, a, argv[i]);
}

static void add_words(struct words *out, const char *text, struct arena *a)
{
	while (*text) {
		size_t n = strcspn(text, " ");

		words_add(out, a, arena_strn(a, text, n));
		text += n + (text[n] == ' ');
	}
}

static int translate(const struct front_call *c, int argc, char **argv, bool system, struct words *out, struct arena *a,
		     struct err *e)
{
	struct words names = { 0 }, options = { 0 };

	if (!*c->becomes)
		return 0;
	sort_words(c, argc, argv, &names, &options, a);
	add_words(out, c->becomes, a);
	if (system)
		words_add(out, a, "--system");
	for (size_t i = 0; i < options.n; i++)
		words_add(out, a, options.v[i]);
	if (c->rc_file && names.n == 2)
		return add_rc_file(names.v[0], names.v[1], out, a, e);
	for (size_t i = 0; i < names.n && c->max; i++)
		words_add(out, a, names.v[i]);
	return 0;
}

const struct front_call *front_call(const char *program, int argc, char **argv, bool system, struct words *out,
				    struct arena *a, struct err *e)
{
	for (const struct front_call *c = front_calls; c->program; c++)
		if (!strcmp(c->program, program) && fits(c, argc, argv))
			return translate(c, argc, argv, system, out, a, e) < 0 ? NULL : c;
	usage(program, e);
	return NULL;
}

/* 0 ok, 1 failed, 2 usage, 3 not running, 4 no permission, 5 unknown name. */
int front_status(const struct front_call *c, enum err_kind kind)
{
	if (c && kind && kind == c->idle)
		return 3;
	switch (kind) {
	case ERR_NONE:        return 0;
	case ERR_USAGE:       return 2;
	case ERR_PERMISSION:  return 4;
	case ERR_NOT_FOUND:   return 5;
	case ERR_FAILED:
	case ERR_EXISTS:
	case ERR_BUSY:
	case ERR_TIMEOUT:
	case ERR_UNREACHABLE:
	case ERR_PARTIAL:
	case ERR_INVALID:
	case ERR_AMBIGUOUS:
	case ERR_UNSUPPORTED: return 1;
	}
	return 1;
}
