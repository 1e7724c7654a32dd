/* SPDX-License-Identifier: ISC */
/* ctys-createConfVM: facts of a guest, and the machine file that they come to, side by side. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "app/attendant.h"
#include "cmd/as_ctys.h"
#include "cmd/common.h"
#include "front/ctys_facts.h"
#include "front/ctys_make.h"
#include "sys/file.h"
#include "text/rc.h"

/* This host, as facts name it. */
struct here {
	struct utsname uts;
	char *release;          /* of its distribution: /etc/os-release */
	char date[32];          /* of now */
	struct arena mem;
};

static const char *environment(void *arg, const char *key)
{
	return getenv(key);
}

/* A guest that nobody says more about has the system of its host. */
static const char *of_host(void *arg, const char *key)
{
	struct here *h = arg;
	const char *const said[][2] = {
		{ "OS", h->uts.sysname }, { "OSREL", h->uts.release }, { "ARCH", h->uts.machine },
		{ "INST_HOST", h->uts.nodename }, { "INST_DATE", h->date },
	};

	for (size_t i = 0; i < sizeof said / sizeof *said; i++)
		if (!strcmp(said[i][0], key))
			return said[i][1];
	if (!strcmp(key, "INST_UID"))
		return user_name(getuid(), &h->mem);
	if (h->release && (!strcmp(key, "DIST") || !strcmp(key, "DISTREL")))
		return ctys_facts_value(h->release, key[4] ? "VERSION_ID" : "ID", &h->mem);
	return NULL;
}

static void look_around(struct here *h)
{
	time_t now = time(NULL);
	struct err ignored = { 0 };
	struct tm tm;

	uname(&h->uts);
	h->release = file_read("/etc/os-release", RC_MAX_BYTES, NULL, &ignored);
	if (localtime_r(&now, &tm))
		strftime(h->date, sizeof h->date, "%Y%m%d%H%M%S", &tm);
}

static void here_done(struct here *h)
{
	free(h->release);
	arena_done(&h->mem);
}

/* What there was stays beside it, under a name that no scan looks at. */
static int publish(const char *file, const char *date, const char *text, struct arena *a, struct err *e)
{
	DEFER(free_str) char *old = NULL;
	size_t size = 0;

	if (file_exists(file)) {
		const char *kept = arena_fmt(a, "%s.%s", file, date);

		old = file_read(file, RC_MAX_BYTES, &size, e);
		if (!old || (strcmp(old, text) != 0 && file_write(kept, old, size, 0600, e) < 0))
			return -1;
	}
	return file_write(file, text, strlen(text), 0, e);
}

/* What has no key in a machine file is told. */
static int machine_file(const char *file, const char *folder, const struct str *facts, struct str *out, struct err *e)
{
	const struct ctys_file from = { folder, str_text(facts), facts->n, image_look, true };
	DEFER(report_done) struct report r = { .file = file };
	int status = ctys_facts(&from, &r, out);

	for (size_t i = 0; i < r.problems.n; i++)
		fprintf(stderr, "%s\n", report_line(&r, &r.problems.v[i], &r.mem));
	return status < 0 ? err_set(e, ERR_INVALID, "no machine file can be made of these values") : 0;
}

static int write_both(const struct ctys_make *m, const char *stem, const char *date, const struct str *facts,
		      const struct str *conf, struct arena *a, struct err *e)
{
	const char *ctys = arena_fmt(a, "%s.ctys", stem), *file = arena_fmt(a, "%s.conf", stem);

	if (publish(file, date, str_text(conf), a, e) < 0 || publish(ctys, date, str_text(facts), a, e) < 0)
		return -1;
	if (m->terse)
		return 0;
	printf("%s\n%s\n", ctys, file);
	if (file_exists(arena_fmt(a, "%s.img", stem)))
		fprintf(stderr, "ctys-createConfVM: its image is there already ('berth register %s' makes a guest of it)\n", file);
	return 0;
}

static int make(const struct ctys_make *m, struct arena *a, struct err *e)
{
	DEFER(here_done) struct here h = { 0 };
	DEFER(free_str) char *kept = NULL;
	DEFER(free_str) char *defaults = NULL;
	DEFER(str_done) struct str facts = { 0 };
	DEFER(str_done) struct str conf = { 0 };
	const char *folder = path_absolute(m->folder ? m->folder : ".", a);
	const char *stem = arena_fmt(a, "%s/%s", folder, m->label ? m->label : "");
	struct ctys_origins o = { .environment = environment, .host = of_host, .arg = &h };

	look_around(&h);
	if (m->label && file_exists(arena_fmt(a, "%s.ctys", stem)) &&
	    !(o.kept = kept = file_read(arena_fmt(a, "%s.ctys", stem), RC_MAX_BYTES, NULL, e)))
		return -1;
	if (m->defaults && !(o.defaults = defaults = file_read(m->defaults, RC_MAX_BYTES, NULL, e)))
		return -1;
	if (m->list) {
		ctys_make_list(m, &o, &facts);
		out_text(&facts);
		return 0;
	}
	if (ctys_make_facts(m, &o, &facts, e) < 0 || machine_file(arena_fmt(a, "%s.ctys", stem), folder, &facts, &conf, e) < 0)
		return -1;
	if (m->print) {
		out_text(&conf);
		return 0;
	}
	if (m->make_folder ? dir_make(folder, 0755, e) < 0 : !file_exists(folder))
		return e->kind ? -1 : err_set(e, ERR_NOT_FOUND, "there is no directory '%s' (-C makes it)", folder);
	return write_both(m, stem, h.date, &facts, &conf, a, e);
}

int as_make(struct call *c, int argc, char **argv, struct err *e)
{
	struct ctys_make m = { 0 };

	if (ctys_make_parse(&m, argc, argv, e) < 0)
		return -1;
	if (m.help || m.version)
		return dispatch(m.help ? 3 : 2, m.help ? (char *[]){ "berth", "help", "as", NULL } : (char *[]){ "berth", "version", NULL },
				e) < 0 ? -1 : 0;
	return make(&m, &c->mem, e);
}
