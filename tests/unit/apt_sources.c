/* SPDX-License-Identifier: ISC */
/* Of the host's package sources only the distribution's own go into a guest. */
#include "tap.h"

#include "app/probe_apt.h"

static const struct { const char *name, *text, *want; } lists[] = {
	{ "the plain line stays", "deb http://mirror.example/debian bookworm main\n",
	  "deb http://mirror.example/debian bookworm main\n" },
	{ "options are part of it", "deb [signed-by=/k.gpg arch=amd64] http://m.example/debian bookworm-updates main contrib\n",
	  "deb [signed-by=/k.gpg arch=amd64] http://m.example/debian bookworm-updates main contrib\n" },
	{ "sources, comments and blank lines go", "# x\n\ndeb-src http://m.example/debian bookworm main\n", "" },
	{ "a third party with a suite of its own goes", "deb https://p.example/apt cloud-sdk-bookworm main\n", "" },
	{ "a third party with our suite but no main goes", "deb https://p.example/linux bookworm stable\n", "" },
	{ "pgdg is a third party", "deb https://p.example/apt bookworm-pgdg main\n", "" },
	{ "credentials stay at home", "deb https://joe:secret@m.example/debian bookworm main\n", "" },
	{ "an at sign in a path is none", "deb https://m.example/a@b bookworm main\n", "deb https://m.example/a@b bookworm main\n" },
	{ "the last line needs no end", "deb http://m.example/ubuntu jammy universe main",
	  "deb http://m.example/ubuntu jammy universe main\n" },
};

static const struct { const char *name, *text, *want; } stanzas[] = {
	{ "a stanza without its comments",
	  "# a\nTypes: deb\n# b\nURIs: http://m.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\n",
	  "Types: deb\nURIs: http://m.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\n" },
	{ "the second of two",
	  "Types: deb\nURIs: https://n.example\nSuites: nodistro\nComponents: main\n\n"
	  "Types: deb deb-src\nURIs: http://m.example/debian\nSuites: bookworm-security\nComponents:\n main\n contrib\n",
	  "Types: deb deb-src\nURIs: http://m.example/debian\nSuites: bookworm-security\nComponents:\n main\n contrib\n" },
	{ "switched off", "Types: deb\nURIs: http://m.example\nSuites: bookworm\nComponents: main\nEnabled: no\n", "" },
	{ "sources only", "Types: deb-src\nURIs: http://m.example\nSuites: bookworm\nComponents: main\n", "" },
};

int main(void)
{
	struct arena a = { 0 };

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		is(apt_reduce_list(lists[i].text, &a), lists[i].want, lists[i].name);
	for (size_t i = 0; i < sizeof stanzas / sizeof *stanzas; i++)
		is(apt_reduce_sources(stanzas[i].text, &a), stanzas[i].want, stanzas[i].name);
	is(apt_reduce_conf("APT::Install \"1\";\nAcquire::Check-Date \"false\";\nAcquire::http::Proxy \"http://u:p@x\";\n", &a),
	   "Acquire::Check-Date \"false\";\n", "a proxy with its password is not passed on");
	arena_done(&a);
	return tap_done();
}
