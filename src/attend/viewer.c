/* SPDX-License-Identifier: ISC */
#include "attend/priv.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sys/file.h"

enum { MAX_LINES = 1000 * 1000 * 1000 };

void viewer_init(struct viewer *v, int fd, const struct ucred *who)
{
	*v = (struct viewer){ .fd = fd, .who = *who, .since = time(NULL), .tty = "-" };
}

void viewer_done(struct viewer *v)
{
	close_fd(&v->fd);
	str_done(&v->in);
	str_done(&v->out);
}

bool viewer_read(struct viewer *v)
{
	char buf[FRAME_HEAD + FRAME_MAX];
	ssize_t n = recv(v->fd, buf, sizeof buf, MSG_DONTWAIT);

	if (n > 0)
		str_addn(&v->in, buf, (size_t)n);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

bool viewer_hello(struct viewer *v, const struct frame *f, long id, const char *log)
{
	char words[4][FRAME_WORD];
	long lines;

	if (v->id || !frame_words(f, words, 4) || strcmp(words[0], FRAME_VERSION) != 0)
		return false;
	lines = strcmp(words[2], "all") ? frame_number(words[2], MAX_LINES) : -1;
	if ((lines < 0 && strcmp(words[2], "all") != 0) || (strcmp(words[1], "rw") != 0 && strcmp(words[1], "ro") != 0))
		return false;
	v->id = id;
	v->writes = !strcmp(words[1], "rw");
	v->at = follow_lines(log, lines);
	strcpy(v->tty, words[3]);
	return true;
}

static void end_with(struct viewer *v, const char *why)
{
	frame_text(&v->out, FRAME_END, why);
	v->last = true;
}

void viewer_fill(struct viewer *v, struct follow *log, bool ended)
{
	char buf[FRAME_MAX];
	ssize_t n;

	if (!v->id || v->out.n || v->last)
		return;
	log->at = v->at;
	n = follow_read(log, buf, sizeof buf);
	v->at = log->at;
	if (n > 0)
		frame_add(&v->out, FRAME_DATA, buf, (size_t)n);
	else if (ended)
		end_with(v, "guest");
}

bool viewer_flush(struct viewer *v)
{
	ssize_t n = v->out.n ? send(v->fd, v->out.s, v->out.n, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	memmove(v->out.s, v->out.s + n, v->out.n - (size_t)n);
	v->out.n -= (size_t)n;
	return v->out.n || !v->last;
}

/* Whole frames that already wait go first; one that does not read them is not waited for. */
void viewer_end(struct viewer *v, const char *why)
{
	if (!v->last)
		end_with(v, why);
	viewer_flush(v);
}

void viewer_row(const struct viewer *v, struct str *out)
{
	DEFER(str_done) struct str row = { 0 };

	str_fmt(&row, "%ld %s %u %d %lld %s", v->id, v->writes ? "rw" : "ro", (unsigned)v->who.uid, (int)v->who.pid,
		(long long)v->since, v->tty);
	frame_text(out, FRAME_LIST, row.s);
}
