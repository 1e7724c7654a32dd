/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "scratch.h"
#include "sys/lock.h"

/* A process that takes the lock, says so, and keeps it until it is killed. */
static pid_t holder(const char *path)
{
	pid_t pid = fork();
	struct err e = { 0 };

	if (pid == 0) {
		if (lock_take(path, false, arena_fmt(&scratch_mem, "pid %d\nthe test\n", (int)getpid()), &e) < 0)
			_exit(1);
		pause();
		_exit(0);
	}
	until(strstr(said(path), "test") && lock_held(path));
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void taking(void)
{
	const char *path = at("lock");
	DEFER(free_str) char *nobody = lock_holder(path);
	struct err e = { 0 };
	pid_t pid;
	int fd;

	ok(!lock_held(path) && !file_exists(path), "an absent file is not held, and stays absent");
	is(nobody, "", "and nobody holds it");
	pid = holder(path);
	ok(lock_held(path) && lock_held(path), "held by another process, also when asked twice");
	ok(lock_take(path, false, NULL, &e) == -1 && e.kind == ERR_BUSY, "busy");
	is(e.msg, arena_fmt(&scratch_mem, "%s: held by pid %d, the test", path, (int)pid), "with the holder's words");
	ok(lock_wait(path, 20, &e) == -1 && e.kind == ERR_TIMEOUT, "it does not go away: %s", e.msg);
	end(pid);
	ok(!lock_held(path), "a killed process holds nothing");
	ok(lock_wait(path, 0, &e) == 0, "so there is nothing to wait for");
	fd = lock_take(path, false, "me\n", &e);
	ok(fd >= 0 && fcntl(fd, F_GETFD) & FD_CLOEXEC, "taken, for this program only");
	ok(lock_held(path), "held by ourselves is held");
	ok(mode_of(path) == 0600, "others cannot take it");
	close_fd(&fd);
	ok(lock_take(at("no/dir"), false, NULL, &e) == -1 && e.kind == ERR_NOT_FOUND, "no directory: %s", e.msg);
}

/* A child of who was killed has the lock for another moment. */
static void orphans(void)
{
	const char *path = at("orphan");
	struct err e = { 0 };
	pid_t pid = fork();
	siginfo_t ended;
	int fd;

	if (!pid) {
		if (lock_take(path, false, arena_fmt(&scratch_mem, "pid %d\nthe test\n", (int)getpid()), &e) < 0)
			_exit(1);
		if (!fork()) {
			until(file_exists(at("go")));
			usleep(50 * 1000);
			_exit(0);
		}
		put(at("forked"), "");
		pause();
	}
	ok(until(file_exists(at("forked"))) && lock_take(path, false, NULL, &e) == -1 && e.kind == ERR_BUSY, "held while it lives");
	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT);
	put(at("go"), "");
	fd = lock_take(path, false, "me\n", &e);
	ok(fd >= 0, "and nobody is told of what its child still has of it");
	close_fd(&fd);
	waitpid(pid, NULL, 0);
}

/* A mark keeps nobody out. */
static void marks(void)
{
	const char *path = at("told");
	char text[8];
	pid_t pid, who = 1;

	ok(mark_open(path) == -1 && mark_read(path, text, sizeof text, &who) == -1, "a file that is not there has none");
	put(path, "first\nlast\n");
	ok(mark_read(path, text, sizeof text, &who) == 7 && !who, "nor has one of itself");
	is(text, "t\nlast\n", "which is read from its end");
	pid = fork();
	if (!pid) {
		if (mark_open(path) < 0 || lock_take(at("marked"), false, NULL, &(struct err){ 0 }) < 0)
			_exit(1);
		pause();
	}
	ok(until(lock_held(at("marked"))) && mark_read(path, text, sizeof text, &who) == 7 && who == pid, "whose mark it is");
	ok(mark_open(path) >= 0, "two can have theirs");
	end(pid);
	ok(mark_read(path, text, sizeof text, &who) == 7 && !who, "it goes with its process");
}

static void waiting(void)
{
	const char *path = at("wait");
	struct err e = { 0 };
	pid_t pid = holder(path), killer;
	long began = now_ms();
	int fd;

	killer = fork();
	if (killer == 0) {
		until(asleep(getppid()));
		kill(pid, SIGKILL);
		_exit(0);
	}
	fd = lock_take(path, true, NULL, &e);
	ok(fd >= 0 && now_ms() - began < 9000, "taken when the holder has ended: %s", e.msg);
	waitpid(killer, NULL, 0);
	waitpid(pid, NULL, 0);
	close_fd(&fd);
}

/* SIGTERM during the wait, inside intr_begin and intr_end as a plan does it. */
static void interrupted(void)
{
	const char *path = at("intr");
	pid_t pid = holder(path), waiter;
	struct err e = { 0 };
	int status = 0;

	waiter = fork();
	if (waiter == 0) {
		intr_begin();
		put(at("waiting"), "");
		lock_take(path, true, NULL, &e);
		intr_end();
		_exit(str_eq(e.msg, "interrupted") && e.kind == ERR_FAILED ? 42 : 1);
	}
	ok(until(file_exists(at("waiting"))), "somebody waits");
	kill(waiter, SIGTERM);
	waitpid(waiter, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 42, "a signal ends the wait");
	end(pid);
}

/* Many who ask whether a lock is held do not make it busy for one who takes it. */
static void questions(void)
{
	const char *path = at("asked");
	struct err e = { 0 };
	pid_t askers[3];
	int busy = 0;

	put(path, "");
	for (int i = 0; i < 3; i++) {
		askers[i] = fork();
		if (askers[i] == 0)
			for (;;)
				lock_held(path);
	}
	for (int i = 0; i < 2000; i++) {
		int fd = lock_take(path, false, NULL, &e);

		busy += fd < 0;
		close_fd(&fd);
	}
	for (int i = 0; i < 3; i++)
		end(askers[i]);
	ok(busy == 0, "taken 2000 times among questions, busy %d times", busy);
}

/* Two who take it at the same time: never both. The counter is only right if they take turns. */
static void exclusion(void)
{
	const char *path = at("turn"), *count = at("count");
	pid_t pids[3];
	int status, bad = 0;

	put(count, "0");
	for (int i = 0; i < 3; i++) {
		pids[i] = fork();
		for (int n = 0; pids[i] == 0 && n < 50; n++) {
			struct err e = { 0 };
			int fd = lock_take(path, true, NULL, &e);
			char *next = at("%d", atoi(said(count)) + 1) + strlen(scratch_dir) + 1;

			if (fd < 0)
				_exit(1);
			file_write(count, next, strlen(next), 0, &e);
			/* Deleting the file does not let a second one in. */
			if (n % 10 == 0)
				unlink(path);
			close_fd(&fd);
		}
		if (pids[i] == 0)
			_exit(0);
	}
	for (int i = 0; i < 3; i++) {
		waitpid(pids[i], &status, 0);
		bad += status != 0;
	}
	ok(bad == 0, "all had their turns");
	is(said(count), "150", "one after the other");
}

/* A setgid directory lends its locks to a group: its members may ask, nobody else. */
static void shared(void)
{
	const char *dir = at("shared"), *path = at("shared/lock");
	struct err e = { 0 };
	int fd;

	if (getuid()) {
		skip("a group may ask", "only root has groups to give");
		return;
	}
	mkdir(dir, 0755);
	ok(chown(dir, 0, 65534) == 0 && chmod(dir, 02751) == 0, "a directory of a group");
	fd = lock_take(path, false, NULL, &e);
	ok(fd >= 0 && mode_of(path) == 0640, "the group may ask: %04o", (unsigned)mode_of(path));
	close_fd(&fd);
}

int main(void)
{
	scratch_begin();
	shared();
	taking();
	orphans();
	marks();
	waiting();
	interrupted();
	questions();
	exclusion();
	scratch_end();
	return tap_done();
}
