/* SPDX-License-Identifier: ISC */
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int write_all(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t done = write(fd, bytes, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		bytes += done;
		n -= (size_t)done;
	}
	return 0;
}

/* Until the end of the file, not until its size: files of /proc have none. */
static int read_fd(int fd, const char *path, size_t max, struct str *out, struct err *e)
{
	char buf[16384];
	ssize_t n;

	while ((n = read(fd, buf, sizeof buf))) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, errno, "%s", path);
		if (out->n + (size_t)n > max)
			return err_set(e, ERR_INVALID, "%s: larger than %zu bytes", path, max);
		str_addn(out, buf, (size_t)n);
	}
	return 0;
}

char *file_read(const char *path, size_t max, size_t *size, struct err *e)
{
	DEFER(str_done) struct str text = { 0 };
	DEFER(close_fd) int fd = -1;
	bool standard = str_eq(path, "-");

	if (!standard) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			err_errno(e, errno, "%s", path);
			return NULL;
		}
	}
	if (read_fd(standard ? STDIN_FILENO : fd, standard ? "standard input" : path, max, &text, e) < 0)
		return NULL;
	if (size)
		*size = text.n;
	return str_take(&text);
}

ssize_t read_once(int fd, char *buf, size_t size)
{
	ssize_t n = read(fd, buf, size - 1);

	buf[n < 0 ? 0 : n] = 0;
	return n;
}

ssize_t file_begin(const char *path, char *buf, size_t size)
{
	DEFER(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : read_once(fd, buf, size);
}

ssize_t read_end(int fd, char *buf, size_t size)
{
	ssize_t n = read_once(fd, buf, size);

	return n == (ssize_t)size - 1 && lseek(fd, -n, SEEK_END) >= 0 ? read_once(fd, buf, size) : n;
}

ssize_t file_end(const char *path, char *buf, size_t size)
{
	DEFER(close_fd) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -1 : read_end(fd, buf, size);
}

static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : strndup(path, (size_t)(slash - path));
}

/* A rename is only durable once the directory that holds the name is. */
static int sync_dir_of(const char *path, struct err *e)
{
	DEFER(free_str) char *dir = dir_of(path);
	DEFER(close_fd) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(e, errno, "%s", dir);
	/* Some file systems know no fsync of a directory; there is nothing to do better then. */
	if (fsync(fd) < 0 && errno != EINVAL)
		return err_errno(e, errno, "%s: fsync", dir);
	return 0;
}

static mode_t mode_like(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? 0644 : st.st_mode & 07777;
}

/* Everything but the name: when this is done, the file may be seen. */
static int fill(int fd, const char *text, size_t size, mode_t mode, struct file_owner who)
{
	if (write_all(fd, text, size) < 0)
		return -1;
	if ((who.uid != (uid_t)-1 || who.gid != (gid_t)-1) && fchown(fd, who.uid, who.gid) < 0)
		return -1;
	if (fchmod(fd, mode) < 0)
		return -1;
	return fsync(fd);
}

int file_write_loose(const char *path, const char *text, size_t size, mode_t mode, struct err *e)
{
	DEFER(close_fd) int fd = -1;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write_all(fd, text, size) < 0 || fchmod(fd, mode) < 0)
		return err_errno(e, errno, "%s", path);
	return 0;
}

int file_write_as(const char *path, const char *text, size_t size, mode_t mode, struct file_owner who, struct err *e)
{
	DEFER(str_done) struct str temp = { 0 };
	DEFER(close_fd) int fd = -1;
	int saved;

	str_fmt(&temp, "%s.XXXXXX", path);
	fd = mkostemp(temp.s, O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, errno, "%s", path);
	if (fill(fd, text, size, mode ? mode : mode_like(path), who) < 0 || rename(temp.s, path) < 0) {
		saved = errno;
		unlink(temp.s);
		return err_errno(e, saved, "%s", path);
	}
	return sync_dir_of(path, e);
}

int file_write(const char *path, const char *text, size_t size, mode_t mode, struct err *e)
{
	return file_write_as(path, text, size, mode, (struct file_owner){ (uid_t)-1, (gid_t)-1 }, e);
}

int file_append(const char *path, const char *text, size_t size, mode_t mode, struct err *e)
{
	DEFER(close_fd) int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, mode ? mode : 0644);

	if (fd < 0 || write_all(fd, text, size) < 0)
		return err_errno(e, errno, "%s", path);
	return 0;
}

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* One component; mode as asked, whatever the umask. */
static int dir_make_one(const char *path, mode_t mode, struct err *e)
{
	int reason;

	if (mkdir(path, mode) == 0)
		return chmod(path, mode) < 0 ? err_errno(e, errno, "%s", path) : 0;
	reason = errno;
	if (is_dir(path))
		return 0;
	return err_errno(e, reason, "%s", path);
}

int dir_make(const char *path, mode_t mode, struct err *e)
{
	DEFER(free_str) char *part = NULL;

	if (is_dir(path))
		return 0;
	part = xstrdup(path);
	for (size_t n = strlen(part); n > 1 && part[n - 1] == '/'; )
		part[--n] = 0;
	for (char *slash = part + 1; *part && (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		/* Parents are for everybody to pass; only the last one is as private as asked. */
		if (!is_dir(part) && dir_make_one(part, 0755, e) < 0)
			return -1;
		*slash = '/';
	}
	return dir_make_one(part, mode, e);
}

bool file_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

int dir_list(const char *path, struct words *out, struct arena *a, struct err *e)
{
	DEFER(close_dir) DIR *dir = opendir(path);
	size_t before = out->n;
	struct dirent *entry;

	if (!dir)
		return errno == ENOENT ? 0 : err_errno(e, errno, "%s", path);
	errno = 0;
	while ((entry = readdir(dir)))
		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
			words_add(out, a, arena_str(a, entry->d_name));
	if (errno)
		return err_errno(e, errno, "%s", path);
	words_sort(out, before);
	return 0;
}

/* Append the components of path to out, resolving "." and ".." by the text alone. */
static void append_normal(struct str *out, const char *path)
{
	while (*path) {
		size_t n;

		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n == 2 && !strncmp(path, "..", 2)) {
			while (out->n && out->s[--out->n] != '/')
				;
			if (out->s)
				out->s[out->n] = 0;
		} else if (n && !(n == 1 && *path == '.')) {
			str_addc(out, '/');
			str_addn(out, path, n);
		}
		path += n;
	}
}

char *path_absolute(const char *path, struct arena *a)
{
	DEFER(str_done) struct str out = { 0 };
	char cwd[PATH_MAX];

	if (*path != '/' && getcwd(cwd, sizeof cwd))
		append_normal(&out, cwd);
	append_normal(&out, path);
	return arena_str(a, out.n ? out.s : "/");
}
