/* SPDX-License-Identifier: ISC */
/* The language of tables: lists of fields, filters, orders. */
#include "tap.h"

#include "text/view.h"

static const struct field fields[] = {
	{ "name",  "NAME",  3,  false, "what it is called", NULL },
	{ "state", "STATE", 0,  false, "what it does", NULL },
	{ "ram",   "RAM",   40, true,  "its memory", NULL },
	{ "note",  "NOTE",  0,  false, "what else is known", NULL },
	{ 0 },
};

static const char *const records[][4] = {
	{ "tst10", "running", "512M", NULL },
	{ "web",   "stopped", "4G",   "a note that is long" },
	{ "tst2",  "running", "1.5G", NULL },
	{ "db",    NULL,      NULL,   NULL },
};

/* Tables with a name, each on its line of a file. */
static const struct { const char *name, *text; } named[] = {
	{ "short", "name:3, state" },
	{ "more", "@short,\n  ram=MEM" },
	{ "self", "name, @self" },
	{ "a", "name,@b" },
	{ "b", "state, @a" },
	{ "wrong", "name,\n  colour" },
	{ "bomb", "@bomb2,@bomb2,@bomb2,@bomb2,@bomb2,@bomb2,@bomb2,@bomb2" },
	{ "bomb2", "@bomb3,@bomb3,@bomb3,@bomb3,@bomb3,@bomb3,@bomb3,@bomb3" },
	{ "bomb3", "all,all,all,all,all,all,all,all" },
	{ "hole", "@hole2,@hole2,@hole2,@hole2,@hole2,@hole2,@hole2,@hole2,@hole2,@hole2" },
	{ "hole2", "@hole3,@hole3,@hole3,@hole3,@hole3,@hole3,@hole3,@hole3,@hole3,@hole3" },
	{ "hole3", "@hole4,@hole4,@hole4,@hole4,@hole4,@hole4,@hole4,@hole4,@hole4,@hole4" },
	{ "hole4", "none?" },
};

static int find(void *context, const char *name, struct wording *out, struct err *e)
{
	for (size_t i = 0; i < sizeof named / sizeof *named; i++)
		if (!strcmp(named[i].name, name)) {
			*out = (struct wording){ named[i].text, "tables.conf", (int)i + 1, 10 };
			return 0;
		}
	return err_set(e, ERR_NOT_FOUND, "there is no table '%s'", name);
}

struct asked {
	const char *output, *filters[3], *sort, *unique;
};

static int ask(struct view *v, const struct asked *a, struct err *e)
{
	if (a->output && view_output(v, &(struct wording){ a->output, "--output", 0, 1 }, find, NULL, e) < 0)
		return -1;
	for (size_t i = 0; i < 3 && a->filters[i]; i++)
		if (view_filter(v, a->filters[i], e) < 0)
			return -1;
	if ((a->sort && view_sort(v, a->sort, e) < 0) || (a->unique && view_unique(v, a->unique, e) < 0))
		return -1;
	return view_usual(v, "name,note?", e);
}

static void shows(const struct asked *a, const char *want, const char *why)
{
	DEFER(view_done) struct view v = { .fields = fields, .what = "berth list" };
	DEFER(table_done) struct table t = { 0 };
	DEFER(str_done) struct str out = { 0 };
	struct err e = { 0 };

	if (ask(&v, a, &e) < 0) {
		str_fmt(&out, "%d %s", (int)e.kind, e.msg);
	} else {
		for (size_t i = 0; i < sizeof records / sizeof *records; i++)
			view_add(&v, records[i]);
		view_table(&v, false, &t);
		table_print(&t, true, &out);
	}
	is(str_text(&out), want, why);
}

#define SHOWS(want, ...) shows(&(struct asked){ __VA_ARGS__ }, (want), #__VA_ARGS__)
#define ONE "name=db"
#define BAD(want, list) SHOWS("2 --output:" want, .output = list)
#define HELP " ('berth list --output help' lists them)"
#define WIDTH " is no width, expected 1 to 1000 and then L, R or B (try 15L)"

static void lists(void)
{
	SHOWS("NAME   NOTE\ntst10  -\nweb    a note that is long\ntst2   -\ndb     -\n", 0);
	SHOWS("NAME\ndb\n", .filters = { ONE });
	SHOWS("RAM  NAME\n  -  db\n", .output = "ram,name", .filters = { ONE });
	SHOWS("NAME  RAM\ndb      -\n", .output = "3,40", .filters = { ONE });
	SHOWS("NAME  NAME  na\ndb    db    db\n", .output = "name,name,name=na", .filters = { ONE });
	SHOWS("NAM  ST\n", .output = "name:3,state:2,\"note?=x\",'ram?:5=t, u'", .filters = { "name=nobody" });
	SHOWS("NAME  STATE  RAM  NOTE\ndb    -        -  -\n", .output = "all", .filters = { ONE });
	SHOWS("NAME  RAM\ndb      -\n", .output = "+ram", .filters = { ONE });
	SHOWS("NAME  STA  ng\nweb   sto  ng\n", .output = "name?, state:3 ,note:2L=ng", .filters = { "name=web" });
	SHOWS("NAME  NOTE\nweb   a note\n      that is\n      long\n", .output = "name,note:7B", .filters = { "name=web" });
	SHOWS("NAME  A, B=c\ndb    -\n", .output = "name,\"state=A, B=c\"", .filters = { ONE });
	SHOWS("NAME  A title\ndb    -\n", .output = " name , state=A title , note?", .filters = { ONE });
	SHOWS("NAME\ndb\n", .output = "name,colour?:3=X", .filters = { ONE });
}

static void mistakes(void)
{
	BAD("1: a field is missing", "");
	BAD("6: a field is missing", "name,");
	BAD("6: a field is missing", "name,,state");
	BAD("1: a field is missing", ":3");
	BAD("2: a field is missing", "+");
	BAD("7: 'stat' is no field, did you mean 'state'?" HELP, "name, stat");
	BAD("1: 'colour' is no field" HELP, "colour");
	BAD("1: '4' is no field" HELP, "4");
	BAD("1: '0' is no field" HELP, "0");
	BAD("6: '0'" WIDTH, "name:0");
	BAD("6: ''" WIDTH, "name:,state");
	BAD("6: '1001'" WIDTH, "name:1001");
	BAD("6: '99999999999999999999999'" WIDTH, "name:99999999999999999999999");
	BAD("6: '-3'" WIDTH, "name:-3");
	BAD("6: '5X'" WIDTH, "name:5X");
	BAD("6: '5LL'" WIDTH, "name:5LL");
	BAD("6: 'L'" WIDTH, "name:L");
	BAD("6: expected a comma, not 'state'", "name state");
	BAD("11: expected a comma, not ':3'", "name=NAME\n:3");
	BAD("6: a quote is not closed", "\"name,state\"");
	BAD("12: a quote is not closed", "\"name=state");
	BAD("2: the name of a table is missing behind '@'", "@");
}

static void named_tables(void)
{
	SHOWS("NAM  STATE  MEM\ndb   -        -\n", .output = "@more", .filters = { ONE });
	SHOWS("NOTE  NAM  STATE\n-     db   -\n", .output = "note,\"@short\"", .filters = { ONE });
	SHOWS("3 --output:7: there is no table 'none'", .output = "name,@none");
	SHOWS("10 tables.conf:3:17: table 'self' uses itself (@self, @self)", .output = "@self");
	SHOWS("10 tables.conf:5:18: table 'a' uses itself (@a, @b, @a)", .output = "@a");
	SHOWS("10 tables.conf:7:3: 'colour' is no field" HELP, .output = "@wrong");
	SHOWS("10 tables.conf:9:33: more than 500 columns", .output = "@bomb");
	SHOWS("10 tables.conf:12:74: more than 500 tables in one", .output = "@hole");
}

static void filters(void)
{
	SHOWS("NAME\ntst10\ntst2\n", .output = "name", .filters = { "name=tst*" });
	SHOWS("NAME\ntst2\n", .output = "name", .filters = { "name=tst?" });
	SHOWS("NAME\n", .output = "name", .filters = { "name=tst" });
	SHOWS("NAME\nweb\ndb\n", .output = "name", .filters = { "name!=tst*" });
	SHOWS("NAME\ntst10\nweb\n", .output = "name", .filters = { "name~0$|e" });
	SHOWS("NAME\ntst2\ndb\n", .output = "name", .filters = { "name!~0$|e" });
	SHOWS("NAME\nweb\n", .output = "name", .filters = { "name!=tst*", "note~long", "state=stopped" });
	SHOWS("NAME\ndb\n", .output = "name", .filters = { "state=" });
	SHOWS("NAME\ntst2\n", .output = "name", .filters = { "40=1.5G" });
	SHOWS("NAME\n", .output = "name", .filters = { "name==db" });
	SHOWS("2 --filter: 'db' is no condition (try 'name=web*', 'name!=web*', 'name~^web' or 'name!~^web')", .filters = { "db" });
	SHOWS("2 --filter: '=db' is no condition (try 'name=web*', 'name!=web*', 'name~^web' or 'name!~^web')", .filters = { "=db" });
	SHOWS("2 --filter: 'name!db' is no condition (try 'name=web*', 'name!=web*', 'name~^web' or 'name!~^web')", .filters = { "name!db" });
	SHOWS("2 --filter: 'nam' is no field, did you mean 'name'?" HELP, .filters = { "nam=db" });
	SHOWS("2 --filter: '(' is no regular expression: Unmatched ( or \\(", .filters = { "name~(" });
}

static void orders(void)
{
	SHOWS("NAME\ndb\ntst2\ntst10\nweb\n", .output = "name", .sort = "name");
	SHOWS("NAME\nweb\ntst10\ntst2\ndb\n", .output = "name", .sort = "-name");
	SHOWS(" RAM\n512M\n1.5G\n  4G\n   -\n", .output = "ram", .sort = "ram");
	SHOWS(" RAM\n  4G\n1.5G\n512M\n   -\n", .output = "ram", .sort = "-40");
	SHOWS("NAME\ntst10\ntst2\nweb\ndb\n", .output = "name", .sort = "state");
	SHOWS("NAME\ntst2\ntst10\nweb\ndb\n", .output = "name", .sort = "state,name");
	SHOWS("STATE\nrunning\nstopped\n-\n", .output = "state", .unique = "state");
	SHOWS("NAME\ndb\ntst2\nweb\n", .output = "name", .sort = "name", .unique = "state");
	SHOWS("NAME\ntst10\nweb\ntst2\ndb\n", .output = "name", .unique = "state,name");
	SHOWS("2 --sort: a field is missing in ''", .sort = "name,");
	SHOWS("2 --sort: a field is missing in '-,name'", .sort = "-,name");
	SHOWS("2 --sort: 'nam' is no field, did you mean 'name'?" HELP, .sort = "nam");
	SHOWS("2 --unique: '-name' is no field, did you mean 'name'?" HELP, .unique = "-name");
}

/* Sizes that are equal and written differently must not keep doubles apart. */
static void doubles(void)
{
	static const char *const rows[][4] = { { "a", NULL, "1G", NULL }, { "b", NULL, "1024M", NULL }, { "c", NULL, "1G", NULL } };
	DEFER(view_done) struct view v = { .fields = fields };
	DEFER(str_done) struct str got = { 0 };
	struct err e = { 0 };

	view_unique(&v, "ram", &e);
	view_usual(&v, "name", &e);
	for (size_t i = 0; i < 3; i++)
		view_add(&v, rows[i]);
	view_arrange(&v);
	for (size_t i = 0; i < v.rows.n; i++)
		str_add(&got, ((const char *const *)v.rows.v[i].record)[0]);
	ok(view_says(&v, "name") && !view_says(&v, "note"), "whether there is something in a field");
	is(str_text(&got), "ab", "equal sizes that are written differently");
}

static int asked_for;

static const char *dear(const struct field *f, const void *record, struct arena *a)
{
	asked_for++;
	return record;
}

static const char *cheap(const struct field *f, const void *record, struct arena *a)
{
	return record;
}

static void lazy(void)
{
	static const struct field two[] = { { "name", "NAME", 0, false, "", cheap }, { "dear", "DEAR", 0, false, "", dear }, { 0 } };
	DEFER(view_done) struct view plain = { .fields = two }, filtered = { .fields = two };
	struct err e = { 0 };

	view_usual(&plain, "name", &e);
	view_add(&plain, "a");
	ok(asked_for == 0, "what is not shown is not asked for");
	view_filter(&filtered, "name=b", &e);
	view_usual(&filtered, "name,dear", &e);
	view_add(&filtered, "a");
	ok(asked_for == 0, "nor what is filtered out");
	view_add(&filtered, "b");
	ok(asked_for == 1 && filtered.rows.n == 1, "what is shown is asked for once");
}

int main(void)
{
	lists();
	mistakes();
	named_tables();
	filters();
	orders();
	doubles();
	lazy();
	return tap_done();
}
