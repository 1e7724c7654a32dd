/* SPDX-License-Identifier: ISC */
/* Waiting: for a program that says yes, for a text in a file, for a job of QEMU's. */
#include "tap.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "run_plan.h"
#include "sys/lock.h"
#include "sys/proc.h"

/* A program is asked again and again until it says yes. */
static void asked_again(void)
{
	const char *count = at("asked.count");
	struct plan p = { 0 };
	struct err e;
	long began = now_ms();

	plan_wait_true(&p, "says yes", ARGV("sh", "-c", "echo x >>$0; [ $(wc -l <$0) -ge 4 ]", count), 60000);
	ok(run(&p, &e) == 0, "a program that says yes at last: %s", e.msg);
	is(said(count), "x\nx\nx\nx\n", "is asked until then, and not again");
	plan_done(&p);

	plan_wait_true(&p, "says yes", ARGV("false"), 60);
	ok(run(&p, &e) == -1 && e.kind == ERR_TIMEOUT, "one that never does");
	is(e.msg, "says yes: false: no success within 0.06 s", "is named when time is up");
	plan_done(&p);

	plan_wait_true(&p, "says yes", ARGV("sleep", "60"), 60);
	ok(run(&p, &e) == -1 && e.kind == ERR_TIMEOUT, "so is one that does not answer: %s", e.msg);
	plan_file(&p, "the other way", at("asked.other"), 0644, "");
	plan_otherwise(&p);
	ok(run(&p, &e) == 0 && file_exists(at("asked.other")), "unless there is another way: %s", e.msg);
	ok(now_ms() - began < 30000, "nobody waits for its end");
	plan_done(&p);
}

static void asked_of_the_dead(void)
{
	struct plan p = { 0 };
	struct err e;
	long began = now_ms();
	struct step *s;

	s = plan_daemon(&p, "guest", ARGV("sh", "-c", "echo one; echo two >&2; echo three; echo four; exit 3"), at("w.lock"),
			at("w.log"), (uid_t)-1, (gid_t)-1);
	plan_wait_true(&p, "it runs", ARGV("false"), 60000);
	ok(run(&p, &e) == -1 && e.kind == ERR_FAILED, "a daemon that dies while it is asked about");
	is(e.msg, "it runs: sh: two; three; four (status 3)", "is quoted");
	s->reason_first = true;
	ok(run(&p, &e) == -1, "once more");
	is(e.msg, "it runs: sh: one; two (status 3)", "or its first two lines, of this run");
	plan_done(&p);

	plan_daemon(&p, "guest", ARGV("sh", "-c", "echo alone; exit 3"), at("w.lock"), at("w.log"),
		    (uid_t)-1, (gid_t)-1)->reason_first = true;
	plan_wait_true(&p, "it runs", ARGV("false"), 60000);
	ok(run(&p, &e) == -1, "a single line");
	is(e.msg, "it runs: sh: alone (status 3)", "is all there is");
	ok(now_ms() - began < 30000, "at once");
	plan_done(&p);
}

static void says(void)
{
	const char *log = at("says.log");
	struct plan p = { 0 };
	struct err e;
	long began = now_ms();

	plan_daemon(&p, "guest", ARGV("sh", "-c", "echo not yet >$0; echo 'half re' | tr -d '\\n' >>$0; until [ -e $0.go ]; do :; done;"
				      "echo ady >>$0; exec sleep 60", log), at("says.lock"), at("says.out"), (uid_t)-1, (gid_t)-1);
	plan_end(&p, "end it", at("says.lock"));
	plan_undo(&p);
	plan_wait_says(&p, "half", log, "half re", 60000);
	plan_file(&p, "go on", arena_fmt(&scratch_mem, "%s.go", log), 0644, "");
	plan_wait_says(&p, "it runs", log, "ready", 60000);
	ok(run(&p, &e) == 0, "what is written to a file that comes later is heard: %s", e.msg);
	plan_done(&p);

	plan_wait_says(&p, "it runs", log, "steady", 60);
	ok(run(&p, &e) == -1 && e.kind == ERR_TIMEOUT, "what is not written");
	is(e.msg, arena_fmt(&scratch_mem, "it runs: %s: no 'steady' within 0.06 s", log), "is missed when time is up");
	plan_end(&p, "end it", at("says.lock"));
	plan_otherwise(&p);
	ok(run(&p, &e) == 0 && !lock_held(at("says.lock")), "unless there is another way: %s", e.msg);
	plan_done(&p);

	plan_daemon(&p, "guest", ARGV("sh", "-c", "echo why; exit 3"), at("says.lock"), at("says.out"), (uid_t)-1, (gid_t)-1);
	plan_wait_says(&p, "it runs", log, "steady", 60000);
	ok(run(&p, &e) == -1, "nobody listens to the dead");
	is(e.msg, "it runs: sh: why (status 3)", "who are quoted");
	ok(now_ms() - began < 30000, "at once");
	plan_done(&p);
}

/* What QEMU answers, one line to each command, whoever asks; the last one for ever. */
static pid_t talker(const char *sock, const char *const *answers)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	strncpy(sa.sun_path, sock, sizeof sa.sun_path - 1);
	unlink(sock);
	if (bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(fd, 8) < 0)
		abort();
	fflush(stdout);
	if ((pid = fork())) {
		close(fd);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int client = accept(fd, NULL, NULL);
		char line[4096];
		FILE *in = fdopen(client, "r");

		dprintf(client, "{\"QMP\": {}}\n");
		while (fgets(line, sizeof line, in)) {
			const char *id = strrchr(line, ',') + 1;       /* ours is the last word */
			FILE *log = fopen(arena_fmt(&scratch_mem, "%s.log", sock), "a");

			fputs(line, log);
			fclose(log);
			if (strstr(line, "qmp_capabilities") || !strstr(line, "query-jobs")) {
				dprintf(client, "{\"return\": {}, %s", id);
				continue;
			}
			dprintf(client, "{\"return\": [{\"id\": \"other\"}, %s], %s", *answers, id);
			answers += answers[1] != NULL;
		}
		fclose(in);
	}
}

static double heard;

static void hear_part(void *arg, const struct plan *p, const struct step *s, double share)
{
	heard = share;
}

static void jobs(void)
{
	const char *sock = arena_str(&scratch_mem, at("jobs.sock")), *log = arena_str(&scratch_mem, at("jobs.sock.log"));
	const char *const well[] = { "{\"id\":\"it\",\"status\":\"running\",\"current-progress\":1,\"total-progress\":4}",
				     "{\"id\":\"it\",\"status\":\"concluded\"}", NULL };
	const char *const ill[] = { "{\"id\":\"it\",\"status\":\"concluded\",\"error\":\"no room\"}", NULL };
	struct exec x = { .part = hear_part };
	struct plan p = { 0 };
	struct err e = { 0 };
	pid_t pid = talker(sock, well);

	plan_wait_job(&p, "until it is done", sock, "it");
	ok(plan_execute(&p, &x, &e) == 0 && heard == 0.25, "a job is waited for, and how far it is told: %s", e.msg);
	ok(strstr(said(log), "job-dismiss"), "and dismissed");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	plan_done(&p);

	pid = talker(sock, ill);
	plan_wait_job(&p, "until it is done", sock, "it");
	ok(run(&p, &e) == -1, "one that fails");
	is(e.msg, "until it is done: no room", "tells why");
	plan_done(&p);
	plan_wait_job(&p, "until it is done", sock, "them");
	ok(run(&p, &e) == -1 && e.kind == ERR_NOT_FOUND, "one that is not there is no job: %s", e.msg);
	plan_done(&p);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);

	plan_wait_job(&p, "until it is done", sock, "it");
	ok(run(&p, &e) == -1 && e.kind != ERR_TIMEOUT, "nor is one of a QEMU that is gone: %s", e.msg);
	plan_done(&p);

	pid = talker(sock, (const char *const[]){ well[0], well[0], well[1], NULL });
	unlink(log);
	plan_wait_job(&p, "until it is done", sock, "it")->timeout_ms = 1;
	ok(run(&p, &e) == -1 && e.kind == ERR_TIMEOUT, "one that takes too long: %s", e.msg);
	ok(strstr(said(log), "job-cancel"), "is cancelled");
	plan_done(&p);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void asked_and_interrupted(void)
{
	const char *count = at("endless.count");
	struct plan p = { 0 };
	struct err e = { 0 };
	int status = 0;
	pid_t pid;

	plan_wait_true(&p, "says yes", ARGV("sh", "-c", "echo x >>$0; exit 1", count), 0);
	pid = fork();
	if (pid == 0)
		_exit(run(&p, &e) == -1 && e.kind == ERR_FAILED && str_eq(e.msg, "says yes: interrupted") ? 42 : 1);
	ok(until(str_starts(said(count), "x\nx\n")), "without a limit it is asked for ever");
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 42, "until somebody interrupts");
	plan_done(&p);
}

int main(void)
{
	scratch_begin();
	asked_again();
	asked_of_the_dead();
	says();
	jobs();
	asked_and_interrupted();
	scratch_end();
	return tap_done();
}
