/* SPDX-License-Identifier: ISC */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/probe.h"
#include "app/usage.h"
#include "cmd/rows.h"
#include "sys/intr.h"
#include "sys/tty.h"

static const struct field fields[] = {
	{ "name",         "NAME",    0, false, "what the guest is called", NULL },
	{ "state",        "STATE",   0, false, "running, paused or unknown", NULL },
	{ "driver",       "DRIVER",  0, false, "its hypervisor", NULL },
	{ "cpu",          "CPU%",    0, true,  "percent of one processor", NULL },
	{ "memory",       "MEMORY",  0, true,  "what it takes of the host's memory", NULL },
	{ "ram",          "OF",      0, true,  "the memory it was given", NULL },
	{ "disk_read",    "READ/s",  0, true,  "bytes from its disks", NULL },
	{ "disk_written", "WRITE/s", 0, true,  "bytes to its disks", NULL },
	{ "net_received", "IN/s",    0, true,  "bytes from its networks", NULL },
	{ "net_sent",     "OUT/s",   0, true,  "bytes to its networks", NULL },
	{ 0 },
};

#define USUAL "name,state,driver,cpu,memory,ram,disk_read,disk_written,net_received,net_sent"

enum { CTRL_C = 3 };

struct top {
	long times;             /* 0: until somebody leaves */
	int every_ms;
	bool screen;            /* a person looks on */
};

/* "-n" and "-d": how often, how far apart. */
static int read_options(const struct call *c, struct top *t, struct err *e)
{
	const char *n = call_option(c, "count"), *d = call_option(c, "delay");
	char *end;
	double s;

	t->screen = !call_for_programs(c) && isatty(0) && isatty(1);
	t->times = t->screen ? 0 : 1;
	t->every_ms = 2000;
	if (n) {
		t->times = strtol(n, &end, 10);
		if (end == n || *end || t->times < 1)
			return err_set(e, ERR_USAGE, "--count: '%s' is no number of tables (try 3)", n);
	}
	if (d) {
		s = strtod(d, &end);
		if (end == d || *end || !(s >= 0.1 && s <= 3600))
			return err_set(e, ERR_USAGE, "--delay: '%s' is no number of seconds from 0.1 to 3600 (try 2)", d);
		t->every_ms = (int)(s * 1000);
	}
	return 0;
}

/* Three digits and a letter are enough for the eye. */
static char *human(double n, struct arena *a)
{
	static const char letters[] = " KMGTP";
	size_t i = 0;

	if (n < 0)
		return NULL;
	for (; n >= 999.5 && i + 2 < sizeof letters; i++)
		n /= 1024;
	if (!i)
		return arena_fmt(a, "%.0f", n);
	return arena_fmt(a, n < 9.95 ? "%.1f%c" : "%.0f%c", n, letters[i]);
}

/* One guest as it is shown, and what that came from. */
struct row {
	const char *cells[sizeof fields / sizeof *fields];
	const struct usages *then, *now;
	const struct usage *u;
};

static void rows_of(const struct usages *then, const struct usages *now, struct view *v)
{
	struct arena *a = &v->mem;

	for (size_t i = 0; i < now->v.n; i++) {
		const struct usage *u = &now->v.v[i];
		double cpu = usage_rate(then, now, u, COUNT_CPU_US);
		struct row *r = arena_alloc(a, sizeof *r);

		*r = (struct row){ {
			u->name, state_word(u->state), u->driver, cpu < 0 ? NULL : arena_fmt(a, "%.1f", cpu),
			human((double)u->memory, a), u->ram ? human((double)u->ram, a) : NULL,
			human(usage_rate(then, now, u, COUNT_READ), a), human(usage_rate(then, now, u, COUNT_WRITTEN), a),
			human(usage_rate(then, now, u, COUNT_RECEIVED), a), human(usage_rate(then, now, u, COUNT_SENT), a),
		}, then, now, u };
		view_add(v, r);
	}
}

static json_t *number(double n)
{
	return n < 0 ? json_null() : json_real((double)(int64_t)(n * 10 + 0.5) / 10);
}

static json_t *bytes(int64_t n)
{
	return n < 0 ? json_null() : json_integer(n);
}

static json_t *guest_json(const struct row *r)
{
	const struct usage *u = r->u;

	return json_pack("{ss ss ss? sb so so so so so so so}", "name", u->name, "state",
			 state_word(u->state), "driver", u->driver, "alien", u->alien,
			 "cpu", number(usage_rate(r->then, r->now, u, COUNT_CPU_US)), "memory", bytes(u->memory),
			 "ram", bytes(u->ram ? u->ram : -1),
			 "disk_read", number(usage_rate(r->then, r->now, u, COUNT_READ)),
			 "disk_written", number(usage_rate(r->then, r->now, u, COUNT_WRITTEN)),
			 "net_received", number(usage_rate(r->then, r->now, u, COUNT_RECEIVED)),
			 "net_sent", number(usage_rate(r->then, r->now, u, COUNT_SENT)));
}

/* Of a guest's members, those that are shown. */
static json_t *chosen(json_t *guest, const struct view *v)
{
	json_t *some = json_object();

	for (size_t i = 0; i < v->shown.n; i++)
		json_object_set(some, v->shown.v[i].field->key, json_object_get(guest, v->shown.v[i].field->key));
	json_decref(guest);
	return some;
}

/* Programs get numbers, and not what is easy on the eye. */
static void print_json(struct view *v)
{
	DEFER(free_str) char *text = NULL;
	DEFER(str_done) struct str s = { 0 };
	json_t *list = json_array(), *doc;

	view_arrange(v);
	for (size_t i = 0; i < v->rows.n; i++) {
		json_t *guest = guest_json(v->rows.v[i].record);

		json_array_append_new(list, v->chosen ? chosen(guest, v) : guest);
	}
	doc = json_pack("{ss sI so}", "schema", "berth.top/1", "time", (json_int_t)time(NULL), "guests", list);
	text = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
	str_fmt(&s, "%s\n", text);
	out_text(&s);
}

/* A screenful over the last one; a raw terminal wants its own line ends. */
static void paint(const struct str *text, int rows)
{
	DEFER(str_done) struct str s = { 0 };

	str_add(&s, "\033[H");
	for (const char *at = str_text(text); *at && rows-- > 1;) {
		size_t n = strcspn(at, "\n");

		str_addn(&s, at, n);
		str_add(&s, "\033[K\r\n");
		at += n + (at[n] == '\n');
	}
	str_add(&s, "\033[J");
	out_text(&s);
}

static int show(const struct call *c, const struct top *t, const struct usages *then, const struct usages *now,
		struct err *e)
{
	DEFER(view_done) struct view v = { 0 };
	DEFER(str_done) struct str out = { 0 };

	if (call_view(c, &v, e) < 0 || view_usual(&v, USUAL, e) < 0)
		return -1;
	rows_of(then, now, &v);
	if (c->json) {
		print_json(&v);
		return 0;
	}
	rows_text(c, &v, "guests", &out);
	if (t->screen)
		paint(&out, tty_rows(1));
	else
		out_text(&out);
	return 0;
}

/* Until the next look is due. True: somebody wants to leave. */
static bool rest(const struct top *t)
{
	struct pollfd in = { .fd = t->screen ? 0 : -1, .events = POLLIN };
	long until = deadline_ms(t->every_ms);
	int left;

	while ((left = left_ms(until))) {
		char key = 0;
		int n = intr_poll(&in, 1, left);

		if (n < 0 || (n > 0 && read(0, &key, 1) <= 0) || key == 'q' || key == 'Q' || key == CTRL_C)
			return true;
	}
	return false;
}

static int watch(const struct call *c, const struct top *t, struct facts *f, struct err *e)
{
	struct usages then = { 0 }, now = { 0 };
	int result = usages_take(f, &then, e);

	for (long i = 0; !result && (!t->times || i < t->times) && !rest(t); i++) {
		result = usages_take(f, &now, e);
		if (result)
			break;
		result = show(c, t, &then, &now, e);
		usages_done(&then);
		then = now;
		now = (struct usages){ 0 };
	}
	usages_done(&then);
	usages_done(&now);
	return result;
}

static int top(struct call *c, struct err *e)
{
	DEFER(facts_done) struct facts f = { 0 };
	DEFER(view_done) struct view v = { 0 };         /* read once before the screen is ours */
	DEFER(str_done) struct str blank = { 0 };
	struct top t = { 0 };
	int result;

	if (read_options(c, &t, e) < 0 || call_view(c, &v, e) < 0 || probe_places(&f, e) < 0 || (t.screen && tty_raw(0, e) < 0))
		return -1;
	if (t.screen)
		str_add(&blank, "\033[H\033[2J");
	out_text(&blank);
	intr_begin();
	result = watch(c, &t, &f, e);
	intr_end();
	tty_restore();
	return result;
}

static const struct opt options[] = {
	{ "count", 'n', "N",       "end after N tables (default without a terminal: 1)" },
	{ "delay", 'd', "SECONDS", "time between two looks (default: 2)" },
	{ 0 },
};

const struct command cmd_top = {
	.name = "top",
	.group = "Guests",
	.args = "",
	.summary = "show what running guests use, again and again",
	.description =
		"One line for each guest that runs: percent of one processor, memory taken of what it was given, bytes per second from "
		"and to its disks and its network. '-' is what nobody counts: networks in user mode among others. On a terminal the "
		"table is painted anew until you press q; elsewhere, and with --count, so many tables are printed, each "
		"after the time between two looks. With --json every table is an object on a line of its own.",
	.example = "berth top -d 1\nberth top --json -n 10",
	.options = options,
	.fields = fields,
	.run = top,
};
