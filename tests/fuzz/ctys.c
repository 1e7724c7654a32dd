/* SPDX-License-Identifier: ISC */
/* Any bytes as the words of a call of ctys, one in a line; behind a form feed is the text of every group and macro. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "front/ctys.h"
#include "front/ctys_query.h"

#define MUST(cond) do { if (!(cond)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *find(void *arg, const char *name, struct arena *a, struct err *e)
{
	return *name == 'g' || !strcmp(name, "default") ? arg : NULL;
}

static void check_request(const struct ctys_request *q)
{
	const struct ctys_here here = { "ann", "here", "/home/ann" };
	DEFER(arena_done) struct arena a = { 0 };
	DEFER(str_done) struct str s = { 0 };
	struct ctys_calls calls = { 0 };
	struct err e = { 0 };

	MUST(q->host && *q->host && *q->host != '-');
	ctys_show(q, &s);
	if (ctys_berth(q, &here, &calls, &a, &e) < 0) {
		MUST(e.kind == ERR_UNSUPPORTED || e.kind == ERR_USAGE);
		return;
	}
	for (size_t i = 0; i < calls.v.n; i++)
		MUST(calls.v.v[i].n && *calls.v.v[i].v[0] != '-');
}

static void check_query(int argc, char **argv)
{
	DEFER(ctys_query_done) struct ctys_query q = { 0 };
	struct err e = { 0 };

	MUST(ctys_query_parse(&q, argc, argv, &e) == 0 || e.kind);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { MOST = 16 };
	DEFER(ctys_done) struct ctys c = { 0 };
	DEFER(free_str) char *text = strndup((const char *)data, size);
	char *more = strchr(text, '\f'), *argv[MOST + 1] = { NULL }, *rest = text, *word;
	struct ctys_files files = { find, find, more ? more + 1 : "" };
	struct err e = { 0 };
	int argc = 0;

	if (more)
		*more = 0;
	while (argc < MOST && (word = strtok_r(rest, "\n", &rest)))
		argv[argc++] = word;
	if (ctys_parse(&c, argc, argv, &files, &e) < 0)
		MUST(e.kind);
	else
		for (size_t i = 0; i < c.requests.n; i++)
			check_request(&c.requests.v[i]);
	check_query(argc, argv);
	return 0;
}
