/* SPDX-License-Identifier: ISC */
/* What a session has besides its line: an X server of its own, and a note of how it went. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "attend/priv.h"
#include "base/arena.h"
#include "base/vec.h"
#include "sys/file.h"
#include "sys/intr.h"
#include "sys/proc.h"
#include "sys/sock.h"

enum { DISPLAY_MS = 20 * 1000, SERVER_MS = 2000 };

#define COOKIE_NAME "MIT-MAGIC-COOKIE-1"

enum { COOKIE = 16 };

/*
 * Who may draw there: whoever can read this file. One record of Xauthority: a family,
 * an address and a display (any), the name of the method and its data, each with its length.
 */
static int write_cookie(const char *path, struct err *e)
{
	static const char any[] = { '\xff', '\xff', 0, 0, 0, 0, 0, sizeof COOKIE_NAME - 1 };
	DEFER(str_done) struct str record = { 0 };
	char cookie[COOKIE];

	if (getrandom(cookie, sizeof cookie, 0) != sizeof cookie)
		return err_errno(e, errno, "random numbers");
	str_addn(&record, any, sizeof any);
	str_add(&record, COOKIE_NAME);
	str_addn(&record, (const char[]){ 0, COOKIE }, 2);
	str_addn(&record, cookie, sizeof cookie);
	return file_write_loose(path, record.s, record.n, 0600, e);
}

/*
 * The server says which display it has taken as soon as it serves it; so two never want the
 * same. It says it piece by piece, and dies when nobody listens to the last one.
 */
static int hear_display(struct desk *d, int from, struct err *e)
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	long until = deadline_ms(DISPLAY_MS);
	size_t n = 1;

	d->display[0] = ':';
	for (;;) {
		int ready = intr_poll(&p, 1, left_ms(until));

		if (!ready)
			return err_set(e, ERR_TIMEOUT, "the X server has not come up within %d s", DISPLAY_MS / 1000);
		if (ready < 0 || n == sizeof d->display || read(from, d->display + n, 1) != 1)
			return err_set(e, ERR_FAILED, "the X server has ended");
		if (d->display[n] == '\n')
			break;
		n++;
	}
	d->display[n] = 0;
	return 0;
}

static int start_server(struct desk *d, const struct attend *a, const char *cookie, struct err *e)
{
	DEFER(arena_done) struct arena mem = { 0 };
	DEFER(close_fd) int hear = -1, tell = -1;
	struct proc_opts o = PROC_OPTS;
	struct words argv = { 0 };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(e, errno, "pipe");
	hear = ends[0];
	o.keep_fd = tell = ends[1];
	o.session = o.die_with_parent = true;
	words_extend(&argv, &mem, a->server);
	words_extend(&argv, &mem, (const char *const[]){ "-auth", cookie, "-displayfd", arena_fmt(&mem, "%d", tell), NULL });
	*vec_add(&argv, &mem) = NULL;
	d->pid = proc_start(argv.v, &o, &d->pidfd, e);
	close_fd(&tell);
	return d->pid < 0 ? -1 : hear_display(d, hear, e);
}

int session_begin(struct desk *d, const struct attend *a, struct err *e)
{
	char cookie[PATH_MAX];

	/* The lock we have inherited is held as long as we live, not as what the session leaves in the background. */
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	intr_begin();
	if (!a->server)
		return 0;
	snprintf(cookie, sizeof cookie, "%s/Xauthority", a->dir);
	if (write_cookie(cookie, e) < 0 || start_server(d, a, cookie, e) < 0)
		return -1;
	setenv("DISPLAY", d->display, 1);
	setenv("XAUTHORITY", cookie, 1);
	return 0;
}

void session_end(struct desk *d)
{
	if (d->pidfd >= 0)
		proc_stop(d->pid, d->pidfd, SERVER_MS);
	close_fd(&d->pidfd);
}

int session_note(const struct attend *a, const char *text, struct err *e)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/session", a->dir);
	return file_append(path, text, strlen(text), 0600, e);
}

int attend_hang_up(const char *dir, struct err *e)
{
	DEFER(close_fd) int pidfd = -1;
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/console.sock", dir);
	pidfd = sock_listener(path, e);
	if (pidfd < 0)
		return -1;
	return pidfd_send_signal(pidfd, SIGTERM, NULL, 0) < 0 ? err_errno(e, errno, "%s", dir) : 0;
}
