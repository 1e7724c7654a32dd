/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include "base/str.h"
#include "model/data.h"
#include "model/os.h"

static const struct { const char *asked, *name, *stands_for, *near; } names[] = {
	{ "debian-12", "debian-12", NULL, NULL },
	{ "debian", "debian-12", NULL, NULL },
	{ "bookworm", "debian-12", NULL, NULL },
	{ "debian_12", "debian-12", NULL, NULL },
	{ "debian5-64", "debian-12", "debian5-64", NULL },
	{ "ubuntu", "ubuntu-24.04", NULL, NULL },
	{ "fedora-14-x86", "debian-12", "fedora-14-x86", NULL },
	{ "fedora", "fedora", NULL, NULL },
	{ "winxppro", "windows-xp", NULL, NULL },
	{ "debain", NULL, NULL, "debian" },
	{ "plan9", NULL, NULL, NULL },
};

static void find(void)
{
	struct arena a = { 0 };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *near = NULL;
		const struct os *o = os_find(names[i].asked, &a, &near);

		is(o ? o->name : NULL, names[i].name, names[i].asked);
		is(o ? o->stands_for : NULL, names[i].stands_for, "what it stands for");
		is(near, names[i].near, "the nearest name");
	}
	arena_done(&a);
}

/* Both files are well-formed, and every row is complete. */
static void complete(void)
{
	static const struct { const char *name, *text; } files[] = { { "os", data_os }, { "catalog", data_catalog } };

	for (size_t i = 0; i < 2; i++) {
		struct ini ini = { 0 };
		struct report r = { .file = files[i].name };

		ok(!ini_parse(&ini, files[i].name, files[i].text, strlen(files[i].text), &r), "%s.conf parses", files[i].name);
		for (struct ini_node *s = ini.root->first; s; s = s->next) {
			if (i == 0)
				ok(data_text(s, "family") && data_text(s, "distro") && data_text(s, "arch") &&
				   (!data_text(s, "installer") || data_text(s, "suite")), "%s is complete", s->name);
			else
				ok(!!ini_child(s, "apt") != !!ini_child(s, "why"), "%s has packages or a reason", s->name);
		}
		report_done(&r);
		ini_done(&ini);
	}
}

static const struct { const char *name, *key, *value[3], *suite, *want; } programs[] = {
	{ "1 takes the program the key names", "sshd", { "1" }, "bookworm", "openssh-server" },
	{ "0 skips", "sshd", { "0" }, "bookworm", "" },
	{ "'_' and '-' are equal", "mail_server", { "1" }, "bookworm", "postfix" },
	{ "the thesis's short names", "chrome", { "1" }, "bookworm", "chromium" },
	{ "a distribution has its own", "firefox", { "1" }, "noble", "firefox" },
	{ "a suite has its own", "ntp", { "1" }, "jammy", "ntp" },
	{ "a list, whatever the key", "tools", { "nmap", "tcpdump" }, "bookworm", "nmap tcpdump" },
	{ "several packages", "snmp", { "1" }, "bookworm", "snmp snmpd" },
	{ "unknown", "visual_studio", { "1" }, "bookworm", "! visual_studio: unknown program, ignored" },
	{ "nearly known", "wireshrak", { "1" }, "bookworm", "! wireshrak: unknown program, ignored (did you mean 'wireshark'?)" },
	{ "a list without commas", "browser", { "firefox chrome" }, "bookworm",
	  "! browser: 'firefox chrome' is one name, and no program's (separate names with commas)" },
	{ "no package", "lustrefs", { "1" }, "bookworm", "! lustrefs: not installed: no distribution packages it" },
};

static void catalog(void)
{
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		DEFER(str_done) struct str got = { 0 };
		struct guest g = { 0 };
		struct words out = { 0 };
		struct report r = { .file = "t" };
		struct program *p = vec_add(&g.programs, &g.mem);

		p->place = (struct place){ programs[i].key, 1, 1 };
		for (size_t k = 0; k < 3 && programs[i].value[k]; k++)
			words_add(&p->value, &g.mem, programs[i].value[k]);
		catalog_packages(&g, "apt", programs[i].suite, &out, &g.mem, &r);
		for (size_t k = 0; k < out.n; k++)
			str_fmt(&got, "%s%s", k ? " " : "", out.v[k]);
		for (size_t k = 0; k < r.problems.n; k++)
			str_fmt(&got, "! %s", r.problems.v[k].text);
		is(str_text(&got), programs[i].want, programs[i].name);
		report_done(&r);
		arena_done(&g.mem);
	}
}

int main(void)
{
	find();
	complete();
	catalog();
	return tap_done();
}
