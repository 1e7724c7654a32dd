/* SPDX-License-Identifier: ISC */
/* The names of snapshots: which are legal, and which one is taken when nobody says. */
#include "tap.h"

#include <stdbool.h>

#include "app/copies.h"
#include "model/guest.h"

static void free_names(void)
{
	struct arena a = { 0 };
	struct words taken = { 0 };

	is(copies_free_name(&taken, &a), "snap0", "the first name");
	words_add(&taken, &a, "snap1");
	words_add(&taken, &a, "snap00");
	words_add(&taken, &a, "Snap0");
	is(copies_free_name(&taken, &a), "snap0", "others do not take it");
	words_add(&taken, &a, "snap0");
	is(copies_free_name(&taken, &a), "snap2", "the first gap");
	for (int i = 2; i < 12; i++)
		words_add(&taken, &a, arena_fmt(&a, "snap%d", i));
	is(copies_free_name(&taken, &a), "snap12", "a number of two digits");
	arena_done(&a);
}

static void legal_names(void)
{
	static const struct { const char *name; bool legal; } rows[] = {
		{ "snap0", true }, { "a", true }, { "2026-11-21", true }, { "1a", true }, { "v1.2_x", true },
		{ "", false }, { "1", false }, { "007", false }, { ".", false }, { "..", false }, { "-a", false },
		{ "a/b", false }, { "a b", false }, { "a.new", false }, { "a.lock", false }, { "a.port", false }, { "a.tunnel", false }, { "a.holder", false },
		{ "\xc3\xa4", false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ok(snapshot_name_ok(rows[i].name) == rows[i].legal, "'%s' is %s", rows[i].name, rows[i].legal ? "one" : "none");
}

int main(void)
{
	free_names();
	legal_names();
	return tap_done();
}
