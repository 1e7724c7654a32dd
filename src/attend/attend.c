/* SPDX-License-Identifier: ISC */
#include "attend/attend.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attend/priv.h"
#include "sys/file.h"
#include "sys/intr.h"
#include "sys/lock.h"
#include "sys/sock.h"

enum {
	MAX_VIEWERS = 32,
	MAX_KEYS = 4096,        /* for a guest that does not read */
	MAX_ANSWERS = 64 * 1024,        /* for one that asks and does not listen */
	FAREWELL_MS = 1000,     /* for viewers to hear a guest's last words */
	READY_MS = 10,          /* between two looks whether a program takes keys */
	AGAIN_MS = 200,         /* until a program that ended is run again, */
	MAX_STARTS = 50,        /* so often, */
	TURNS = 64,             /* pieces of the log for one viewer before it is another's turn */
	FIRST_VIEWER_MS = 10 * 1000,
	LINGER_MS = 500,
	HUNG_UP_MS = 1000,      /* for a program to end when it is hung up, before it is asked in other words */
	BLIND_MS = 50,          /* between two looks into a log that cannot be watched */
};

struct server {
	const struct attend *a;
	char log_path[PATH_MAX], socket[PATH_MAX];
	int listener;
	struct line line;
	struct desk desk;       /* of a session */
	struct follow log;
	int mark;               /* on what QEMU tells: lists of guests know us by it */
	struct str keys;
	struct viewer viewers[MAX_VIEWERS];
	size_t n;
	long last_id;
	bool ended;             /* the guest has */
	bool more;              /* somebody is not up to date and has only given way */
	long ask_at;            /* then that time is up; -1: it is not asked to end */
	long until;             /* then we are gone: the farewell, or nobody has come; -1: no such time */
};

static void leave(struct server *s, size_t i)
{
	viewer_done(&s->viewers[i]);
	s->viewers[i] = s->viewers[--s->n];
}

/* false: nobody is at the door. */
static bool receive(struct server *s)
{
	struct ucred who;
	int fd = sock_accept(s->listener, &who);

	if (fd < 0)
		return false;
	if (s->n == MAX_VIEWERS || (who.uid && who.uid != geteuid()))
		close(fd);
	else
		viewer_init(&s->viewers[s->n++], fd, &who);
	return true;
}

static void list(const struct server *s, struct str *out)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->viewers[i].id)
			viewer_row(&s->viewers[i], out);
	frame_text(out, FRAME_LIST, "");
}

/* Who is ended is told by whom. */
static bool end_others(struct server *s, struct viewer *by, const struct frame *f)
{
	DEFER(str_done) struct str why = { 0 }, count = { 0 };
	char word[1][FRAME_WORD];
	int ended = 0;
	long id;

	if (!frame_words(f, word, 1))
		return false;
	id = strcmp(word[0], "all") ? frame_number(word[0], LONG_MAX) : 0;
	if (id < 0)
		return false;
	str_fmt(&why, "by %u %d", (unsigned)by->who.uid, (int)by->who.pid);
	for (size_t i = 0; i < s->n; i++) {
		struct viewer *v = &s->viewers[i];

		if (v == by || !v->id || v->last || (id && v->id != id))
			continue;
		viewer_end(v, why.s);
		ended++;
	}
	str_fmt(&count, "%d", ended);
	frame_text(&by->out, FRAME_END, count.s);
	return true;
}

static bool hello(struct server *s, struct viewer *v, const struct frame *f)
{
	DEFER(str_done) struct str answer = { 0 };

	if (!viewer_hello(v, f, s->last_id + 1, s->log_path))
		return false;
	s->last_id++;
	str_fmt(&answer, FRAME_VERSION " %ld", v->id);
	frame_text(&v->out, FRAME_HELLO, answer.s);
	return true;
}

static bool resize(struct server *s, const struct viewer *v, const struct frame *f)
{
	char words[2][FRAME_WORD];
	long rows, columns;

	if (!frame_words(f, words, 2))
		return false;
	rows = frame_number(words[0], USHRT_MAX);
	columns = frame_number(words[1], USHRT_MAX);
	if (rows < 0 || columns < 0)
		return false;
	if (v->writes && s->line.fd >= 0)
		line_size(&s->line, (int)rows, (int)columns);
	return true;
}

/* false: the connection ends. */
static bool obey(struct server *s, struct viewer *v, const struct frame *f)
{
	switch (f->kind) {
	case FRAME_HELLO:
		return hello(s, v, f);
	case FRAME_DATA:
		if (v->writes)
			str_addn(&s->keys, f->bytes, f->n);
		return v->id;
	case FRAME_SIZE:
		return v->id && resize(s, v, f);
	case FRAME_LIST:
		list(s, &v->out);
		return v->out.n < MAX_ANSWERS;
	case FRAME_END:
		return end_others(s, v, f);
	}
	return false;
}

static bool hear(struct server *s, struct viewer *v)
{
	size_t used = 0, at = 0;
	struct frame f;
	int found;

	if (!viewer_read(v))
		return false;
	while ((found = frame_next(str_text(&v->in) + at, v->in.n - at, &f, &used)) > 0) {
		if (!obey(s, v, &f))
			return false;
		at += used;
	}
	if (at)
		memmove(v->in.s, v->in.s + at, v->in.n -= at);
	return found == 0;
}

/* false: it is over. */
static bool tell(struct server *s, struct viewer *v)
{
	for (int i = 0; i < TURNS; i++) {
		viewer_fill(v, &s->log, s->ended);
		if (!v->out.n)
			return !v->last;
		if (!viewer_flush(v))
			return false;
		if (v->out.n)
			return true;
	}
	s->more = true;
	return true;
}

/* Backwards: who leaves makes room for one that had its turn. */
static void serve(struct server *s, const struct pollfd *p)
{
	s->more = false;
	for (size_t i = s->n; i-- > 0; ) {
		struct viewer *v = &s->viewers[i];

		if (p[i].revents & (POLLIN | POLLHUP | POLLERR) && !hear(s, v))
			leave(s, i);
	}
	for (size_t i = s->n; i-- > 0; )
		if (!tell(s, &s->viewers[i]))
			leave(s, i);
}

/* Who stands at the door still gets to hear it. */
static void end(struct server *s)
{
	s->ended = true;
	s->until = deadline_ms(FAREWELL_MS);
	while (receive(s))
		;
	close_fd(&s->listener);
	unlink(s->socket);
}

/* Its last words first; then how it ended, for who asks later. */
static void session_over(struct server *s)
{
	struct err ignored = { 0 };
	char how[32];

	line_drain(&s->line);
	snprintf(how, sizeof how, "ended %d\n", line_close(&s->line));
	session_end(&s->desk);
	session_note(s->a, how, &ignored);
	end(s);
}

/* A program may end for reasons of its own, or because the guest reboots. */
static void line_lost(struct server *s)
{
	struct err why = { 0 };

	if (s->a->session) {
		session_over(s);
		return;
	}
	line_close(&s->line);
	if (!s->a->program || s->line.starts >= MAX_STARTS)
		end(s);
	else if (intr_poll(NULL, 0, AGAIN_MS) < 0 || !lock_held(s->a->lock) || line_open(&s->line, s->a, &why) < 0)
		end(s);
}

static void at_line(struct server *s, short events)
{
	if (events & ~POLLOUT && !line_drain(&s->line))
		line_lost(s);
	else if (s->keys.n)
		line_type(&s->line, &s->keys);
}

static short wants_keys(const struct server *s, const struct viewer *v)
{
	return v->writes && s->keys.n >= MAX_KEYS ? 0 : POLLIN;
}

/* Somebody wants the session to end; that is up to the program. */
static int asked(struct server *s, struct err *e)
{
	if (!s->a->session || errno != EINTR)
		return err_errno(e, errno, "poll");
	line_signal(&s->line, SIGHUP);
	line_signal(&s->line, SIGCONT);
	s->ask_at = deadline_ms(HUNG_UP_MS);
	intr_shield();
	return 0;
}

/* Some programs take a hang-up for something else. */
static void ask_again(struct server *s)
{
	if (left_ms(s->ask_at))
		return;
	line_signal(&s->line, SIGTERM);
	s->ask_at = -1;
}

/*
 * Only for those who look on: a host has few watches for each of its users (128 is usual),
 * and an attendant for each of its guests. Without one, the log is looked into now and then.
 */
static void watch(struct server *s)
{
	struct err none_left = { 0 };

	if (s->n && s->log.watch >= 0)
		return;
	follow_done(&s->log);
	if (s->n)
		follow_open(&s->log, s->log_path, &none_left);
}

static int sooner(int ms, int other)
{
	return ms < 0 || ms > other ? other : ms;
}

/* How long a poll may take. */
static int patience(const struct server *s, bool ready)
{
	int ms = left_ms(s->until < 0 || (s->ask_at >= 0 && s->ask_at < s->until) ? s->ask_at : s->until);

	if (s->more)
		return 0;
	if (!ready)
		ms = sooner(ms, READY_MS);
	return s->n && s->log.watch < 0 ? sooner(ms, BLIND_MS) : ms;
}

/* The line, the door, the log, what a session ends with, and then the viewers. */
enum { LINE, DOOR, LOG, PROGRAM, SCREEN, VIEWERS };

static int turn(struct server *s, struct err *e)
{
	bool ready = line_ready(&s->line);
	struct pollfd p[VIEWERS + MAX_VIEWERS] = {
		[LINE] = { .fd = s->line.fd, .events = (short)(POLLIN | (s->keys.n && ready ? POLLOUT : 0)) },
		[DOOR] = { .fd = s->listener, .events = POLLIN },
		[LOG] = { .fd = s->log.watch, .events = POLLIN },
		[PROGRAM] = { .fd = s->a->session ? s->line.pidfd : -1, .events = POLLIN },
		[SCREEN] = { .fd = s->desk.pidfd, .events = POLLIN },
	};
	char unused[1];

	for (size_t i = 0; i < s->n; i++) {
		p[VIEWERS + i].fd = s->viewers[i].fd;
		p[VIEWERS + i].events = (short)(wants_keys(s, &s->viewers[i]) | (s->viewers[i].out.n ? POLLOUT : 0));
	}
	if (intr_poll(p, VIEWERS + s->n, patience(s, ready)) < 0)
		return asked(s, e);
	ask_again(s);
	if (p[PROGRAM].revents || p[SCREEN].revents)
		session_over(s);
	else if (p[LINE].revents)
		at_line(s, p[LINE].revents);
	if (p[LOG].revents)
		follow_read(&s->log, unused, 0);
	serve(s, &p[VIEWERS]);
	if (p[DOOR].revents && s->listener >= 0)
		receive(s);
	return 0;
}

static int take_place(struct server *s, struct err *e)
{
	DEFER(str_done) struct str began = { 0 }, told = { 0 };

	str_fmt(&told, "%s/state.log", s->a->dir);
	snprintf(s->log_path, sizeof s->log_path, "%s/console.log", s->a->dir);
	snprintf(s->socket, sizeof s->socket, "%s/console.sock", s->a->dir);
	if (s->a->session && session_begin(&s->desk, s->a, e) < 0)
		return -1;
	if (line_open(&s->line, s->a, e) < 0)
		return -1;
	s->mark = mark_open(told.s);
	s->listener = sock_serve(s->socket, e);
	str_fmt(&began, "started%s%s\n", *s->desk.display ? " " : "", s->desk.display);
	return s->listener < 0 || (s->a->session && session_note(s->a, str_text(&began), e) < 0) ? -1 : 0;
}

/* Most stay as long as the line does. */
static bool only_for_viewers(const struct attend *a)
{
	return a->program && !a->session;
}

/* Where it only stays while somebody looks on, it leaves with the last one, whose keys are on their way. */
static bool is_over(struct server *s)
{
	if (s->ended)
		return !s->n || !left_ms(s->until);
	if (s->n)
		s->until = -1;
	else if (only_for_viewers(s->a) && s->until < 0)
		s->until = deadline_ms(LINGER_MS);
	return !left_ms(s->until);
}

int attend_run(const struct attend *a, struct err *e)
{
	struct server *s = calloc(1, sizeof *s);
	int failed;

	if (!s)
		return err_errno(e, errno, "memory");
	s->a = a;
	s->listener = -1;
	s->line = (struct line)LINE_NONE;
	s->desk = (struct desk)DESK_NONE;
	s->log = (struct follow)FOLLOW_NONE;
	s->mark = -1;
	s->ask_at = -1;
	s->until = only_for_viewers(a) ? deadline_ms(FIRST_VIEWER_MS) : -1;
	failed = take_place(s, e);
	while (!failed && !is_over(s)) {
		watch(s);
		failed = turn(s, e);
	}
	if (s->listener >= 0)
		unlink(s->socket);
	while (s->n)
		leave(s, 0);
	line_close(&s->line);
	session_end(&s->desk);
	close_fd(&s->listener);
	follow_done(&s->log);
	close_fd(&s->mark);
	str_done(&s->keys);
	free(s);
	return failed;
}
