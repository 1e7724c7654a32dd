/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "model/check.h"

enum { MAX_LOGIN = 32 };

/* Groups that the systems berth knows have from the start. */
static const char *const usual_groups[] = {
	"root", "daemon", "bin", "sys", "adm", "tty", "disk", "lp", "mail", "news", "uucp", "man", "proxy", "kmem",
	"dialout", "fax", "voice", "cdrom", "floppy", "tape", "sudo", "wheel", "audio", "dip", "www-data", "backup",
	"operator", "list", "irc", "src", "shadow", "utmp", "video", "sasl", "plugdev", "staff", "games", "users",
	"nogroup", "nobody", "input", "kvm", "render", "netdev", "crontab", "systemd-journal", "systemd-network",
	"Administrators", "Users", "Guests",
};

static bool is_usual_group(const char *name)
{
	for (size_t i = 0; i < sizeof usual_groups / sizeof *usual_groups; i++)
		if (!strcmp(usual_groups[i], name))
			return true;
	return false;
}

/* Is there, or will there be, such a group: listed, usual, or a user's own? */
static bool is_group(const struct guest *g, const char *name)
{
	for (size_t i = 0; i < g->groups.n; i++)
		if (str_eq(g->groups.v[i].text, name))
			return true;
	for (size_t i = 0; i < g->users.n; i++)
		if (str_eq(g->users.v[i].name, name))
			return true;
	return is_usual_group(name);
}

/* What useradd and groupadd take without being talked to. */
static bool is_login(const char *name)
{
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(name) &&
	       strlen(name) <= MAX_LOGIN && strchr("abcdefghijklmnopqrstuvwxyz_", *name);
}

static struct place user_place(const struct guest *g, const struct user *u, const char *key)
{
	return check_place(g, &u->place, "users.users.%s.%s", u->place.name, key);
}

static void check_login(const struct guest *g, const struct user *u, struct report *r)
{
	struct place at = user_place(g, u, "name");

	if (!u->name)
		return;
	if (!is_login(u->name))
		report_warning(r, at.line, at.col, "name: '%s' is refused by some systems (small letters, digits, '_' and '-', at most %d)",
			       u->name, MAX_LOGIN);
	for (const struct user *o = g->users.v; o < u; o++)
		if (str_eq(o->name, u->name))
			report_error(r, at.line, at.col, "name: '%s' is the name of '%s' already", u->name, o->place.name);
	if (!strcmp(u->name, "root") && u->passwd && g->root_passwd)
		report_error(r, at.line, at.col, "%s: root has a password in [config] already", u->place.name);
}

static void check_memberships(const struct guest *g, const struct user *u, struct report *r)
{
	struct place at = user_place(g, u, "groups");

	for (size_t i = 0; i < u->groups.n; i++) {
		const char *name = u->groups.v[i];

		if (!guest_name_ok(name))
			report_error(r, at.line, at.col, "groups: '%s' is not the name of a group (put commas between several)", name);
		else if (!is_group(g, name))
			report_warning(r, at.line, at.col, "groups: '%s' is not listed in [[groups]] and will be made", name);
	}
}

static void check_user_path(const struct guest *g, const struct user *u, const char *key, const char *path, struct report *r)
{
	struct place at = user_place(g, u, key);

	if (path && !check_path(path))
		report_error(r, at.line, at.col, "%s: '%s' is not a path from '/', without blanks and ':'", key, path);
}

/* A line break would end the line that the password is handed over in. */
static void check_secret(struct place at, const char *key, const char *secret, struct report *r)
{
	if (secret && strpbrk(secret, "\r\n"))
		report_error(r, at.line, at.col, "%s: a password is one line", key);
}

static void check_keys(const struct guest *g, const struct user *u, struct report *r)
{
	struct place at = user_place(g, u, "ssh_keys");

	for (size_t i = 0; i < u->ssh_keys.n; i++)
		if (!strchr(u->ssh_keys.v[i], ' ') || strpbrk(u->ssh_keys.v[i], "\r\n"))
			report_error(r, at.line, at.col, "ssh_keys: '%.20s' is not a line of authorized_keys (try 'ssh-ed25519 AAAA... name')",
				     u->ssh_keys.v[i]);
}

static void check_groups(const struct guest *g, struct report *r)
{
	for (size_t i = 0; i < g->groups.n; i++) {
		const struct item *group = &g->groups.v[i];

		if (group->text && !is_login(group->text) && !is_usual_group(group->text))
			report_warning(r, group->place.line, group->place.col,
				       "%s: '%s' is refused by some systems (small letters, digits, '_' and '-', at most %d)",
				       group->place.name, group->text, MAX_LOGIN);
		for (size_t j = 0; j < i; j++)
			if (str_eq(g->groups.v[j].text, group->text))
				report_error(r, group->place.line, group->place.col, "%s: '%s' is listed as '%s' already",
					     group->place.name, group->text, g->groups.v[j].place.name);
	}
}

static bool somebody_gets_in(const struct guest *g)
{
	for (size_t i = 0; i < g->users.n; i++)
		if (g->users.v[i].passwd || g->users.v[i].ssh_keys.n)
			return true;
	return g->root_passwd;
}

void check_users(const struct guest *g, struct report *r)
{
	check_groups(g, r);
	for (size_t i = 0; i < g->users.n; i++) {
		const struct user *u = &g->users.v[i];

		check_login(g, u, r);
		check_memberships(g, u, r);
		check_user_path(g, u, "home_dir", u->home, r);
		check_user_path(g, u, "shell", u->shell, r);
		check_secret(user_place(g, u, "passwd"), "passwd", u->passwd, r);
		check_keys(g, u, r);
	}
	check_secret(check_place(g, NULL, "config.root_passwd"), "root_passwd", g->root_passwd, r);
	if (g->os && g->users.n && !somebody_gets_in(g))
		report_warning(r, g->users.v[0].place.line, g->users.v[0].place.col,
			       "nobody can log in: no user has a password or an ssh key (add 'root_passwd = ...' to [config])");
}
