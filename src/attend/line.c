/* SPDX-License-Identifier: ISC */
#include "attend/priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/proc.h"
#include "sys/sock.h"

enum {
	CONNECT_MS = 2000,
	MAX_LOG = 64 << 20,     /* then it begins anew: it may lie in memory */
};

static int open_socket(struct line *l, const char *dir, struct err *e)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/serial.sock", dir);
	l->fd = sock_connect(path, CONNECT_MS, e);
	l->ready = true;
	return l->fd < 0 ? -1 : 0;
}

static int open_log(struct line *l, const char *dir, struct err *e)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/console.log", dir);
	l->log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	return l->log < 0 ? err_errno(e, errno, "%s", path) : 0;
}

static int open_program(struct line *l, const struct attend *a, struct err *e)
{
	struct proc_opts o = PROC_OPTS;
	struct winsize usual = { .ws_row = 24, .ws_col = 80 };

	if (a->session && open_log(l, a->dir, e) < 0)
		return -1;
	if (openpty(&l->fd, &l->theirs, NULL, NULL, a->session ? &usual : NULL) < 0)
		return err_errno(e, errno, "a terminal for %s", a->program[0]);
	fcntl(l->fd, F_SETFD, FD_CLOEXEC);
	fcntl(l->theirs, F_SETFD, FD_CLOEXEC);
	o.in = o.out = o.err = l->theirs;
	o.session = true;
	o.terminal = o.die_with_parent = l->ready = a->session;
	l->pid = proc_start(a->program, &o, &l->pidfd, e);
	l->starts++;
	if (!a->session)
		close_fd(&l->theirs);
	return l->pid < 0 ? -1 : 0;
}

int line_open(struct line *l, const struct attend *a, struct err *e)
{
	if ((a->program ? open_program(l, a, e) : open_socket(l, a->dir, e)) < 0) {
		line_close(l);
		return -1;
	}
	fcntl(l->fd, F_SETFL, O_NONBLOCK);
	return 0;
}

bool line_ready(struct line *l)
{
	struct termios now;

	if (!l->ready && l->fd >= 0 && tcgetattr(l->fd, &now) == 0)
		l->ready = !(now.c_lflag & ICANON);
	return l->ready || l->fd < 0;
}

/* A disk that is full makes a gap in what can be read later, and ends nothing. */
static void keep(const struct line *l, const char *bytes, size_t n)
{
	if (lseek(l->log, 0, SEEK_END) > MAX_LOG && ftruncate(l->log, 0) < 0)
		return;
	if (write_all(l->log, bytes, n) < 0)
		return;
}

bool line_drain(struct line *l)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(l->fd, buf, sizeof buf)) > 0)
		if (l->log >= 0)
			keep(l, buf, (size_t)n);
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

void line_type(struct line *l, struct str *keys)
{
	ssize_t n = l->ready ? write(l->fd, keys->s, keys->n) : 0;

	if (n <= 0)
		return;
	memmove(keys->s, keys->s + n, keys->n - (size_t)n);
	keys->n -= (size_t)n;
	keys->s[keys->n] = 0;
}

/* A serial line knows no size. */
void line_size(struct line *l, int rows, int columns)
{
	struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };

	if (l->pidfd < 0 || ioctl(l->fd, TIOCSWINSZ, &size) < 0)
		return;
	/* The terminal is not its controlling one, so the kernel does not tell it. */
	kill(l->pid, SIGWINCH);
}

void line_signal(const struct line *l, int signal)
{
	if (l->pidfd >= 0)
		kill(-l->pid, signal);
}

int line_close(struct line *l)
{
	int status = 0;

	close_fd(&l->fd);
	if (l->pidfd >= 0)
		status = proc_stop(l->pid, l->pidfd, 100);
	close_fd(&l->theirs);
	close_fd(&l->log);
	close_fd(&l->pidfd);
	l->ready = false;
	return status;
}
