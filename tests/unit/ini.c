/* SPDX-License-Identifier: ISC */
/*
 * The reader of machine files. A row is an input and either the tree that it gives,
 * one line per node, or the messages.
 */
#include "tap.h"

#include <stdlib.h>

#include "base/str.h"
#include "text/ini.h"

/* "[a.b]" for a section, "a.b.key = value" for a scalar, "a.b.key = (one)(two)" for a list. */
static char *tree_text(const struct ini *ini, struct arena *a)
{
	DEFER(str_done) struct str s = { 0 };

	for (const struct ini_node *n = ini_next(ini->root); n; n = ini_next(n)) {
		if (n->section) {
			str_fmt(&s, "[%s]\n", ini_path(n, a));
			continue;
		}
		str_fmt(&s, "%s = ", ini_path(n, a));
		for (size_t i = 0; i < n->values.n; i++)
			str_fmt(&s, n->list ? "(%s)" : "%s", n->values.v[i]);
		str_addc(&s, '\n');
	}
	return arena_str(a, str_text(&s));
}

static char *report_text(const struct report *r, struct arena *a)
{
	DEFER(str_done) struct str s = { 0 };

	for (size_t i = 0; i < r->problems.n; i++)
		str_fmt(&s, "%s\n", report_line(r, &r->problems.v[i], a));
	return arena_str(a, str_text(&s));
}

/* The tree of a text without errors; the messages of one with errors. */
static void reads(const char *text, const char *want, const char *name)
{
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report r = { .file = "t" };
	int status = ini_parse(&ini, "t", text, strlen(text), &r);

	is(status < 0 ? report_text(&r, &r.mem) : tree_text(&ini, &r.mem), want, name);
}

struct row {
	const char *text, *want;
};

#define READS(rows) \
	for (size_t i = 0; i < sizeof (rows) / sizeof *(rows); i++) \
		reads((rows)[i].text, (rows)[i].want, (rows)[i].text)

static void sections(void)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "[a]\n", "[a]\n" },
		{ "[a]", "[a]\n" },
		{ "[ a b ]\n", "[\"a b\"]\n" },
		{ "\t [a] # why\n", "[a]\n" },
		{ "[a]# why\n", "[a]\n" },
		{ "[a]\n[[b]]\n[[[c]]]\n[[d]]\n[e]\n", "[a]\n[a.b]\n[a.b.c]\n[a.d]\n[e]\n" },
		{ "[a]\n[[b]]\n[[[c]]]\n[[[[d]]]]\n[[[[[e]]]]]\nk=1\n[f]\n",
		  "[a]\n[a.b]\n[a.b.c]\n[a.b.c.d]\n[a.b.c.d.e]\na.b.c.d.e.k = 1\n[f]\n" },
		{ "[a]\n    [[b]]\nx = 1\n", "[a]\n[a.b]\na.b.x = 1\n" },
		{ "[ [ a ] ]\n", "t:1:1: section is 2 deep, expected at most 1\n" },
		{ "[a]\n[ [ b ] ]\n", "[a]\n[a.b]\n" },
		{ "[\"a.b\"]\n[['#c']]\n", "[\"a.b\"]\n[\"a.b\".#c]\n" },
		{ "[\" a \"]\n", "[\" a \"]\n" },
		{ "[\"a]\"]\n", "[a]]\n" },
		{ "[a]b]\n", "[a]b]\n" },
		{ "[a#b] # ]\n", "[a#b]\n" },
		{ "[a = b]\n", "[\"a = b\"]\n" },
		{ "[a]\n[[x]]\n[b]\n[[x]]\n", "[a]\n[a.x]\n[b]\n[b.x]\n" },
	};

	READS(rows);
}

static void section_errors(void)
{
	static const struct row rows[] = {
		{ "[a]\n[[[c]]]\n", "t:2:1: section is 3 deep, expected at most 2\n" },
		{ "  [[a]]\n", "t:1:3: section is 2 deep, expected at most 1\n" },
		{ "[[a]\n", "t:1:1: section 'a' has 2 '[' but 1 ']'\n" },
		{ "[a]]\n", "t:1:1: section 'a' has 1 '[' but 2 ']'\n" },
		{ "[a\n", "t:1:2: section 'a' lacks its closing ']'\n" },
		{ "[a # why\n", "t:1:2: section 'a # why' lacks its closing ']'\n" },
		{ "[a = b\n", "t:1:2: section 'a = b' lacks its closing ']'\n" },
		{ "[]\n", "t:1:2: section has no name\n" },
		{ "[ ]\n", "t:1:3: section has no name\n" },
		{ "[\"\"]\n", "t:1:2: section has no name\n" },
		{ "[\n", "t:1:2: section has no name\n" },
		{ "[a] b\n", "t:1:5: text behind a section marker, expected a comment or nothing\n" },
		{ "[\"a\"] b\n", "t:1:7: text behind a section marker, expected a comment or nothing\n" },
		{ "[\"a\" b]\n", "t:1:6: section 'a' lacks its closing ']'\n" },
		{ "[\"a]\n", "t:1:2: quote is not closed, expected another \" on this line\n" },
		{ "[a]\n[b]\n[a]\n", "t:3:1: section 'a' appears twice, first on line 1\n" },
		{ "[a]\n[[b]]\n[c]\n[a]\n[[b]]\n", "t:4:1: section 'a' appears twice, first on line 1\n" },
		{ "[a]\nb = 1\n[[b]]\n", "t:3:1: 'b' is both a key and a section, first on line 2\n" },
		{ "a = 1\n[a]\n", "t:2:1: 'a' is both a key and a section, first on line 1\n" },
	};

	READS(rows);
}

static void keys(void)
{
	static const struct row rows[] = {
		{ "a = 1\n", "a = 1\n" },
		{ "[s]\na=1\nb =2\nc= 3\n\td\t=\t4\n", "[s]\ns.a = 1\ns.b = 2\ns.c = 3\ns.d = 4\n" },
		{ "a b = 1\n", "\"a b\" = 1\n" },
		{ "\"a=b\" = 1\n'c' = 2\n\" d \"=3\n", "a=b = 1\nc = 2\n\" d \" = 3\n" },
		{ "a#b = 1\n", "a#b = 1\n" },
		{ "a = b = c\n", "a = b = c\n" },
		{ "a:b = 1\n", "a:b = 1\n" },
		{ "# one\n\n   # two\na = 1\n", "a = 1\n" },
		{ "a = 1", "a = 1\n" },
		{ "a = 1\r\n[s]\r\nb = 2 \r\n", "a = 1\n[s]\ns.b = 2\n" },
		{ "\xef\xbb\xbf" "a = 1\n", "a = 1\n" },
		{ "\xef\xbb\xbf", "" },
		{ "\xc3\xa9t\xc3\xa9 = \xe2\x82\xac\xf0\x9f\x90\x8b\n",
		  "\xc3\xa9t\xc3\xa9 = \xe2\x82\xac\xf0\x9f\x90\x8b\n" },
		{ "[a]\nx=1\n[b]\nx=1\n", "[a]\na.x = 1\n[b]\nb.x = 1\n" },
	};

	READS(rows);
}

static void key_errors(void)
{
	static const struct row rows[] = {
		{ "[a]\nram\n", "t:2:1: 'ram' has no '=', expected 'key = value' or '[section]'\n" },
		{ "ram: 512\n", "t:1:4: 'ram' is followed by ':', use '='\n" },
		{ "\"ram\": 512\n", "t:1:6: '\"ram\"' is followed by ':', use '='\n" },
		{ "\"ram\"\n", "t:1:1: '\"ram\"' has no '=', expected 'key = value' or '[section]'\n" },
		{ "\"ram\" x = 1\n", "t:1:7: text behind the quoted key 'ram', expected '='\n" },
		{ "  \"ram = 1\n", "t:1:3: quote is not closed, expected another \" on this line\n" },
		{ "= 1\n", "t:1:1: key has no name, expected 'key = value'\n" },
		{ "\"\" = 1\n", "t:1:1: key has no name, expected 'key = value'\n" },
		{ "; old style\n", "t:1:1: ';' does not begin a comment, use '#'\n" },
		{ "\t; a = b\n", "t:1:2: ';' does not begin a comment, use '#'\n" },
		{ "[a]\nx = 1\nram = 1\nx = 2\nram = 2\n",
		  "t:4:1: 'x' is set twice, first on line 2\nt:5:1: 'ram' is set twice, first on line 3\n" },
		{ "x = 1\nx = 2\nx = 3\n",
		  "t:2:1: 'x' is set twice, first on line 1\nt:3:1: 'x' is set twice, first on line 1\n" },
		{ "\xc3\xa9\xc3\xa9 \xe2\x82\xac\n \xc3\xa9: 1\n",
		  "t:1:1: '\xc3\xa9\xc3\xa9 \xe2\x82\xac' has no '=', expected 'key = value' or '[section]'\n"
		  "t:2:3: '\xc3\xa9' is followed by ':', use '='\n" },
		{ "0123456789012345678901234567890123456789012345678901234567\xe2\x82\xac\xe2\x82\xac\n",
		  "t:1:1: '0123456789012345678901234567890123456789012345678901234567...' has no '=', "
		  "expected 'key = value' or '[section]'\n" },
	};

	READS(rows);
}

static void scalars(void)
{
	static const struct row rows[] = {
		{ "a = x y \t \n", "a = x y\n" },
		{ "a =\nb = \nc = \"\"\nd = ''\n", "a = \nb = \nc = \nd = \n" },
		{ "a = # nothing\n", "a = \n" },
		{ "a = b # why\n", "a = b\n" },
		{ "a = b#c\n", "a = b\n" },
		{ "a = b ; c\n", "a = b ; c\n" },
		{ "a = \"b#c\" # why\n", "a = b#c\n" },
		{ "a = 'b, c'\n", "a = b, c\n" },
		{ "a = \" b \"\n", "a =  b \n" },
		{ "a = \"it's\"\nb = 'say \"x\"'\n", "a = it's\nb = say \"x\"\n" },
		{ "a = it's \"x\"\n", "a = it's \"x\"\n" },
		{ "a = C:\\dir\\n\n", "a = C:\\dir\\n\n" },
		{ "a = \"C:\\\"\n", "a = C:\\\n" },
		{ "a = 100%\nb = %%\nc = %(x\nd = %(x)d\ne = %s\n", "a = 100%\nb = %%\nc = %(x\nd = %(x)d\ne = %s\n" },
		{ "a = [b]\n", "a = [b]\n" },
	};

	READS(rows);
}

static void lists(void)
{
	static const struct row rows[] = {
		{ "a = b, c\n", "a = (b)(c)\n" },
		{ "a = b,c,d # why\n", "a = (b)(c)(d)\n" },
		{ "a = b,\n", "a = (b)\n" },
		{ "a = b, # why\n", "a = (b)\n" },
		{ "a = ,\n", "a = \n" },
		{ "a = , # why\n", "a = \n" },
		{ "a = \"b, c\", d e , 'f#g'\n", "a = (b, c)(d e)(f#g)\n" },
		{ "a = \"\", ''\n", "a = ()()\n" },
		{ "a = b \"c, d\"\n", "a = (b \"c)(d\")\n" },
		{ "rule = iptables --dports 80,443 -j ACCEPT\n", "rule = (iptables --dports 80)(443 -j ACCEPT)\n" },
	};

	READS(rows);
}

static void value_errors(void)
{
	static const struct row rows[] = {
		{ "a = \"b\n", "t:1:5: quote is not closed, expected another \" on this line\n" },
		{ "a = b, 'c\n", "t:1:8: quote is not closed, expected another ' on this line\n" },
		{ "a = \"b\" c\n", "t:1:9: text behind a closing quote, put all of the value into quotes\n" },
		{ "a = \"b\"c\"\n", "t:1:8: text behind a closing quote, put all of the value into quotes\n" },
		{ "a = b,,c\n", "t:1:7: nothing between two commas, write \"\" for an empty item\n" },
		{ "a = b, , c\n", "t:1:8: nothing between two commas, write \"\" for an empty item\n" },
		{ "a = ,b\n", "t:1:5: list begins with a comma, write \"\" for an empty item\n" },
		{ "a = ,,\n", "t:1:5: list begins with a comma, write \"\" for an empty item\n" },
		{ "a = \"\"\"b\"\"\", c\n",
		  "t:1:12: text behind closing triple quotes, which cannot be part of a list\n" },
		{ "a = \"\"\"b\n\"\"\" c\n",
		  "t:2:5: text behind closing triple quotes, which cannot be part of a list\n" },
		{ "[s]\na = '''b\nc = 1\nd\n",
		  "t:2:5: triple quote is never closed, expected another ''' further on\n"
		  "t:4:1: 'd' has no '=', expected 'key = value' or '[section]'\n" },
		{ "a = \"\"\"b'''\n", "t:1:5: triple quote is never closed, expected another \"\"\" further on\n" },
	};

	READS(rows);
}

static void triple_quotes(void)
{
	static const struct row rows[] = {
		{ "a = \"\"\"b\"\"\"\n", "a = b\n" },
		{ "a = '''b # c, \"d\"''' # why\nx = 1\n", "a = b # c, \"d\"\nx = 1\n" },
		{ "a = \"\"\"\"\"\"\n", "a = \n" },
		{ "a = \"\"\"b\nc = 1\n[d]\n\"\"\"\nx = 1\n", "a = b\nc = 1\n[d]\n\nx = 1\n" },
		{ "a = '''\n  b\r\n\n c''' # why\n", "a = \n  b\n\n c\n" },
		{ "a = \"\"\"say \"b\"\"\"\"\n", "a = say \"b\"\n" },
		{ "a = \"\"\"\"b\" and ''c\"\"\"\n", "a = \"b\" and ''c\n" },
		{ "a = \"\"\"it's '''b'''\"\"\"\n", "a = it's '''b'''\n" },
		{ "a = '''b''' # '''\n", "a = b\n" },
	};

	READS(rows);
}

static void interpolation(void)
{
	static const struct row rows[] = {
		{ "[s]\nhome = /h\na = %(home)s/x\n", "[s]\ns.home = /h\ns.a = /h/x\n" },
		{ "[s]\na = %(b)s%(b)s\nb = 1\n", "[s]\ns.a = 11\ns.b = 1\n" },
		{ "[s]\na = \"%(b)s\", x%(b)s\nb = 'y, z'\n", "[s]\ns.a = (y, z)(xy, z)\ns.b = y, z\n" },
		{ "[s]\na = '''1\n%(b)s'''\nb = 2\n", "[s]\ns.a = 1\n2\ns.b = 2\n" },
		{ "x = 1\n[s]\nx = 2\na = %(x)s\n[t]\na = %(x)s\n", "x = 1\n[s]\ns.x = 2\ns.a = 2\n[t]\nt.a = 1\n" },
		{ "[s]\nx = 1\n[[t]]\n[[[u]]]\na = %(x)s\n", "[s]\ns.x = 1\n[s.t]\n[s.t.u]\ns.t.u.a = 1\n" },
		{ "[s]\na = %(x)s\n[[DEFAULT]]\nx = 1\n", "[s]\ns.a = 1\n[s.DEFAULT]\ns.DEFAULT.x = 1\n" },
		{ "[DEFAULT]\nx = 1\n[s]\na = %(x)s\n", "[DEFAULT]\nDEFAULT.x = 1\n[s]\ns.a = 1\n" },
		{ "x = 0\n[DEFAULT]\nx = 1\n[s]\na = %(x)s\n", "x = 0\n[DEFAULT]\nDEFAULT.x = 1\n[s]\ns.a = 0\n" },
		{ "x = 0\n[s]\na = %(x)s\n[[DEFAULT]]\nx = 1\n",
		  "x = 0\n[s]\ns.a = 1\n[s.DEFAULT]\ns.DEFAULT.x = 1\n" },
		/* what is borrowed is expanded where it is used */
		{ "[s]\nname = s\npath = /h/%(name)s\n[[t]]\nname = t\na = %(path)s\n",
		  "[s]\ns.name = s\ns.path = /h/s\n[s.t]\ns.t.name = t\ns.t.a = /h/t\n" },
		/* a section of that name is not what is meant */
		{ "x = 1\n[s]\na = %(x)s\n[[x]]\n", "x = 1\n[s]\ns.a = 1\n[s.x]\n" },
		/* what comes out is not read again */
		{ "a = %(b)s(c)s\nb = %\nc = 1\n", "a = %(c)s\nb = %\nc = 1\n" },
		{ "a = %(b)s(c)s\nb = %\nc = 1\nd = %(a)s\n", "a = %(c)s\nb = %\nc = 1\nd = %(c)s\n" },
		{ "a = %(b)x%(b)s\nb = 1\n", "a = %(b)x1\nb = 1\n" },
	};

	READS(rows);
}

static void interpolation_errors(void)
{
	static const struct row rows[] = {
		{ "[s]\na = x/%(hme)s\n", "t:2:7: '%(hme)s' refers to no key of this section or above it\n" },
		{ "[s]\na = %()s\n", "t:2:5: '%()s' refers to no key of this section or above it\n" },
		{ "[s]\na = %(b)s\n[t]\nb = 1\n", "t:2:5: '%(b)s' refers to no key of this section or above it\n" },
		{ "[s]\na = %(s)s\n", "t:2:5: '%(s)s' refers to no key of this section or above it\n" },
		{ "a = x, \"%(b)s\", %(c)s\n",
		  "t:1:9: '%(b)s' refers to no key of this section or above it\n"
		  "t:1:17: '%(c)s' refers to no key of this section or above it\n" },
		{ "a = '''\n\xc3\xa9 %(b)s'''\n", "t:2:3: '%(b)s' refers to no key of this section or above it\n" },
		{ "a = %(b)s %(c)s\nb = 1\n", "t:1:11: '%(c)s' refers to no key of this section or above it\n" },
		{ "a = %(a)s\n", "t:1:5: '%(a)s' leads back to itself\n" },
		{ "a = %(b)s\nb = %(a)s\n",
		  "t:1:5: '%(a)s' leads back to itself\nt:2:5: '%(b)s' leads back to itself\n" },
		{ "x = 1\n[s]\nx = %(x)s/2\n", "t:3:5: '%(x)s' leads back to itself\n" },
		{ "a = 1, 2\nb = %(a)s\n", "t:2:5: '%(a)s' refers to a list, expected a single value\n" },
	};

	READS(rows);
}

/* After an error the reader goes on, and what follows a bad marker does not land in the section before. */
static void recovery(void)
{
	static const struct row rows[] = {
		{ "[a]\nx = 1\n[[[b]]]\nx = 2\ny\n[c]\nz\n",
		  "t:3:1: section is 3 deep, expected at most 2\n"
		  "t:5:1: 'y' has no '=', expected 'key = value' or '[section]'\n"
		  "t:7:1: 'z' has no '=', expected 'key = value' or '[section]'\n" },
		{ "[a]\n[[[b]]]\n[[[[c]]]]\n[[d]]\n[[[e]]]\n", "t:2:1: section is 3 deep, expected at most 2\n" },
		{ "[a]\nx = 1\n[b\nx = 2\nx = 3\n", "t:3:2: section 'b' lacks its closing ']'\n" },
		{ "b = %(c)s\na\n[s]\nx = \"\n",
		  "t:1:5: '%(c)s' refers to no key of this section or above it\n"
		  "t:2:1: 'a' has no '=', expected 'key = value' or '[section]'\n"
		  "t:4:5: quote is not closed, expected another \" on this line\n" },
	};

	READS(rows);
}

static void bytes(void)
{
	static const struct {
		const char *text;
		size_t n;
		const char *want;
	} rows[] = {
		{ "a = \0b\n", 7, "t:1:5: NUL byte (byte 4 of the file), expected text\n" },
		{ "# \0\0\nb\0 = \0\n", 11, "t:1:3: NUL byte (byte 2 of the file), expected text\n"
					   "t:2:2: NUL byte (byte 6 of the file), expected text\n" },
		{ "a = '''\n\0'''\n", 13, "t:2:1: NUL byte (byte 8 of the file), expected text\n" },
		{ "\xc3\xa9 = \xff\n", 7,
		  "t:1:5: byte 0xff (byte 5 of the file) is not UTF-8, save the file as UTF-8\n" },
		{ "a = \xc3", 5, "t:1:5: byte 0xc3 (byte 4 of the file) is not UTF-8, save the file as UTF-8\n" },
		{ "a = \xe9t\n", 7, "t:1:5: byte 0xe9 (byte 4 of the file) is not UTF-8, save the file as UTF-8\n" },
		{ "a = \xc0\x80\n", 7, "t:1:5: byte 0xc0 (byte 4 of the file) is not UTF-8, save the file as UTF-8\n" },
		{ "a = \xe0\x9f\xbf\n", 8,
		  "t:1:5: byte 0xe0 (byte 4 of the file) is not UTF-8, save the file as UTF-8\n" },
		{ "a = \xed\xa0\x80\n", 8,
		  "t:1:5: byte 0xed (byte 4 of the file) is not UTF-8, save the file as UTF-8\n" },
		{ "a = \xf4\x90\x80\x80\n", 9,
		  "t:1:5: byte 0xf4 (byte 4 of the file) is not UTF-8, save the file as UTF-8\n" },
		{ "a = \xf0\x8f\xbf\xbf\n", 9,
		  "t:1:5: byte 0xf0 (byte 4 of the file) is not UTF-8, save the file as UTF-8\n" },
		{ "a = 1\rb = 2\n", 12, "t:1:6: carriage return within a line, expected it only before a newline\n" },
		{ "\xff\xfe" "a\0", 4, "t:1:1: byte 0xff (byte 0 of the file) is not UTF-8, save the file as UTF-8\n"
			"t:1:1: '\xff\xfe" "a?' has no '=', expected 'key = value' or '[section]'\n" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		DEFER(ini_done) struct ini ini = { 0 };
		DEFER(report_done) struct report r = { .file = "t" };

		ini_parse(&ini, "t", rows[i].text, rows[i].n, &r);
		is(report_text(&r, &r.mem), rows[i].want, rows[i].want);
	}
}

/* Text with a format repeated n times, %d being the number. */
static void repeat(struct str *s, const char *fmt, int n)
{
	for (int i = 0; i < n; i++) {
		const char *d = strstr(fmt, "%d");

		str_addn(s, fmt, (size_t)(d - fmt));
		str_fmt(s, "%d%s", i, d + 2);
	}
}

static void limits(void)
{
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report r = { .file = "t" };
	char *big = calloc(1, INI_MAX_BYTES + 1);

	ok(ini_parse(&ini, "t", big, INI_MAX_BYTES + 1, &r) < 0, "a file may be too large");
	is(report_text(&r, &r.mem), "t: file is 17 MB, expected at most 16 MB\n", "and is told so");
	ok(ini.root && !ini.root->first && !ini.size, "the tree is empty then");
	free(big);
}

static void too_many_errors(void)
{
	DEFER(str_done) struct str s = { 0 };
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report r = { .file = "t" };

	str_add(&s, "a = %(b)s\n");
	repeat(&s, "line%d\n", 300);
	ini_parse(&ini, "t", s.s, s.n, &r);
	ok(r.errors == INI_MAX_ERRORS + 1, "errors are capped");
	is(report_line(&r, &r.problems.v[INI_MAX_ERRORS - 1], &r.mem),
	   "t:101:1: 'line99' has no '=', expected 'key = value' or '[section]'", "after the hundredth");
	is(report_line(&r, &r.problems.v[INI_MAX_ERRORS], &r.mem), "t:101:1: too many errors",
	   "and the last line says so");
}

static void deep(void)
{
	DEFER(str_done) struct str s = { 0 };
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report r = { .file = "t" };

	for (int depth = 1; depth <= INI_MAX_DEPTH + 1; depth++) {
		for (int i = 0; i < depth; i++)
			str_addc(&s, '[');
		str_addc(&s, 's');
		for (int i = 0; i < depth; i++)
			str_addc(&s, ']');
		str_addc(&s, '\n');
	}
	ini_parse(&ini, "t", s.s, s.n, &r);
	is(report_text(&r, &r.mem), "t:33:1: section is 33 deep, expected at most 32\n", "33 levels are one too many");
	str_clear(&s);
	for (int i = 0; i < 10000; i++)
		str_addc(&s, '[');
	str_addc(&s, 's');
	for (int i = 0; i < 10000; i++)
		str_addc(&s, ']');
	reads(s.s, "t:1:1: section is 10000 deep, expected at most 1\n", "10,000 brackets");
	str_clear(&s);
	repeat(&s, "k%d = %%(k", 1);
	for (int i = 1; i < 10000; i++)
		str_fmt(&s, "%d)s\nk%d = %%(k", i, i);
	str_add(&s, "0)s\n");
	ini_done(&ini);
	report_done(&r);
	ok(ini_parse(&ini, "t", s.s, s.n, &r) < 0, "10,000 references in a row");
	ok(strstr(r.problems.v[0].text, "comes after 32 references in a row"), "are refused");
}

static void billion_laughs(void)
{
	DEFER(str_done) struct str s = { 0 };
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report r = { .file = "t" };

	str_add(&s, "l0 = ha\n");
	for (int i = 1; i < 30; i++)
		str_fmt(&s, "l%d = %%(l%d)s%%(l%d)s%%(l%d)s%%(l%d)s\n", i, i - 1, i - 1, i - 1, i - 1);
	ok(ini_parse(&ini, "t", s.s, s.n, &r) < 0 && r.errors == 1, "a bomb is one error");
	is(r.problems.v[0].text, "references expand to more than 16 MB", "that says what it is");
}

/* Every node is where it says it is. */
static void positions(void)
{
	static const char text[] = "[h]\n\t\xc3\xa9 = \"x\" # why\n  l = a, b ,\n\tm = '''1\n2''' # y\n\te =\n";
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report r = { 0 };
	static const struct {
		const char *path;
		int line, col, value_line, value_col;
		const char *lines, *raw;
	} rows[] = {
		{ "h", 1, 1, 0, 0, "[h]\n", "" },
		{ "h.\xc3\xa9", 2, 2, 2, 6, "\t\xc3\xa9 = \"x\" # why\n", "\"x\"" },
		{ "h.l", 3, 3, 3, 7, "  l = a, b ,\n", "a, b ," },
		{ "h.m", 4, 2, 4, 6, "\tm = '''1\n2''' # y\n", "'''1\n2'''" },
		{ "h.e", 6, 2, 6, 5, "\te =\n", "" },
	};

	ok(ini_parse(&ini, "t", text, sizeof text - 1, &r) == 0, "positions: it parses");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct ini_node *n = ini_find(&ini, rows[i].path);

		ok(n->line == rows[i].line && n->col == rows[i].col, "%s: place of the name", rows[i].path);
		ok(n->value_line == rows[i].value_line && n->value_col == rows[i].value_col,
		   "%s: place of the value", rows[i].path);
		is(arena_strn(&r.mem, ini.source + n->start, n->end - n->start), rows[i].lines, "its lines");
		is(arena_strn(&r.mem, ini.source + n->value_start, n->value_end - n->value_start), rows[i].raw,
		   "its raw value");
	}
}

static void paths(void)
{
	static const char text[] =
		"[a]\n[[b.c]]\nd e = 1\n'x\"y.z' = 2\n\"'q\" = 3\n[[[t]]]\nu = v,w\nx = v, w\ny = v,\n[z]\n";
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report r = { 0 };
	static const struct row rows[] = {
		{ "a", "a" },
		{ "a.\"b.c\"", "a.\"b.c\"" },
		{ "a.'b.c'.t.u", "a.\"b.c\".t.u" },
		{ "a.\"b.c\".d e", "a.\"b.c\".\"d e\"" },
		{ "a.'b.c'.'x\"y.z'", "a.\"b.c\".\"x\"\"y.z\"" },
		{ "a.'b.c'.'''q'", "a.\"b.c\".\"'q\"" },
		{ "\"z\"", "z" },
		{ "", "" },
		{ "a.b.c", NULL },
		{ "a.", NULL },
		{ ".a", NULL },
		{ "a..x", NULL },
		{ "\"a", NULL },
		{ "\"a\"z", NULL },
		{ "a.\"b.c\".t.u.v", NULL },
		{ "nope", NULL },
	};

	ok(ini_parse(&ini, "t", text, sizeof text - 1, &r) == 0, "paths: it parses");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct ini_node *n = ini_find(&ini, rows[i].text);

		is(n ? ini_path(n, &r.mem) : NULL, rows[i].want, rows[i].text);
	}
	is(ini_text(ini_find(&ini, "a.'b.c'.t.u"), &r.mem), "v,w", "a list as one text, as tight as it was");
	is(ini_text(ini_find(&ini, "a.'b.c'.t.x"), &r.mem), "v, w", "or as loose");
	is(ini_text(ini_find(&ini, "a.'b.c'.t.y"), &r.mem), "v", "a list of one");
	is(ini_text(ini_find(&ini, "a.'b.c'.d e"), &r.mem), "1", "a scalar");
}

/* Errors leave a tree that holds the rest. */
static void tree_after_errors(void)
{
	static const char text[] = "[a]\nx = 1\nbad\nx = 2\n[[[no]]]\ny = 3\n[[b]]\nz = \"\nw = 4\n[a]\nv = 5\n[c]\n";
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report r = { 0 };

	ok(ini_parse(&ini, "t", text, sizeof text - 1, &r) < 0 && r.errors == 5, "five errors");
	is(tree_text(&ini, &r.mem), "[a]\na.x = 1\n[a.b]\na.b.w = 4\n[c]\n", "and the tree of the rest");
}

static void large_sections(void)
{
	DEFER(str_done) struct str s = { 0 };
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report r = { .file = "t" };
	int found = 0;

	str_add(&s, "[s]\n");
	repeat(&s, "key%d = 1\n", 100000);
	ok(ini_parse(&ini, "t", s.s, s.n, &r) == 0, "100,000 keys in a section");
	for (const struct ini_node *n = ini.root->first->first; n; n = n->next)
		found += ini_child(ini.root->first, n->name) == n;
	ok(found == 100000, "each is found by its name");
	ini_done(&ini);
	str_add(&s, "key5 = 2\n");
	ini_parse(&ini, "t", s.s, s.n, &r);
	is(report_text(&r, &r.mem), "t:100002:1: 'key5' is set twice, first on line 7\n", "one is there twice");
}

static char *slurp(const char *name, struct arena *a)
{
	const char *dir = getenv("BERTH_SOURCE");
	char *path = arena_fmt(a, "%s/tests/data/%s", dir ? dir : ".", name);
	char *text = arena_alloc(a, 65536);
	FILE *f = fopen(path, "r");

	if (!f)
		return NULL;
	text[fread(text, 1, 65535, f)] = 0;
	fclose(f);
	return text;
}

/* Both samples of the thesis, slips included. */
static void thesis(void)
{
	static const struct {
		const char *file, *path, *want;
	} rows[] = {
		{ "thesis-openvz.conf", "hardware.hdds.hdd0.size", "1G" },
		{ "thesis-openvz.conf", "hardware.eths.eth0.hw_addr", "01:00:de:ad:be:ef" },
		{ "thesis-openvz.conf", "network.nameservers.nameserver0", "192.168.1.1" },
		{ "thesis-openvz.conf", "users.groups.group0.name", "julius" },
		{ "thesis-openvz.conf", "users.user0.home_dir", "/home/caesar" },
		{ "thesis-openvz.conf", "gui.wireshark", "1" },
		{ "thesis-windows.conf", "hardware.hdds.hdd0.partitions.partition3.size", "1024" },
		{ "thesis-windows.conf", "hardware.hdds.hdd0.pos", "0:0" },
		{ "thesis-windows.conf", "network.eths.eth1.dns", "10.0.0.254" },
		{ "thesis-windows.conf", "network.open_ports.port1.description", "myport" },
		{ "thesis-windows.conf", "users.users.user1.passwd", "P4ssw0rd" },
		{ "thesis-windows.conf", "gui.mail_client", "mozilla-thunderbird" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		DEFER(ini_done) struct ini ini = { 0 };
		DEFER(report_done) struct report r = { .file = rows[i].file };
		const char *text = slurp(rows[i].file, &r.mem);
		const struct ini_node *n = NULL;

		ok(text && ini_parse(&ini, rows[i].file, text, strlen(text), &r) == 0, "%s parses", rows[i].file);
		if (text)
			n = ini_find(&ini, rows[i].path);
		is(n ? ini_text(n, &r.mem) : NULL, rows[i].want, rows[i].path);
	}
}

int main(void)
{
	sections();
	section_errors();
	keys();
	key_errors();
	scalars();
	lists();
	value_errors();
	triple_quotes();
	interpolation();
	interpolation_errors();
	recovery();
	bytes();
	limits();
	too_many_errors();
	deep();
	billion_laughs();
	positions();
	paths();
	tree_after_errors();
	large_sections();
	thesis();
	return tap_done();
}
