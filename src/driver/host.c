/* SPDX-License-Identifier: ISC */
/*
 * Sessions of this host as guests: a shell, a command, a program with windows, a desktop
 * that VNC viewers share. The guest's process is its attendant (attend/attend.h), which
 * holds its lock, runs the program, and ends with it.
 */
#include <string.h>

#include "base/str.h"
#include "driver/folder.h"
#include "model/driver.h"
#include "text/quote.h"

enum { STARTED_MS = 30 * 1000, GONE_MS = 10 * 1000 };

static bool is(const struct guest *g, const char *session)
{
	return str_eq(g->host.session, session);
}

/* What makes a machine of a guest has no meaning here, and is not passed over in silence. */
static int no_machine(const struct guest *g, struct err *e)
{
	static const char *const sections[] = { "network.", "users.", "config.", "devel.", "services.", "gui.", "console.", "hardware." };

	for (size_t i = 0; i < g->places.n; i++)
		for (size_t k = 0; k < sizeof sections / sizeof *sections; k++) {
			const struct place *at = &g->places.v[i];

			if (str_starts(at->name, sections[k]) && !str_eq(at->name, "hardware.vm_id") && !str_eq(at->name, "hardware.uuid"))
				return err_set(e, ERR_INVALID, "%s:%d: %s: a session of this host is no machine, and has none of that "
					       "(run.driver = host)", g->file, at->line, at->name);
		}
	return 0;
}

static int refuse(const struct guest *g, const char *key, const char *why, struct err *e)
{
	int line = guest_place(g, key).line;

	if (!line)
		line = guest_place(g, "driver.host.session").line;
	return err_set(e, ERR_INVALID, "%s:%d: %s: %s", g->file, line, key, why);
}

static int check(const struct guest *g, struct err *e)
{
	if (no_machine(g, e) < 0)
		return -1;
	if ((is(g, "command") || is(g, "x11") || (is(g, "vnc") && g->host.remote)) && !g->host.command.n)
		return refuse(g, "driver.host.command", "it is not said what to run (add 'command = PROGRAM, ARGUMENT')", e);
	if (g->host.remote && g->host.dir)
		return refuse(g, "driver.host.dir", "on another host a session begins in the home directory", e);
	return 0;
}

static int host_build(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	if (check(g, e) < 0)
		return -1;
	folder_begin(g, f, FOLDER_OPEN, p);
	folder_publish(g, f, "host", &(struct pin){ .session = g->host.session }, p);
	return 0;
}

static int host_register(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	if (check(g, e) < 0)
		return -1;
	folder_begin(g, f, FOLDER_OPEN, p);
	folder_register(g, f, "host", &(struct pin){ .session = g->host.session }, p);
	return 0;
}

static bool logs_in(const struct facts *f)
{
	return f->run_shell && *f->run_shell && !str_ends(f->run_shell, "/nologin") && !str_ends(f->run_shell, "/false");
}

/* Of a desktop about which nothing is said: as much of one as this host has. */
static const char *usual_desktop(const struct facts *f)
{
	static const char *const programs[] = { "x-session-manager", "x-window-manager", "xterm" };

	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		if (facts_tool(f, programs[i]))
			return facts_tool(f, programs[i]);
	return NULL;
}

static int here(const struct guest *g, const struct facts *f, struct words *w, struct plan *p, struct err *e)
{
	if (g->host.command.n) {
		for (size_t i = 0; i < g->host.command.n; i++)
			words_add(w, &p->mem, g->host.command.v[i]);
		return 0;
	}
	if (is(g, "vnc")) {
		if (!usual_desktop(f))
			return err_set(e, ERR_NOT_FOUND, "there is nothing to put on a desktop: apt-get install xterm, or say what with "
				       "driver.host.command");
		words_add(w, &p->mem, usual_desktop(f));
		return 0;
	}
	if (!logs_in(f))
		return err_set(e, ERR_PERMISSION, "'%s', whom guests run as, has no login shell (add 'run_as = USER' to [run])", f->run_user);
	words_extend(w, &p->mem, ARGV(f->run_shell, "-l"));
	return 0;
}

/* ssh joins words to a line that a shell reads there. */
static void there(const struct guest *g, const struct facts *f, struct words *w, struct plan *p)
{
	const char *ssh = facts_tool(f, "ssh");
	DEFER(str_done) struct str line = { 0 };

	words_extend(w, &p->mem, ARGV(ssh ? ssh : "ssh", is(g, "x11") || is(g, "vnc") ? "-tX" : "-t", "--", g->host.remote));
	for (size_t i = 0; i < g->host.command.n; i++) {
		str_add(&line, i ? " " : "");
		quote_sh(&line, g->host.command.v[i]);
	}
	if (line.n)
		words_add(w, &p->mem, arena_str(&p->mem, line.s));
}

/* The program, as somebody who logs in would have it; his own environment may be that of a service. */
static int program(const struct guest *g, const struct facts *f, struct words *w, struct plan *p, struct err *e)
{
	const char *display = g->host.display ? g->host.display : f->display;

	if (!f->run_user || !f->run_home)
		return err_set(e, ERR_NOT_FOUND, "user %u, whom guests run as, has no account here (add 'run_as = USER' to [run])",
			       (unsigned)f->run_uid);
	words_extend(w, &p->mem, ARGV("env", plan_fmt(p, "HOME=%s", f->run_home), plan_fmt(p, "USER=%s", f->run_user),
				      plan_fmt(p, "LOGNAME=%s", f->run_user), plan_fmt(p, "SHELL=%s", f->run_shell), "TERM=xterm-256color"));
	if (is(g, "x11") && !display)
		return err_set(e, ERR_UNSUPPORTED, "'%s' wants a desktop, and DISPLAY is not set (add 'display = :1' to its section, or "
			       "give it one of its own: session = vnc)", g->name);
	if (is(g, "x11"))
		words_add(w, &p->mem, plan_fmt(p, "DISPLAY=%s", display));
	if (!g->host.remote)
		return here(g, f, w, p, e);
	there(g, f, w, p);
	return 0;
}

/* Its own display: the screen is a socket that only its owner opens, and there is no port. */
static int server(const struct guest *g, const struct facts *f, struct words *w, struct plan *p, struct err *e)
{
	const char *xvnc = facts_tool(f, "Xtigervnc");

	if (!xvnc)
		xvnc = facts_tool(f, "Xvnc");
	if (!xvnc)
		return err_set(e, ERR_NOT_FOUND, "Xtigervnc is missing: apt-get install tigervnc-standalone-server");
	words_add(w, &p->mem, xvnc);
	if (g->host.display)
		words_add(w, &p->mem, g->host.display);
	words_extend(w, &p->mem, ARGV("-geometry", g->host.geometry, "-depth", plan_fmt(p, "%ld", g->host.depth), "-desktop", g->name,
				      "-rfbunixpath", guest_run_file(f, g->name, "vnc.sock", &p->mem), "-rfbport", "-1",
				      "-SecurityTypes", "None", "-AlwaysShared", "-nolisten", "tcp"));
	words_add(w, &p->mem, "--");
	return 0;
}

static int words(const struct guest *g, const struct facts *f, struct words *w, struct plan *p, struct err *e)
{
	const char *attend = facts_tool(f, "berth-attend");

	if (!attend)
		return err_set(e, ERR_NOT_FOUND, "berth-attend, which runs sessions, is not installed beside berth (make install)");
	words_extend(w, &p->mem, ARGV(attend, is(g, "vnc") ? "--desktop" : "--session", guest_run_dir(f, g->name, &p->mem)));
	if (is(g, "vnc") && server(g, f, w, p, e) < 0)
		return -1;
	return program(g, f, w, p, e);
}

static void run_dir(const struct guest *g, const struct facts *f, struct plan *p)
{
	const char *dir = guest_run_dir(f, g->name, &p->mem);
	struct step *s;

	folder_run_dir(f, p);
	folder_hold_start(g, f, p);
	if (f->run_dir_foreign)
		plan_remove(p, "what it left when it ran as another user", dir);
	s = plan_dir(p, "sockets and logs of this run", dir, 0700);
	s->uid = f->run_uid;
	s->gid = f->run_gid;
	plan_remove(p, "how the last one went", plan_fmt(p, "%s/session", dir));
}

static int host_start(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *lock = guest_lock(f, g->name, &p->mem);
	struct words w = { 0 };
	struct step *s;

	if (check(g, e) < 0 || words(g, f, &w, p, e) < 0)
		return -1;
	run_dir(g, f, p);
	s = plan_daemon(p, "the session", argv_of(&w, &p->mem), lock, guest_run_file(f, g->name, "host.log", &p->mem),
			f->run_uid, f->run_gid);
	s->cwd = g->host.dir ? g->host.dir : f->run_home;
	/* Whoever logs in may use sudo. */
	s->new_privs = true;
	plan_end(p, "the session again", lock);
	plan_undo(p);
	plan_wait_says(p, "until it has begun", guest_run_file(f, g->name, "session", &p->mem), "started", STARTED_MS);
	return 0;
}

static int host_stop(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *lock = guest_lock(f, g->name, &p->mem), *attend = facts_tool(f, "berth-attend");

	if (attend)
		plan_run(p, "hang up", ARGV(attend, "--hang-up", guest_run_dir(f, g->name, &p->mem)))->may_fail = true;
	plan_wait(p, "until it has ended", WAIT_GONE, lock, guest_stop_ms(g));
	plan_end(p, "it does not end by itself", lock);
	plan_otherwise(p);
	plan_wait(p, "until it is gone", WAIT_GONE, lock, GONE_MS);
	plan_otherwise(p);
	return 0;
}

static int host_kill(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *lock = guest_lock(f, g->name, &p->mem);

	plan_end(p, "end it", lock);
	plan_wait(p, "until it is gone", WAIT_GONE, lock, GONE_MS);
	return 0;
}

static int host_destroy(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	folder_destroy(g, f, p);
	return 0;
}

/* Nobody takes the place of one that has died: the session has died with it. */
static int host_attend(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	return err_set(e, ERR_FAILED, "'%s' is about to end", g->name);
}

static int host_reach(const struct guest *g, const struct facts *f, enum reach_kind kind, struct reach *out, struct arena *a,
		      struct err *e)
{
	static const char *const none[] = {
		[REACH_SCREEN] = "screen", [REACH_AGENT] = "agent", [REACH_CONTROL] = "hypervisor", [REACH_MONITOR] = "monitor",
		[REACH_SSH] = "ssh",
	};

	if (kind == REACH_CONSOLE) {
		out->socket = guest_run_file(f, g->name, "console.sock", a);
		out->log = guest_run_file(f, g->name, "console.log", a);
		out->ending = guest_run_file(f, g->name, "session", a);
		return 0;
	}
	if (kind == REACH_SCREEN && is(g, "vnc")) {
		out->socket = guest_run_file(f, g->name, "vnc.sock", a);
		return 0;
	}
	return err_set(e, ERR_UNSUPPORTED, "'%s' is a session of this host and has no %s (try berth console)", g->name, none[kind]);
}

static const char *const tools[] = { "Xtigervnc", "Xvnc", "x-session-manager", "x-window-manager", "xterm", NULL };

const struct driver driver_host = {
	.name = "host",
	.summary = "sessions of this host: shells, commands, programs with windows, VNC desktops",
	.tools = tools,
	.plan = {
		[VERB_BUILD] = host_build,
		[VERB_START] = host_start,
		[VERB_STOP] = host_stop,
		[VERB_KILL] = host_kill,
		[VERB_DESTROY] = host_destroy,
		[VERB_REGISTER] = host_register,
		[VERB_UNREGISTER] = folder_unregister,
	},
	.attend = host_attend,
	.reach = host_reach,
};
