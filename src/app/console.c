/* SPDX-License-Identifier: ISC */
#include "app/console.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/attendant.h"
#include "base/arena.h"
#include "base/str.h"
#include "exec/qmp.h"
#include "sys/file.h"
#include "sys/follow.h"
#include "sys/intr.h"
#include "sys/lock.h"
#include "sys/sock.h"
#include "sys/tty.h"
#include "text/frame.h"

enum {
	LINGER_MS = 300,        /* a script's last input is answered within this of quiet, */
	LINGER_MOST_MS = 3000,  /* or we leave a guest that never is quiet */
	MAX_UNSENT = 64 * 1024, /* keys typed at a guest that does not read; more are dropped */
	FREE_MS = 1000,         /* how long a client that has just left may still look connected */
};

struct session {
	const struct console *c;
	bool tty;
	int sock;
	struct follow log;      /* of a monitor */
	struct str unsent;
	struct str in;          /* of the attendant: a frame that is not complete */
	int resized;            /* readable when the terminal's size may have changed; -1: nobody wants to know */
	bool input_ended;
	long quiet_since, ended_at;
	enum console_end end;
};

static void session_done(struct session *s)
{
	tty_restore();
	intr_end();
	close_fd(&s->sock);
	follow_done(&s->log);
	close_fd(&s->resized);
	str_done(&s->unsent);
	str_done(&s->in);
}

/* Does the hypervisor say that the socket has a client? Its words: "disconnected:unix:PATH,server=on". */
static bool has_client(json_t *chardevs, const char *socket)
{
	json_t *one;
	size_t i;

	json_array_foreach(chardevs, i, one) {
		const char *file = json_string_value(json_object_get(one, "filename"));

		if (file && strstr(file, socket) && !str_starts(file, "disconnected:"))
			return true;
	}
	return false;
}

/*
 * A second client would be connected and never served. Where QMP does not answer
 * nothing is known, and that is no reason to refuse.
 */
static int check_free(const struct console *c, struct err *e)
{
	struct err ignored = { 0 };
	struct qmp q = { .fd = -1 };
	long until = now_ms() + FREE_MS;
	bool taken = true;

	if (!c->control || qmp_open(&q, c->control, false, FREE_MS, &ignored) < 0)
		return 0;
	for (;;) {
		json_t *list = NULL;

		taken = !qmp_call(&q, "query-chardev", NULL, &list, FREE_MS, &ignored) && has_client(list, c->socket);
		json_decref(list);
		if (!taken || now_ms() >= until || intr_poll(NULL, 0, 20) < 0)
			break;
	}
	qmp_close(&q);
	if (!taken)
		return 0;
	return err_set(e, ERR_BUSY, "another program than berth is connected to the %s of '%s'", c->what, c->name);
}

static int take_lock(const struct console *c, struct err *e)
{
	DEFER(str_done) struct str holder = { 0 };
	const char *terminal = isatty(c->in) ? ttyname(c->in) : NULL;
	int lock;

	str_fmt(&holder, "pid %d berth %s%s%s", (int)getpid(), c->what, terminal ? " on " : "", terminal ? terminal : "");
	lock = lock_take(c->lock, false, holder.s, e);
	if (lock < 0)
		err_add(e, "the %s of '%s' (berth monitor %s COMMAND works meanwhile)", c->what, c->name, c->name);
	return lock;
}

static int put(int fd, const char *bytes, size_t n, struct err *e)
{
	while (n) {
		ssize_t done = write(fd, bytes, n);

		if (done < 0 && errno != EINTR && errno != EAGAIN)
			return err_errno(e, errno, "standard output");
		if (done > 0) {
			bytes += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

int console_history(const char *log, long lines, int out, struct err *e)
{
	DEFER(close_fd) int fd = open(log, O_RDONLY | O_CLOEXEC);
	off_t at = follow_lines(log, lines);
	char buf[16384];
	ssize_t n;

	/* Nothing was said yet. */
	if (fd < 0 && errno == ENOENT)
		return 0;
	while ((n = fd < 0 ? -1 : pread(fd, buf, sizeof buf, at)) > 0) {
		if (put(out, buf, (size_t)n, e) < 0)
			return -1;
		at += n;
	}
	return n < 0 ? err_errno(e, errno, "%s", log) : 0;
}

static int show_new(struct session *s, struct err *e)
{
	char buf[16384];
	ssize_t n;

	while ((n = follow_read(&s->log, buf, sizeof buf)) > 0) {
		s->quiet_since = now_ms();
		if (put(s->c->out, buf, (size_t)n, e) < 0)
			return -1;
	}
	return 0;
}

static void type(struct session *s, const char *typed, size_t n)
{
	if (s->c->read_only || !n || s->unsent.n + n > MAX_UNSENT)
		return;
	if (s->c->attended)
		frame_add(&s->unsent, FRAME_DATA, typed, n);
	else
		str_addn(&s->unsent, typed, n);
}

static void tell_size(struct session *s)
{
	DEFER(str_done) struct str size = { 0 };
	int rows, columns;

	if (!tty_size(s->c->in, s->resized, &rows, &columns))
		return;
	str_fmt(&size, "%d %d", rows, columns);
	frame_text(&s->unsent, FRAME_SIZE, size.s);
}

/* 1: the detach key was among them. */
static int take_keys(struct session *s, struct err *e)
{
	char buf[4096];
	ssize_t n = read(s->c->in, buf, sizeof buf);
	const char *detach;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : err_errno(e, errno, "standard input");
	if (!n) {
		s->input_ended = true;
		s->ended_at = s->quiet_since = now_ms();
		return 0;
	}
	detach = s->tty && s->c->escape >= 0 ? memchr(buf, s->c->escape ? s->c->escape : CONSOLE_DETACH, (size_t)n) : NULL;
	if (detach)
		n = detach - buf;
	type(s, buf, (size_t)n);
	return detach != NULL;
}

/* What a monitor says on the socket is in the log as well; 1: it has ended. */
static int drain(struct session *s)
{
	char buf[16384];
	ssize_t n;

	while ((n = recv(s->sock, buf, sizeof buf, MSG_DONTWAIT)) > 0)
		;
	return !n || (errno != EAGAIN && errno != EINTR);
}

/* The session is over: the guest has ended, or somebody has ended us. */
static int ended(const struct session *s, const struct frame *f, struct err *e)
{
	DEFER(arena_done) struct arena a = { 0 };
	char by[3][FRAME_WORD];

	if (!frame_words(f, by, 3))
		return 1;
	return err_set(e, ERR_FAILED, "the session at the %s of '%s' was ended by %s, pid %s", s->c->what, s->c->name,
		       user_name((uid_t)frame_number(by[1], UINT_MAX), &a), by[2]);
}

static int obey(struct session *s, const struct frame *f, struct err *e)
{
	switch (f->kind) {
	case FRAME_DATA:
		s->quiet_since = now_ms();
		return put(s->c->out, f->bytes, f->n, e);
	case FRAME_END:
		return ended(s, f, e);
	case FRAME_HELLO:
	case FRAME_SIZE:
	case FRAME_LIST:
		return 0;
	}
	return 0;
}

/* What the attendant says; 1: the session is over. */
static int hear(struct session *s, struct err *e)
{
	char buf[16384];
	ssize_t n = recv(s->sock, buf, sizeof buf, MSG_DONTWAIT);
	size_t at = 0, used;
	struct frame f;
	int over = 0, found = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0 && s->c->ending)
		return err_set(e, ERR_FAILED, "'%s' was killed", s->c->name);
	if (n <= 0)
		return err_set(e, ERR_FAILED, "the attendant of '%s' has ended (berth %s %s goes on)", s->c->name, s->c->what, s->c->name);
	str_addn(&s->in, buf, (size_t)n);
	while (!over && (found = frame_next(s->in.s + at, s->in.n - at, &f, &used)) > 0) {
		over = obey(s, &f, e);
		at += used;
	}
	memmove(s->in.s, s->in.s + at, s->in.n -= at);
	return found < 0 ? attendant_strange(e) : over;
}

static void send_keys(struct session *s)
{
	ssize_t n = send(s->sock, s->unsent.s, s->unsent.n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n <= 0)
		return;
	memmove(s->unsent.s, s->unsent.s + n, s->unsent.n - (size_t)n);
	s->unsent.n -= (size_t)n;
	s->unsent.s[s->unsent.n] = 0;
	s->quiet_since = now_ms();
}

static bool lingered(const struct session *s)
{
	if (!s->input_ended)
		return false;
	if (now_ms() - s->ended_at >= LINGER_MOST_MS)
		return true;
	return !s->unsent.n && now_ms() - s->quiet_since >= LINGER_MS;
}

/* A pipe is read no faster than the guest reads; a terminal always, or the detach key would not be heard. */
static bool wants_input(const struct session *s)
{
	return !s->input_ended && (s->tty || (!s->unsent.n && !s->c->read_only));
}

/* One round: 1 when the session is over, with the reason in s->end. */
static int turn(struct session *s, struct err *e)
{
	struct pollfd p[] = {
		{ .fd = wants_input(s) ? s->c->in : -1, .events = POLLIN },
		{ .fd = s->sock, .events = (short)(POLLIN | (s->unsent.n ? POLLOUT : 0)) },
		{ .fd = s->log.watch, .events = POLLIN },
		{ .fd = s->resized, .events = POLLIN },
	};
	int over = 0, gone;

	if (intr_poll(p, 4, s->input_ended ? LINGER_MS / 10 : -1) < 0)
		return err_set(e, ERR_FAILED, "interrupted");
	if (p[0].revents && (over = take_keys(s, e)) < 0)
		return -1;
	s->end = over ? CONSOLE_DETACHED : CONSOLE_INPUT_ENDED;
	if (p[3].revents)
		tell_size(s);
	if (p[1].revents & POLLOUT)
		send_keys(s);
	if (p[1].revents & ~POLLOUT && (gone = s->c->attended ? hear(s, e) : drain(s))) {
		s->end = CONSOLE_GUEST_ENDED;
		over = gone;
	}
	if (show_new(s, e) < 0 || over < 0)
		return -1;
	return over || lingered(s);
}

static int run(struct session *s, struct err *e)
{
	int over = show_new(s, e);

	while (!over)
		over = turn(s, e);
	return over < 0 ? -1 : 0;
}

static void join_attendant(struct session *s)
{
	const struct console *c = s->c;
	const char *terminal = isatty(c->in) ? ttyname(c->in) : NULL;
	DEFER(str_done) struct str who = { 0 }, history = { 0 };

	s->sock = c->attendant;
	str_fmt(&history, "%ld", c->history);
	str_fmt(&who, FRAME_VERSION " %s %s %.60s", c->read_only ? "ro" : "rw", c->history < 0 ? "all" : history.s,
		terminal ? terminal : "-");
	frame_text(&s->unsent, FRAME_HELLO, who.s);
	if (s->tty && !c->read_only) {
		s->resized = tty_watch_size();
		tell_size(s);
	}
}

static int join_monitor(struct session *s, struct err *e)
{
	const struct console *c = s->c;

	if (check_free(c, e) < 0)
		return -1;
	s->sock = sock_connect(c->socket, 1000, e);
	if (s->sock < 0 || follow_open(&s->log, c->log, e) < 0)
		return -1;
	s->log.at = follow_lines(c->log, c->history);
	return 0;
}

int console_attach(const struct console *c, enum console_end *end, struct err *e)
{
	DEFER(close_fd) int lock = c->attended ? -1 : take_lock(c, e);
	DEFER(session_done) struct session s = { .c = c, .tty = isatty(c->in), .sock = -1, .log = FOLLOW_NONE, .resized = -1 };

	if (c->attended)
		join_attendant(&s);
	else if (lock < 0 || join_monitor(&s, e) < 0)
		return -1;
	intr_begin();
	if (s.tty && tty_raw(c->in, e) < 0)
		return -1;
	if (run(&s, e) < 0)
		return -1;
	*end = s.end;
	return 0;
}
