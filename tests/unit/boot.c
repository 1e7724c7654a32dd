/* SPDX-License-Identifier: ISC */
#include "app/boot.h"
#include "tap.h"

struct row {
	const char *name;
	long order;
	const char *after[3];
	bool unmarked;
};

static void fill(struct boot *b, const struct row *rows)
{
	for (; rows->name; rows++) {
		struct boot_guest *g = vec_add(&b->guests, &b->mem);

		*g = (struct boot_guest){ .name = rows->name, .order = rows->order, .marked = !rows->unmarked };
		for (const char *const *w = rows->after; *w; w++)
			words_add(&g->after, &b->mem, *w);
	}
}

/* "db; db:ssh < db; web < db:ssh": the tasks in their order, and what they come after. */
static void tasks(const struct boot *b, struct str *out)
{
	DEFER(fan_done) struct fan f = { 0 };

	boot_tasks(b, &f);
	for (size_t i = 0; i < f.tasks.n; i++) {
		const struct fan_task *t = &f.tasks.v[i];

		str_fmt(out, "%s%s%s", i ? "; " : "", t->name, t->watches ? "?" : "");
		for (size_t k = 0; k < t->after.n; k++)
			str_fmt(out, "%s %s", k ? "," : " <", f.tasks.v[t->after.v[k]].name);
	}
}

/* "web; db < web": who ends, and after whom, whatever became of them. */
static void ends(const struct boot *b, struct str *out)
{
	DEFER(fan_done) struct fan f = { 0 };

	for (size_t i = b->guests.n; i-- > 0; )
		if (b->guests.v[i].marked)
			fan_add(&f, b->guests.v[i].name, (const char *const[]){ "stop", NULL });
	boot_reverse(b, &f);
	for (size_t i = 0; i < f.tasks.n; i++) {
		const struct fan_task *t = &f.tasks.v[i];

		str_fmt(out, "%s%s%s", i ? "; " : "", t->name, t->after.n && !t->anyway ? "!" : "");
		for (size_t k = 0; k < t->after.n; k++)
			str_fmt(out, "%s %s", k ? "," : " <", f.tasks.v[t->after.v[k]].name);
	}
}

static void troubles(const struct boot *b, struct str *out)
{
	for (size_t i = 0; i < b->guests.n; i++)
		if (b->guests.v[i].trouble)
			str_fmt(out, "%s: %s (%d)\n", b->guests.v[i].name, b->guests.v[i].trouble, b->guests.v[i].kind);
}

static const struct {
	const char *what;
	struct row rows[6];
	const char *tasks, *troubles, *ends;
} cases[] = {
	{ "nobody", { { 0 } }, "", "", "" },
	{ "by order, then by name",
	  { { .name = "c", .order = 5 }, { .name = "b", .order = 7 }, { .name = "a", .order = 7 },
	    { .name = "z" } }, "z; c; a; b", "", "b; a; c; z" },
	{ "after another, which comes later in the order",
	  { { .name = "a", .after = { "b" } }, { .name = "b", .order = 9 } }, "a < b; b", "", "b < a; a" },
	{ "after a stage, which two wait for",
	  { { .name = "db" }, { .name = "one", .after = { "db:ssh" } },
	    { .name = "two", .after = { "db:ssh", "one" } } },
	  "db; one < db:ssh; two < db:ssh, one; db:ssh? < db", "", "two; one < two; db < one, two" },
	{ "after one that starts by other means",
	  { { .name = "a", .after = { "b" } }, { .name = "b", .unmarked = true } }, "a < b; b?", "", "a" },
	{ "a name like the beginning of another", { { .name = "a", .after = { "db" } }, { .name = "db2" } }, "db2",
	  "a: run.after: there is no guest 'db' (3)\n", "db2; a" },
	{ "no stage", { { .name = "a", .after = { "b:lunch" } }, { .name = "b" } }, "b",
	  "a: run.after: 'lunch' is no stage (process, firmware, kernel, login, network, ssh) (10)\n", "b; a" },
	{ "after itself",
	  { { .name = "a", .after = { "a" } },
	    { .name = "b" } }, "b", "a: run.after goes in a circle: a after a (10)\n", "b; a" },
	{ "a circle, and who waits for it",
	  { { .name = "a", .after = { "e", "b" } }, { .name = "b", .after = { "c:ssh" } },
	    { .name = "c", .after = { "a" } }, { .name = "d", .after = { "b" } }, { .name = "e" } },
	  "e",
	  "a: run.after goes in a circle: c after a after b after c (10)\n"
	  "b: run.after goes in a circle: c after a after b after c (10)\n"
	  "c: run.after goes in a circle: c after a after b after c (10)\n"
	  "d: it waits for 'b', which is not started (10)\n", "e; d; c; b; a" },
	{ "in a circle only with one that does not start",
	  { { .name = "a", .after = { "b" } }, { .name = "b", .after = { "a" }, .unmarked = true } }, "a < b; b?", "", "a" },
	{ "two circles",
	  { { .name = "a", .after = { "b" } }, { .name = "b", .after = { "a" } },
	    { .name = "c", .after = { "d" } }, { .name = "d", .after = { "c" } } }, "",
	  "a: run.after goes in a circle: b after a after b (10)\n"
	  "b: run.after goes in a circle: b after a after b (10)\n"
	  "c: run.after goes in a circle: d after c after d (10)\n"
	  "d: run.after goes in a circle: d after c after d (10)\n", "d; c; b; a" },
};

/* A network that does not come up keeps those back that join it, and who waits for them. */
static void networks(void)
{
	static const struct row rows[] = {
		{ .name = "a" }, { .name = "b", .after = { "a" } }, { .name = "c" }, { .name = "d", .unmarked = true }, { 0 },
	};
	static const char *const joins[] = { "lab", "lan", "lan", "far" };
	DEFER(boot_done) struct boot b = { 0 };
	DEFER(str_done) struct str did = { 0 }, trouble = { 0 };
	struct words nets = { 0 };

	fill(&b, rows);
	for (size_t i = 0; i < b.guests.n; i++)
		words_add(&b.guests.v[i].nets, &b.mem, joins[i]);
	boot_check(&b);
	boot_networks(&b, &nets, &b.mem);
	ok(nets.n == 2 && words_has(&nets, "lab") && words_has(&nets, "lan"), "networks of those that start, each once");
	boot_without(&b, "lab", ERR_BUSY, "berth: its subnet is in use\nmore\n");
	boot_check(&b);
	tasks(&b, &did);
	troubles(&b, &trouble);
	is(str_text(&did), "c", "who joins another starts");
	is(str_text(&trouble), "a: its network 'lab' does not come up: its subnet is in use (6)\n"
			       "b: it waits for 'a', which is not started (6)\n", "the others are told why");
}

int main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		DEFER(boot_done) struct boot b = { 0 };
		DEFER(str_done) struct str did = { 0 }, trouble = { 0 }, end = { 0 };
		const char *name = cases[i].what;

		fill(&b, cases[i].rows);
		boot_check(&b);
		tasks(&b, &did);
		troubles(&b, &trouble);
		ends(&b, &end);
		is(str_text(&did), cases[i].tasks, name);
		is(str_text(&trouble), cases[i].troubles, name);
		is(str_text(&end), cases[i].ends, name);
	}
	networks();
	return tap_done();
}
