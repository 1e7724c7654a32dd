/* SPDX-License-Identifier: ISC */
/* Any bytes as a machine file: the reader must survive them, and its tree must be sound. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "text/ini.h"

#define MUST(cond) do { if (!(cond)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count_lines(const uint8_t *data, size_t size)
{
	int lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	return lines;
}

static void check_key(const struct ini_node *n)
{
	MUST(!n->first && !n->nsorted);
	MUST(n->list || n->values.n == 1);
	MUST(n->value_line >= n->line && n->value_col >= 1);
	MUST(n->start < n->value_start && n->value_start <= n->value_end && n->value_end <= n->end);
}

static void check_section(const struct ini_node *n)
{
	const struct ini_node *last = NULL;
	size_t children = 0;

	MUST(n->depth == n->parent->depth + 1 && n->depth <= INI_MAX_DEPTH);
	for (const struct ini_node *c = n->first; c; c = c->next, children++) {
		MUST(c->parent == n && c->start >= n->end);
		MUST(!last || c->start >= last->end);
		MUST(!last || !last->section || c->section);
		last = c;
	}
	MUST(n->last == last && n->nsorted == children);
}

static void check_tree(const struct ini *ini, int lines)
{
	for (const struct ini_node *n = ini_next(ini->root); n; n = ini_next(n)) {
		DEFER(arena_done) struct arena mem = { 0 };

		MUST(*n->name);
		MUST(n->line >= 1 && n->line <= lines && n->col >= 1);
		MUST(n->start < n->end && n->end <= ini->size);
		if (n->section)
			check_section(n);
		else
			check_key(n);
		MUST(ini_find(ini, ini_path(n, &mem)) == n);
		MUST(ini_text(n, &mem));
	}
}

static void check_report(const struct report *r, int status, int lines)
{
	DEFER(arena_done) struct arena mem = { 0 };
	struct err e = { 0 };

	MUST(r->errors == r->problems.n && r->errors <= INI_MAX_ERRORS + 1);
	MUST(report_err(r, &e) == status);
	for (size_t i = 0; i < r->problems.n; i++) {
		const struct problem *p = &r->problems.v[i];

		MUST(p->line >= 1 && p->line <= lines && p->col >= 1);
		MUST(!i || p[-1].line <= p->line);
		MUST(!strchr(report_line(r, p, &mem), '\n'));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report r = { .file = "t" };
	int status = ini_parse(&ini, "t", (const char *)data, size, &r);
	int lines = count_lines(data, size);

	check_tree(&ini, lines);
	check_report(&r, status, lines);
	return 0;
}
