/* SPDX-License-Identifier: ISC */
/*
 * The editor of machine files. A row is a file, an edit, and the whole file
 * afterwards, or the message.
 */
#include "tap.h"

#include <stdlib.h>

#include "text/iniedit.h"

struct row {
	const char *text, *path, *value, *want;
};

#define N(array) (sizeof (array) / sizeof *(array))

typedef int edit_fn(const struct ini *ini, const struct row *row, struct str *out, struct err *e);

static void edits(edit_fn *edit, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		DEFER(ini_done) struct ini ini = { 0 };
		DEFER(report_done) struct report r = { .file = "t" };
		DEFER(str_done) struct str out = { 0 };
		struct err e = { 0 };
		int status;

		ini_parse(&ini, "t", rows[i].text, strlen(rows[i].text), &r);
		status = edit(&ini, &rows[i], &out, &e);
		is(status < 0 ? e.msg : str_text(&out), rows[i].want, rows[i].path);
	}
}

static int set(const struct ini *ini, const struct row *row, struct str *out, struct err *e)
{
	return ini_set(ini, row->path, &row->value, 1, out, e);
}

static int add(const struct ini *ini, const struct row *row, struct str *out, struct err *e)
{
	return ini_add(ini, row->path, row->value, NULL, NULL, out, e);
}

static int del(const struct ini *ini, const struct row *row, struct str *out, struct err *e)
{
	return ini_del(ini, row->path, out, e);
}

/* One value changes, every other byte stays. */
static void change_value(void)
{
	static const struct row rows[] = {
		{ "# top\n[a]\n\tx = 1 # one\n\n  y=2\n", "a.x", "10", "# top\n[a]\n\tx = 10 # one\n\n  y=2\n" },
		{ "[a]\nx=1#c\n", "a.x", "2", "[a]\nx=2#c\n" },
		{ "[a]\nx  =\t1  \t\n", "a.x", "2", "[a]\nx  =\t2  \t\n" },
		{ "[a]\r\nx = 1\r\ny = 2\r\n", "a.x", "2", "[a]\r\nx = 2\r\ny = 2\r\n" },
		{ "[a]\nx = 1", "a.x", "2", "[a]\nx = 2" },
		{ "\xef\xbb\xbfx = 1", "x", "2", "\xef\xbb\xbfx = 2" },
		{ "[a]\nx = b, 'c' # d\n", "a.x", "e", "[a]\nx = e # d\n" },
		{ "[a]\nx = '''1\n2''' # d\ny = 3\n", "a.x", "e", "[a]\nx = e # d\ny = 3\n" },
		{ "[a]\nx =\n", "a.x", "1", "[a]\nx = 1\n" },
		{ "[a]\nx=\n", "a.x", "1", "[a]\nx=1\n" },
		{ "[a]\nx = \n", "a.x", "1", "[a]\nx = 1\n" },
		{ "[a]\nx = # why\n", "a.x", "1", "[a]\nx = 1 # why\n" },
		{ "[a]\nx =# why\n", "a.x", "1", "[a]\nx = 1 # why\n" },
		{ "['a.b']\n\"x y\" = 1\n", "\"a.b\".x y", "2", "['a.b']\n\"x y\" = 2\n" },
		{ "[a]\nx = 1\ny = %(x)s\n", "a.x", "2", "[a]\nx = 2\ny = %(x)s\n" },
		{ "[a]\nx = %(y)s\ny = 1\n", "a.x", "2", "[a]\nx = 2\ny = 1\n" },
	};

	edits(set, rows, N(rows));
}

/* Each value reads back as it was given. */
static void spell_value(void)
{
	static const struct row rows[] = {
		{ "x = 1\n", "x", "", "x = \"\"\n" },
		{ "x = 1\n", "x", "two words", "x = two words\n" },
		{ "x = 1\n", "x", "a, b", "x = \"a, b\"\n" },
		{ "x = 1\n", "x", "a#b", "x = \"a#b\"\n" },
		{ "x = 1\n", "x", " a", "x = \" a\"\n" },
		{ "x = 1\n", "x", "a\t", "x = \"a\t\"\n" },
		{ "x = 1\n", "x", "it's", "x = \"it's\"\n" },
		{ "x = 1\n", "x", "say \"a\"", "x = 'say \"a\"'\n" },
		{ "x = 1\n", "x", "it's \"a\"", "x = \"\"\"it's \"a\"\"\"\"\n" },
		{ "x = 1\n", "x", "'\"", "x = \"\"\"'\"\"\"\"\n" },
		{ "x = 1\n", "x", "\"'", "x = \"\"\"\"'\"\"\"\n" },
		{ "x = 1\n", "x", "\"\"\" and ''", "x = '''\"\"\" and '''''\n" },
		{ "x = 1\n", "x", "a\nb", "x = \"\"\"a\nb\"\"\"\n" },
		{ "x = 1\n", "x", "\n", "x = \"\"\"\n\"\"\"\n" },
		{ "x = 1\r\n", "x", "a\nb", "x = \"\"\"a\r\nb\"\"\"\r\n" },
		{ "x = 1\n", "x", "C:\\dir", "x = C:\\dir\n" },
		{ "x = 1\n", "x", "100%", "x = 100%\n" },
		{ "x = 1\n", "x", "%(x", "x = %(x\n" },
		{ "x = 1\n", "x", "%(x)d", "x = %(x)d\n" },
		{ "x = 1\n", "x", "a = b", "x = a = b\n" },
		{ "x = 1\n", "x", "\xc3\xa9", "x = \xc3\xa9\n" },
	};

	edits(set, rows, N(rows));
}

static void unspeakable(void)
{
	static const struct row rows[] = {
		{ "x = 1\n", "x", "%(x)s", "x: '%(x)s' in a value would be replaced when the file is read" },
		{ "x = 1\n", "x", "a\rb", "x: value holds a carriage return, expected lines to end in a newline only" },
		{ "x = 1\n", "x", "\"\"\"'''", "x: value holds both kinds of triple quotes" },
		{ "x = 1\n", "x", "\xff",
		  "with 'x' changed: t:1:5: byte 0xff (byte 4 of the file) is not UTF-8, save the file as UTF-8" },
		{ "[a]\n", "a", "1", "'a' is a section, expected a key in it" },
		{ "[a]\nx = 1\n", "a.x.y", "1", "'x' in 'a.x.y' is a value, expected a section" },
		{ "[a]\n", "a..x", "1", "'a..x' is not a path, expected section.section.key" },
		{ "[a]\n", "", "1", "'' is not a path, expected section.section.key" },
		{ "[a]\n", "a.\"it's \"\"=\"\"\"", "1",
		  "'it's \"=\"' cannot be a name, it holds both kinds of quotes" },
		{ "[a]\n", "a.\"b\nc\"", "1", "'b\nc' cannot be a name, expected one line of text" },
		{ "[a]\nx\n", "a.y", "1",
		  "cannot change 'a.y': t:2:1: 'x' has no '=', expected 'key = value' or '[section]'" },
	};

	edits(set, rows, N(rows));
}

/* A new key stands behind the last one of its section and looks like it. */
static void new_key(void)
{
	static const struct row rows[] = {
		{ "[a]\n\tx = 1\n\n# b\n[b]\n", "a.y", "2", "[a]\n\tx = 1\n\ty = 2\n\n# b\n[b]\n" },
		{ "[a]\n  x = 1\n  [[b]]\n    z = 1\n", "a.y", "2", "[a]\n  x = 1\n  y = 2\n  [[b]]\n    z = 1\n" },
		{ "[a]\nx=1\n", "a.y", "2", "[a]\nx=1\ny=2\n" },
		{ "[a]\nx=1\n[b]\n", "b.y", "2", "[a]\nx=1\n[b]\ny=2\n" },
		{ "[a]\nx=\ny = 1\n[b]\n", "b.y", "2", "[a]\nx=\ny = 1\n[b]\ny = 2\n" },
		{ "[a]\n\tx = 1\n[b]", "b.y", "2", "[a]\n\tx = 1\n[b]\n\ty = 2" },
		{ "[a]\n  [[b]]\n", "a.b.y", "2", "[a]\n  [[b]]\n    y = 2\n" },
		{ "[a]\n", "a.y", "2", "[a]\n    y = 2\n" },
		{ "[a] # why\r\n", "a.y", "2", "[a] # why\r\n    y = 2\r\n" },
		{ "", "y", "2", "y = 2\n" },
		{ "\xef\xbb\xbf", "y", "2", "\xef\xbb\xbfy = 2\n" },
		{ "\xef\xbb\xbf[a]\n", "y", "2", "\xef\xbb\xbfy = 2\n[a]\n" },
		{ "x = 1\n[a]\n", "y", "2", "x = 1\ny = 2\n[a]\n" },
		{ "x = 1", "y", "2", "x = 1\ny = 2" },
		{ "x = '''1\n''' # why\n[a]\n", "y", "2", "x = '''1\n''' # why\ny = 2\n[a]\n" },
		{ "[a]\n", "a.\"b=c\"", "2", "[a]\n    \"b=c\" = 2\n" },
		{ "[a]\n", "a.\"#c\"", "2", "[a]\n    \"#c\" = 2\n" },
		{ "[a]\n", "a.it's \"x\"", "2", "[a]\n    it's \"x\" = 2\n" },
		{ "[a]\n", "a.'\"x'", "2", "[a]\n    '\"x' = 2\n" },
		{ "[a]\n", "a.user+", "2", "[a]\n    user+ = 2\n" },
	};

	edits(set, rows, N(rows));
}

static void new_section(void)
{
	static const struct row rows[] = {
		{ "", "a.b.c", "1", "[a]\n    [[b]]\n        c = 1\n" },
		{ "[x]\n\ty = 1\n", "a.b.c", "1", "[x]\n\ty = 1\n\n[a]\n\t[[b]]\n\t\tc = 1\n" },
		{ "[x]\ny = 1\n\n", "a.b.c", "1", "[x]\ny = 1\n\n[a]\n[[b]]\nc = 1\n" },
		{ "[x]\n  y=1\n[[z]]\n  y=2\n", "x.n.c", "1", "[x]\n  y=1\n[[z]]\n  y=2\n[[n]]\n  c=1\n" },
		{ "[x]\n\t[[y]]\n\t\tz = 1\n\n# next\n[w]\n", "x.n.c", "1",
		  "[x]\n\t[[y]]\n\t\tz = 1\n\t[[n]]\n\t\tc = 1\n\n# next\n[w]\n" },
		{ "[x]\n\t[[y]]\n\t\tz = 1\n", "x.y.n.c", "1",
		  "[x]\n\t[[y]]\n\t\tz = 1\n\t\t[[[n]]]\n\t\t\tc = 1\n" },
		{ "# only this", "a.b", "1", "# only this\n\n[a]\n    b = 1" },
		{ "[x]\r\n\ty = 1", "a.b", "1", "[x]\r\n\ty = 1\r\n\r\n[a]\r\n\tb = 1" },
		{ "[x]\r\n\r\n", "a.b", "1", "[x]\r\n\r\n[a]\r\n    b = 1\r\n" },
		{ "", "\"a.b\".' c '.\"[d]\".e", "1",
		  "[a.b]\n    [[\" c \"]]\n        [[[\"[d]\"]]]\n            e = 1\n" },
		{ "", "0.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24.25.26.27.28.29.30.31.32.k", "1",
		  "with '0.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24.25.26.27.28.29.30"
		  ".31.32.k' changed: t:33:129: section is 33 deep, expected at most 32" },
	};

	edits(set, rows, N(rows));
}

static void set_lists(void)
{
	static const struct {
		const char *values[3];
		size_t n;
		const char *want;
	} rows[] = {
		{ { "b", "c d", "e" }, 3, "x = b, c d, e # why\n" },
		{ { "b, c", "#d", "" }, 3, "x = \"b, c\", \"#d\", \"\" # why\n" },
		{ { "it's", "\"f\"" }, 2, "x = \"it's\", '\"f\"' # why\n" },
		{ { "it's \"f\"", "g" }, 2, "x = it's \"f\", g # why\n" },
		{ { NULL }, 0, "x = , # why\n" },
		{ { "'it's \"f\"", "g" }, 2, "x: ''it's \"f\"' holds both kinds of quotes, which a list cannot" },
		{ { "b\nc", "d" }, 2, "x: an item of a list cannot span lines" },
		{ { "b", "%(x)s" }, 2, "x: '%(x)s' in a value would be replaced when the file is read" },
	};
	static const char text[] = "x = 1 # why\n";

	for (size_t i = 0; i < N(rows); i++) {
		DEFER(ini_done) struct ini ini = { 0 };
		DEFER(report_done) struct report r = { 0 };
		DEFER(str_done) struct str out = { 0 };
		struct err e = { 0 };
		int status;

		ini_parse(&ini, "t", text, sizeof text - 1, &r);
		status = ini_set(&ini, "x", rows[i].values, rows[i].n, &out, &e);
		is(status < 0 ? e.msg : out.s, rows[i].want, rows[i].want);
	}
}

static void add_values(void)
{
	static const struct row rows[] = {
		{ "x = a # why\n", "x", "b", "x = a, b # why\n" },
		{ "x = a, b\n", "x", "c", "x = a, b, c\n" },
		{ "x = a,b\n", "x", "c", "x = a,b,c\n" },
		{ "x = a,b,\n", "x", "c", "x = a,b,c\n" },
		{ "x = a, b ,\n", "x", "c", "x = a, b , c\n" },
		{ "x = a,\n", "x", "b", "x = a, b\n" },
		{ "x = ,\n", "x", "b", "x = b,\n" },
		{ "x =\n", "x", "b", "x = b\n" },
		{ "x = \"\" # why\n", "x", "b", "x = b # why\n" },
		{ "x = 'a'\n", "x", "b, c", "x = 'a', \"b, c\"\n" },
		{ "x = '''a, b'''\n", "x", "c", "x = \"a, b\", c\n" },
		{ "x = '''a\nb'''\n", "x", "c", "x: an item of a list cannot span lines" },
		{ "x = a\n", "x", "b\nc", "x: an item of a list cannot span lines" },
		{ "y = 1\nx = %(y)s\n", "x", "b", "y = 1\nx = %(y)s, b\n" },
		{ "[s]\n", "s.x", "b", "[s]\n    x = b\n" },
		{ "[s]\n", "s", "b", "'s' is a section, expected a key in it" },
		{ "", "s.t.x", "b", "[s]\n    [[t]]\n        x = b\n" },
		{ "x = 1\n", "x.y", "b", "'x' in 'x.y' is a value, expected a section" },
		{ "x = 1\n", "x.y+", "b", "'x' in 'x.y+' is a value, expected a section" },
	};

	edits(add, rows, N(rows));
}

static void numbering(void)
{
	static const struct row rows[] = {
		{ "[u]\n\t[[u0]]\n\t\tname = a\n", "u.u+.name", "b",
		  "[u]\n\t[[u0]]\n\t\tname = a\n\t[[u1]]\n\t\tname = b\n" },
		{ "[u]\n[[u9]]\n[[u10]]\n[[u02x]]\n[[v77]]\n[[u]]\n[[u99999999999]]\n", "u.u+.n", "b",
		  "[u]\n[[u9]]\n[[u10]]\n[[u02x]]\n[[v77]]\n[[u]]\n[[u99999999999]]\n[[u11]]\nn = b\n" },
		{ "", "u.u+.n", "b", "[u]\n    [[u0]]\n        n = b\n" },
		{ "[n]\nns1 = x\n", "n.ns+", "b", "[n]\nns1 = x\nns2 = b\n" },
		{ "", "a.\"u+\".n", "b", "[a]\n    [[u+]]\n        n = b\n" },
		{ "", "a.+.n", "b", "[a]\n    [[+]]\n        n = b\n" },
		{ "", "a+.b+.n", "b", "'a+.b+.n' has more than one '+', expected one" },
	};
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report r = { 0 };
	DEFER(str_done) struct str out = { 0 };
	struct err e = { 0 };
	const char *chosen = NULL;

	edits(add, rows, N(rows));
	ini_parse(&ini, "t", rows[0].text, strlen(rows[0].text), &r);
	ok(ini_add(&ini, "u.u+.name", "b", &r.mem, &chosen, &out, &e) == 0, "the name chosen");
	is(chosen, "u1", "is told");
	chosen = NULL;
	ok(ini_add(&ini, "u.name", "b", &r.mem, &chosen, &out, &e) == 0 && !chosen, "unless there was none to choose");
}

static void deletion(void)
{
	static const struct row rows[] = {
		{ "[a]\n\tx = 1 # one\n\t# two\n\ty = 2\n", "a.x", NULL, "[a]\n\t# two\n\ty = 2\n" },
		{ "x = '''1\n2'''\ny = 3\n", "x", NULL, "y = 3\n" },
		{ "[a]\r\nx = 1\r\ny = 2", "a.y", NULL, "[a]\r\nx = 1\r\n" },
		{ "[a]\nx = 1\n[[b]]\ny = 1\n[[[c]]]\n[[d]]\n", "a.b", NULL, "[a]\nx = 1\n[[d]]\n" },
		{ "[a]\n[b]\nx = 1\n\n# about c\n  # more\n[c]\n", "b", NULL, "[a]\n# about c\n  # more\n[c]\n" },
		{ "[a]\n# in a\n\n# about b\n[b]\n", "a", NULL, "# about b\n[b]\n" },
		{ "[a]\n[b]\nx = 1\n# end", "b", NULL, "[a]\n" },
		{ "\xef\xbb\xbf[a]\nx = 1\n", "a", NULL, "\xef\xbb\xbf" },
		{ "[a]\nx = '''\n# 1'''\n[b]\n", "a", NULL, "[b]\n" },
		{ "[a]\n", "b", NULL, "there is no 'b' in t" },
		{ "[a]\n", "a.b.c", NULL, "there is no 'a.b.c' in t" },
		{ "x = 1\n", "x.y", NULL, "'x' in 'x.y' is a value, expected a section" },
		{ "x = 1\n", "", NULL, "'' is not a path, expected section.section.key" },
		{ "x = 1\ny = %(x)s\n", "x", NULL,
		  "with 'x' changed: t:1:5: '%(x)s' refers to no key of this section or above it" },
		/* the second x would take the place of the first */
		{ "x = 1\nx = 2\n", "x", NULL, "'x' cannot be deleted without changing other values" },
	};

	edits(del, rows, N(rows));
}

static void kinds(void)
{
	static const char text[] = "[a]\nx = 1\n";
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report r = { 0 };
	DEFER(str_done) struct str out = { 0 };
	struct err e = { 0 };

	ini_parse(&ini, "t", text, sizeof text - 1, &r);
	ok(ini_del(&ini, "b", &out, &e) < 0 && e.kind == ERR_NOT_FOUND, "deleting nothing is 'not found'");
	ok(ini_set(&ini, "a", (const char *[]){ "1" }, 1, &out, &e) < 0 && e.kind == ERR_INVALID,
	   "a section is not replaced by a value");
	ok(ini_set(&ini, "a..b", (const char *[]){ "1" }, 1, &out, &e) < 0 && e.kind == ERR_USAGE,
	   "a bad path is a usage error");
	ok(ini_set(&ini, "a.x", (const char *[]){ "\xff" }, 1, &out, &e) < 0 && !out.n, "a failed edit leaves no text");
}

static char *slurp(const char *name, struct arena *a)
{
	const char *dir = getenv("BERTH_SOURCE");
	char *text = arena_alloc(a, 65536);
	FILE *f = fopen(arena_fmt(a, "%s/tests/data/%s", dir ? dir : ".", name), "r");

	if (!f)
		return NULL;
	text[fread(text, 1, 65535, f)] = 0;
	fclose(f);
	return text;
}

/* Set a key to a value that needs spelling and then back: the file is as it was. */
static bool there_and_back(const struct ini *ini, const struct ini_node *key)
{
	static const char *const odd[] = { "it's \"odd\", #1\nand long" };
	DEFER(arena_done) struct arena mem = { 0 };
	DEFER(report_done) struct report r = { 0 };
	DEFER(ini_done) struct ini changed = { 0 };
	DEFER(str_done) struct str out = { 0 }, back = { 0 };
	struct err e = { 0 };
	char *path = ini_path(key, &mem);

	if (ini_set(ini, path, odd, 1, &out, &e) < 0 || ini_parse(&changed, "t", out.s, out.n, &r) < 0)
		return false;
	return !strcmp(ini_find(&changed, path)->values.v[0], odd[0]) &&
	       ini_set(&changed, path, key->values.v, key->values.n, &back, &e) == 0 &&
	       !strcmp(back.s, ini->source);
}

static void samples(void)
{
	static const char *const files[] = { "thesis-openvz.conf", "thesis-windows.conf" };

	for (size_t i = 0; i < N(files); i++) {
		DEFER(ini_done) struct ini ini = { 0 };
		DEFER(report_done) struct report r = { .file = files[i] };
		const char *text = slurp(files[i], &r.mem);
		int keys = 0, good = 0;

		if (text)
			ini_parse(&ini, files[i], text, strlen(text), &r);
		for (const struct ini_node *n = ini.root; n; n = ini_next(n)) {
			keys += !n->section;
			good += !n->section && there_and_back(&ini, n);
		}
		ok(keys > 30 && good == keys, "%s: %d of %d keys set there and back", files[i], good, keys);
	}
}

int main(void)
{
	change_value();
	spell_value();
	unspeakable();
	new_key();
	new_section();
	set_lists();
	add_values();
	numbering();
	deletion();
	kinds();
	samples();
	return tap_done();
}
