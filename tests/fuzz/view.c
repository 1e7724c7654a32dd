/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as a list of fields, a condition and an order, a line each. What is accepted
 * shows every row as wide as was asked for, and never an odd byte to a terminal.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text/view.h"
#include "text/width.h"

#define MUST(cond) do { if (!(cond)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct field fields[] = {
	{ "name",  "NAME",  1, false, "", NULL },
	{ "ram",   "RAM",   2, true,  "", NULL },
	{ "note",  "NOTE",  0, false, "", NULL },
	{ 0 },
};

/* The name of a table is the list it stands for. */
static int find(void *context, const char *name, struct wording *out, struct err *e)
{
	*out = (struct wording){ *name == 'x' ? "name:3,@y" : "ram:2L,note?:4B", "t", 1, 1 };
	return *name ? 0 : err_set(e, ERR_NOT_FOUND, "none");
}

static void show(struct view *v, const char *cell)
{
	DEFER(table_done) struct table t = { 0 };
	DEFER(str_done) struct str out = { 0 };

	view_add(v, (const char *const[]){ "web", "4G", cell });
	view_add(v, (const char *const[]){ cell, "512M", NULL });
	view_add(v, (const char *const[]){ "db", cell, "two words and\nmore" });
	view_table(v, false, &t);
	table_print(&t, true, &out);
	for (size_t i = 0; i < out.n; i++)
		MUST((unsigned char)out.s[i] >= ' ' || out.s[i] == '\n');
	str_clear(&out);
	table_csv(&t, true, &out);
	table_xml(&t, "rows", &out);
	table_lines(&t, &out);
	for (size_t i = 0; i < out.n;) {
		size_t n = utf8_length((const unsigned char *)out.s + i, out.n - i);

		MUST(n);
		i += n;
	}
	json_decref(table_json(&t));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(view_done) struct view v = { .fields = fields, .what = "berth list" };
	DEFER(free_str) char *text = xmalloc(size + 1);
	char *part[3] = { text, NULL, NULL };
	struct err e = { 0 };

	memcpy(text, data, size);
	text[size] = 0;
	for (size_t i = 1; i < 3 && part[i - 1] && (part[i] = strchr(part[i - 1], '\f')); i++)
		*part[i]++ = 0;
	if (view_output(&v, &(struct wording){ part[0], "--output", 0, 1 }, find, NULL, &e) < 0)
		MUST(e.kind && (strstr(e.msg, "--output:") == e.msg || strstr(e.msg, "t:1:") == e.msg));
	else if ((!part[1] || view_filter(&v, part[1], &e) == 0) && (!part[2] || view_sort(&v, part[2], &e) == 0) &&
		 view_usual(&v, "name", &e) == 0)
		show(&v, text);
	return 0;
}
