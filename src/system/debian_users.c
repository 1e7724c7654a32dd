/* SPDX-License-Identifier: ISC */
/*
 * Groups, users and passwords, by the host's own useradd and groupadd, which work
 * on another root with --prefix. User ids are given, not found, so that a plan knows
 * who owns what. A password never is in an argument list: a sed script that the
 * runner fills in last changes the one field of the shadow file.
 */
#include "system/debian.h"

#include <string.h>

enum { FIRST_UID = 1000 };

static bool is_root(const struct user *user)
{
	return !strcmp(user->name, "root");
}

static const char *home_of(struct setup *u, const struct user *user)
{
	if (user->home)
		return user->home;
	return is_root(user) ? "/root" : plan_fmt(u->p, "/home/%s", user->name);
}

/* A group that exists already, in the tree or from the line before, is good as it is. */
static void add_group(struct setup *u, const char *name)
{
	setup_run(u, plan_fmt(u->p, "group %s", name), ARGV(setup_tool(u, "groupadd"), "--prefix", u->root, "-f", name));
}

static const char *joined(struct setup *u, const struct words *w)
{
	DEFER(str_done) struct str s = { 0 };

	for (size_t i = 0; i < w->n; i++)
		str_fmt(&s, "%s%s", i ? "," : "", w->v[i]);
	return plan_fmt(u->p, "%s", str_text(&s));
}

/* -l: without it useradd clears the login record of that user id on this host. */
static void add_user(struct setup *u, const struct user *user, unsigned uid)
{
	struct plan *p = u->p;
	struct words w = { 0 };
	const char *const fixed[] = {
		setup_tool(u, "useradd"), "--prefix", u->root, "--badname", "-l", "-m", "-k", setup_path(u, "etc/skel"),
		"-u", plan_fmt(p, "%u", uid), "-g", user->name, "-d", home_of(u, user),
		"-s", user->shell ? user->shell : "/bin/bash", NULL,
	};

	words_extend(&w, &p->mem, fixed);
	if (user->groups.n) {
		words_add(&w, &p->mem, "-G");
		words_add(&w, &p->mem, joined(u, &user->groups));
	}
	words_add(&w, &p->mem, user->name);
	setup_run(u, plan_fmt(p, "user %s", user->name), argv_of(&w, &p->mem));
}

/* A home belongs to its user, where an ordinary user of this host may not write: root in the tree does. */
static void add_keys(struct setup *u, const struct user *user, unsigned uid)
{
	const char *dir = plan_fmt(u->p, "%s%s/.ssh", u->root, home_of(u, user)), *id = plan_fmt(u->p, "%u", uid);
	DEFER(str_done) struct str s = { 0 };

	if (!user->ssh_keys.n)
		return;
	for (size_t i = 0; i < user->ssh_keys.n; i++)
		str_fmt(&s, "%s\n", user->ssh_keys.v[i]);
	if (is_root(user))
		setup_dir(u, "root", 0700);
	setup_run(u, "a place for keys", ARGV("install", "-d", "-m", "0700", "-o", id, "-g", id, dir));
	setup_run(u, plan_fmt(u->p, "keys that log in as %s", user->name),
		  ARGV("install", "-m", "0600", "-o", id, "-g", id, "/dev/stdin", plan_fmt(u->p, "%s/authorized_keys", dir)))
		->stdin_text = plan_fmt(u->p, "%s", str_text(&s));
}

/* One line of the sed script; a dot in a name is no wildcard. */
static void password_line(struct setup *u, struct str *script, const char *name, const char *key_path)
{
	str_add(script, "s|^");
	for (const char *c = name; *c; c++)
		str_fmt(script, *c == '.' ? "\\%c" : "%c", *c);
	str_fmt(script, ":[^:]*:|%s:%s:|\n", name, plan_secret(u->p, "crypt", key_path));
}

static void passwords(struct setup *u)
{
	const struct guest *g = u->g;
	const char *script = setup_path(u, "etc/shadow.sed");
	DEFER(str_done) struct str s = { 0 };

	if (g->root_passwd)
		password_line(u, &s, "root", "config.root_passwd");
	for (size_t i = 0; i < g->users.n; i++)
		if (g->users.v[i].passwd)
			password_line(u, &s, g->users.v[i].name,
				      plan_fmt(u->p, "users.users.%s.passwd", g->users.v[i].place.name));
	if (!s.n)
		return;
	plan_file(u->p, "passwords, hashed", script, 0600, str_text(&s));
	plan_remove(u->p, "passwords, hashed", script);
	plan_undo(u->p);
	setup_run(u, "passwords take their place", ARGV("sed", "-i", "-f", script, setup_path(u, "etc/shadow")));
	plan_remove(u->p, "the hashes beside it", script);
}

void debian_users(struct setup *u)
{
	const struct guest *g = u->g;
	unsigned uid = FIRST_UID;

	/* Groups of users come first, so that they get the same numbers as their users. */
	for (size_t i = 0; i < g->users.n; i++)
		if (!is_root(&g->users.v[i]))
			add_group(u, g->users.v[i].name);
	for (size_t i = 0; i < g->groups.n; i++)
		add_group(u, g->groups.v[i].text);
	for (size_t i = 0; i < g->users.n; i++) {
		const struct user *user = &g->users.v[i];

		if (!is_root(user))
			add_user(u, user, uid);
		add_keys(u, user, is_root(user) ? 0 : uid);
		uid += !is_root(user);
	}
	passwords(u);
}
