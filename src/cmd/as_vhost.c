/* SPDX-License-Identifier: ISC */
/* ctys-vhost over the inventory. */
#include <stdio.h>
#include <string.h>

#include "app/names.h"
#include "app/scan.h"
#include "app/tables.h"
#include "cmd/as_ctys.h"
#include "cmd/common.h"
#include "cmd/rows.h"
#include "front/ctys.h"
#include "front/ctys_query.h"

/* Every card there is, guests of this host as they are now. */
static int read_cards(struct scan *s, struct found *all, struct err *e)
{
	if (scan_own(s, e) < 0 || scan_commit(s, e) < 0)
		return -1;
	return inventory_find(s->inv, NULL, true, all, e);
}

/* -o is read as ENUMERATE's words are. */
static int read_output(const struct ctys_query *q, struct ctys *form, struct err *e)
{
	const char *action = arena_fmt(&form->mem, q->output ? "enumerate=%s" : "enumerate", q->output);

	return ctys_parse(form, 2, (char *[]){ "-a", (char *)action, NULL }, NULL, e);
}

/* host[id:FILE]: an address that ctys takes. */
static void print_addresses(const struct ctys_records *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const char *const *f = r->v[i].cells;

		printf("%s[id:%s]\n", f[CTYS_FIELD_HOST - 1] ? f[CTYS_FIELD_HOST - 1] : "localhost", f[CTYS_FIELD_ID - 1]);
	}
}

static bool is_titled(const struct view *v, const struct ctys_request *form, bool terse)
{
	static const char *const asks[] = { "TITLE", "TITLEIDX", "TITLEIDXASC", "MACRO", "TAB_GEN" };

	for (size_t i = 0; i < sizeof asks / sizeof *asks; i++)
		if (ctys_sub(form, asks[i]))
			return !terse;
	return !v->chosen && !terse;
}

static void print_view(struct view *v, const struct ctys_request *form, bool terse)
{
	DEFER(table_done) struct table t = { 0 };
	DEFER(str_done) struct str out = { 0 };
	bool titled = is_titled(v, form, terse);

	v->titles = ctys_sub(form, "TITLEIDXASC") ? TITLES_LETTERS : ctys_sub(form, "TITLEIDX") ? TITLES_NUMBERS : TITLES_PLAIN;
	if (ctys_sub(form, "DNS"))
		names_show(v, "address");
	view_table(v, false, &t);
	if (ctys_sub(form, "XML_GEN"))
		table_xml(&t, "records", &out);
	else if (ctys_sub(form, "SPEC_GEN"))
		table_lines(&t, &out);
	else if (ctys_sub(form, "MACHINE") || ctys_sub(form, "MAXKEY") || ctys_sub(form, "REC_GEN"))
		table_records(&t, titled, &out);
	else
		table_print(&t, titled, &out);
	out_text(&out);
}

static int print(const struct ctys_records *r, const struct ctys_request *form, bool terse, struct err *e)
{
	DEFER(view_done) struct view v = { .fields = ctys_fields, .what = "ctys-vhost" };
	DEFER(tables_done) struct tables tables = { 0 };
	bool unique = false;
	const char *shown, *sort = ctys_sort(form, &unique, &v.mem);

	if (ctys_sub(form, "CTYSADDRESS")) {
		print_addresses(r);
		return 0;
	}
	shown = ctys_table(form, &v.mem, e);
	if (!shown || (form->subs.n ? view_output(&v, &(struct wording){ shown, "-o", 0, 1 }, tables_find, &tables, e) :
				      view_usual(&v, "host,driver,name,id,mac,address,vmstate", e)) < 0)
		return -1;
	if (sort && (view_sort(&v, sort, e) < 0 || (unique && view_unique(&v, sort + (*sort == '-'), e) < 0)))
		return -1;
	for (size_t i = 0; i < r->n; i++)
		view_add(&v, r->v[i].cells);
	print_view(&v, form, terse);
	return 0;
}

static int answer(const struct ctys_query *q, const struct ctys_request *form, const struct found *found, struct err *e)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct ctys_records all = { 0 }, fit = { 0 };

	for (size_t i = 0; i < found->cards.n; i++)
		ctys_records_add(&all, &found->cards.v[i], &a);
	if (ctys_query_pick(q, &all, &fit, &a, e) < 0)
		return -1;
	return print(&fit, form, q->terse, e);
}

int as_vhost(struct call *c, int argc, char **argv, struct err *e)
{
	DEFER(ctys_query_done) struct ctys_query q = { 0 };
	DEFER(ctys_done) struct ctys form = { 0 };
	DEFER(facts_done) struct facts f = { 0 };
	DEFER(scan_done) struct scan s = { 0 };
	DEFER(found_done) struct found all = { 0 };

	if (ctys_query_parse(&q, argc, argv, e) < 0)
		return -1;
	if (q.help || q.version)
		return dispatch(q.help ? 3 : 2, q.help ? (char *[]){ "berth", "help", "as", NULL } : (char *[]){ "berth", "version", NULL },
				e) < 0 ? -1 : 0;
	if (read_output(&q, &form, e) < 0 || probe_places(&f, e) < 0 || scan_open(&s, &f, e) < 0)
		return -1;
	if (read_cards(&s, &all, e) < 0 && (e->kind != ERR_INVALID || scan_renew(&s, e) < 0 || read_cards(&s, &all, e) < 0))
		return -1;
	return answer(&q, &form.requests.v[0], &all, e);
}
