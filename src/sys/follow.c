/* SPDX-License-Identifier: ISC */
#include "sys/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"
#include "sys/file.h"

/* The directory is watched, not the file: it may not be there yet. */
int follow_open(struct follow *f, const char *path, struct err *e)
{
	DEFER(free_str) char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');

	*f = (struct follow)FOLLOW_NONE;
	f->path = path;
	if (slash)
		slash[slash == dir] = 0;
	f->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (f->watch >= 0 && inotify_add_watch(f->watch, slash ? dir : ".", IN_MODIFY | IN_CREATE | IN_MOVED_TO) >= 0)
		return 0;
	err_errno(e, errno, "watching %s", slash ? dir : ".");
	follow_done(f);
	return -1;
}

/* Events first, the file second: what is written in between raises a new event. */
static void swallow_events(const struct follow *f)
{
	char events[4096];

	while (read(f->watch, events, sizeof events) > 0)
		;
}

ssize_t follow_read(struct follow *f, char *buf, size_t n)
{
	struct stat st;
	ssize_t got;

	swallow_events(f);
	if (f->fd < 0 && f->path)
		f->fd = open(f->path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0)
		return 0;
	if (!fstat(f->fd, &st) && st.st_size < f->at) {
		f->at = 0;
		f->restarted = true;
	}
	got = pread(f->fd, buf, n, f->at);
	if (got <= 0)
		return 0;
	f->at += got;
	return got;
}

off_t follow_lines(const char *path, long n)
{
	DEFER(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t at = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	char buf[4096];

	if (n < 0)
		return 0;
	while (at > 0) {
		size_t want = at < (off_t)sizeof buf ? (size_t)at : sizeof buf;
		ssize_t got = pread(fd, buf, want, at - (off_t)want);

		if (got != (ssize_t)want)
			return at;
		for (size_t i = want; i-- > 0; at--)
			if (buf[i] == '\n' && n-- == 0)
				return at;
	}
	return 0;
}

void follow_done(struct follow *f)
{
	close_fd(&f->watch);
	close_fd(&f->fd);
}
