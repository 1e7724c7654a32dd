/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include "text/table.h"

static const struct column columns[] = {
	{ "name", "NAME", false },
	{ "ram", "RAM", true },
	{ "state", "STATE", false },
};

#define ROW(t, ...) table_row((t), (const char *const[]){ __VA_ARGS__ })

static void prints(struct table *t, bool titles, const char *want, const char *name)
{
	DEFER(str_done) struct str s = { 0 };

	table_print(t, titles, &s);
	is(str_text(&s), want, name);
}

static void printing(void)
{
	DEFER(table_done) struct table t = { .columns = columns, .ncolumns = 3 };

	prints(&t, true, "NAME  RAM  STATE\n", "an empty table has titles");
	prints(&t, false, "", "or nothing");
	ROW(&t, "web", "4G", "running");
	ROW(&t, "a-long-name", "512M", NULL);
	ROW(&t, "caf\xc3\xa9", NULL, "");
	prints(&t, true,
	       "NAME          RAM  STATE\n"
	       "web            4G  running\n"
	       "a-long-name  512M  -\n"
	       "caf\xc3\xa9" "            -\n", "columns line up, in characters");
	prints(&t, false,
	       "web            4G  running\n"
	       "a-long-name  512M  -\n"
	       "caf\xc3\xa9" "            -\n", "without titles");
}

static void narrow(void)
{
	DEFER(table_done) struct table t = { .columns = columns, .ncolumns = 2 };

	ROW(&t, "a\nb\033", "1");
	ROW(&t, "c", "10");
	prints(&t, false, "a?b?   1\nc     10\n", "a last column to the right is padded, control bytes are hidden");
	prints(&t, true, "NAME  RAM\na?b?    1\nc      10\n", "a title may be the widest");
}

static void json(void)
{
	DEFER(table_done) struct table t = { .columns = columns, .ncolumns = 3 };
	DEFER(free_str) char *text = NULL;
	json_t *rows;

	ROW(&t, "web", "4G", NULL);
	ROW(&t, "a\nb", "caf\xc3\xa9", "bad\xff");
	rows = table_json(&t);
	text = json_dumps(rows, JSON_COMPACT);
	is(text, "[{\"name\":\"web\",\"ram\":\"4G\",\"state\":null},"
	   "{\"name\":\"a\\nb\",\"ram\":\"caf\xc3\xa9\",\"state\":\"bad?\"}]", "the same rows in JSON");
	json_decref(rows);
}

#define FIT(...) ((const struct fit[]){ __VA_ARGS__ })

static void cuts(void)
{
	DEFER(table_done) struct table t = { .columns = columns, .ncolumns = 3 };

	ROW(&t, "a-long-name", "4G", "to be deleted soon");
	ROW(&t, "web", "512M", NULL);
	t.fits = FIT({ 4, CUT_RIGHT }, { 0, CUT_RIGHT }, { 3, CUT_RIGHT });
	prints(&t, true, "NAME   RAM  STA\na-lo    4G  to\nweb   512M  -\n", "cut on the right");
	t.fits = FIT({ 6, CUT_LEFT }, { 2, CUT_LEFT }, { 4, CUT_LEFT });
	prints(&t, true, "NAME    RA  STAT\ng-name  4G  soon\nweb     2M  -\n", "cut on the left, titles on the right");
	t.fits = FIT({ 4, CUT_WRAP }, { 6, CUT_RIGHT }, { 8, CUT_WRAP });
	prints(&t, true,
	       "NAME     RAM  STATE\n"
	       "a-lo      4G  to be\n"
	       "ng-n          deleted\n"
	       "ame           soon\n"
	       "web     512M  -\n", "wrapped, at blanks where there are some");
	t.fits = FIT({ 20, CUT_RIGHT }, { 5, CUT_WRAP }, { 20, CUT_WRAP });
	prints(&t, true,
	       "NAME                    RAM  STATE\n"
	       "a-long-name              4G  to be deleted soon\n"
	       "web                    512M  -\n", "wider than it must be");
}

static void wide(void)
{
	DEFER(table_done) struct table t = { .columns = columns, .ncolumns = 2 };

	ROW(&t, "\xe6\xbc\xa2\xe6\xbc\xa2", "1");
	t.fits = FIT({ 3, CUT_RIGHT }, { 0, CUT_RIGHT });
	prints(&t, false, "\xe6\xbc\xa2   1\n", "no half of a wide character");
	t.fits = FIT({ 1, CUT_WRAP }, { 0, CUT_RIGHT });
	prints(&t, false, "\xe6\xbc\xa2  1\n\xe6\xbc\xa2\n", "a column too narrow for any is not endless");
}

static void programs(void)
{
	DEFER(table_done) struct table t = { .columns = columns, .ncolumns = 3, .fits = FIT({ 2, CUT_RIGHT }, { 1, CUT_LEFT }, { 1, CUT_WRAP }) };
	DEFER(str_done) struct str s = { 0 };

	ROW(&t, "web", "4G", NULL);
	ROW(&t, "a,b", "say \"hi\"", "two\nlines");
	ROW(&t, "<&>", "\033[31m", "\xff");
	table_csv(&t, true, &s);
	is(str_text(&s), "name,ram,state\r\nweb,4G,\r\n\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n<&>,?[31m,?\r\n",
	   "CSV: nothing is cut, quotes where they must be");
	str_clear(&s);
	t.rows.n = 1;
	table_csv(&t, false, &s);
	is(str_text(&s), "web,4G,\r\n", "CSV without its first line");
	str_clear(&s);
	t.rows.n = 3;
	table_xml(&t, "guests", &s);
	is(str_text(&s),
	   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<guests>\n"
	   "  <row>\n    <name>web</name>\n    <ram>4G</ram>\n    <state/>\n  </row>\n"
	   "  <row>\n    <name>a,b</name>\n    <ram>say \"hi\"</ram>\n    <state>two\nlines</state>\n  </row>\n"
	   "  <row>\n    <name>&lt;&amp;&gt;</name>\n    <ram>?[31m</ram>\n    <state>?</state>\n  </row>\n"
	   "</guests>\n", "XML");
	str_clear(&s);
	table_lines(&t, &s);
	is(str_text(&s), "name=web\nram=4G\nstate=\n\nname=a,b\nram=say \"hi\"\nstate=two?lines\n\nname=<&>\nram=?[31m\nstate=?\n",
	   "lines: one for each field, whatever it holds");
}

static void copies(void)
{
	DEFER(table_done) struct table t = { .columns = columns, .ncolumns = 1 };
	char cell[] = "web";

	ROW(&t, cell);
	cell[0] = 'X';
	prints(&t, false, "web\n", "cells are copied");
	table_done(&t);
	prints(&t, false, "", "done leaves an empty table");
}

int main(void)
{
	printing();
	narrow();
	json();
	cuts();
	wide();
	programs();
	copies();
	return tap_done();
}
