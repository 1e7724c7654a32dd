/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "app/fanout.h"
#include "model/plan.h"
#include "sys/intr.h"
#include "tap.h"

/* The children are this program: "meet FILE OTHER" makes a file and waits for another's, the rest end at once. */
static int child(char **argv)
{
	if (!strcmp(argv[1], "meet")) {
		close(open(argv[2], O_CREAT | O_WRONLY, 0600));
		while (access(argv[3], F_OK) < 0)
			usleep(1000);
		return 0;
	}
	if (!strcmp(argv[1], "signal"))
		return kill(getppid(), SIGTERM) < 0 || pause();
	printf("said by %s\n", argv[1]);
	fprintf(stderr, "complained\n");
	return atoi(argv[1]);
}

static void note(void *arg, const struct fan *f, const struct fan_task *t)
{
	str_fmt(arg, "%s%s ", t->name, t->state == FAN_SKIPPED ? "!" : "");
}

static void test_ends(void)
{
	DEFER(str_done) struct str order = { 0 };
	DEFER(fan_done) struct fan f = { .jobs = 1, .ended = note, .arg = &order };
	struct err e = { 0 };

	fan_add(&f, "good", ARGV("0"));
	fan_add(&f, "busy", ARGV("6"));
	fan_add(&f, "so already", ARGV("4"))->fine = 4;
	fan_add(&f, "odd", ARGV("77"));
	ok(fan_run(&f, &e) == 0, "run");
	is(str_text(&order), "good busy so already odd ", "one at a time, in their order");
	is(str_text(&f.tasks.v[0].out), "said by 0\n", "what one says is kept");
	is(str_text(&f.tasks.v[1].err), "complained\n", "its complaints apart");
	ok(!fan_kind(&f.tasks.v[0]) && !fan_kind(&f.tasks.v[2]), "good ends, also by another status");
	ok(fan_kind(&f.tasks.v[1]) == ERR_BUSY && fan_kind(&f.tasks.v[3]) == ERR_FAILED, "bad ends and what kind they are");
}

/* Each waits for the file of the other: they end only when both run at the same time. */
static void test_together(const char *dir)
{
	DEFER(fan_done) struct fan f = { .jobs = 2 };
	char a[200], b[200];
	struct err e = { 0 };

	snprintf(a, sizeof a, "%s/a", dir);
	snprintf(b, sizeof b, "%s/b", dir);
	fan_add(&f, "a", ARGV("meet", a, b));
	fan_add(&f, "b", ARGV("meet", b, a));
	ok(fan_run(&f, &e) == 0 && fan_good(&f.tasks.v[0]) && fan_good(&f.tasks.v[1]), "two at the same time");
	unlink(a);
	unlink(b);
}

static void wait_for(struct fan *f, size_t who, size_t whom)
{
	*vec_add(&f->tasks.v[who].after, &f->mem) = whom;
}

static void test_after(void)
{
	DEFER(str_done) struct str order = { 0 };
	DEFER(fan_done) struct fan f = { .jobs = 4, .ended = note, .arg = &order };
	struct err e = { 0 };

	fan_add(&f, "last", ARGV("0"));
	fan_add(&f, "in vain", ARGV("0"));
	fan_add(&f, "so too", ARGV("0"));
	fan_add(&f, "first", ARGV("0"));
	fan_add(&f, "bad", ARGV("1"));
	fan_add(&f, "anyway", ARGV("0"))->anyway = true;
	wait_for(&f, 5, 4);
	wait_for(&f, 0, 3);
	wait_for(&f, 1, 4);
	wait_for(&f, 2, 1);
	wait_for(&f, 4, 0);
	ok(fan_run(&f, &e) == 0, "run");
	is(str_text(&order), "first last bad in vain! so too! anyway ", "after others, or not at all");
	ok(f.tasks.v[2].cause == 1 && fan_kind(&f.tasks.v[2]) == ERR_FAILED, "and why");
}

static long asked_wall, asked_monotonic;

/* In the place of libc's: whoever asks for the time of day finds that it has been set, a year on each time. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): libc's are reserved */
int clock_gettime(clockid_t clock, struct timespec *ts)
{
	if (clock == CLOCK_MONOTONIC)
		asked_monotonic++;
	else
		asked_wall++;
	if (syscall(SYS_clock_gettime, clock, ts) < 0)
		return -1;
	if (clock == CLOCK_REALTIME)
		ts->tv_sec += asked_wall * 365 * 24 * 3600;
	return 0;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
time_t time(time_t *out)
{
	struct timespec ts;
	time_t now = clock_gettime(CLOCK_REALTIME, &ts) < 0 ? -1 : ts.tv_sec;

	if (out)
		*out = now;
	return now;
}

static void test_delay(void)
{
	DEFER(str_done) struct str order = { 0 };
	DEFER(fan_done) struct fan f = { .jobs = 1, .ended = note, .arg = &order };
	struct err e = { 0 };
	long began = now_ms();

	fan_add(&f, "late", ARGV("0"))->delay_ms = 200;
	fan_add(&f, "soon", ARGV("0"));
	ok(fan_run(&f, &e) == 0 && now_ms() - began >= 200, "a delay is waited for");
	ok(asked_monotonic && !asked_wall, "and nobody who sets the time of day meanwhile changes that");
	is(str_text(&order), "soon late ", "and holds up nobody else");
}

static void test_interrupted(void)
{
	DEFER(fan_done) struct fan f = { .jobs = 1 };
	struct err e = { 0 };

	fan_add(&f, "signal", ARGV("signal"));
	fan_add(&f, "never", ARGV("0"));
	ok(fan_run(&f, &e) == -1, "interrupted");
	is(e.msg, "interrupted", "it says so");
	ok(f.tasks.v[0].status == 128 + SIGTERM, "the child was asked to end");
	ok(f.tasks.v[1].state == FAN_WAITING, "and no other began");
}

static void test_jobs(void)
{
	struct err e = { 0 };
	int n = 0;

	ok(fan_jobs(NULL, 3, &n, &e) == 0 && n == 3, "a default");
	ok(fan_jobs("8", 3, &n, &e) == 0 && n == 8, "a number");
	ok(fan_jobs("0", 3, &n, &e) < 0 && fan_jobs("8x", 3, &n, &e) < 0 && fan_jobs("", 3, &n, &e) < 0, "no numbers");
	is(e.msg, "'' is no number of jobs (1 to 1000)", "in the user's words");
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/berth-fan.XXXXXX";

	if (argc > 1)
		return child(argv);
	if (!mkdtemp(dir))
		return 1;
	test_ends();
	test_together(dir);
	test_after();
	test_delay();
	test_interrupted();
	test_jobs();
	rmdir(dir);
	return tap_done();
}
