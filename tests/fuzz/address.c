/* SPDX-License-Identifier: ISC */
/* Any bytes as an address, and asked whether they mean a guest. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "model/address.h"

#define MUST(cond) do { if (!(cond)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct address *a, struct arena *m)
{
	struct card c = { .record = 1, .label = "tst1", .uuid = "6e4154f1-0cf6-8bf3-a742-01f625a03fd2", .state = "active" };
	const struct address_part *p;

	words_add(&c.macs, m, "52:54:00:aa:bb:cc");
	words_add(&c.names, m, "10.0.0.1");
	words_add(&c.tags, m, "lab");
	words_add(&c.paths, m, "/srv/pool/tst1/tst1.conf");
	p = address_misfit(a, &c);
	MUST(!p || address_said(p, &c, m));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(address_done) struct address a = { 0 };
	DEFER(arena_done) struct arena m = { 0 };
	const char *word = arena_strn(&m, (const char *)data, size);
	struct err e = { 0 };

	/* A pattern of many stars takes fnmatch very long; a command line has no such words. */
	if (size > 200 || address_parse(&a, word, &e) < 0)
		return 0;
	MUST(a.file || a.parts.n);
	MUST(!a.file || !a.parts.n);
	for (size_t i = 0; i < a.parts.n; i++)
		MUST(a.parts.v[i].text && *a.parts.v[i].text);
	MUST(!address_name(&a) || !address_many(&a));
	compare(&a, &m);
	return 0;
}
