/* SPDX-License-Identifier: ISC */
/*
 * Calls of ctys: tests/front/ctys-calls has one in a line, quoted for a shell, and behind a
 * tab each what it becomes: a request, " => " and the calls of berth, or "! " and what is said
 * of it. UPDATE=1 prints the table as it would have to be.
 */
#include "tap.h"

#include <stdlib.h>

#include "base/str.h"
#include "front/ctys.h"
#include "front/ctys_make.h"
#include "front/ctys_query.h"
#include "model/defined.h"
#include "sys/file.h"
#include "text/rc.h"

static const struct { const char *name, *text; } groups[] = {
	{ "tile", "# one part of a screen\nroot@lab02'(-a create=l:LAB02,reuse -c local -g 1268x992:A11:ALL -b 1,2)'\n" },
	{ "scan/all", "CONTEXT'(-d 2,s:16,w:0,p -b sync,par -c off -C on)'\nlab00, lab01\n#include scan/more\n" },
	{ "scan/more", "lab01 lab02'(-c on)'" },
	{ "two", "h1\nh2(-Z sudo)\nh1\n" },
	{ "loop", "#include loop\n" },
	{ "many", "#include many2\n#include many2\n#include many2\n" },
	{ "many2", "#include many3\n#include many3\n#include many3\n#include many3\n" },
	{ "many3", "#include many4\n#include many4\n#include many4\n#include many4\n#include many4\n#include many4\n" },
	{ "many4", "#include two\n#include two\n#include two\n#include two\n#include two\n#include two\n#include two\n#include two\n"
		   "#include two\n#include two\n#include two\n#include two\n#include two\n#include two\n#include two\n" },
	{ "gone", "h1\n#include nowhere\n" },
};

static const char *find_group(void *arg, const char *name, struct arena *a, struct err *e)
{
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		if (!strcmp(groups[i].name, name))
			return groups[i].text;
	return NULL;
}

static const char *find_macros(void *arg, const char *name, struct arena *a, struct err *e)
{
	return strcmp(name, "default") != 0 ? NULL :
	       "# columns\nF_LABEL = 3_label_10\nCOLS = TAB_GEN:{macro:F_LABEL}%%\\\n5_uuid_8\n"
	       "CALL = -t qemu -a list=label h1'(-d 1)'\nTWICE = a\nTWICE = b\nROUND = macro:ROUND\n";
}

static const struct ctys_files files = { find_group, find_macros, NULL };
/* What has been imported. */
static bool exists(const char *path)
{
	return !strcmp(path, "/vm/web.conf") || !strcmp(path, "/home/ann/vm/web.conf");
}

static const struct ctys_here here = { "ann", "here", "/home/ann", exists };

static void add_calls(const struct ctys_request *q, struct str *out)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct ctys_calls calls = { 0 };
	struct err e = { 0 };

	ctys_show(q, out);
	if (ctys_berth(q, &here, &calls, &a, &e) < 0) {
		str_fmt(out, " => ! %d %s", (int)e.kind, e.msg);
		return;
	}
	str_add(out, " =>");
	for (size_t i = 0; i < calls.v.n; i++) {
		str_add(out, i ? " ;" : "");
		for (size_t k = 0; k < calls.v.v[i].n; k++)
			str_fmt(out, " %s", calls.v.v[i].v[k]);
	}
	for (size_t i = 0; i < calls.notes.n; i++)
		str_fmt(out, " # %s", calls.notes.v[i]);
}

/* The other programs. */
static void tool(const struct ctys_tool *t, const struct words *words, struct str *out)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct words got = { 0 };
	struct err e = { 0 };

	if (ctys_tool_call(t, (int)words->n - 1, (char **)words->v + 1, &here, &got, &a, &e) < 0)
		str_fmt(out, "\t! %d %s", (int)e.kind, e.msg);
	for (size_t i = 0; i < got.n; i++)
		str_fmt(out, "%s%s", i ? " " : "\t=> ", got.v[i]);
}

/* "tst00 & !2~PM & tst103 | tst00": which records ctys-vhost shows. */
static void vhost(const struct words *words, struct str *out)
{
	static const char *const picks[] = { "first", "last", "all", "complement", "sort", "usort", "unique" };
	DEFER(ctys_query_done) struct ctys_query q = { 0 };
	struct err e = { 0 };

	if (ctys_query_parse(&q, (int)words->n - 1, (char **)words->v + 1, &e) < 0) {
		str_fmt(out, "\t! %d %s", (int)e.kind, e.msg);
		return;
	}
	str_fmt(out, "\t%s", picks[q.pick]);
	for (size_t i = 0; i < q.terms.n; i++) {
		const struct ctys_term *t = &q.terms.v[i];

		str_fmt(out, "%s%s", i ? t->alternative ? " | " : " & " : ": ", t->not ? "!" : "");
		if (t->kind == CTYS_SAME)
			str_fmt(out, "%d=%d", t->a, t->b);
		else if (t->kind == CTYS_IN_FIELD)
			str_fmt(out, "%d~%s", t->a, t->text);
		else
			str_fmt(out, "%s%s", t->kind == CTYS_NUMBER ? "#" : "", t->text);
	}
	if (q.output)
		str_fmt(out, " -o %s", q.output);
}

static const char *of_host(void *arg, const char *key)
{
	return !strcmp(key, "INST_HOST") ? "here" : !strcmp(key, "OS") ? "Linux" : NULL;
}

/* Of the variables that the printed calls have, or one that is asked for. */
static const char *of_environment(void *arg, const char *key)
{
	static const char *const said[][2] = {
		{ "RELEASE", "5.4" }, { "DIST", "CentOS" }, { "ACCELERATOR", "KVM" }, { "OSVERSION", "2.6.18" }, { "IP", "172.20.6.24" },
		{ "NETMASK", "255.255.0.0" }, { "MAC", "00:50:56:13:13:19" },
	};
	const char *more = arg;
	size_t n = strlen(key);

	if (more && !strncmp(more, key, n) && more[n] == '=')
		return more + n + 1;
	for (size_t i = 0; i < sizeof said / sizeof *said; i++)
		if (!strcmp(said[i][0], key))
			return said[i][1];
	return NULL;
}

static void make(const struct words *words, struct str *out)
{
	const struct ctys_origins o = { of_environment, of_host, NULL, NULL, "SMP=2\nMEMSIZE=64\n" };
	DEFER(str_done) struct str facts = { 0 };
	struct ctys_make m = { 0 };
	struct err e = { 0 };

	if (ctys_make_parse(&m, (int)words->n - 1, (char **)words->v + 1, &e) < 0 || (m.label && ctys_make_facts(&m, &o, &facts, &e) < 0)) {
		str_fmt(out, "\t! %d %s", (int)e.kind, e.msg);
		return;
	}
	str_fmt(out, "\t%s%s%s%s%s:", m.list ? "list " : m.print ? "print " : "", m.label ? m.label : "", m.folder ? " in " : "",
		m.folder ? m.folder : "", m.make_folder ? ", made" : "");
	for (const char *s = str_text(&facts); *s; s += strcspn(s, "\n"), s += *s == '\n')
		str_fmt(out, " %.*s", (int)strcspn(s, "\n"), s);
}

/* Values by where they come from, and those that cannot be had. */
static void makes(void)
{
	static const struct { const char *environment, *kept, *want; } cases[] = {
		{ NULL, NULL, "f  MEMSIZE=64" },
		{ NULL, "MEMSIZE=${MEMSIZE:-32}\n", "c  MEMSIZE=32" },
		{ "MEMSIZE=16", "MEMSIZE=32\n", "e  MEMSIZE=16" },
		{ "MEMSIZE=", "#@#VRAM = \"48\"\n", "c  MEMSIZE=48" },
		{ NULL, "#@#INST_HOST = \"there\"\n", "h  INST_HOST=here" },
		{ NULL, NULL, "h  OS=Linux" },
		{ NULL, NULL, "e  DISTREL=5.4" },
		{ NULL, NULL, "d  HDDBOOTIMAGE_INST_SIZE=8G" },
		{ NULL, NULL, "g  HDDBOOTIMAGE=web.img" },
		{ NULL, NULL, "-  UUID=\n" },
		{ NULL, "MEMSIZE=$(touch x)\n", "f  MEMSIZE=64" },
	};
	static const char *const wrong[][2] = {
		{ "CPU=a\"b", "CPU: 'a\"b' has a character that a file of facts cannot hold (\" $ ` \\)" },
		{ "APPEND=$(touch x)", "APPEND: '$(touch x)' has a character that a file of facts cannot hold (\" $ ` \\)" },
		{ "STARTERCALL=/opt/qemu/bin/qemu-system-arm",
		  "STARTERCALL=/opt/qemu/bin/qemu-system-arm: machines of other architectures are not made by this berth" },
	};
	const struct ctys_make m = { .label = "web" };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct ctys_origins o = { of_environment, of_host, (void *)cases[i].environment, cases[i].kept, "SMP=2\nMEMSIZE=64\n" };
		DEFER(str_done) struct str out = { 0 };

		ctys_make_list(&m, &o, &out);
		ok(strstr(str_text(&out), cases[i].want), "%s", cases[i].want);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		const struct ctys_origins o = { of_environment, of_host, (void *)wrong[i][0], NULL, NULL };
		DEFER(str_done) struct str out = { 0 };
		struct err e = { 0 };

		ok(ctys_make_facts(&m, &o, &out, &e) < 0, "%s cannot be had", wrong[i][0]);
		is(e.msg, wrong[i][1], wrong[i][0]);
	}
}

static const struct { const char *host, *type, *label; } known[] = {
	{ "lab00", "QEMU", "tst1" }, { "lab00", "XEN", "tst10" }, { "lab01", "QEMU", "tst10" }, { "tst2", "PM", "tst2" },
};

/* Labels of the records that a query means, with their hosts. */
static void found(const char *query, const char *want)
{
	DEFER(ctys_query_done) struct ctys_query q = { 0 };
	DEFER(arena_done) struct arena a = { 0 };
	DEFER(str_done) struct str got = { 0 };
	struct ctys_records all = { 0 }, fit = { 0 };
	struct words words = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct ctys_record *r = vec_add(&all, &a);

		r->cells[0] = known[i].host;
		r->cells[1] = known[i].type;
		r->cells[2] = known[i].label;
		r->cells[31] = arena_fmt(&a, "%zu", i + 1);
		r->text = arena_fmt(&a, "%s;%s;%s", r->cells[0], r->cells[1], r->cells[2]);
	}
	rc_words(query, &words, &a);
	if (ctys_query_parse(&q, (int)words.n, (char **)words.v, &e) == 0 && ctys_query_pick(&q, &all, &fit, &a, &e) == 0)
		for (size_t i = 0; i < fit.n; i++)
			str_fmt(&got, "%s%s", i ? " " : "", fit.v[i].cells[31]);
	else
		str_fmt(&got, "! %d", (int)e.kind);
	is(str_text(&got), want, query);
}

static void queries(void)
{
	found("-M all tst1", "1 2 3");
	found("-M all 'tst1$'", "1");
	found("-M all tst10 AND lab00", "2");
	found("-M all tst10 lab00 OR lab01", "2 3");
	found("-M all lab00 OR lab01 tst10 OR tst2", "2 3");
	found("-M all NOT lab00", "3 4");
	found("-M all f:2:QEMU not lab01", "1");
	found("-M all e:1:3", "4");
	found("-M all R:3", "3");
	found("tst10", "2");
	found("-M last tst10", "3");
	found("-M complement tst10", "1 4");
	found("-M unique tst2", "4");
	found("-M unique tst10", "! 11");
	found("-M usort tst", "1 2 3 4");
	found("nothing", "! 3");
}

/* What a guest's card comes to: a record for each of its interfaces. */
static void records(void)
{
	json_t *details = json_pack("{s:[{s:s, s:s, s:s, s:s, s:s, s:s}, {s:s}]}", "records", "host", "lab00", "driver", "qemu", "name", "web",
				    "mac", "52:54:00:00:00:01", "address", "10.0.0.1", "memory", "512M", "mac", "52:54:00:00:00:02");
	struct card c = { .record = 7, .details = details };
	DEFER(arena_done) struct arena a = { 0 };
	struct ctys_records r = { 0 };

	ctys_records_add(&r, &c, &a);
	ok(r.n == 2, "one for each interface");
	is(r.v[0].text, "lab00;QEMU;web;;;52:54:00:00:00:01;10.0.0.1;;;;;;;;;;;;;;;;;;;;;;;;;7;;;;;;;;512M;;;;;;;", "the first");
	is(r.v[1].cells[5], "52:54:00:00:00:02", "MAC of the second");
	is(r.v[1].cells[6], NULL, "which has no address");
	for (int i = 0; i < CTYS_FIELDS; i++)
		if (ctys_fields[i].number != i + 1 || strcmp(ctys_fields[i].key, defined_fields[i].key) != 0)
			ok(false, "field %d stands in its place", i + 1);
	json_decref(details);
}

static void becomes(const char *call, struct str *out)
{
	DEFER(ctys_done) struct ctys c = { 0 };
	struct words words = { 0 };
	struct err e = { 0 };

	rc_words(call, &words, &c.mem);
	if (!strcmp(words.v[0], "ctys-vhost")) {
		vhost(&words, out);
		return;
	}
	if (!strcmp(words.v[0], "ctys-createConfVM")) {
		make(&words, out);
		return;
	}
	if (ctys_tool_find(words.v[0])) {
		tool(ctys_tool_find(words.v[0]), &words, out);
		return;
	}
	if (ctys_parse(&c, (int)words.n - 1, (char **)words.v + 1, &files, &e) < 0)
		str_fmt(out, "\t! %d %s", (int)e.kind, e.msg);
	for (size_t i = 0; i < c.requests.n && !e.kind; i++) {
		str_addc(out, '\t');
		add_calls(&c.requests.v[i], out);
	}
}

static void line(const char *text)
{
	DEFER(str_done) struct str got = { 0 };
	DEFER(free_str) char *call = xstrdup(text);

	call[strcspn(call, "\t")] = 0;
	str_add(&got, call);
	if (*call && *call != '#')
		becomes(call, &got);
	if (getenv("UPDATE"))
		fprintf(stderr, "%s\n", str_text(&got));
	else if (*call && *call != '#')
		is(str_text(&got), text, call);
}

static void plain(void)
{
	DEFER(arena_done) struct arena a = { 0 };

	is(ctys_plain("uname%-a", &a), "uname -a", "a blank");
	is(ctys_plain("100%%", &a), "100%", "a percent sign");
	is(ctys_plain("%%%", &a), "% ", "both");
}

/* The lines of a file of tests/front. */
static void lines(const char *name, struct words *out, struct arena *a)
{
	struct err e = { 0 };
	DEFER(free_str) char *text = file_read(arena_fmt(a, "%s/tests/front/%s", getenv("BERTH_SOURCE"), name), 1 << 20, NULL, &e);

	ok(text, "%s is there: %s", name, e.msg);
	for (char *s = text, *end; s && *s; s = end + 1) {
		end = strchr(s, '\n');
		*end = 0;
		words_add(out, a, arena_str(a, s));
	}
}

/* Every call of the texts stands in the table, and is none that is not understood. */
static void promised(const struct words *table, const struct words *list)
{
	for (size_t i = 0; i < list->n; i++) {
		size_t n = strlen(list->v[i]), k = 0;

		if (*list->v[i] == '#')
			continue;
		while (k < table->n && (strncmp(table->v[k], list->v[i], n) != 0 || table->v[k][n] != '\t'))
			k++;
		ok(k < table->n && strncmp(table->v[k] + n, "\t! 2 ", 6) != 0, "promised: %s", list->v[i]);
	}
}

int main(void)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct words table = { 0 }, list = { 0 };

	lines("ctys-calls", &table, &a);
	lines("ctys-promised", &list, &a);
	for (size_t i = 0; i < table.n; i++)
		line(table.v[i]);
	promised(&table, &list);
	queries();
	makes();
	records();
	plain();
	return tap_done();
}
