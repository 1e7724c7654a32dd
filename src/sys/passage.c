/* SPDX-License-Identifier: ISC */
#include "sys/passage.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/file.h"

/* What the child sends back. */
struct answer {
	bool real;              /* the way behind the links */
	size_t length;          /* of the part of it that keeps us out; 0: none does */
};

/* How much of the path leads to a directory that may not be entered; 0: none. The root is for everybody. */
static size_t shut_at(char *path)
{
	for (char *slash = path; (slash = strchr(slash + 1, '/')); ) {
		bool shut;

		*slash = 0;
		shut = access(path, X_OK) < 0 && errno == EACCES;
		*slash = '/';
		if (shut)
			return (size_t)(slash - path);
	}
	return 0;
}

static struct answer walk(char *path, char *real)
{
	size_t n = shut_at(path);

	if (n)
		return (struct answer){ false, n };
	n = real ? shut_at(real) : 0;
	if (n)
		return (struct answer){ true, n };
	return (struct answer){ false, access(path, R_OK) < 0 && errno == EACCES ? strlen(path) : 0 };
}

static void __attribute__((noreturn)) child(char *path, char *real, uid_t uid, gid_t gid, int tell)
{
	struct answer got;

	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		_exit(1);
	got = walk(path, real);
	_exit(write_all(tell, (const char *)&got, sizeof got) < 0);
}

static int ask(char *path, char *real, uid_t uid, gid_t gid, struct answer *got, struct err *e)
{
	DEFER(close_fd) int hear = -1, tell = -1;
	int ends[2];
	ssize_t n;
	pid_t pid;

	if (pipe(ends) < 0)
		return err_errno(e, errno, "pipe");
	hear = ends[0];
	tell = ends[1];
	pid = fork();
	if (pid < 0)
		return err_errno(e, errno, "fork");
	if (pid == 0)
		child(path, real, uid, gid, tell);
	close_fd(&tell);
	do
		n = read(hear, got, sizeof *got);
	while (n < 0 && errno == EINTR);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return n == sizeof *got ? 0 : err_set(e, ERR_FAILED, "cannot look at '%s' as user %u", path, (unsigned)uid);
}

int passage_check(const char *path, uid_t uid, gid_t gid, struct passage *out, struct arena *a, struct err *e)
{
	DEFER(free_str) char *real = realpath(path, NULL), *copy = xstrdup(path);
	struct answer got = { 0 };

	*out = (struct passage){ 0 };
	if (ask(copy, real, uid, gid, &got, e) < 0)
		return -1;
	if (!got.length)
		return 0;
	out->where = arena_strn(a, got.real ? real : copy, got.length);
	out->at_file = !got.real && got.length == strlen(copy);
	return 0;
}
