/* SPDX-License-Identifier: ISC */
/* Inside attend/: the line to the guest, a session's own things, and one viewer. */
#ifndef BERTH_ATTEND_PRIV_H
#define BERTH_ATTEND_PRIV_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

#include "attend/attend.h"
#include "base/str.h"
#include "sys/follow.h"
#include "text/frame.h"

/* line.c */
struct line {
	int fd;                 /* -1: gone */
	int theirs;             /* of a session: the program's end, kept so that a program may close its own */
	int log;                /* of a session: where what it says is written; -1: somebody else does */
	int pidfd;              /* of the program; -1: none */
	pid_t pid;
	bool ready;             /* it takes keys */
	int starts;             /* how often the program was started */
};

#define LINE_NONE { .fd = -1, .theirs = -1, .log = -1, .pidfd = -1 }

int line_open(struct line *l, const struct attend *a, struct err *e);
/*
 * A program makes its terminal raw and throws away what was typed before. Nothing tells
 * when: it has to be asked until it is so.
 */
bool line_ready(struct line *l);
bool line_drain(struct line *l);                        /* take off what the guest said; false: the line is gone */
void line_type(struct line *l, struct str *keys);       /* as many as go; they leave keys */
void line_size(struct line *l, int rows, int columns);
void line_signal(const struct line *l, int signal);      /* to the group of the program */
int line_close(struct line *l);                         /* the program's status, as a shell gives it; 0: there is none */

/* session.c */
struct desk {
	pid_t pid;              /* of the X server */
	int pidfd;              /* -1: there is none */
	char display[16];       /* ":7"; "" */
};

#define DESK_NONE { .pidfd = -1 }

/* Before the program: what is ours alone, and its X server, to which the environment leads then. */
int session_begin(struct desk *d, const struct attend *a, struct err *e);
void session_end(struct desk *d);
int session_note(const struct attend *a, const char *text, struct err *e);      /* one more line of DIR/session */

/* viewer.c */
struct viewer {
	int fd;
	long id;                /* 0: it has not said who it is */
	bool writes;
	bool last;              /* nothing comes after what is in out */
	struct ucred who;       /* the kernel's word for it */
	time_t since;
	char tty[FRAME_WORD];   /* its own word */
	off_t at;               /* in the log */
	struct str in, out;
};

void viewer_init(struct viewer *v, int fd, const struct ucred *who);
void viewer_done(struct viewer *v);

/* What has arrived of it; false: it has hung up. */
bool viewer_read(struct viewer *v);

/* HELLO: its mode, its history, its terminal. false: that makes no sense. */
bool viewer_hello(struct viewer *v, const struct frame *f, long id, const char *log);

/* One more piece of the log, when the last one is gone; ended: after all of it, the end. */
void viewer_fill(struct viewer *v, struct follow *log, bool ended);
bool viewer_flush(struct viewer *v);                    /* false: it is over */
void viewer_end(struct viewer *v, const char *why);
void viewer_row(const struct viewer *v, struct str *out);       /* LIST's line of it */

#endif
