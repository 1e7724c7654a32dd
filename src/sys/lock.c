/* SPDX-License-Identifier: ISC */
#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"
#include "sys/file.h"
#include "sys/intr.h"

/* flock(2) and its constants: our own sys/file.h stands before the system's <sys/file.h>. */
int flock(int fd, int operation);

enum { HOLDER_MAX = 4096, TICK_MS = 20, LONG_TICK_MS = 1000, QUESTIONS_MS = 5000, ORPHAN_MS = 1000 };

/*
 * Take it now, if nobody has it. lock_held() of another process takes a shared lock
 * for an instant; a shared lock of ours succeeds beside that one but not beside a
 * holder's, which tells a question from an answer. Busy is only said after seconds
 * of nothing but questions.
 */
static bool try_lock(int fd)
{
	long until = deadline_ms(QUESTIONS_MS);

	while (left_ms(until)) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (flock(fd, LOCK_SH | LOCK_NB) < 0)
			return false;
		sched_yield();
	}
	flock(fd, LOCK_UN);
	return false;
}

static bool is_free(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return false;
	flock(fd, LOCK_UN);
	return true;
}

/* A pidfd of who signed for the lock; -1 with errno: unknown. Only to be woken by: the name may be an old one. */
static int open_holder(const char *path)
{
	DEFER(free_str) char *who = lock_holder(path);
	int pid = 0;

	errno = 0;
	if (sscanf(who, "pid %d", &pid) != 1 || pid <= 0 || pid == getpid())
		return -1;
	return pidfd_open(pid, 0);
}

/*
 * Wait until test(fd) holds. The kernel tells nobody that a lock is free, but a
 * lock that lives as long as its process ends with it, so that process wakes us;
 * the tick is for every other case, and longer for who waits for ever, which may be months.
 */
static int wait_until(int fd, const char *path, bool (*test)(int), int timeout_ms, struct err *e)
{
	DEFER(close_fd) int holder = open_holder(path);
	struct pollfd p = { .fd = holder, .events = POLLIN };
	long until = deadline_ms(timeout_ms);
	int tick = TICK_MS;

	while (!test(fd)) {
		int left = left_ms(until), n;

		if (!left)
			return err_set(e, ERR_TIMEOUT, "%s: still held after %g s", path, timeout_ms / 1000.0);
		n = intr_poll(&p, 1, left < 0 || left > tick ? tick : left);
		if (n < 0)
			return err_set(e, ERR_FAILED, "interrupted");
		if (n > 0)
			p.fd = -1;
		tick = p.fd < 0 || timeout_ms >= 0 ? TICK_MS : tick * 2 < LONG_TICK_MS ? tick * 2 : LONG_TICK_MS;
	}
	return 0;
}

/*
 * Who was killed in the moment when it started a program may leave a child that still has the
 * lock, for as long as it takes to become that program.
 */
static bool is_left_to_us(int fd, const char *path)
{
	DEFER(close_fd) int holder = open_holder(path);
	bool gone = holder < 0 && errno == ESRCH;
	struct pollfd p = { .fd = holder, .events = POLLIN };
	struct err ignored = { 0 };

	return (gone || poll(&p, 1, 0) > 0) && wait_until(fd, path, try_lock, ORPHAN_MS, &ignored) == 0;
}

static bool take_now(int fd, const char *path)
{
	return try_lock(fd) || is_left_to_us(fd, path);
}

/* A lock file that was deleted while we opened it guards nothing. */
static bool still_there(int fd, const char *path)
{
	struct stat mine, named;

	return fstat(fd, &mine) == 0 && lstat(path, &named) == 0 &&
	       mine.st_dev == named.st_dev && mine.st_ino == named.st_ino;
}

static int busy(const char *path, struct err *e)
{
	DEFER(free_str) char *who = lock_holder(path);
	DEFER(str_done) struct str words = { 0 };

	for (const char *c = who; *c; c++) {
		if (*c != '\n')
			str_addc(&words, *c);
		else if (c[1])
			str_add(&words, ", ");
	}
	return err_set(e, ERR_BUSY, "%s: held by %s", path, words.n ? words.s : "another process");
}

/* A setgid directory gives its files to a group, whose members may ask who holds a lock in it. */
static void share(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && st.st_gid != getegid())
		fchmod(fd, 0640);
}

/* Others may have put there what never opens. */
static int open_file(const char *path, int flags)
{
	DEFER(close_fd) int fd = open(path, flags | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0600);
	int opened = fd;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	fd = -1;
	return opened;
}

/* NFS makes of it a lock of another kind, which is only for who could write: flock(2). */
static int open_lock(const char *path)
{
	DEFER(close_fd) int fd = open_file(path, O_RDONLY | O_CREAT);
	int opened = fd;

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EBADF)
		return open_file(path, O_RDWR);
	fd = -1;
	return opened;
}

int lock_take(const char *path, bool wait, const char *holder, struct err *e)
{
	for (;;) {
		DEFER(close_fd) int fd = open_lock(path);
		int taken = fd;

		if (fd < 0)
			return err_errno(e, errno, "%s", path);
		share(fd);
		if (!wait && !take_now(fd, path))
			return busy(path, e);
		if (wait && wait_until(fd, path, try_lock, -1, e) < 0)
			return -1;
		if (!still_there(fd, path))
			continue;
		if (lock_sign(fd, path, holder ? holder : "", e) < 0)
			return -1;
		fd = -1;
		return taken;
	}
}

/* Of a process that is not we. */
static pid_t marked_by(int fd)
{
	struct flock mark = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };

	return fcntl(fd, F_GETLK, &mark) < 0 || mark.l_type == F_UNLCK || mark.l_pid < 0 ? 0 : mark.l_pid;
}

bool lock_held_by(const char *path, pid_t *pid)
{
	DEFER(close_fd) int fd = open_file(path, O_RDONLY);

	*pid = 0;
	if (fd < 0)
		return errno != ENOENT && errno != ENOTDIR;
	if (is_free(fd))
		return false;
	*pid = marked_by(fd);
	return true;
}

bool lock_held(const char *path)
{
	pid_t unused;

	return lock_held_by(path, &unused);
}

int lock_wait(const char *path, int timeout_ms, struct err *e)
{
	DEFER(close_fd) int fd = open_file(path, O_RDONLY);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_errno(e, errno, "%s", path);
	return wait_until(fd, path, is_free, timeout_ms, e);
}

void mark_set(int fd)
{
	struct flock mark = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1 };

	fcntl(fd, F_SETLK, &mark);
}

int mark_open(const char *path)
{
	int fd = open_file(path, O_RDONLY);

	if (fd >= 0)
		mark_set(fd);
	return fd;
}

ssize_t mark_read(const char *path, char *buf, size_t size, pid_t *who)
{
	DEFER(close_fd) int fd = open_file(path, O_RDONLY);

	*who = 0;
	if (fd < 0)
		return -1;
	*who = marked_by(fd);
	return read_end(fd, buf, size);
}

/* Not by its name, which may be another file's by now. */
int lock_sign(int fd, const char *path, const char *holder, struct err *e)
{
	DEFER(arena_done) struct arena a = { 0 };
	DEFER(close_fd) int same = open(arena_fmt(&a, "/proc/self/fd/%d", fd), O_WRONLY | O_TRUNC | O_CLOEXEC);

	/* For people to read: not worth the wait for a disk. */
	if (same < 0 || write_all(same, holder, strlen(holder)) < 0)
		return err_errno(e, errno, "%s", path);
	return 0;
}

char *lock_holder(const char *path)
{
	struct err ignored = { 0 };
	char *who = file_read(path, HOLDER_MAX, NULL, &ignored);

	return who ? who : xstrdup("");
}
