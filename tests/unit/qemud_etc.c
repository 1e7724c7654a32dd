/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include "base/str.h"
#include "front/qemud_etc.h"

/* The three files of a host (NULL: not there), and the guests, '+' behind those that start with it, and the first port. */
static const struct {
	const char *registered, *autostart, *vncoffset, *guests;
	int vnc_base;
	const char *said;
} rows[] = {
	{ "", NULL, NULL, "", 0, "" },
	{ "# guests\n\nweb1\t/vm\n  db  /vm/my db \r\n", NULL, NULL, "web1=/vm db=/vm/my db", 0, "" },
	{ "web1 /vm\ndb /vm", "db\n", NULL, "web1=/vm db+=/vm", 0, "" },
	{ "db /vm\nweb1 /vm\n", "# two\nweb1\n\n  db\n", "50100\nfree text\n", "db+=/vm web1+=/vm", 50100, "" },
	{ "web1 /vm\n", "other\n", NULL, "web1=/vm", 0, "f:1:1: warning: 'other' is not registered, and is left out\n" },
	{ "web1\n/vm web1\na/b /vm\nweb1 vm\n", NULL, NULL, "? ? ? ?", 0,
	  "f:1:1: expected a name and the absolute path of its folder\nf:2:1: expected a name and the absolute path of its folder\n"
	  "f:3:1: expected a name and the absolute path of its folder\nf:4:1: expected a name and the absolute path of its folder\n" },
	{ "", NULL, "80\n", "", 0, "f:1:1: warning: expected a port from 5900 to 65535; screens are on sockets instead\n" },
	{ "", NULL, "50000x\n", "", 0, "f:1:1: warning: expected a port from 5900 to 65535; screens are on sockets instead\n" },
	{ "", NULL, "\n", "", 0, "f:1:1: warning: expected a port from 5900 to 65535; screens are on sockets instead\n" },
};

static void guests(const struct qemud_etc *etc, struct str *out)
{
	for (size_t i = 0; i < etc->guests.n; i++) {
		const struct qemud_entry *g = &etc->guests.v[i];

		str_add(out, i ? " " : "");
		if (g->name)
			str_fmt(out, "%s%s=%s", g->name, g->autostart ? "+" : "", g->folder);
		else
			str_add(out, "?");
	}
}

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		DEFER(qemud_etc_done) struct qemud_etc etc = { 0 };
		DEFER(report_done) struct report r = { .file = "f" };
		DEFER(str_done) struct str got = { 0 };
		DEFER(str_done) struct str said = { 0 };

		qemud_registered(&etc, rows[i].registered, &r);
		if (rows[i].autostart)
			qemud_autostart(&etc, rows[i].autostart, &r);
		if (rows[i].vncoffset)
			qemud_vncoffset(&etc, rows[i].vncoffset, &r);
		guests(&etc, &got);
		for (size_t k = 0; k < r.problems.n; k++)
			str_fmt(&said, "%s\n", report_line(&r, &r.problems.v[k], &r.mem));
		is(str_text(&got), rows[i].guests, rows[i].registered);
		is(str_text(&said), rows[i].said, "what is said of it");
		ok(etc.vnc_base == rows[i].vnc_base, "where ports begin: %d", etc.vnc_base);
	}
	return tap_done();
}
