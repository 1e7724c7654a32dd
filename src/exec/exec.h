/* SPDX-License-Identifier: ISC */
/*
 * The only code that acts. A plan is carried out here, on this host, or shown:
 *
 *	plan_execute    does it, step by step, undoing on failure
 *	plan_print      "1. empty disk\n   qemu-img create …" for people
 *	plan_script     a POSIX shell script that does the same (--sh)
 *	plan_json       the data (--json)
 *
 * SIGINT, SIGTERM and SIGHUP during plan_execute end the running program, undo what
 * was done, and come back as ERR_FAILED "interrupted". A berth that is killed
 * outright leaves nothing running that it spawned (SPAWN) and nothing published.
 */
#ifndef BERTH_EXEC_H
#define BERTH_EXEC_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"
#include "model/plan.h"

struct exec {
	/* The text behind "how:key_path" of a plan_secret(), malloc'd; NULL: there is none. */
	char *(*secret)(void *arg, const char *how, const char *key_path, struct err *e);
	void *secret_arg;

	/* Told before and after each step; for progress. NULL: nobody. */
	void (*progress)(void *arg, const struct plan *p, size_t step, bool done, double seconds);
	void *progress_arg;

	/* Told from time to time how much of a long step is done, from 0 to 1. NULL: nobody. */
	void (*part)(void *arg, const struct plan *p, const struct step *s, double share);

	/* Told what went wrong in a step that may fail and whose failure is told. NULL: nobody. */
	void (*trouble)(void *arg, const char *message);
	void *trouble_arg;

	const char *lock;       /* taken before the plan was made, as lock_fd, and given up with the plan's own; NULL: none */
	int lock_fd;

	const char *log;        /* every command with its output and status is appended here; NULL: nowhere */
	bool otherwise;         /* set when time ran out on a WAIT and its "otherwise" was taken */
	const char *trace;      /* JSON lines of every argv really executed; NULL: none. For tests. */
	const char *die_after;  /* "3": SIGKILL to ourselves once that many of these lines are done; NULL: no. For tests. */
};

int plan_execute(const struct plan *p, struct exec *x, struct err *e);

void plan_print(const struct plan *p, struct str *out);
void plan_script(const struct plan *p, struct str *out);
json_t *plan_json(const struct plan *p);

/*
 * What STEP_READ asks for: a file's text, or the first lines of those that match, but for what the first '*'
 * stands for in these sorted words (NULL: none). Nothing there is nothing.
 */
void exec_read(const char *path, const struct words *but, struct str *out);

/*
 * What one program says, for probing: standard output into out, at most timeout_ms.
 * Returns its exit status (128 + n for signal n, 127 when it cannot be started), or
 * -1 with the error when time is up.
 */
int exec_capture(const char *const *argv, int timeout_ms, struct str *out, struct err *e);

#endif
