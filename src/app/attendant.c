/* SPDX-License-Identifier: ISC */
#include "app/attendant.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/act.h"
#include "app/probe.h"
#include "base/str.h"
#include "sys/file.h"
#include "sys/intr.h"
#include "sys/sock.h"
#include "text/frame.h"

enum { START_MS = 5000, PAUSE_MS = 10, ANSWER_MS = 1000 };

/*
 * What its plan needs: the program, and as whom the guest runs now, whatever its machine
 * file has come to say. That user's is its run directory.
 */
static void learn(struct target *t)
{
	struct facts *f = &t->facts;
	struct stat st;

	probe_attendant(f);
	if (stat(guest_run_dir(f, t->guest.name, &f->mem), &st) == 0) {
		f->run_uid = st.st_uid;
		f->run_gid = st.st_gid;
	}
}

static int plan_and_start(struct target *t, struct err *e)
{
	DEFER(plan_done) struct plan p = { 0 };

	learn(t);
	if (!facts_tool(&t->facts, "berth-attend"))
		return err_set(e, ERR_NOT_FOUND, "berth-attend, which serves consoles, is not installed beside berth (make install)");
	if (t->driver->attend(&t->guest, &t->facts, &p, e) < 0)
		return -1;
	for (size_t i = 0; i < p.steps.n; i++)
		p.steps.v[i].may_fail = false;
	return act_execute(t, &p, NULL, e);
}

/* Somebody else may be starting one, or the one before may not be quite gone. */
static int start(const struct target *t, struct err *e)
{
	struct target mine = *t;
	struct err why = { 0 };
	int failed;

	mine.facts.mem = (struct arena){ 0 };
	failed = plan_and_start(&mine, &why);
	arena_done(&mine.facts.mem);
	if (!failed || why.kind == ERR_BUSY)
		return 0;
	return err_set(e, why.kind, "%s", why.msg);
}

int attendant_connect(const struct target *t, struct err *e)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct reach way = { 0 };
	long until = deadline_ms(START_MS);

	if (target_reach(t, REACH_CONSOLE, &way, &a, e) < 0)
		return -1;
	for (;;) {
		struct err why = { 0 };
		int fd = sock_connect(way.socket, 0, &why);

		if (fd >= 0)
			return fd;
		if (why.kind != ERR_NOT_FOUND)
			return err_set(e, why.kind, "%s", why.msg);
		if (!left_ms(until))
			return err_set(e, ERR_TIMEOUT, "nobody serves the console of '%s' after %g s (%s tells more)", t->guest.name,
				       START_MS / 1000.0, guest_run_file(&t->facts, t->guest.name, "attend.log", &a));
		if (start(t, e) < 0)
			return -1;
		if (intr_poll(NULL, 0, PAUSE_MS) < 0)
			return err_set(e, ERR_FAILED, "interrupted");
	}
}

/* A question and its answers, frame by frame. */
struct talk {
	int fd;
	struct str in;
	size_t used;            /* of in, by the last frame */
	long until;
};

static void talk_done(struct talk *t)
{
	close_fd(&t->fd);
	str_done(&t->in);
}

static int say(const struct talk *t, enum frame_kind kind, const char *text, struct err *e)
{
	DEFER(str_done) struct str out = { 0 };

	frame_text(&out, kind, text);
	if (send(t->fd, out.s, out.n, MSG_NOSIGNAL) != (ssize_t)out.n)
		return err_errno(e, errno, "the guest's attendant");
	return 0;
}

/* The next frame; 0: the attendant has hung up. */
static int hear(struct talk *t, struct frame *f, struct err *e)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	char buf[FRAME_HEAD + FRAME_MAX];
	int found;

	if (t->used)
		memmove(t->in.s, t->in.s + t->used, t->in.n -= t->used);
	t->used = 0;
	while (!(found = frame_next(str_text(&t->in), t->in.n, f, &t->used))) {
		int ready = intr_poll(&p, 1, left_ms(t->until));
		ssize_t n = ready > 0 ? recv(t->fd, buf, sizeof buf, 0) : 0;

		if (!ready)
			return err_set(e, ERR_TIMEOUT, "the guest's attendant did not answer within %g s", ANSWER_MS / 1000.0);
		if (ready < 0)
			return err_set(e, ERR_FAILED, "interrupted");
		if (n <= 0)
			return 0;
		str_addn(&t->in, buf, (size_t)n);
	}
	return found < 0 ? attendant_strange(e) : 1;
}

static bool read_row(const struct frame *f, struct looker *l, struct arena *a)
{
	char w[6][FRAME_WORD];

	if (!frame_words(f, w, 6))
		return false;
	*l = (struct looker){ .id = frame_number(w[0], LONG_MAX), .writes = str_eq(w[1], "rw"),
			      .uid = (uid_t)frame_number(w[2], UINT_MAX), .pid = (pid_t)frame_number(w[3], INT_MAX),
			      .since = frame_number(w[4], LONG_MAX), .tty = str_eq(w[5], "-") ? NULL : arena_str(a, w[5]) };
	return l->id > 0;
}

static pid_t peer_of(int fd)
{
	struct ucred who = { 0 };
	socklen_t n = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0 ? 0 : who.pid;
}

/* 0: nobody is there. */
static int ask(const char *socket, struct talk *t, struct err *e)
{
	struct err why = { 0 };

	t->fd = sock_connect(socket, 0, &why);
	t->until = deadline_ms(ANSWER_MS);
	if (t->fd >= 0)
		return 1;
	return why.kind == ERR_NOT_FOUND ? 0 : err_set(e, why.kind, "%s", why.msg);
}

int attendant_list(const char *socket, struct lookers *out, struct arena *a, struct err *e)
{
	DEFER(talk_done) struct talk t = { .fd = -1 };
	struct frame f;
	int more = ask(socket, &t, e);

	if (more <= 0)
		return more;
	out->attendant = peer_of(t.fd);
	if (say(&t, FRAME_LIST, "", e) < 0)
		return -1;
	while ((more = hear(&t, &f, e)) > 0 && f.n) {
		struct looker l;

		if (read_row(&f, &l, a))
			*vec_add(&out->v, a) = l;
	}
	return more < 0 ? -1 : 0;
}

int attendant_end(const char *socket, long id, struct err *e)
{
	DEFER(talk_done) struct talk t = { .fd = -1 };
	DEFER(str_done) struct str which = { 0 };
	char word[1][FRAME_WORD];
	struct frame f;
	int more = ask(socket, &t, e);

	if (more <= 0)
		return more;
	if (id)
		str_fmt(&which, "%ld", id);
	if (say(&t, FRAME_END, id ? which.s : "all", e) < 0)
		return -1;
	more = hear(&t, &f, e);
	return more <= 0 ? more : frame_words(&f, word, 1) ? (int)frame_number(word[0], INT_MAX) : 0;
}

int attendant_end_all(const struct target *t, struct err *e)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct reach way = { 0 };

	if (target_reach(t, REACH_CONSOLE, &way, &a, e) < 0)
		return -1;
	if (way.argv)
		return err_set(e, ERR_UNSUPPORTED, "who is at the console of '%s' is not known", t->guest.name);
	return attendant_end(way.socket, 0, e);
}

int attendant_type(const struct target *target, const char *bytes, size_t n, struct err *e)
{
	DEFER(talk_done) struct talk t = { .fd = attendant_connect(target, e) };
	DEFER(str_done) struct str out = { 0 };
	struct frame f;
	int more;

	if (t.fd < 0)
		return -1;
	t.until = -1;
	frame_text(&out, FRAME_HELLO, FRAME_VERSION " rw 0 -");
	frame_add(&out, FRAME_DATA, bytes, n);
	/* Answered in turn: when this is, what came before it has been taken. */
	frame_text(&out, FRAME_LIST, "");
	if (send(t.fd, out.s, out.n, MSG_NOSIGNAL) != (ssize_t)out.n)
		return err_errno(e, errno, "the guest's attendant");
	while ((more = hear(&t, &f, e)) > 0)
		if (f.kind == FRAME_LIST && !f.n)
			return 0;
	return more < 0 ? -1 : err_set(e, ERR_FAILED, "'%s' has ended", target->guest.name);
}

int attendant_strange(struct err *e)
{
	return err_set(e, ERR_FAILED, "the guest's attendant speaks another language: another release of berth started it");
}

const char *user_name(uid_t uid, struct arena *a)
{
	const struct passwd *pw = getpwuid(uid);

	return pw ? arena_str(a, pw->pw_name) : arena_fmt(a, "%u", (unsigned)uid);
}

const char *group_name(gid_t gid, struct arena *a)
{
	const struct group *gr = getgrgid(gid);

	return gr ? arena_str(a, gr->gr_name) : arena_fmt(a, "%u", (unsigned)gid);
}
