/* SPDX-License-Identifier: ISC */
#include "sys/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/file.h"
#include "sys/lock.h"

/* How far the child came; with errno, what it sends back when it cannot go on. */
enum stage { STAGE_CHDIR, STAGE_DESCRIPTORS, STAGE_TERMINAL, STAGE_USER, STAGE_EXEC };

struct report {
	enum stage stage;
	int errnum;
};

/*
 * A program starts with no signal blocked or ignored, whatever we or our parent did
 * with ours. The kernel is asked itself: the C library keeps 32 and 33 from signal().
 */
static void reset_signals(void)
{
	static const unsigned long by_default[4];       /* handler, flags, restorer, mask: all zero */
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		syscall(SYS_rt_sigaction, sig, by_default, NULL, sizeof by_default[3]);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

enum { ONE_DIGIT = 9 };

/* Once its only descriptor of that file is the one it keeps: a mark goes when any of them is closed. */
static int keep(int fd)
{
	int kept = fd <= ONE_DIGIT ? fd : dup2(fd, ONE_DIGIT);

	if (kept != fd)
		close(fd);
	if (kept < 0 || fcntl(kept, F_SETFD, 0) < 0)
		return -1;
	mark_set(kept);
	return 0;
}

static int set_descriptors(const struct proc_opts *o)
{
	int from[3] = { o->in, o->out, o->err };

	if (o->in < 0)
		from[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	/* Out of the way of 0, 1 and 2 first, so that no dup2 below overwrites a source. */
	for (int i = 0; i < 3; i++)
		if (from[i] >= 0 && from[i] < 3)
			from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 3);
	if (from[0] < 0)
		return -1;
	for (int i = 0; i < 3; i++)
		if (from[i] >= 0 && dup2(from[i], i) < 0)
			return -1;
	/* Also what our own caller left open: a daemon would keep it for life. */
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	return o->keep_fd < 0 ? 0 : keep(o->keep_fd);
}

static int become(const struct proc_opts *o)
{
	if (!o->new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	if (o->uid == (uid_t)-1 || o->uid == geteuid())
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(o->gid, o->gid, o->gid) < 0)
		return -1;
	return setresuid(o->uid, o->uid, o->uid);
}

/* Only after become(): the kernel forgets the wish when the user changes. */
static void die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
}

static void send_report(int fd, enum stage stage)
{
	struct report r = { stage, errno };

	write_all(fd, (const char *)&r, sizeof r);
	_exit(127);
}

/*
 * A program in a directory that is closed to the user it is to run as, such as a build
 * in somebody's home: opened while we may, run by its descriptor. Not always so, since
 * a process started that way has a number for a name.
 */
static int open_program(const char *const *argv, const struct proc_opts *o)
{
	DEFER(close_fd) int fd = o->drop && *argv[0] == '/' ? open(argv[0], O_PATH | O_CLOEXEC) : -1;

	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, ONE_DIGIT + 1);
}

static void __attribute__((noreturn)) child(const char *const *argv, const struct proc_opts *o, pid_t parent, int report)
{
	int program = open_program(argv, o);

	reset_signals();
	if (o->session)
		setsid();
	if (o->cwd && chdir(o->cwd) < 0)
		send_report(report, STAGE_CHDIR);
	/* The report must survive dup2 onto those below. */
	report = fcntl(report, F_DUPFD_CLOEXEC, ONE_DIGIT + 1);
	if (set_descriptors(o) < 0)
		send_report(report, STAGE_DESCRIPTORS);
	if (o->terminal && ioctl(0, TIOCSCTTY, 0) < 0)
		send_report(report, STAGE_TERMINAL);
	if (o->drop && become(o) < 0)
		send_report(report, STAGE_USER);
	if (o->die_with_parent)
		die_with(parent);
	execvp(argv[0], (char *const *)argv);
	if (errno == EACCES && program >= 0 && execveat(program, "", (char *const *)argv, environ, AT_EMPTY_PATH) < 0)
		errno = EACCES;
	send_report(report, STAGE_EXEC);
	_exit(127);
}

static int explain(const struct report *r, const char *const *argv, const struct proc_opts *o, struct err *e)
{
	switch (r->stage) {
	case STAGE_CHDIR:
		return err_errno(e, r->errnum, "%s: %s", argv[0], o->cwd);
	case STAGE_DESCRIPTORS:
		return err_errno(e, r->errnum, "%s: cannot set its descriptors", argv[0]);
	case STAGE_TERMINAL:
		return err_errno(e, r->errnum, "%s: its terminal", argv[0]);
	case STAGE_USER:
		return err_errno(e, r->errnum, "%s: cannot become user %u", argv[0], (unsigned)o->uid);
	case STAGE_EXEC:
		return err_errno(e, r->errnum, "%s", argv[0]);
	}
	return err_set(e, ERR_FAILED, "%s: cannot be started", argv[0]);
}

/* fork with every signal held back, so that no handler of ours runs in the child. */
static pid_t fork_child(const char *const *argv, const struct proc_opts *o, int report)
{
	pid_t parent = getpid(), pid;
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = fork();
	if (pid == 0)
		child(argv, o, parent, report);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

/* The pipe closes by itself when exec succeeds; what comes through it is the reason why not. */
static bool was_started(int pipe_fd, struct report *r)
{
	ssize_t n;

	do
		n = read(pipe_fd, r, sizeof *r);
	while (n < 0 && errno == EINTR);
	return n != sizeof *r;
}

pid_t proc_start(const char *const *argv, const struct proc_opts *o, int *pidfd, struct err *e)
{
	DEFER(close_fd) int hear = -1, tell = -1;
	struct report r;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(e, errno, "%s: pipe", argv[0]);
	hear = ends[0];
	tell = ends[1];
	pid = fork_child(argv, o, tell);
	if (pid < 0)
		return err_errno(e, errno, "%s: fork", argv[0]);
	close_fd(&tell);
	if (!was_started(hear, &r)) {
		waitpid(pid, NULL, 0);
		return explain(&r, argv, o, e);
	}
	*pidfd = pidfd_open(pid, 0);
	if (*pidfd < 0) {
		err_errno(e, errno, "%s: pidfd", argv[0]);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return -1;
	}
	return pid;
}

static int reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int proc_wait(pid_t pid, int pidfd, int timeout_ms, struct err *e)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int n = intr_poll(&p, 1, timeout_ms);

	if (n < 0)
		return err_set(e, ERR_FAILED, "interrupted");
	if (n == 0)
		return err_set(e, ERR_TIMEOUT, "no end after %g s", timeout_ms / 1000.0);
	return reap(pid);
}

int proc_stop(pid_t pid, int pidfd, int grace_ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	long until = deadline_ms(grace_ms);

	if (grace_ms)
		pidfd_send_signal(pidfd, SIGTERM, NULL, 0);
	/* Plain poll: who stops something is not stopped himself by a second request. */
	while (grace_ms && poll(&p, 1, left_ms(until)) < 0)
		;
	pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	return reap(pid);
}
