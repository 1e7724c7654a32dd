/* SPDX-License-Identifier: ISC */
/*
 * Deleting a tree that may belong to a killed build, as root, with parts of the
 * host mounted into it. Three things keep it from deleting anything else:
 *
 *  1. What is mounted at or below the path is detached first; if that fails,
 *     nothing is deleted.
 *  2. Every directory is opened relative to its parent, never through a link.
 *  3. A directory on another file system is an error, not a place to go on.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/file.h"
#include "sys/proc.h"

enum { MOUNTINFO_MAX = 64 * 1024 * 1024 };

/* mountinfo writes blank, tab, newline and backslash as three octal digits; in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++, to++) {
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*to = (char)(64 * (s[1] - '0') + 8 * (s[2] - '0') + s[3] - '0');
			s += 3;
		} else {
			*to = *s;
		}
	}
	*to = 0;
}

static bool is_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return !strncmp(path, top, n) && (!path[n] || path[n] == '/');
}

/* The mount points at or below top, in the order they were mounted. */
static int mounts_below(const char *top, struct words *out, struct arena *a, struct err *e)
{
	DEFER(free_str) char *text = file_read("/proc/self/mountinfo", MOUNTINFO_MAX, NULL, e);
	char *rest = text, *line;

	if (!text)
		return -1;
	while ((line = strsep(&rest, "\n"))) {
		/* id parent major:minor root MOUNT-POINT options … */
		for (int i = 0; i < 4; i++)
			strsep(&line, " ");
		line = strsep(&line, " ");
		if (!line)
			continue;
		unescape(line);
		if (is_below(line, top))
			words_add(out, a, arena_str(a, line));
	}
	return 0;
}

/* Without root only a FUSE mount of our own can be there, and its own tool takes it off. */
static int detach_fuse(const char *path, struct err *e)
{
	const char *const argv[] = { "fusermount3", "-u", "-z", "-q", path, NULL };
	struct proc_opts o = PROC_OPTS;
	DEFER(close_fd) int pidfd = -1;
	pid_t pid = proc_start(argv, &o, &pidfd, e);
	int status;

	if (pid < 0)
		return -1;
	status = proc_wait(pid, pidfd, 10000, e);
	if (status > 0)
		err_set(e, ERR_FAILED, "fusermount3: status %d", status);
	if (status < 0)
		proc_stop(pid, pidfd, 0);
	return status ? -1 : 0;
}

static int detach(const char *path, struct err *e)
{
	int failed;

	if (geteuid() == 0)
		failed = umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 ? err_errno(e, errno, "umount") : 0;
	else
		failed = detach_fuse(path, e);
	return failed ? err_add(e, "%s: still mounted", path) : 0;
}

static int detach_below(const char *top, struct err *e)
{
	struct arena a = { 0 };
	struct words mounts = { 0 };
	int failed = mounts_below(top, &mounts, &a, e);

	for (size_t i = mounts.n; !failed && i-- > 0; )
		failed = detach(mounts.v[i], e);
	arena_done(&a);
	return failed;
}

static int remove_at(int parent, const char *name, dev_t dev, struct err *e);

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/*
 * Empty a directory. A file system may skip entries when some are deleted while
 * it is read, so it is read again until a pass finds none.
 */
static int remove_entries(DIR *dir, dev_t dev, struct err *e)
{
	struct dirent *entry;
	bool found;

	do {
		found = false;
		rewinddir(dir);
		while ((entry = readdir(dir))) {
			if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
				continue;
			found = true;
			if (remove_at(dirfd(dir), entry->d_name, dev, e) < 0)
				return err_add(e, "%s", entry->d_name);
		}
	} while (found);
	return 0;
}

static int remove_dir(int parent, const char *name, dev_t dev, struct err *e)
{
	DEFER(close_dir) DIR *dir = NULL;
	struct stat st;
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return err_errno(e, errno, "cannot delete");
	dir = fdopendir(fd);
	if (!dir || fstat(fd, &st) < 0)
		return err_errno(e, errno, "cannot delete");
	if (st.st_dev != dev)
		return err_set(e, ERR_BUSY, "another file system is mounted there");
	if (remove_entries(dir, dev, e) < 0)
		return -1;
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_errno(e, errno, "cannot delete");
	return 0;
}

static int remove_at(int parent, const char *name, dev_t dev, struct err *e)
{
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return err_errno(e, errno, "cannot delete");
	return remove_dir(parent, name, dev, e);
}

/* The parent by its real name, as mountinfo writes it; the last component may itself be a link. */
static char *real_name(const char *path, struct arena *a)
{
	char *absolute = path_absolute(path, a), *slash = strrchr(absolute, '/');
	char real[PATH_MAX];

	*slash = 0;
	if (!realpath(*absolute ? absolute : "/", real))
		return NULL;
	return arena_fmt(a, "%s/%s", str_eq(real, "/") ? "" : real, slash + 1);
}

static int remove_named(const char *name, struct err *e)
{
	struct stat st;

	if (!name)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_errno(e, errno, "cannot delete");
	if (str_eq(name, "/"))
		return err_set(e, ERR_USAGE, "this is the root directory");
	if (detach_below(name, e) < 0)
		return -1;
	if (lstat(name, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_errno(e, errno, "cannot delete");
	return remove_at(AT_FDCWD, name, st.st_dev, e);
}

int tree_remove(const char *path, struct err *e)
{
	struct arena a = { 0 };
	int failed = remove_named(real_name(path, &a), e);

	arena_done(&a);
	return failed ? err_add(e, "%s", path) : 0;
}
