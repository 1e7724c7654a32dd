/* SPDX-License-Identifier: ISC */
#include "cmd/cards.h"

#include "text/table.h"

static const struct column columns[] = {
	{ "record", "RECORD", true },
	{ "label", "NAME", false },
	{ "vmstate", "KEPT AS", false },
	{ "type", "DRIVER", false },
	{ "mac", "MAC", false },
	{ "tcp", "ADDRESS", false },
	{ "id", "FILE", false },
};

enum { COLUMNS = sizeof columns / sizeof *columns };

static void print(const struct call *c, const struct card *cards, size_t n)
{
	DEFER(table_done) struct table t = { .columns = columns, .ncolumns = COLUMNS };
	DEFER(str_done) struct str out = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct card *k = &cards[i];

		table_row(&t, (const char *[COLUMNS]){
			k->record ? arena_fmt(&t.mem, "%ld", k->record) : NULL, k->label, k->state, k->driver,
			k->macs.n ? k->macs.v[0] : NULL, k->names.n ? k->names.v[0] : NULL, k->paths.v[0],
		});
	}
	table_print(&t, !c->quiet, &out);
	out_text(&out);
}

void cards_out(const struct call *c, const char *schema, const struct card *cards, size_t n)
{
	json_t *list;

	if (!c->json) {
		print(c, cards, n);
		return;
	}
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, card_json(&cards[i]));
	out_json(schema, json_pack("{s:o}", "guests", list));
}
