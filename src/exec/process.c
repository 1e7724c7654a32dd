/* SPDX-License-Identifier: ISC */
/*
 * Processes that outlive their step, and the locks they stand for.
 *
 * A guest's process inherits the descriptor of its lock, so the lock is held
 * exactly as long as it lives. To end it we look for the process that holds the
 * lock: what is written there gives a first guess, /proc the proof.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/run.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/proc.h"

enum { GRACE_MS = 3000, TAIL = 8 * 1024, SHOWN_LINES = 3 };

static struct held *held(struct run *r, const char *path)
{
	for (size_t i = 0; i < r->locks.n; i++)
		if (str_eq(r->locks.v[i].path, path))
			return &r->locks.v[i];
	return NULL;
}

int do_lock(struct run *r, const struct step *s, struct err *e)
{
	char *who = arena_fmt(&r->mem, "pid %d\nberth: %s\n", (int)getpid(),
			      r->plan->title ? r->plan->title : "at work");
	struct held *h;
	int fd;

	if (held(r, s->path))
		return 0;
	fd = lock_take(s->path, s->wait_lock, who, e);
	if (fd < 0)
		return -1;
	h = vec_add(&r->locks, &r->mem);
	h->path = s->path;
	h->fd = fd;
	return 0;
}

/*
 * Where a process that stays writes what it says. The folder may belong to the
 * user the process runs as, and we to root: follow no link, and give away only a
 * file that has no other name.
 */
static int open_log(const char *path, uid_t uid, gid_t gid, struct err *e)
{
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0)
		return err_errno(e, errno, "%s", path);
	if (uid != (uid_t)-1 && fstat(fd, &st) == 0 && st.st_uid != uid &&
	    S_ISREG(st.st_mode) && st.st_nlink == 1 && fchown(fd, uid, gid) < 0) {
		err_errno(e, errno, "%s", path);
		close(fd);
		return -1;
	}
	return fd;
}

/* A helper without a file of its own writes to the log, or to memory, for the message when it fails. */
static int open_child_output(struct run *r, const struct step *s, struct err *e)
{
	int fd;

	if (s->stdout_path)
		return open_log(s->stdout_path, s->uid, s->gid, e);
	fd = r->log >= 0 ? fcntl(r->log, F_DUPFD_CLOEXEC, 3) : memfd_create("output", MFD_CLOEXEC);
	return fd < 0 ? err_errno(e, errno, "output of %s", s->argv[0]) : fd;
}

static int start(struct run *r, const struct step *s, struct proc_opts *o, struct err *e)
{
	int out = open_child_output(r, s, e), pidfd = -1;
	off_t from;
	struct child *c;
	pid_t pid;

	if (out < 0)
		return -1;
	from = lseek(out, 0, SEEK_END);
	o->out = o->err = out;
	o->cwd = s->cwd;
	o->session = true;
	pid = proc_start(s->argv, o, &pidfd, e);
	if (pid < 0) {
		close(out);
		return -1;
	}
	c = vec_add(&r->children, &r->mem);
	*c = (struct child){ .step = s, .pid = pid, .pidfd = pidfd, .out = out, .from = from < 0 ? 0 : from };
	return 0;
}

int do_spawn(struct run *r, const struct step *s, struct err *e)
{
	struct proc_opts o = PROC_OPTS;

	o.die_with_parent = true;
	return start(r, s, &o, e);
}

static int sign(int fd, const struct step *s, const struct child *c, struct err *e)
{
	DEFER(str_done) struct str who = { 0 };

	str_fmt(&who, "pid %d\nstarted by berth, pid %d\n", (int)c->pid, (int)getpid());
	return lock_sign(fd, s->lock, who.s, e);
}

int do_daemon(struct run *r, const struct step *s, struct err *e)
{
	struct held *mine = s->lock ? held(r, s->lock) : NULL;
	struct proc_opts o = PROC_OPTS;
	DEFER(close_fd) int taken = -1;

	if (s->lock && !mine) {
		taken = lock_take(s->lock, false, NULL, e);
		if (taken < 0)
			return -1;
	}
	o.keep_fd = mine ? mine->fd : taken;
	o.drop = true;
	o.new_privs = s->new_privs;
	o.uid = s->uid;
	o.gid = s->gid;
	if (start(r, s, &o, e) < 0)
		return -1;
	if (s->lock && sign(o.keep_fd, s, newest_child(r), e) < 0) {
		proc_stop(newest_child(r)->pid, newest_child(r)->pidfd, 0);
		close_fd(&newest_child(r)->pidfd);
		return -1;
	}
	return 0;
}

struct child *newest_child(struct run *r)
{
	return r->children.n ? &r->children.v[r->children.n - 1] : NULL;
}

/* How long the first two lines are: the reason, and perhaps a remark before it. */
static ssize_t first_lines(const char *text, ssize_t n)
{
	const char *end = memchr(text, '\n', (size_t)n);

	if (end && end + 1 < text + n)
		end = memchr(end + 1, '\n', (size_t)(text + n - end - 1));
	return end ? end - text : n;
}

int child_failed(struct child *c, int status, struct err *e)
{
	off_t end = lseek(c->out, 0, SEEK_END), from = c->from;
	char tail[TAIL];
	ssize_t n;

	if (end - from > TAIL)
		from = end - TAIL;
	if (c->step->reason_first)
		from = c->from;
	n = pread(c->out, tail, sizeof tail, from);
	if (c->step->reason_first && n > 0)
		n = first_lines(tail, n);
	return said_failed(c->step->argv[0], tail, n > 0 ? (size_t)n : 0, SHOWN_LINES, status, e);
}

int child_wait(struct child *c, int timeout_ms, struct err *e)
{
	int status = proc_wait(c->pid, c->pidfd, timeout_ms, e);

	if (status >= 0)
		close_fd(&c->pidfd);
	return status;
}

void child_end(struct child *c)
{
	if (c->pidfd < 0)
		return;
	proc_stop(c->pid, c->pidfd, GRACE_MS);
	close_fd(&c->pidfd);
}

void release_all(struct run *r)
{
	for (size_t i = r->children.n; i-- > 0; ) {
		struct child *c = &r->children.v[i];

		if (c->step->kind == STEP_SPAWN)
			child_end(c);
		else if (c->pidfd >= 0)
			waitpid(c->pid, NULL, WNOHANG);
		close_fd(&c->pidfd);
		close_fd(&c->out);
	}
	for (size_t i = r->locks.n; i-- > 0; )
		close_fd(&r->locks.v[i].fd);
}
