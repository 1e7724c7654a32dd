/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "model/plan.h"
#include "scratch.h"
#include "sys/proc.h"
#include "sys/sock.h"

/* Run a shell line with these options, its output to a file; the status. */
static int shell(const char *line, struct proc_opts *o, const char *out)
{
	DEFER(close_fd) int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), pidfd = -1;
	struct err e = { 0 };
	pid_t pid;

	o->out = fd;
	o->err = fd;
	pid = proc_start(ARGV("sh", "-c", line), o, &pidfd, &e);
	return pid < 0 ? -1 : proc_wait(pid, pidfd, 20000, &e);
}

static void statuses(void)
{
	static const struct { const char *line; int want; } rows[] = {
		{ "exit 0", 0 }, { "exit 7", 7 }, { "kill -TERM $$", 143 }, { "kill -KILL $$", 137 }, { "! read line", 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct proc_opts o = PROC_OPTS;

		ok(shell(rows[i].line, &o, at("out")) == rows[i].want, "%s: %d", rows[i].line, rows[i].want);
	}
}

static void failures(void)
{
	struct proc_opts o = PROC_OPTS;
	struct err e = { 0 };
	int pidfd = -1;

	ok(proc_start(ARGV("berth-no-such-program"), &o, &pidfd, &e) == -1 && e.kind == ERR_NOT_FOUND, "no program: %s", e.msg);
	ok(proc_start(ARGV(scratch_dir), &o, &pidfd, &e) == -1 && e.kind == ERR_PERMISSION, "not one to run: %s", e.msg);
	o.cwd = at("nowhere");
	ok(proc_start(ARGV("true"), &o, &pidfd, &e) == -1 && strstr(e.msg, "nowhere"), "no folder: %s", e.msg);
	ok(waitpid(-1, NULL, WNOHANG) == -1, "no child is left");
	ok(pidfd == -1, "nor a descriptor");
}

/* What a program finds: no signal blocked or ignored, no descriptor but its own. */
static void surroundings(void)
{
	int leaked = open("/dev/null", O_RDONLY), kept = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct proc_opts o = PROC_OPTS;
	sigset_t usr1;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	signal(SIGPIPE, SIG_IGN);
	shell("grep -E 'Sig(Blk|Ign)' /proc/self/status", &o, at("signals"));
	is(said(at("signals")), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n", "signals are reset");
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	o.keep_fd = kept;
	/* Asked one by one: to list them the shell would open one more. */
	shell("n=0; while [ $n -lt 50 ]; do [ -e /proc/$$/fd/$n ] && printf \"$n \"; n=$((n + 1)); done", &o, at("fds"));
	is(said(at("fds")), arena_fmt(&scratch_mem, "0 1 2 %d ", kept), "only the descriptor that was asked for");
	o.keep_fd = fcntl(kept, F_DUPFD_CLOEXEC, 30);
	shell("for n in $(seq 3 40); do [ -e /proc/$$/fd/$n ] && printf \"$n \"; done", &o, at("far"));
	is(said(at("far")), "9 ", "as one that a shell can close");
	close(o.keep_fd);
	o.keep_fd = -1;
	o.session = true;
	o.cwd = "/";
	shell("pwd; test $(cut -d' ' -f6 /proc/$$/stat) = $$ && echo leads", &o, at("session"));
	is(said(at("session")), "/\nleads\n", "folder and session");
	close(leaked);
	close(kept);
}

static void descriptors(void)
{
	struct proc_opts o = PROC_OPTS;
	int ends[2], pidfd = -1, saved = dup(0);
	struct err e = { 0 };
	char got[10] = "";
	pid_t pid;

	/* Crossed: what is to be 0 is 1, and the other way round. */
	if (saved < 0 || pipe2(ends, O_CLOEXEC) < 0)
		abort();
	put(at("in"), "crossed");
	dup2(open(at("in"), O_RDONLY), 0);
	o.in = 0;
	o.out = ends[1];
	o.err = 2;
	pid = proc_start(ARGV("cat"), &o, &pidfd, &e);
	close(ends[1]);
	ok(proc_wait(pid, pidfd, 20000, &e) == 0 && read(ends[0], got, sizeof got - 1) == 7, "descriptors below 3 as sources");
	is(got, "crossed", "arrive where they should");
	dup2(saved, 0);
	close(saved);
	close(ends[0]);
	close_fd(&pidfd);
}

static void stopping(void)
{
	struct proc_opts o = PROC_OPTS;
	struct err e = { 0 };
	int pidfd = -1;
	pid_t pid = proc_start(ARGV("sh", "-c", "trap 'exit 9' TERM; echo >$0; while :; do sleep 0.02; done", at("up1")),
			       &o, &pidfd, &e);

	ok(until(file_exists(at("up1"))) && proc_wait(pid, pidfd, 10, &e) == -1 && e.kind == ERR_TIMEOUT, "it goes on: %s", e.msg);
	ok(proc_stop(pid, pidfd, 10000) == 9, "asked to end, it ends its own way");
	close_fd(&pidfd);
	pid = proc_start(ARGV("sh", "-c", "trap '' TERM; echo >$0; while :; do sleep 0.02; done", at("up2")), &o, &pidfd, &e);
	ok(until(file_exists(at("up2"))) && proc_stop(pid, pidfd, 50) == 137, "one that will not is killed");
	close_fd(&pidfd);
}

static void dying(void)
{
	struct proc_opts o = PROC_OPTS;
	struct err e = { 0 };
	int pidfd = -1;
	pid_t pid = fork();

	if (pid == 0) {
		o.die_with_parent = true;
		proc_start(ARGV("sh", "-c", "echo $$ >$0; exec sleep 100", at("orphan")), &o, &pidfd, &e);
		pause();
	}
	ok(until(strchr(said(at("orphan")), '\n')), "a child of a child");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(until(kill(atoi(said(at("orphan"))), 0) < 0), "dies with its parent");
}

/* A program that its user does not get to, in a directory of ours: it is the program that must let him. */
static void closed_directory(struct proc_opts *o)
{
	struct proc_opts ours = PROC_OPTS;
	const char *program = at("true");
	struct err e = { 0 };
	int pidfd = -1;
	pid_t pid;

	shell(arena_fmt(&scratch_mem, "cp /bin/true '%s'", program), &ours, at("ids"));
	pid = proc_start(ARGV(program), o, &pidfd, &e);
	ok(pid > 0 && proc_wait(pid, pidfd, 10000, &e) == 0, "runs from a directory that is closed to its user %s", e.msg);
	close_fd(&pidfd);
	chmod(program, 0700);
	ok(proc_start(ARGV(program), o, &pidfd, &e) == -1 && e.kind == ERR_PERMISSION, "not one that is closed itself: %s", e.msg);
}

static void users(void)
{
	struct proc_opts o = PROC_OPTS;

	o.drop = true;
	o.uid = geteuid();
	o.gid = getegid();
	ok(shell("grep -c 'NoNewPrivs:.1' /proc/self/status", &o, at("nnp")) == 0, "no new privileges for ourselves");
	o.uid = (uid_t)-1;
	ok(shell("grep -c 'NoNewPrivs:.1' /proc/self/status", &o, at("nnp")) == 0, "nor when the user stays");
	if (geteuid() != 0) {
		skip("becoming somebody else", "only root can");
		return;
	}
	o.uid = 65534;
	o.gid = 65534;
	o.die_with_parent = true;
	shell("id -u; id -g; id -G", &o, at("ids"));
	is(said(at("ids")), "65534\n65534\n65534\n", "somebody else, without groups");
	closed_directory(&o);
}

static int listener(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(to.sun_path, path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&to, sizeof to) < 0)
		abort();
	return fd;
}

static void sockets(void)
{
	struct err e = { 0 };
	int fd, other, pidfd = -1;
	struct proc_opts o = PROC_OPTS;
	pid_t pid;

	ok(sock_connect(at("s"), 0, &e) == -1 && e.kind == ERR_NOT_FOUND, "none: %s", e.msg);
	other = listener(at("s"));
	ok(sock_connect(at("s"), 0, &e) == -1 && e.kind == ERR_NOT_FOUND, "nobody listens: %s", e.msg);
	ok(sock_connect(at("s"), 20, &e) == -1 && e.kind == ERR_TIMEOUT, "for a while: %s", e.msg);
	ok(sock_connect_again(at("s"), 60000, &e) == -1 && e.kind == ERR_NOT_FOUND, "nobody listens any more: %s", e.msg);
	listen(other, 1);
	fd = sock_connect(at("s"), 0, &e);
	ok(fd >= 0 && !(fcntl(fd, F_GETFL) & O_NONBLOCK) && fcntl(fd, F_GETFD) & FD_CLOEXEC, "connected: %s", e.msg);
	close_fd(&fd);
	close_fd(&other);

	pid = fork();
	if (pid == 0) {
		until(asleep(getppid()));
		other = listener(at("late"));
		until(asleep(getppid()));
		listen(other, 1);
		pause();
	}
	fd = sock_connect(at("late"), 10000, &e);
	ok(fd >= 0, "one that comes late, and listens later: %s", e.msg);
	close_fd(&fd);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);

	pid = proc_start(ARGV("true"), &o, &pidfd, &e);
	ok(sock_connect_to(at("never"), 60000, pidfd, &e) == -1 && e.kind == ERR_FAILED, "who should listen has ended: %s", e.msg);
	proc_wait(pid, pidfd, -1, &e);
	close_fd(&pidfd);
	ok(sock_connect(arena_fmt(&scratch_mem, "/%0200d", 1), 0, &e) == -1 && e.kind == ERR_INVALID, "too long: %s", e.msg);
}

static void ports(void)
{
	int port = sock_free_port(0), fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), connected;
	struct sockaddr_in at_port = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct err e = { 0 };

	ok(port > 0 && sock_free_port(port) == port, "a free port is given when it is wished for");
	ok(sock_connect_port("127.0.0.1", port, 1000, &e) == -1, "nobody listens there: %s", e.msg);
	at_port.sin_port = htons((uint16_t)port);
	if (bind(fd, (struct sockaddr *)&at_port, sizeof at_port) < 0 || listen(fd, 1) < 0)
		abort();
	ok(sock_free_port(port) != port && sock_free_port(port) > 0, "another when it is taken");
	connected = sock_connect_port("127.0.0.1", port, 1000, &e);
	ok(connected >= 0, "and it can be connected to: %s", e.msg);
	close_fd(&connected);
	close(fd);
}

int main(void)
{
	scratch_begin();
	statuses();
	failures();
	surroundings();
	descriptors();
	stopping();
	dying();
	users();
	sockets();
	ports();
	scratch_end();
	return tap_done();
}
