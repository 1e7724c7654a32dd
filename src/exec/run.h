/* SPDX-License-Identifier: ISC */
/*
 * Inside exec/: the state of one plan being carried out, and the functions that do
 * one kind of step each. execute.c walks the plan and decides; these act.
 */
#ifndef BERTH_RUN_H
#define BERTH_RUN_H

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"
#include "exec/exec.h"

/* A lock of this plan; the descriptor is what holds it. */
struct held {
	const char *path;
	int fd;
};

/* A process that goes on while the plan does: a helper (SPAWN) or the guest's own (DAEMON). */
struct child {
	const struct step *step;
	pid_t pid;
	int pidfd;              /* -1: has been reaped */
	int out;                /* where its output goes, readable; what it said begins at from */
	off_t from;
};

/* The value of a secret that was resolved, and what to show in its place. */
struct mask {
	char *value;
	const char *reference;
};

struct run {
	const struct plan *plan;
	struct exec *x;
	struct arena mem;
	VEC(struct held) locks;
	VEC(struct child) children;
	VEC(struct mask) masks;
	VEC(const struct step *) done;  /* what would have to be undone, in the order it was done */
	int log, trace;                 /* descriptors, -1: none */
	long fuse;                      /* what it counts down to its death; 0: none */
};

typedef int step_fn(struct run *r, const struct step *s, struct err *e);

/* program.c */
step_fn do_run;

/* said.c: what a program that failed had to say about it */

/* "PROGRAM: last line (status N)" from the last of its output, at most lines lines; -1. */
int said_failed(const char *program, const char *text, size_t n, int lines, int status, struct err *e);

/* read.c, files.c */
step_fn do_read;
step_fn do_file, do_dir, do_move, do_remove, do_copy, do_shift, do_link;

/* process.c: what outlives its step */
step_fn do_lock, do_spawn, do_daemon, do_end;
struct child *newest_child(struct run *r);
int child_failed(struct child *c, int status, struct err *e);   /* with the last lines it said; -1 */
int child_wait(struct child *c, int timeout_ms, struct err *e); /* its status, or -1 */
void child_end(struct child *c);                                /* a helper: SIGTERM, then SIGKILL; once */
void release_all(struct run *r);

/* wait.c */
step_fn do_wait, do_qmp, do_agent;

/* job.c */
int wait_job(struct run *r, const struct step *s, int timeout_ms, struct err *e);      /* negative: for ever */

/* secret.c */

/*
 * Text with every @{how:key_path} replaced; json: the value goes into a JSON
 * string. What is replaced is remembered in r->masks.
 */
int secret_expand(struct run *r, const char *text, bool json, struct str *out, struct err *e);
void secret_mask(const struct run *r, const char *text, size_t n, struct str *out);     /* the way back, for logs */
void secret_forget(struct run *r);

/* The next reference in text: its start, or NULL; *n is its length. */
const char *secret_find(const char *text, size_t *n);

/* journal.c: what is written about a run while it goes on */
int journal_open(struct run *r, struct err *e);
void journal_step(struct run *r, const struct step *s);         /* to log and trace, before it is done */
void journal_output(struct run *r, const char *text, size_t n); /* masked */
void journal_status(struct run *r, int status);
void journal_fuse(struct run *r);                               /* one more step is over, however it ended: the last? */
void journal_close(struct run *r);

/* print.c, json.c: one step as it is shown */
void step_line(const struct step *s, struct str *out);          /* "mkdir -p -m 0755 X" */
json_t *step_json(const struct step *s);                        /* without undo and otherwise */
const char *step_word(enum step_kind kind);                     /* "run" */
const char *wait_word(enum wait_for w);                         /* "socket" */

#endif
