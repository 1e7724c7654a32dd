/* SPDX-License-Identifier: ISC */
#include "app/probe.h"
#include "app/resolve.h"
#include "app/scan.h"
#include "cmd/cards.h"
#include "cmd/common.h"
#include "cmd/rows.h"
#include "model/defined.h"

static int answers(struct call *c, const struct facts *f, struct address *a, struct answers *out, struct err *e)
{
	const char *word = c->argv[0];

	if (address_parse(a, word, e) < 0)
		return -1;
	if (call_option(c, "all"))
		return resolve_all(f, a, word, out, e);
	return resolve_one(f, a, word, vec_add(out, &a->mem), e);
}

/* The definition itself has the word, not the inventory. */
static int read_cards(struct call *c, const struct facts *f, const struct answers *got, struct card *cards, json_t **details,
		      struct err *e)
{
	for (size_t i = 0; i < got->n; i++) {
		int good = scan_card(f, got->v[i].path, got->v[i].name, &cards[i], &details[i], &c->mem, e);

		if (good < 0)
			return -1;
		if (!good)
			return err_set(e, ERR_INVALID, "%s: is no machine file: it has no section [hardware]", got->v[i].path);
		cards[i].record = got->v[i].record;
	}
	return 0;
}

static int find(struct call *c, struct err *e)
{
	DEFER(facts_done) struct facts f = { 0 };
	DEFER(address_done) struct address a = { 0 };
	DEFER(view_done) struct view v = { 0 };
	struct answers got = { 0 };
	struct card *cards;
	json_t **details;
	int status;

	if (cards_view(c, &v, e) < 0 || probe_places(&f, e) < 0 || answers(c, &f, &a, &got, e) < 0)
		return -1;
	cards = arena_alloc(&c->mem, got.n * sizeof *cards);
	details = arena_alloc(&c->mem, got.n * sizeof *details);
	status = read_cards(c, &f, &got, cards, details, e);
	if (!status)
		cards_out(c, &v, "berth.find/1", cards, got.n);
	for (size_t i = 0; i < got.n; i++)
		json_decref(details[i]);
	return status;
}

static const struct opt options[] = {
	{ "all", 'a', NULL, "all that fit, not one alone" },
	OPTION_NAMES,
	{ 0 },
};

const struct command cmd_find = {
	.name = "find",
	.group = "Guests",
	.args = "ADDRESS",
	.summary = "tell which guest an address means",
	.description =
		"An address is a guest's name, a machine file, or 'KEY:VALUE', several of them with commas in between, all of which have to fit: label (l), "
		"the guest's name; uuid (u), with dashes or without; mac (m), in any spelling; tcp (t, ip), an address or a host name; "
		"file (f), a part of the machine file's path, whole names of it; id (i, p, path), all of that path; base (b), directories to look in, "
		"dir%dir; record (dr), the number of a record; tag, or '@TAG', a word of guest.tags. A value with '*', '?' or '[' is a pattern; else it has to "
		"be equal, and 'tst1' is not 'tst10'. Every command that takes a GUEST takes an address, those that take several also patterns and tags. "
		"A name is looked for among the guests of this host, the rest in the inventory, then by a scan: of base, of what 'berth scan' has "
		"looked at before, or of the home directory. What is found is compared with its definition.",
	.example = "berth find mac:52:54:00:12:34:56\nberth find label:web,base:/srv/machines\nberth find --all @lab",
	.options = options,
	.fields = defined_fields,
	.min = 1,
	.max = 1,
	.completes = "guest",
	.run = find,
};
