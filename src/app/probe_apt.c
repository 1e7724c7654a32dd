/* SPDX-License-Identifier: ISC */
#include "app/probe_apt.h"

#include <stdlib.h>
#include <string.h>

#include "app/remember.h"
#include "base/str.h"
#include "exec/exec.h"
#include "model/plan.h"
#include "sys/file.h"

static const char *const releases[] = {
	"bullseye", "bookworm", "trixie", "forky", "sid", "stable", "testing", "unstable",
	"focal", "jammy", "noble", "resolute", NULL,
};

static const char *const pockets[] = { "", "-updates", "-security", "-backports", "-proposed-updates", NULL };

/* "bookworm-updates", and not "bookworm-pgdg": the suites a distribution itself publishes. */
static bool own_suite(const char *word, size_t n)
{
	for (const char *const *r = releases; *r; r++) {
		size_t k = strlen(*r);

		if (n < k || strncmp(word, *r, k))
			continue;
		for (const char *const *p = pockets; *p; p++)
			if (n - k == strlen(*p) && !strncmp(word + k, *p, n - k))
				return true;
	}
	return false;
}

/* Every word of the list is one of the distribution's suites, and there is one. */
static bool own_suites(const char *list)
{
	bool any = false;

	for (;;) {
		size_t n;

		list += strspn(list, " \t\n");
		if (!*list)
			return any;
		n = strcspn(list, " \t\n");
		if (!own_suite(list, n))
			return false;
		any = true;
		list += n;
	}
}

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += n)
		if ((p == list || strchr(" \t\n", p[-1])) && (!p[n] || strchr(" \t\n", p[n])))
			return true;
	return false;
}

/* "user:secret@" in an address is somebody's credential; such an entry stays on the host. */
static bool has_credentials(const char *text)
{
	const char *at = strstr(text, "://");

	return at && strcspn(at + 3, "@") < strcspn(at + 3, "/ \t\n");
}

/* deb [options] URI SUITE COMPONENT… */
static bool own_line(const char *line, struct arena *a)
{
	char *copy = arena_str(a, line), *save = NULL, *word;

	if (!str_starts(line, "deb ") || has_credentials(line))
		return false;
	word = strtok_r(copy + 4, " \t", &save);
	while (word && (*word == '[' || strchr(word, '=') || strchr(word, ']')))
		word = strtok_r(NULL, " \t", &save);
	word = word ? strtok_r(NULL, " \t", &save) : NULL;
	return word && own_suite(word, strlen(word)) && save && has_word(save, "main");
}

char *apt_reduce_list(const char *text, struct arena *a)
{
	DEFER(str_done) struct str out = { 0 };

	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = arena_strn(a, text, n);

		line += strspn(line, " \t");
		if (own_line(line, a))
			str_fmt(&out, "%s\n", line);
		text += n + (text[n] == '\n');
	}
	return arena_str(a, str_text(&out));
}

/* A field of a deb822 stanza, continuation lines included; NULL when it is not there. */
static char *field(const char *stanza, const char *name, struct arena *a)
{
	size_t n = strlen(name);

	for (const char *p = stanza; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		const char *end;

		if (strncasecmp(p, name, n) || p[n] != ':')
			continue;
		for (end = p + strcspn(p, "\n"); *end && (end[1] == ' ' || end[1] == '\t');)
			end += 1 + strcspn(end + 1, "\n");
		return arena_strn(a, p + n + 1, (size_t)(end - p) - n - 1);
	}
	return NULL;
}

static bool own_stanza(const char *stanza, struct arena *a)
{
	char *types = field(stanza, "Types", a), *suites = field(stanza, "Suites", a);
	char *components = field(stanza, "Components", a), *enabled = field(stanza, "Enabled", a);

	return types && has_word(types, "deb") && suites && own_suites(suites) &&
	       components && has_word(components, "main") && !(enabled && has_word(enabled, "no")) &&
	       !has_credentials(stanza);
}

static void without_comments(const char *stanza, struct str *out)
{
	while (*stanza) {
		size_t n = strcspn(stanza, "\n");

		if (*stanza != '#' && n) {
			str_addn(out, stanza, n);
			str_addc(out, '\n');
		}
		stanza += n + (stanza[n] == '\n');
	}
}

char *apt_reduce_sources(const char *text, struct arena *a)
{
	DEFER(str_done) struct str out = { 0 };

	while (*text) {
		const char *end = strstr(text, "\n\n");
		char *stanza = arena_strn(a, text, end ? (size_t)(end + 1 - text) : strlen(text));

		if (own_stanza(stanza, a)) {
			if (out.n)
				str_addc(&out, '\n');
			without_comments(stanza, &out);
		}
		text = end ? end + 2 : text + strlen(text);
	}
	return arena_str(a, str_text(&out));
}

char *apt_reduce_conf(const char *dump, struct arena *a)
{
	static const char *const wanted[] = { "Acquire::Check-Valid-Until ", "Acquire::Check-Date ", NULL };
	DEFER(str_done) struct str out = { 0 };

	while (*dump) {
		size_t n = strcspn(dump, "\n");

		for (const char *const *w = wanted; *w; w++)
			if (str_starts(dump, *w)) {
				str_addn(&out, dump, n);
				str_addc(&out, '\n');
			}
		dump += n + (dump[n] == '\n');
	}
	return arena_str(a, str_text(&out));
}

static void add_source(struct facts *f, const char *path, const char *name)
{
	struct err ignored = { 0 };
	DEFER(free_str) char *text = file_read(path, 1 << 20, NULL, &ignored);
	char *own;

	if (!text)
		return;
	own = str_ends(name, ".sources") ? apt_reduce_sources(text, &f->mem) : apt_reduce_list(text, &f->mem);
	if (*own)
		*vec_add(&f->apt_sources, &f->mem) = (struct apt_source){ arena_str(&f->mem, name), own };
}

/* The files that apt-config(8) reads; it starts dpkg besides, so asking it takes a while. */
static const char *apt_conf_id(struct facts *f)
{
	struct words files = { 0 }, names = { 0 };
	struct err ignored = { 0 };
	const char *own = getenv("APT_CONFIG");

	words_add(&files, &f->mem, "/usr/bin/apt-config");
	words_add(&files, &f->mem, own ? own : "/etc/apt/apt.conf");
	words_add(&files, &f->mem, "/etc/apt/apt.conf.d");
	dir_list("/etc/apt/apt.conf.d", &names, &f->mem, &ignored);
	for (size_t i = 0; i < names.n; i++)
		words_add(&files, &f->mem, arena_fmt(&f->mem, "/etc/apt/apt.conf.d/%s", names.v[i]));
	return remember_id(f, argv_of(&files, &f->mem));
}

static const char *apt_conf(struct facts *f)
{
	const char *id = apt_conf_id(f), *known = remembered(f, "apt-conf", id);
	DEFER(str_done) struct str dump = { 0 };
	struct err ignored = { 0 };

	if (known)
		return known;
	if (exec_capture(ARGV("apt-config", "dump"), 10000, &dump, &ignored))
		return "";
	known = apt_reduce_conf(str_text(&dump), &f->mem);
	remember(f, "apt-conf", id, known);
	return known;
}

void probe_apt(struct facts *f)
{
	struct err ignored = { 0 };
	struct words names = { 0 };

	add_source(f, "/etc/apt/sources.list", "sources.list");
	dir_list("/etc/apt/sources.list.d", &names, &f->mem, &ignored);
	for (size_t i = 0; i < names.n; i++)
		if (str_ends(names.v[i], ".list") || str_ends(names.v[i], ".sources"))
			add_source(f, arena_fmt(&f->mem, "/etc/apt/sources.list.d/%s", names.v[i]), names.v[i]);
	f->apt_conf = apt_conf(f);
}
