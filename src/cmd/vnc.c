/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/survey.h"
#include "app/tunnel.h"
#include "app/window.h"
#include "base/str.h"
#include "cmd/common.h"
#include "cmd/rows.h"
#include "sys/file.h"
#include "sys/sock.h"

/* Two colons say a port; one would be a display, counted from 5900. */
static int view(const char *viewer, const struct reach *way, struct arena *a, struct err *e)
{
	const char *to = way->socket ? way->socket : arena_fmt(a, "%s::%d", way->host, way->port);

	if (viewer)
		return window_become(ARGV(viewer, to), NULL, e);
	return window_become(ARGV("vncviewer", to), "tigervnc-viewer (--print says where the screen is)", e);
}

/* In an address of socat's most that is no letter means something. */
static char *socat_value(const char *text, struct arena *a)
{
	DEFER(str_done) struct str s = { 0 };

	for (; *text; text++) {
		if (strchr(" ,:!\\\"'()[]{}", *text))
			str_addc(&s, '\\');
		str_addc(&s, *text);
	}
	return arena_str(a, str_text(&s));
}

/* For viewers that know no sockets: a port of this host that leads there, as long as this process lives. */
static int relay(struct call *c, const char *text, const struct target *t, const struct reach *way, struct err *e)
{
	const char *name = t->guest.name;
	struct arena *a = &c->mem;
	char *end;
	long port = strtol(text, &end, 10);

	if (*end || port < 1 || port > 65535)
		return err_set(e, ERR_USAGE, "--listen: '%s' is not a port (1 to 65535)", text);
	if (!way->socket)
		return err_set(e, ERR_EXISTS, "the screen of '%s' is at %s already", name, reach_text(way, a));
	if (sock_port_taken("127.0.0.1", (int)port, false))
		return err_set(e, ERR_BUSY, "--listen: port %ld of 127.0.0.1 is taken (ss -tlnp shows by whom)", port);
	if (tunnel_hold(&t->facts, name, (int)port, e) < 0)
		return -1;
	if (!c->quiet)
		fprintf(stderr, "berth: the screen of '%s' is at 127.0.0.1:%ld, for every user of this host; Ctrl-C ends that\n",
			name, port);
	return window_become(ARGV("socat", arena_fmt(a, "TCP-LISTEN:%ld,bind=127.0.0.1,reuseaddr,fork", port),
				  arena_fmt(a, "UNIX-CONNECT:%s", socat_value(way->socket, a))), "socat", e);
}

static const struct field fields[] = {
	{ "guest",  "GUEST",  0, false, "whose it is", NULL },
	{ "screen", "SCREEN", 0, false, "where a viewer finds it: a socket, or a port of this host", NULL },
	{ 0 },
};

static void add_screen(struct call *c, const char *name, struct view *v)
{
	DEFER(target_done) struct target guest = { 0 };
	struct reach way = { 0 };
	struct err none = { 0 };

	if (target_load(&guest, name, &(struct target_want){ 0 }, &none) == 0 &&
	    target_reach(&guest, REACH_SCREEN, &way, &c->mem, &none) == 0)
		view_add(v, (const char *const[]){ name, reach_text(&way, &c->mem) });
}

/* As qemu-init kept it: a guest and where its screen is, a line. It tells what was when it was written. */
static int write_list(const struct facts *f, struct view *v, struct err *e)
{
	DEFER(arena_done) struct arena a = { 0 };
	DEFER(table_done) struct table t = { 0 };
	DEFER(str_done) struct str text = { 0 };

	view_table(v, false, &t);
	table_print(&t, false, &text);
	return file_write(arena_fmt(&a, "%s/vncstatus", f->data_dir), str_text(&text), text.n, 0644, e);
}

/* The screens of all guests that run and have one that we may see. */
static int list(struct call *c, struct err *e)
{
	DEFER(view_done) struct view v = { 0 };
	DEFER(facts_done) struct facts f = { 0 };
	DEFER(roster_done) struct roster r = { 0 };

	if (call_view(c, &v, e) < 0 || view_usual(&v, "all", e) < 0 || probe_places(&f, e) < 0 || survey(&f, false, &r, e) < 0)
		return -1;
	for (size_t i = 0; i < r.guests.n; i++)
		if (r.guests.v[i].state >= STATE_RUNNING)
			add_screen(c, r.guests.v[i].name, &v);
	if (call_option(c, "write"))
		return write_list(&f, &v, e);
	call_rows(c, &v, "berth.vnc/1", "screens", NULL);
	return 0;
}

static int vnc(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	const char *viewer = call_option(c, "viewer"), *port = call_option(c, "listen");
	struct reach way = { 0 };

	if (!c->argc && port)
		return err_set(e, ERR_USAGE, "--listen is for the screen of one guest");
	if (c->argc && call_option(c, "write"))
		return err_set(e, ERR_USAGE, "--write is about all screens");
	if (!c->argc)
		return list(c, e);
	if (call_target(c, c->argv[0], 0, &t, e) < 0 || target_reach(&t, REACH_SCREEN, &way, &c->mem, e) < 0)
		return -1;
	if (port)
		return relay(c, port, &t, &way, e);
	if (c->json)
		out_json("berth.vnc/1", json_pack("{s:s, s:s?, s:s?, s:i}", "guest", t.guest.name, "socket", way.socket,
						  "host", way.host, "port", way.port));
	else if (call_option(c, "print") || (!viewer && !window_desktop()))
		printf("%s\n", reach_text(&way, &c->mem));
	else
		return view(viewer, &way, &c->mem, e);
	return 0;
}

static const struct opt options[] = {
	{ "print",  'p', NULL,      "only say where the screen is" },
	{ "viewer", 0,   "PROGRAM", "another viewer: it is given the socket's path, or HOST::PORT" },
	{ "listen", 'l', "PORT",    "let this port of 127.0.0.1 lead to a screen that is a socket, until Ctrl-C" },
	{ "write",  'w', NULL,      "write where all screens are into the file vncstatus, as qemu-init did" },
	{ 0 },
};

const struct command cmd_vnc = {
	.name = "vnc",
	.group = "Reaching guests",
	.args = "[GUEST]",
	.summary = "look at the guest's screen",
	.description = "Becomes vncviewer(1), which shows the guest's screen and takes keys and mouse. Without a desktop, or with --print, it "
		       "says where the screen is: a socket that only its owner may open, for which the viewer has to be TigerVNC's, or a "
		       "port of this host where the machine file says 'console.vnc = tcp'. Without a guest it says where all screens "
		       "are. Viewers that know ports alone, and 'ssh -L', get to a socket by --listen; that port is open to every user "
		       "of this host, and 'berth sessions' lists and ends it.",
	.example = "berth vnc hello\nberth vnc --listen 5901 hello",
	.options = options,
	.fields = fields,
	.max = 1,
	.completes = "guest",
	.run = vnc,
};
