/* SPDX-License-Identifier: ISC */
#include "model/check.h"

#include <ctype.h>
#include <string.h>

#include "model/os.h"
#include "text/size.h"

#define MIN_RAM (64ull << 20)

struct place check_place(const struct guest *g, const struct place *section, const char *fmt, ...)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct place p;
	va_list ap;

	va_start(ap, fmt);
	p = guest_place(g, arena_vfmt(&a, fmt, ap));
	va_end(ap);
	return p.line || !section ? p : *section;
}

bool check_path(const char *path)
{
	if (*path != '/' || strstr(path, "/../") || str_ends(path, "/.."))
		return false;
	for (; *path; path++)
		if (!isgraph((unsigned char)*path) || *path == ':')
			return false;
	return true;
}

static void check_name(const struct guest *g, struct report *r)
{
	struct place at = check_place(g, NULL, "hardware.vm_id");

	if (!guest_name_ok(g->name))
		report_error(r, at.line, at.col, "'%s' cannot name a guest (add 'vm_id = ...' to [hardware])", g->name);
	else if (guest_name_reserved(g->name))
		report_error(r, at.line, at.col, "'%s' cannot name a guest: berth's own files end so (try another 'vm_id')",
			     g->name);
}

static bool is_host_name(const char *name)
{
	return !strchr(name, '_') && !str_ends(name, "-") && !str_ends(name, ".") && !strstr(name, "..");
}

/* The guest's name may hold what a host name may not. */
static void check_hostname(const struct guest *g, struct report *r)
{
	struct place at = check_place(g, NULL, g->hostname ? "config.hostname" : "hardware.vm_id");
	const char *name = g->hostname ? g->hostname : g->name;

	if (is_host_name(name) || (!g->hostname && !g->os))
		return;
	report_warning(r, at.line, at.col, "%s: '%s' is refused as a host name by some programs (letters, digits, '-' and '.'%s)",
		     g->hostname ? "hostname" : "vm_id", name,
		     g->hostname ? "" : "; add 'hostname = ...' to [config]");
}

static void check_os(const struct guest *g, struct report *r)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct place at = check_place(g, NULL, "hardware.os");
	const struct os *os;
	const char *near;

	if (!g->os)
		return;
	os = os_find(g->os, &a, &near);
	if (!os && near)
		report_error(r, at.line, at.col, "os: '%s' is not known (did you mean '%s'?)", g->os, near);
	else if (!os)
		report_error(r, at.line, at.col, "os: '%s' is not known (try debian-12)", g->os);
	else if (os->stands_for)
		report_warning(r, at.line, at.col, "os: '%s' is of 2011, today %s stands for it", g->os, os->name);
}

static void check_programs(const struct guest *g, struct report *r)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct words packages = { 0 };
	const char *near;
	const struct os *os = g->os ? os_find(g->os, &a, &near) : NULL;

	catalog_packages(g, os ? os->installer : NULL, os ? os->suite : NULL, &packages, &a, r);
}

static void check_ram(const struct guest *g, struct report *r)
{
	struct place at = check_place(g, NULL, "hardware.ram");

	if (!g->ram)
		report_error(r, at.line, at.col, "ram: a guest needs memory (try 512M)");
	else if (g->ram < MIN_RAM)
		report_warning(r, at.line, at.col, "ram: %s is too little for most systems (a bare number is MB)",
			       size_text(g->ram, &r->mem));
}

static bool is_uuid(const char *s)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (const char *f = form; *f; f++, s++)
		if (*f == 'x' ? !isxdigit((unsigned char)*s) : *s != *f)
			return false;
	return !*s;
}

static void check_uuid(const struct guest *g, struct report *r)
{
	struct place at = check_place(g, NULL, "hardware.uuid");

	if (g->uuid && !is_uuid(g->uuid))
		report_error(r, at.line, at.col, "uuid: '%s' is not a UUID (leave it out: one is derived from the name)", g->uuid);
}

/* Names of time zones name files in the guest. */
static void check_timezone(const struct guest *g, struct report *r)
{
	struct place at = check_place(g, NULL, "config.timezone");
	const char *z = g->timezone;

	if (z && (!isalpha((unsigned char)*z) || strstr(z, "..") ||
		  strspn(z, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_+-") != strlen(z)))
		report_error(r, at.line, at.col, "timezone: '%s' is not a time zone (try Europe/Bucharest)", z);
}

/* What is run is found in one place only, whatever anybody's PATH says. env(1), in front of it, takes a '=' for a variable. */
static void check_hook(const struct guest *g, const char *key, const struct words *argv, struct report *r)
{
	struct place at = check_place(g, NULL, "run.%s", key);

	if (argv->n && (*argv->v[0] != '/' || strchr(argv->v[0], '=')))
		report_error(r, at.line, at.col, "%s: '%s' is not the absolute path of a program (arguments follow it, after commas)", key,
			     argv->v[0]);
}

static void check_hooks(const struct guest *g, struct report *r)
{
	check_hook(g, "pre_start", &g->pre_start, r);
	check_hook(g, "post_start", &g->post_start, r);
	check_hook(g, "pre_stop", &g->pre_stop, r);
	check_hook(g, "post_stop", &g->post_stop, r);
}

void guest_check(const struct guest *g, struct report *r)
{
	check_name(g, r);
	check_hostname(g, r);
	check_os(g, r);
	check_ram(g, r);
	check_uuid(g, r);
	check_timezone(g, r);
	check_disks(g, r);
	check_network(g, r);
	check_users(g, r);
	check_hooks(g, r);
	check_host(g, r);
	check_programs(g, r);
}
