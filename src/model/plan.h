/* SPDX-License-Identifier: ISC */
/*
 * A plan: the steps that turn an intention into fact, as data. Drivers, installers
 * and system modules make plans and do nothing else; exec/ carries them out,
 * prints them, or turns them into a shell script. What is printed is what runs.
 *
 *	struct plan p = { 0 };
 *	plan_dir(&p, "the guest's folder", dir, 0755);
 *	plan_run(&p, "empty disk", ARGV("qemu-img", "create", "-f", "qcow2", disk, "8G"));
 *	plan_undo(&p, ...)        // how to take the last step back, if it is one to take back
 *	plan_done(&p);
 *
 * A plan owns its strings (plan->mem): every function copies what it is given.
 * Text of FILE, QMP and stdin may hold secret references, written by
 * plan_secret(): the runner resolves them last, printing shows them as they are.
 * argv never holds a secret.
 *
 * Steps run in order. When one fails, the undo of every step that was done runs
 * backwards, and the plan's error is that of the step. A step with a guard is
 * skipped when its path exists at that moment: the guarded group ends with the
 * step that makes the path, so a killed run starts the group afresh.
 */
#ifndef BERTH_PLAN_H
#define BERTH_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"

enum step_kind {
	STEP_RUN,       /* run argv and wait; status 0 is success */
	STEP_SPAWN,     /* start argv as a helper that dies with this plan at the latest */
	STEP_DAEMON,    /* start argv as the guest's process: own session, given uid, lock held, output in log */
	STEP_READ,      /* of a survey: the first line of every file that path is or, with '*' in it, matches: "PATH LINE"; all of a single one. NULs between words stand as '\037'. With text: only when what the step before it read holds that */
	STEP_FILE,      /* write text to path, atomically */
	STEP_DIR,       /* make a directory, and its parents */
	STEP_MOVE,      /* rename path to target, replacing it: the atomic publication */
	STEP_REMOVE,    /* delete path and all below it; nothing there is fine */
	STEP_COPY,      /* copy the file path to target, with mode, replacing it: install(1) */
	STEP_SHIFT,     /* raise the owner and the group of path and all below it by uid; file capabilities do not survive it */
	STEP_LINK,      /* symbolic link at path to target, replacing it */
	STEP_LOCK,      /* take the lock file path until the plan ends */
	STEP_QMP,       /* send text (one command, JSON) to the QMP socket path */
	STEP_AGENT,     /* send text (one command, JSON) to the guest agent at socket path */
	STEP_WAIT,      /* until a condition holds, at most timeout_ms */
	STEP_END,       /* SIGKILL to the process that has the lock file path open; nobody there is fine */
};

enum wait_for {
	WAIT_SOCKET,    /* something accepts connections on the UNIX socket path */
	WAIT_QMP,       /* QMP on socket path has sent its greeting */
	WAIT_GONE,      /* nobody holds the lock file path any more */
	WAIT_SPAWN,     /* the last spawned helper has ended */
	WAIT_TRUE,      /* argv, run again and again, ends with status 0; fails at once when the newest DAEMON has ended */
	WAIT_REFUSED,   /* the command text is answered with an error on the QMP socket path */
	WAIT_TAKEN,     /* the command text, sent again and again, is answered without one */
	WAIT_SAYS,      /* text stands in the file path, which may not be there yet; fails at once likewise */
	WAIT_JOB,       /* the job text of QMP on socket path has ended; fails with what went wrong in it */
};

/* What a status of a program means, where it says more than "failed". */
struct step_status {
	int status;                     /* 0 ends a list */
	enum err_kind kind;
	const char *message;            /* instead of what the program said; NULL: that */
};

struct step {
	enum step_kind kind;
	const char *why;                /* "the root file system": for people, lower case */
	const char *const *argv;        /* RUN SPAWN DAEMON, WAIT_TRUE */
	const char *path, *target;
	const char *text;               /* FILE QMP AGENT, WAIT_REFUSED WAIT_TAKEN WAIT_SAYS WAIT_JOB */
	const char *stdin_text;         /* RUN: fed to the program; may hold secrets */
	const char *stdout_path;        /* RUN: standard output goes there; DAEMON: output and errors are appended */
	const char *const *fail_lines;  /* RUN: a line of output that begins so means failure, whatever the status */
	const struct step_status *statuses;     /* RUN: static, or in the plan's memory; NULL: every failure is ERR_FAILED */
	const char *guard;              /* skip when this path exists; an undo, too */
	const char *lock;               /* DAEMON: lock file whose descriptor the process inherits */
	const char *cwd;
	mode_t mode;                    /* FILE DIR */
	uid_t uid;                      /* FILE DIR DAEMON RUN; (uid_t)-1: leave */
	gid_t gid;
	enum wait_for wait;
	int timeout_ms;                 /* WAIT: 0 is for ever; RUN: 0 is no limit; QMP AGENT: 0 is 30 s */
	bool new_privs;                 /* DAEMON: it and what it starts may gain rights (setuid programs in a container) */
	bool reason_first;              /* DAEMON: when it fails, the first line it said tells why, the others what follows from it */
	bool loose;                     /* FILE: part of what a later MOVE publishes or of what is made anew: written in place, unsynced */
	bool append;                    /* FILE: add to what is there, not atomic */
	bool wait_lock;                 /* LOCK: wait for the holder instead of failing as busy */
	bool may_fail;                  /* a failure is no failure of the plan ... */
	bool told;                      /* ... but its owner is told of it */
	struct step *undo;              /* one step, or NULL */
	struct step *otherwise;         /* WAIT: what to do instead of failing when time is up */
	struct step *next_otherwise;    /* chain of steps below otherwise */
};

struct plan {
	struct arena mem;
	VEC(struct step) steps;
	const char *title;              /* "build web on qemu" */
	const char *note;               /* what its owner has to know although it is no error; NULL: nothing */
	const char *guard;              /* of the steps being added; see plan_guard */
};

/* A list of words for the functions below; it need not outlive the call. */
#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Each adds one step and gives it back for what is rare (cwd, stdin_text, may_fail …). */
struct step *plan_run(struct plan *p, const char *why, const char *const *argv);
struct step *plan_spawn(struct plan *p, const char *why, const char *const *argv);
struct step *plan_read(struct plan *p, const char *why, const char *path);
struct step *plan_file(struct plan *p, const char *why, const char *path, mode_t mode, const char *text);
struct step *plan_dir(struct plan *p, const char *why, const char *path, mode_t mode);
struct step *plan_move(struct plan *p, const char *why, const char *from, const char *to);
struct step *plan_remove(struct plan *p, const char *why, const char *path);
struct step *plan_copy(struct plan *p, const char *why, const char *from, const char *to, mode_t mode);
struct step *plan_shift(struct plan *p, const char *why, const char *path, uid_t by);
struct step *plan_link(struct plan *p, const char *why, const char *path, const char *target);
struct step *plan_lock(struct plan *p, const char *why, const char *path, bool wait);
struct step *plan_qmp(struct plan *p, const char *why, const char *socket, const char *json);
struct step *plan_agent(struct plan *p, const char *why, const char *socket, const char *json);
struct step *plan_end(struct plan *p, const char *why, const char *lock);
struct step *plan_wait(struct plan *p, const char *why, enum wait_for w, const char *path, int timeout_ms);

/* Until argv ends with status 0. */
struct step *plan_wait_true(struct plan *p, const char *why, const char *const *argv, int timeout_ms);

/* Until QEMU answers the command json with an error: what it asks about is gone. */
struct step *plan_wait_refused(struct plan *p, const char *why, const char *socket, const char *json, int timeout_ms);

/* Until QEMU does what json says: for what it refuses as long as something is in use. */
struct step *plan_wait_taken(struct plan *p, const char *why, const char *socket, const char *json, int timeout_ms);

/* Until text has been written to the file path. */
struct step *plan_wait_says(struct plan *p, const char *why, const char *path, const char *text, int timeout_ms);

/* Until the job id of QMP on that socket has ended; it is dismissed then. */
struct step *plan_wait_job(struct plan *p, const char *why, const char *socket, const char *id);

/* A daemon: argv in its own session as uid:gid, holding lock, its output appended to log. */
struct step *plan_daemon(struct plan *p, const char *why, const char *const *argv,
			 const char *lock, const char *log, uid_t uid, gid_t gid);

/* Until called with NULL, every added step is skipped when path exists. */
void plan_guard(struct plan *p, const char *path);

/* Make the last step of p the undo of the step before it, or its "otherwise"; it is no step of its own then. */
void plan_undo(struct plan *p);
void plan_otherwise(struct plan *p);

/*
 * A reference to a secret of the machine file, for text and stdin_text: the
 * runner puts the secret of that key path there. how: "plain", or "crypt" for a
 * password hash made with yescrypt. The result is "@{crypt:users.users.user0.passwd}".
 */
const char *plan_secret(struct plan *p, const char *how, const char *key_path);

/* Strings in the plan's own memory. */
char *plan_fmt(struct plan *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The words of a step's argv that are built piece by piece: words_add to w, then argv_of(w). */
const char *const *argv_of(struct words *w, struct arena *a);

void plan_done(struct plan *p);

#endif
