/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "app/survey.h"
#include "app/window.h"
#include "cmd/common.h"
#include "cmd/rows.h"

/* Two colons say a port; one would be a display, counted from 5900. */
static int view(const char *viewer, const struct reach *way, struct arena *a, struct err *e)
{
	const char *to = way->socket ? way->socket : arena_fmt(a, "%s::%d", way->host, way->port);

	if (viewer)
		return window_become(ARGV(viewer, to), NULL, e);
	return window_become(ARGV("vncviewer", to), "tigervnc-viewer (--print says where the screen is)", e);
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
	call_rows(c, &v, "berth.vnc/1", "screens", NULL);
	return 0;
}

static int vnc(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	const char *viewer = call_option(c, "viewer");
	struct reach way = { 0 };

	if (!c->argc)
		return list(c, e);
	if (call_target(c, c->argv[0], 0, &t, e) < 0 || target_reach(&t, REACH_SCREEN, &way, &c->mem, e) < 0)
		return -1;
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
	{ 0 },
};

const struct command cmd_vnc = {
	.name = "vnc",
	.group = "Reaching guests",
	.args = "[GUEST]",
	.summary = "look at the guest's screen",
	.description = "Becomes vncviewer(1), which shows the guest's screen and takes keys and mouse. Without a desktop, or with --print, it "
		       "says where the screen is: a socket that only its owner may open, for which the viewer has to be TigerVNC's, or a "
		       "port of this host where the machine file says 'console.vnc = tcp'. Without a guest it says where all screens are.",
	.example = "berth vnc hello",
	.options = options,
	.fields = fields,
	.max = 1,
	.completes = "guest",
	.run = vnc,
};
