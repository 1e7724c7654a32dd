/* SPDX-License-Identifier: ISC */
#include "sys/holder.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"
#include "sys/file.h"

enum { FDINFO_MAX = 64 * 1024 };

static bool carries_lock(pid_t pid, const char *fd, const char *kind)
{
	char path[PATH_MAX];
	struct err ignored = { 0 };
	DEFER(free_str) char *info = NULL;

	snprintf(path, sizeof path, "/proc/%d/fdinfo/%s", (int)pid, fd);
	info = file_read(path, FDINFO_MAX, NULL, &ignored);
	return info && strstr(info, kind);
}

static bool is_file(pid_t pid, const char *fd, const struct stat *file)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d/fd/%s", (int)pid, fd);
	return stat(path, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino;
}

bool holds(pid_t pid, const struct stat *file, const char *kind)
{
	struct arena a = { 0 };
	struct words fds = { 0 };
	struct err ignored = { 0 };
	char dir[64];
	bool yes = false;

	snprintf(dir, sizeof dir, "/proc/%d/fd", (int)pid);
	if (dir_list(dir, &fds, &a, &ignored) == 0)
		for (size_t i = 0; i < fds.n && !yes; i++)
			yes = is_file(pid, fds.v[i], file) && carries_lock(pid, fds.v[i], kind);
	arena_done(&a);
	return yes;
}

pid_t holder_find(const struct stat *file, const char *kind)
{
	struct arena a = { 0 };
	struct words all = { 0 };
	struct err ignored = { 0 };
	pid_t found = 0;

	if (dir_list("/proc", &all, &a, &ignored) == 0)
		for (size_t i = 0; i < all.n && !found; i++) {
			pid_t pid = isdigit((unsigned char)*all.v[i]) ? atoi(all.v[i]) : 0;

			if (pid > 0 && pid != getpid() && holds(pid, file, kind))
				found = pid;
		}
	arena_done(&a);
	return found;
}

int holder_error(const char *who, const char *image, struct err *e)
{
	DEFER(str_done) struct str path = { 0 };
	DEFER(free_str) char *comm = NULL;
	struct err ignored = { 0 };
	struct stat st;
	pid_t pid = stat(image, &st) ? 0 : holder_find(&st, HOLDER_IMAGE);

	if (!pid)
		return err_set(e, ERR_BUSY, "%s: %s is in use by another process", who, image);
	str_fmt(&path, "/proc/%d/comm", (int)pid);
	comm = file_read(path.s, 64, NULL, &ignored);
	return err_set(e, ERR_BUSY, "%s: %s is in use by pid %d (%.*s)", who, image, (int)pid,
		       comm ? (int)strcspn(comm, "\n") : 1, comm ? comm : "?");
}
