/* SPDX-License-Identifier: ISC */
#include "app/trust.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "sys/file.h"

static const char *user_name(uid_t uid, struct arena *a)
{
	const struct passwd *pw = getpwuid(uid);

	return pw ? arena_str(a, pw->pw_name) : arena_fmt(a, "%u", (unsigned)uid);
}

/* A group of nobody else's is called like the one user who is in it. */
static bool is_private(const struct group *gr, const struct words *trusted)
{
	if (!words_has(trusted, gr->gr_name))
		return false;
	for (char **member = gr->gr_mem; *member; member++)
		if (!words_has(trusted, *member))
			return false;
	return true;
}

/* "everybody", "group 'staff'"; NULL: nobody of no concern. In a sticky directory others do not touch what is not theirs. */
static const char *who_else(const struct stat *st, const struct facts *f, struct arena *a)
{
	struct words trusted = { 0 };
	const struct group *gr;

	if (S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX)
		return NULL;
	if (st->st_mode & S_IWOTH)
		return "everybody";
	if (!(st->st_mode & S_IWGRP))
		return NULL;
	words_add(&trusted, a, "root");
	words_add(&trusted, a, user_name(st->st_uid, a));
	words_add(&trusted, a, user_name(f->run_uid, a));
	gr = getgrgid(st->st_gid);
	if (gr && is_private(gr, &trusted))
		return NULL;
	return gr ? arena_fmt(a, "group '%s'", gr->gr_name) : arena_fmt(a, "group %u", (unsigned)st->st_gid);
}

const char *trust_note(const struct target *t, struct arena *a)
{
	DEFER(free_str) char *path = realpath(t->path, NULL);
	const char *who = NULL;
	struct stat st;

	for (char *slash; path && *path; *slash = 0) {
		if (stat(path, &st) == 0 && (who = who_else(&st, &t->facts, a)))
			return arena_fmt(a, "%s may write to %s, and so decide what runs here as '%s' (chmod %s %s)", who, path,
					 user_name(t->facts.run_uid, a), str_eq(who, "everybody") ? "go-w" : "g-w", path);
		slash = strrchr(path, '/');
	}
	return NULL;
}
