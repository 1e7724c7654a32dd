/* SPDX-License-Identifier: ISC */
/*
 * time-to: how long until a program has done what it is for, side by side.
 *
 *	time-to RUNS [NAME UNTIL AFTER ARGV...] :: [NAME UNTIL AFTER ARGV...] ...
 *
 * UNTIL is "exit", or "qmp=SOCKET": the moment QEMU has answered its first command there,
 * which is when the machine is built (the greeting comes before that); the program is
 * killed then. AFTER is a shell command that puts everything back, run
 * outside the clock; "-" is none. The contenders take turns, A B A B, so that a noisy
 * minute hits all of them; one round before the first is not counted. Prints a
 * Markdown table: wall time in milliseconds, the median against the first one's, and the
 * most memory that the program itself held at once; of what it started nothing is counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONTENDERS = 8, MAX_RUNS = 1000, DEADLINE_S = 3600 };

struct contender {
	const char *name, *until, *after, *program;
	char **argv;
	double ms[MAX_RUNS];
	long peak_kib;
};

static void die(const char *what)
{
	fprintf(stderr, "time-to: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* What a contender says on standard output is not what is measured; its complaints stay visible. */
static pid_t start(const char *program, char **argv)
{
	pid_t pid = fork();
	int null;

	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	execvp(program, argv);
	die(program);
	return -1;
}

/* A connection to the socket, which appears some time after exec; -1: not yet. */
static int try_connect(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof a.sun_path) {
		errno = ENAMETOOLONG;
		die(path);
	}
	strcpy(a.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	if (!connect(fd, (struct sockaddr *)&a, sizeof a))
		return fd;
	close(fd);
	return -1;
}

/* Read up to the end of a line; 0 when the other side has hung up. */
static int read_line(int fd)
{
	char c;

	while (read(fd, &c, 1) == 1)
		if (c == '\n')
			return 1;
	return 0;
}

static void wait_answer(pid_t pid, const char *path)
{
	static const char hello[] = "{\"execute\":\"qmp_capabilities\"}\n";
	const struct timespec pause = { .tv_nsec = 100 * 1000 };
	int fd;

	while ((fd = try_connect(path)) < 0) {
		if (waitpid(pid, NULL, WNOHANG) == pid) {
			fprintf(stderr, "time-to: it ended before it listened on %s\n", path);
			exit(1);
		}
		nanosleep(&pause, NULL);
	}
	if (!read_line(fd) || write(fd, hello, sizeof hello - 1) < 0 || !read_line(fd)) {
		fprintf(stderr, "time-to: it hung up on %s\n", path);
		exit(1);
	}
	close(fd);
}

static void wait_exit(pid_t pid, struct contender *c)
{
	struct rusage used;
	int status;

	if (wait4(pid, &status, 0, &used) < 0)
		die("wait");
	if (c->peak_kib < used.ru_maxrss)
		c->peak_kib = used.ru_maxrss;
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "time-to: %s failed\n", c->name);
		exit(1);
	}
}

static double run_once(struct contender *c)
{
	int qmp = !strncmp(c->until, "qmp=", 4);
	double begin, ms;
	pid_t pid;

	if (qmp)
		unlink(c->until + 4);
	begin = now_ms();
	pid = start(c->program, c->argv);
	if (qmp)
		wait_answer(pid, c->until + 4);
	else
		wait_exit(pid, c);
	ms = now_ms() - begin;
	if (qmp) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	if (strcmp(c->after, "-") && system(c->after)) {
		fprintf(stderr, "time-to: %s: '%s' failed\n", c->name, c->after);
		exit(1);
	}
	return ms;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(const double *sorted, int n)
{
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static void print_table(struct contender *c, int n, int runs)
{
	printf("| | min ms | median ms | max ms | ratio | peak MB |\n|---|--:|--:|--:|--:|--:|\n");
	for (int i = 0; i < n; i++) {
		qsort(c[i].ms, (size_t)runs, sizeof *c[i].ms, compare);
		printf("| %s | %.1f | %.1f | %.1f | %.2f | ", c[i].name, c[i].ms[0], median(c[i].ms, runs),
		       c[i].ms[runs - 1], median(c[i].ms, runs) / median(c[0].ms, runs));
		printf(c[i].peak_kib ? "%.1f |\n" : "- |\n", (double)c[i].peak_kib / 1024);
	}
}

/* Cut argv into contenders at "::"; the cuts become the NULL that ends an argv. */
static int parse(char **words, struct contender *c)
{
	int n = 0;

	while (*words && n < MAX_CONTENDERS) {
		if (!words[1] || !words[2] || !words[3])
			return 0;
		c[n].name = words[0];
		c[n].until = words[1];
		c[n].after = words[2];
		c[n].program = words[3];
		c[n++].argv = words + 3;
		for (words += 3; *words && strcmp(*words, "::"); words++)
			;
		if (*words)
			*words++ = NULL;
	}
	return n;
}

int main(int argc, char **argv)
{
	static struct contender c[MAX_CONTENDERS];
	int runs = argc > 1 ? atoi(argv[1]) : 0;
	int n = argc > 2 ? parse(argv + 2, c) : 0;

	if (runs < 1 || runs > MAX_RUNS || !n) {
		fprintf(stderr, "usage: time-to RUNS NAME exit|qmp=SOCKET AFTER ARGV... [:: NAME ...]\n");
		return 2;
	}
	alarm(DEADLINE_S);
	for (int r = runs > 2 ? -1 : 0; r < runs; r++)
		for (int i = 0; i < n; i++) {
			double ms = run_once(&c[i]);

			if (r >= 0)
				c[i].ms[r] = ms;
		}
	print_table(c, n, runs);
	return 0;
}
