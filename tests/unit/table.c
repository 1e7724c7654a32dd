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
	copies();
	return tap_done();
}
