/* SPDX-License-Identifier: ISC */
/* What a session of the host is told to be. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "model/check.h"

static bool is_geometry(const char *text)
{
	enum { MOST = 32768 };
	char *end;
	long width = strtol(text, &end, 10), height = *end == 'x' && isdigit((unsigned char)end[1]) ? strtol(end + 1, &end, 10) : 0;

	return isdigit((unsigned char)*text) && !*end && width > 0 && width <= MOST && height > 0 && height <= MOST;
}

static bool is_plain(const char *text, const char *marks)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr(marks, *text))
			return false;
	return true;
}

/* ":1" is one that is made here; "lab00:10.0" one that is there already. */
static bool is_display(const struct guest *g)
{
	const char *d = g->host.display, *colon = strrchr(d, ':');

	if (!colon || !isdigit((unsigned char)colon[1]) || !is_plain(d, ":.-_/"))
		return false;
	return !str_eq(g->host.session, "vnc") || (colon == d && is_plain(d + 1, "") && strlen(d) <= 6);
}

static void complain(const struct guest *g, const char *key, const char *value, const char *try, struct report *r)
{
	struct place at = check_place(g, NULL, "driver.host.%s", key);

	report_error(r, at.line, at.col, "%s: '%s' is not %s", key, value, try);
}

void check_host(const struct guest *g, struct report *r)
{
	const struct words *argv = &g->host.command;

	if (g->host.geometry && !is_geometry(g->host.geometry))
		complain(g, "geometry", g->host.geometry, "a size (try 1024x768)", r);
	if (g->host.display && !is_display(g))
		complain(g, "display", g->host.display, "an X display (try :1)", r);
	/* What begins with '-' would be an option of ssh's. */
	if (g->host.remote && (!*g->host.remote || *g->host.remote == '-' || !is_plain(g->host.remote, "@.-_:%[]+")))
		complain(g, "remote", g->host.remote, "a host that ssh knows (try ada@lab00)", r);
	if (g->host.dir && *g->host.dir != '/')
		complain(g, "dir", g->host.dir, "a path from '/'", r);
	/* env(1) is in front of it, and takes that for a variable. */
	if (argv->n && (!*argv->v[0] || strchr(argv->v[0], '=')))
		complain(g, "command", argv->v[0], "a program (arguments follow it, after commas)", r);
	if (g->host.depth && g->host.depth != 16 && g->host.depth != 24 && g->host.depth != 32)
		complain(g, "depth", "that number", "16, 24 or 32", r);
}
