/* SPDX-License-Identifier: ISC */
#include "cmd/cards.h"

#include "cmd/rows.h"
#include "model/defined.h"

#define USUAL "index=RECORD,name,vmstate=KEPT AS,driver,mac,address,id=FILE"

/* A card's interface. The card comes first: whole documents are made of it. */
struct row {
	struct defined defined;
	const struct card *card;
};

int cards_view(const struct call *c, struct view *v, struct err *e)
{
	return call_view(c, v, e) < 0 || view_usual(v, USUAL, e) < 0 ? -1 : 0;
}

static void add(struct view *v, const struct card *c, struct arena *a)
{
	const json_t *record;
	size_t i;

	json_array_foreach(json_object_get(c->details, "records"), i, record) {
		struct row *r = arena_alloc(a, sizeof *r);

		*r = (struct row){ { .kept = record, .number = c->record }, c };
		view_add(v, r);
	}
}

/* Of several interfaces the first that is shown stands for the guest. */
static void whole(struct view *v, const char *schema)
{
	const struct card *last = NULL;
	json_t *list = json_array();

	view_arrange(v);
	for (size_t i = 0; i < v->rows.n; i++) {
		const struct card *c = ((const struct row *)v->rows.v[i].record)->card;

		if (c != last)
			json_array_append_new(list, card_json(c));
		last = c;
	}
	out_json(schema, json_pack("{s:o}", "guests", list));
}

void cards_out(const struct call *c, struct view *v, const char *schema, const struct card *cards, size_t n)
{
	DEFER(arena_done) struct arena a = { 0 };

	for (size_t i = 0; i < n; i++)
		add(v, &cards[i], &a);
	if (c->json && !v->chosen)
		whole(v, schema);
	else
		call_rows(c, v, schema, "guests", NULL);
}
