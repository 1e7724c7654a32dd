/* SPDX-License-Identifier: ISC */
#include "app/sessions.h"

#include <sys/stat.h>

#include "app/attendant.h"
#include "app/survey.h"
#include "app/tunnel.h"
#include "base/str.h"
#include "exec/ask.h"
#include "sys/file.h"

static struct session_row *add(struct sessions *s, const char *guest, char side, const char *kind)
{
	struct session_row *r = vec_add(&s->rows, &s->mem);

	r->guest = arena_str(&s->mem, guest);
	r->side = side;
	r->kind = kind;
	return r;
}

static void add_viewer(struct sessions *s, const char *guest, const struct looker *l)
{
	struct session_row *r = add(s, guest, 'C', "console");

	r->id = arena_fmt(&s->mem, "%s:%ld", guest, l->id);
	r->user = user_name(l->uid, &s->mem);
	r->tty = l->tty;
	r->pid = l->pid;
	r->since = l->since;
	r->what = l->writes ? "rw" : "ro";
}

/* A server is there since its socket is, and runs as who owns that. */
static void add_server(struct sessions *s, const char *guest, const char *kind, const char *socket, pid_t pid, const char *where)
{
	struct session_row *r = add(s, guest, 'S', kind);
	struct stat st;

	r->id = arena_fmt(&s->mem, "%s:%s", guest, kind);
	r->pid = pid;
	r->what = where;
	if (socket && stat(socket, &st) == 0) {
		r->user = user_name(st.st_uid, &s->mem);
		r->since = st.st_mtime;
	}
}

static void look_at_console(const struct facts *f, const char *guest, struct sessions *s)
{
	const char *socket = guest_run_file(f, guest, "console.sock", &s->mem);
	struct lookers l = { 0 };
	struct err ignored = { 0 };

	if (attendant_list(socket, &l, &s->mem, &ignored) < 0 || !l.attendant)
		return;
	add_server(s, guest, "console", socket, l.attendant, socket);
	for (size_t i = 0; i < l.v.n; i++)
		add_viewer(s, guest, &l.v.v[i]);
}

/* "127.0.0.1:5900"; of a UNIX socket its path, or nothing. */
static const char *place_of(const json_t *end, struct arena *a)
{
	const char *host = json_string_value(json_object_get(end, "host")), *service = json_string_value(json_object_get(end, "service"));

	if (str_eq(json_string_value(json_object_get(end, "family")), "unix"))
		return service && *service ? arena_str(a, service) : NULL;
	return host && service ? arena_fmt(a, "%s:%s", host, service) : NULL;
}

static void add_screen(const struct facts *f, const char *guest, const json_t *vnc, struct sessions *s)
{
	const char *path = guest_run_file(f, guest, "vnc.sock", &s->mem), *qmp = guest_run_file(f, guest, "qmp.sock", &s->mem);
	const char *where = place_of(vnc, &s->mem);
	json_t *client;
	size_t i;

	/* An X server serves a desktop of the host, and is not asked. */
	if (!vnc && !file_exists(qmp) && file_exists(path))
		add_server(s, guest, "screen", path, 0, path);
	if (!json_is_true(json_object_get(vnc, "enabled")))
		return;
	add_server(s, guest, "screen", qmp, 0, where ? where : path);
	json_array_foreach(json_object_get(vnc, "clients"), i, client) {
		struct session_row *r = add(s, guest, 'C', "screen");

		r->id = arena_fmt(&s->mem, "%s:screen%zu", guest, i + 1);
		r->what = place_of(client, &s->mem);
	}
}

static const char *user_of(pid_t pid, struct arena *a)
{
	struct stat st;

	return pid && stat(arena_fmt(a, "/proc/%d", (int)pid), &st) == 0 ? user_name(st.st_uid, a) : NULL;
}

static void add_tunnels(const struct facts *f, const char *guest, const struct words *files, struct sessions *s)
{
	struct tunnels all = { 0 };

	tunnels_list(f, guest, files, &all, &s->mem);
	for (size_t i = 0; i < all.v.n; i++) {
		const struct tunnel *t = &all.v.v[i];
		struct session_row *r = add(s, guest, 'T', "screen");

		r->id = arena_fmt(&s->mem, "%s:" SESSION_TUNNEL "%d", guest, t->port);
		r->user = user_of(t->pid, &s->mem);
		r->pid = t->pid;
		r->since = t->since;
		r->what = arena_fmt(&s->mem, "127.0.0.1:%d", t->port);
	}
}

static bool wanted(const struct sighting *g, const struct words *only)
{
	return g->state == STATE_RUNNING && (!only->n || words_has(only, g->name));
}

int sessions_list(struct facts *f, const struct words *only, struct sessions *out, struct err *e)
{
	DEFER(roster_done) struct roster r = { 0 };
	struct words files = { 0 };
	struct ask *screens;

	if (survey(f, false, &r, e) < 0 || dir_list(f->run_dir, &files, &out->mem, e) < 0)
		return -1;
	screens = arena_alloc(&out->mem, (r.guests.n + 1) * sizeof *screens);
	for (size_t i = 0; i < r.guests.n; i++)
		screens[i].socket = wanted(&r.guests.v[i], only) ? guest_run_file(f, r.guests.v[i].name, "qmp.sock", &out->mem) : "";
	ask_all(screens, r.guests.n, "query-vnc", SURVEY_DEADLINE_MS);
	for (size_t i = 0; i < r.guests.n; i++) {
		if (!wanted(&r.guests.v[i], only))
			continue;
		look_at_console(f, r.guests.v[i].name, out);
		add_screen(f, r.guests.v[i].name, screens[i].answer, out);
		json_decref(screens[i].answer);
		add_tunnels(f, r.guests.v[i].name, &files, out);
	}
	return 0;
}

void sessions_done(struct sessions *s)
{
	arena_done(&s->mem);
}
