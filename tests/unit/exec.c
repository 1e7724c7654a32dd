/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "run_plan.h"
#include "sys/lock.h"
#include "sys/proc.h"

static void files(void)
{
	struct plan p = { 0 };
	struct err e;
	struct stat st;

	plan_dir(&p, "a folder", at("a/b"), 0750);
	plan_dir(&p, "whose it is may change", at("mine"), 0755);
	plan_dir(&p, "and who may look into it", at("mine"), 0700)->uid = getuid();
	plan_dir(&p, "one that was there stays as it is", at("a/b"), 0700);
	plan_file(&p, "a file", at("a/b/f"), 0640, "one\n");
	plan_file(&p, "more", at("a/b/f"), 0640, "two\n")->append = true;
	plan_link(&p, "a link", at("a/l"), "b/f");
	plan_link(&p, "replaced", at("a/l"), "b/g");
	plan_move(&p, "renamed", at("a/b/f"), at("a/b/g"));
	plan_remove(&p, "not there", at("a/nothing"));
	ok(run(&p, &e) == 0, "a plan of files: %s", e.msg);
	is(said(at("a/l")), "one\ntwo\n", "written, appended, moved, linked");
	ok(mode_of(at("a/b")) == 0750 && mode_of(at("a/b/g")) == 0640, "modes are exact");
	ok(mode_of(at("mine")) == 0700, "a directory that is given to somebody gets its mode, too");
	ok(lstat(at("a/l"), &st) == 0 && S_ISLNK(st.st_mode), "the link is a link");
	plan_done(&p);
}

static void publish(void)
{
	struct plan p = { 0 };
	struct err e;

	plan_dir(&p, "old", at("pub"), 0755);
	plan_file(&p, "old", at("pub/old"), 0644, "old");
	plan_dir(&p, "new", at("pub.new"), 0755);
	plan_file(&p, "new", at("pub.new/new"), 0644, "new");
	plan_move(&p, "publish", at("pub.new"), at("pub"));
	ok(run(&p, &e) == 0, "a full directory is replaced: %s", e.msg);
	is(said(at("pub/new")), "new", "the new one is there");
	ok(!file_exists(at("pub/old")) && !file_exists(at("pub.new")), "the old one is not");
	plan_done(&p);
}

static void guards(void)
{
	struct plan p = { 0 };
	struct err e;

	plan_guard(&p, at("made"));
	plan_run(&p, "first", ARGV("sh", "-c", "echo x >>$0", at("count")));
	plan_file(&p, "made", at("made"), 0644, "");
	plan_guard(&p, NULL);
	plan_run(&p, "always", ARGV("sh", "-c", "echo y >>$0", at("count")));
	ok(run(&p, &e) == 0 && run(&p, &e) == 0, "twice: %s", e.msg);
	is(said(at("count")), "x\ny\ny\n", "guarded steps once, others each time");
	plan_done(&p);
}

static void undoing(void)
{
	struct plan p = { 0 };
	struct err e;
	const char *log = at("undo");

	for (int i = 1; i <= 3; i++) {
		plan_run(&p, "do", ARGV("true"));
		plan_run(&p, "take back", ARGV("sh", "-c", "echo $1 >>$0", log, plan_fmt(&p, "%d", i)));
		plan_undo(&p);
	}
	plan_run(&p, "may fail", ARGV("false"))->may_fail = true;
	plan_run(&p, "take back what was not done", ARGV("sh", "-c", "echo no >>$0", log));
	plan_undo(&p);
	plan_run(&p, "done", ARGV("true"));
	plan_run(&p, "clean up", ARGV("sh", "-c", "echo broken >&2; exit 3"));
	plan_undo(&p);
	plan_run(&p, "the work", ARGV("sh", "-c", "echo hello; echo the reason >&2; echo; exit 7"));
	plan_run(&p, "never", ARGV("sh", "-c", "echo never >>$0", log));
	ok(run(&p, &e) == -1 && e.kind == ERR_FAILED, "it fails");
	is(e.msg, "the work: sh: the reason (status 7); undo: clean up: sh: broken (status 3)",
	   "with the program's last words, and what went wrong afterwards");
	is(said(log), "3\n2\n1\n", "undone backwards, only what was done");
	plan_done(&p);
}

static void messages(void)
{
	static const struct { const char *script, *want; } rows[] = {
		{ "exit 4", "w: sh: said nothing (status 4)" },
		{ "echo a; echo b; exit 1", "w: sh: b (status 1)" },
		{ "printf 'x\\n\\n  \\n'; exit 1", "w: sh: x (status 1)" },
		{ "echo 'sh: no such thing'; exit 1", "w: sh: no such thing (status 1)" },
		{ "echo 'sh: the reason'; echo farewell; exit 1", "w: sh: the reason (status 1)" },
		{ "printf '10%%\\r99%%\\r\\033[31mfull\\033[0m\\n'; exit 1", "w: sh: full (status 1)" },
		{ "kill -9 $$", "w: sh: said nothing (status 137)" },
		{ "echo 'W: Failed to fetch'; echo fine", "w: sh: W: Failed to fetch (status 0)" },
		{ "echo 'no W: here'; echo fine", NULL },
		{ "echo 'x: write: No space left on device'; echo 'sh: the end'; echo bye; exit 2",
		  "w: sh: x: write: No space left on device (status 2)" },
		{ "echo 'sh: a.gz: not found'; echo 'sh: Error is not recoverable: exiting now'; exit 2",
		  "w: sh: a.gz: not found (status 2)" },
		{ "echo 'sh: a: gone'; echo 'sh: Exiting with failure status due to previous errors'; exit 2",
		  "w: sh: a: gone (status 2)" },
		{ "head -c 300000 /dev/zero | tr '\\0' 'x'; echo; echo end; exit 1", "w: sh: end (status 1)" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct plan p = { 0 };
		struct err e;

		plan_run(&p, "w", ARGV("sh", "-c", rows[i].script))->fail_lines = ARGV("E:", "W:");
		run(&p, &e);
		is(e.msg[0] ? e.msg : NULL, rows[i].want, rows[i].script);
		plan_done(&p);
	}
}

static void programs(void)
{
	struct plan p = { 0 };
	struct err e;
	struct step *s;
	long began = now_ms();

	plan_dir(&p, "", at("cwd"), 0755);
	s = plan_run(&p, "input and output", ARGV("sh", "-c", "pwd; cat"));
	s->cwd = at("cwd");
	s->stdin_text = "from the plan\n";
	s->stdout_path = at("out");
	plan_run(&p, "no input", ARGV("sh", "-c", "! read line"));
	plan_run(&p, "leaves something behind", ARGV("sh", "-c", "sleep 30 & echo $! >$0", at("left")));
	ok(run(&p, &e) == 0, "programs: %s", e.msg);
	is(said(at("out")), arena_fmt(&scratch_mem, "%s\nfrom the plan\n", at("cwd")), "folder, input and output");
	ok(now_ms() - began < 20000, "a program in the background does not keep the step");
	kill(atoi(said(at("left"))), SIGKILL);
	plan_done(&p);

	plan_run(&p, "no program", ARGV("berth-no-such-program"));
	ok(run(&p, &e) == -1 && e.kind == ERR_NOT_FOUND, "a missing program is not found");
	is(e.msg, "no program: berth-no-such-program: No such file or directory", "and named");
	plan_done(&p);

	plan_run(&p, "slow", ARGV("sleep", "30"))->timeout_ms = 50;
	ok(run(&p, &e) == -1 && e.kind == ERR_TIMEOUT, "a limit ends it");
	is(e.msg, "slow: sleep: no end after 0.05 s", "and says so");
	plan_done(&p);
}

static char *secret(void *arg, const char *how, const char *key_path, struct err *e)
{
	if (!str_eq(key_path, "root.passwd"))
		return NULL;
	return xstrdup(str_eq(how, "crypt") ? "$y$hash" : "s3cr\"et");
}

static void secrets(void)
{
	struct exec x = { .secret = secret, .log = at("log"), .trace = at("trace") };
	struct plan p = { 0 };
	struct err e = { 0 };
	DEFER(str_done) struct str shown = { 0 };
	const char *plain = plan_secret(&p, "plain", "root.passwd");
	const char *crypt = plan_secret(&p, "crypt", "root.passwd");

	plan_file(&p, "w", at("shadow"), 0600, plan_fmt(&p, "root:%s:@{}:@{x}:@{A:b}:${@{\n", crypt));
	plan_run(&p, "w", ARGV("sh", "-c", "tee $0; exit 1", at("stdin")))->stdin_text = plan_fmt(&p, "pw=%s", plain);
	plan_print(&p, &shown);
	ok(plan_execute(&p, &x, &e) == -1, "a program that repeats what it reads");
	is(said(at("shadow")), "root:$y$hash:@{}:@{x}:@{A:b}:${@{\n", "the reference is replaced, the rest stays");
	is(said(at("stdin")), "pw=s3cr\"et", "also in what a program reads");
	is(e.msg, "w: sh: pw=@{plain:root.passwd} (status 1)", "the message shows the reference");
	ok(strstr(said(at("log")), "pw=@{plain:root.passwd}"), "so does the log");
	ok(!strstr(said(at("log")), "s3cr") && !strstr(said(at("log")), "$y$"), "which has no secret");
	ok(!strstr(said(at("trace")), "s3cr") && !strstr(said(at("trace")), "$y$"), "nor has the trace");
	ok(!strstr(shown.s, "s3cr") && strstr(shown.s, crypt), "nor has the print");
	ok(mode_of(at("log")) == 0600, "the log is private");
	plan_done(&p);

	plan_file(&p, "w", at("never"), 0600, plan_secret(&p, "plain", "no.such"));
	ok(plan_execute(&p, &x, &e) == -1 && strstr(e.msg, "no.such"), "an unknown secret is an error: %s", e.msg);
	ok(!file_exists(at("never")), "and nothing is written");
	plan_done(&p);
}

/* What ran is what was printed: the same lines, from the plan and from the trace. */
static void traces(void)
{
	struct exec x = { .trace = at("ran") };
	struct plan p = { 0 };
	struct err e = { 0 };
	DEFER(str_done) struct str want = { 0 };
	json_t *json, *step;
	size_t i;

	plan_dir(&p, "a", at("t"), 0700);
	plan_run(&p, "b", ARGV("true", "two words", "\xff"));
	plan_move(&p, "c", at("t"), at("u"));
	plan_remove(&p, "d", at("u"));
	ok(plan_execute(&p, &x, &e) == 0, "a traced plan: %s", e.msg);
	json = plan_json(&p);
	json_array_foreach(json_object_get(json, "steps"), i, step) {
		DEFER(free_str) char *line = json_dumps(step, JSON_COMPACT);

		str_fmt(&want, "%s\n", line);
	}
	is(said(at("ran")), want.s, "what ran is what was printed");
	json_decref(json);
	plan_done(&p);
}

/* Whoever is killed after a step has done it, and has neither begun the next nor taken it back. */
static void dies(void)
{
	struct exec x = { .die_after = "2" };
	struct plan p = { 0 };
	struct err e = { 0 };
	int status;
	pid_t pid;

	plan_dir(&p, "a", at("die1"), 0700);
	plan_remove(&p, "not a", at("die1"));
	plan_undo(&p);
	plan_run(&p, "b", ARGV("false"))->may_fail = true;
	plan_dir(&p, "c", at("die3"), 0700);
	pid = fork();
	if (!pid)
		_exit(plan_execute(&p, &x, &e) < 0);
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "a plan dies where it is told to");
	ok(file_exists(at("die1")) && !file_exists(at("die3")), "after that many steps, and takes nothing back");
	x.die_after = "3";
	pid = fork();
	if (!pid)
		_exit(plan_execute(&p, &x, &e) < 0);
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && file_exists(at("die3")), "after the last step, too");
	plan_done(&p);
}

static void told(void *arg, const struct plan *p, size_t step, bool done, double seconds)
{
	str_fmt(arg, "%zu%s ", step, done ? "." : "");
}

static void progress(void)
{
	DEFER(str_done) struct str seen = { 0 };
	struct exec x = { .progress = told, .progress_arg = &seen };
	struct plan p = { 0 };
	struct err e = { 0 };

	plan_run(&p, "a", ARGV("true"));
	plan_run(&p, "b", ARGV("false"));
	plan_execute(&p, &x, &e);
	is(seen.s, "0 0. 1 ", "progress before and after each step");
	plan_done(&p);
}

static void locks(void)
{
	struct plan p = { 0 };
	struct exec x;
	struct err e;
	int fd;

	plan_lock(&p, "take", at("lock"), false);
	plan_lock(&p, "again", at("lock"), false);
	plan_run(&p, "held", ARGV("flock", "-n", "-E", "9", at("lock"), "true"));
	ok(run(&p, &e) == -1 && strstr(e.msg, "status 9"), "held while the plan runs: %s", e.msg);
	ok(!lock_held(at("lock")), "and free afterwards");
	fd = lock_take(at("lock"), false, "pid 1\nsomebody\n", &e);
	ok(run(&p, &e) == -1 && e.kind == ERR_BUSY, "busy when somebody has it");
	ok(strstr(e.msg, "held by pid 1, somebody"), "who is named: %s", e.msg);
	x = (struct exec){ .lock = at("lock"), .lock_fd = fd };
	ok(plan_execute(&p, &x, &e) == -1 && strstr(e.msg, "status 9"), "one that was taken before is the plan's: %s", e.msg);
	ok(!lock_held(at("lock")), "and given up with it");
	plan_done(&p);
}

/* Ask a process that is asleep in its program to stop; it tells through a file that it is there. */
static void interrupted(void)
{
	struct plan p = { 0 };
	struct err e = { 0 };
	int status = 0;
	pid_t pid;

	plan_run(&p, "begin", ARGV("true"));
	plan_run(&p, "undo", ARGV("sh", "-c", "echo undone >$0", at("undone")));
	plan_undo(&p);
	plan_run(&p, "long", ARGV("sh", "-c", "trap 'echo asked >$1; exit 1' TERM; echo $$ >$0; while :; do sleep 0.05; done",
				  at("pid"), at("asked")));
	pid = fork();
	if (pid == 0) {
		struct exec x = { 0 };

		_exit(plan_execute(&p, &x, &e) == -1 && strstr(e.msg, "interrupted") && e.kind == ERR_FAILED ? 42 : 1);
	}
	ok(until(strchr(said(at("pid")), '\n')), "the program runs");
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 42, "the plan was interrupted");
	is(said(at("asked")), "asked\n", "the program was asked to end");
	is(said(at("undone")), "undone\n", "and what was done was undone");
	ok(kill(atoi(said(at("pid"))), 0) < 0, "nothing is left");
	plan_done(&p);
}

static void helpers(void)
{
	struct plan p = { 0 };
	struct err e;
	int status;
	pid_t pid;

	plan_spawn(&p, "helper", ARGV("sh", "-c", "trap 'echo ended >>$0; exit' TERM; echo up >>$0; while :; do sleep 0.05; done",
				      at("helper")));
	plan_run(&p, "wait", ARGV("sh", "-c", "until grep -q up $0; do sleep 0.01; done", at("helper")));
	ok(run(&p, &e) == 0, "a helper: %s", e.msg);
	is(said(at("helper")), "up\nended\n", "ends with the plan");
	plan_done(&p);

	plan_spawn(&p, "helper", ARGV("sh", "-c", "echo $$ >$0; exec sleep 60", at("victim")));
	plan_run(&p, "long", ARGV("sleep", "60"));
	pid = fork();
	if (pid == 0)
		_exit(run(&p, &e) ? 1 : 0);
	ok(until(strchr(said(at("victim")), '\n')), "the helper runs");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ok(until(kill(atoi(said(at("victim"))), 0) < 0), "a killed berth leaves no helper");
	plan_done(&p);

	plan_spawn(&p, "helper", ARGV("sh", "-c", "echo one; echo two >&2; exit 5"));
	plan_wait(&p, "its end", WAIT_SPAWN, NULL, 10000);
	ok(run(&p, &e) == -1, "a helper that fails");
	is(e.msg, "its end: sh: one; two (status 5)", "is quoted");
	plan_done(&p);
}

static void daemons(void)
{
	const char *lock = at("guest.lock");
	struct plan p = { 0 };
	struct err e = { 0 };
	int status = 0;
	pid_t pid;

	plan_daemon(&p, "guest", ARGV("sh", "-c", "echo $$; trap '' HUP; exec sleep 300"), lock, at("guest.log"),
		    (uid_t)-1, (gid_t)-1);
	pid = fork();
	if (pid == 0)
		_exit(run(&p, &e) ? 1 : 0);
	waitpid(pid, &status, 0);
	ok(status == 0, "a daemon is started");
	ok(lock_held(lock), "and holds the lock after its parent has gone");
	ok(until(strchr(said(at("guest.log")), '\n')), "its output is kept");
	ok(lock_held_by(lock, &pid) && pid == atoi(said(at("guest.log"))), "the kernel knows whose lock it is");
	ok(str_starts(said(at("guest.lock")), arena_fmt(&scratch_mem, "pid %d\n", atoi(said(at("guest.log"))))),
	   "the lock file begins with its pid");
	ok(getsid(atoi(said(at("guest.log")))) == atoi(said(at("guest.log"))), "in a session of its own");
	ok(mode_of(at("guest.log")) == 0600, "the log is private");
	ok(run(&p, &e) == -1 && e.kind == ERR_BUSY, "a second one is refused: %s", e.msg);
	plan_done(&p);

	plan_wait(&p, "gone", WAIT_GONE, lock, 30);
	ok(run(&p, &e) == -1 && e.kind == ERR_TIMEOUT, "it does not go by itself: %s", e.msg);
	plan_end(&p, "end it", lock);
	plan_otherwise(&p);
	plan_wait(&p, "gone", WAIT_GONE, lock, 10000);
	ok(run(&p, &e) == 0, "the other way ends it: %s", e.msg);
	ok(!lock_held(lock), "and the lock is free");
	ok(run(&p, &e) == 0, "nobody there is fine: %s", e.msg);
	plan_done(&p);
}

/* Into a file that stays the same one. */
static void scribble(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write_all(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

/* A wrong number in the lock file kills nobody; who merely asks about the lock neither. */
static void ends_only_the_holder(void)
{
	const char *lock = at("other.lock");
	struct proc_opts o = PROC_OPTS;
	struct plan p = { 0 };
	struct err e = { 0 };
	int pidfd = -1;
	pid_t pid;

	put(lock, "");
	o.in = open(lock, O_RDONLY | O_CLOEXEC);
	pid = proc_start(ARGV("sleep", "60"), &o, &pidfd, &e);
	close_fd(&o.in);
	scribble(lock, arena_fmt(&scratch_mem, "pid %d\n", (int)pid));
	plan_daemon(&p, "guest", ARGV("sleep", "300"), lock, at("other.log"), (uid_t)-1, (gid_t)-1);
	ok(run(&p, &e) == 0, "a guest: %s", e.msg);
	scribble(lock, arena_fmt(&scratch_mem, "pid %d\n", (int)pid));
	plan_done(&p);
	plan_end(&p, "end", lock);
	ok(run(&p, &e) == 0 && !lock_held(lock), "the holder is found without help: %s", e.msg);
	ok(proc_wait(pid, pidfd, 0, &e) == -1, "the process that was named lives");
	proc_stop(pid, pidfd, 0);
	close_fd(&pidfd);
	plan_done(&p);
}

static void dies_at_once(void)
{
	struct plan p = { 0 };
	struct err e;
	long began = now_ms();

	plan_lock(&p, "mine", at("d.lock"), false);
	plan_daemon(&p, "guest", ARGV("sh", "-c", "echo booting; sleep 0.1; echo 'sh: no disk' >&2; exit 1"), at("d.lock"),
		    at("d.log"), (uid_t)-1, (gid_t)-1);
	plan_wait(&p, "answers", WAIT_QMP, at("qmp.sock"), 60000);
	ok(run(&p, &e) == -1 && e.kind == ERR_FAILED, "a daemon that dies at once");
	is(e.msg, "answers: sh: booting; sh: no disk (status 1)", "is quoted");
	ok(now_ms() - began < 30000, "without waiting for the time to pass");
	plan_done(&p);
}

static void other_user(void)
{
	struct plan p = { 0 };
	struct step *s;
	struct err e;

	if (geteuid() != 0) {
		skip("dropping privileges", "only root can");
		return;
	}
	chmod(scratch_dir, 0755);
	plan_daemon(&p, "guest", ARGV("sh", "-c", "id -u; id -G; grep NoNewPrivs /proc/self/status"), at("u.lock"), at("u.log"),
		    65534, 65534);
	plan_wait(&p, "gone", WAIT_GONE, at("u.lock"), 10000);
	ok(run(&p, &e) == 0, "as another user: %s", e.msg);
	is(said(at("u.log")), "65534\n65534\nNoNewPrivs:\t1\n", "without groups and new privileges");
	plan_done(&p);
	s = plan_run(&p, "hook", ARGV("sh", "-c", "id -u; id -G; pwd"));
	s->uid = 65534;
	s->gid = 65533;
	s->cwd = scratch_dir;
	s->stdout_path = at("hook");
	ok(run(&p, &e) == 0, "a program as another user: %s", e.msg);
	is(said(at("hook")), arena_fmt(&scratch_mem, "65534\n65533\n%s\n", scratch_dir), "where it was told to");
	plan_done(&p);
}

static void hear(void *arg, const char *message)
{
	str_fmt(arg, "%s\n", message);
}

/* A step that may fail fails in silence, unless its failure is to be told. */
static void trouble(void)
{
	DEFER(str_done) struct str heard = { 0 };
	struct exec x = { .trouble = hear, .trouble_arg = &heard };
	struct plan p = { 0 };
	struct err e = { 0 };

	plan_run(&p, "silent", ARGV("false"))->may_fail = true;
	for (int i = 0; i < 2; i++) {
		struct step *s = plan_run(&p, "hook", ARGV("sh", "-c", "echo why; exit $0", i ? "0" : "3"));

		s->may_fail = s->told = true;
	}
	ok(plan_execute(&p, &x, &e) == 0 && run(&p, &e) == 0, "it goes on: %s", e.msg);
	is(str_text(&heard), "hook: sh: why (status 3)\n", "once, in the program's words");
	plan_done(&p);
}

static void captures(void)
{
	DEFER(str_done) struct str out = { 0 };
	struct err e = { 0 };

	ok(exec_capture(ARGV("sh", "-c", "echo out; echo err >&2; exit 3"), 10000, &out, &e) == 3, "a status");
	is(out.s, "out\n", "and the standard output");
	ok(exec_capture(ARGV("berth-no-such-program"), 1000, &out, &e) == 127, "no program is 127");
	ok(exec_capture(ARGV("sh", "-c", "kill -TERM $$"), 10000, &out, &e) == 143, "a signal is 128 more");
	ok(exec_capture(ARGV("sleep", "60"), 30, &out, &e) == -1 && e.kind == ERR_TIMEOUT, "time is up: %s", e.msg);
}

/* The undo of a step is left when what it guards against is there. */
static void guarded_undo(void)
{
	struct plan p = { 0 };
	struct err e;

	for (int kept = 0; kept < 2; kept++) {
		plan_file(&p, "a file", at("gu.file"), 0644, "");
		plan_remove(&p, "gone", at("gu.file"));
		plan_undo(&p);
		p.steps.v[0].undo->guard = at("gu.kept");
		if (kept)
			plan_file(&p, "published", at("gu.kept"), 0644, "");
		plan_run(&p, "fails", ARGV("false"));
		ok(run(&p, &e) == -1 && file_exists(at("gu.file")) == kept, kept ? "a guarded undo is left" : "an undo is done");
		plan_done(&p);
	}
}

static const struct step_status meanings[] = {
	{ 6, ERR_BUSY, NULL }, { 7, ERR_NOT_FOUND, "there is no such thing (try another)" }, { 0, 0, NULL },
};

static void statuses(void)
{
	static const struct { const char *script; int end; enum err_kind kind; const char *want; } rows[] = {
		{ "echo mine; exit 5", -1, ERR_FAILED, "w: sh: mine (status 5)" },
		{ "echo mine; exit 6", -1, ERR_BUSY, "w: sh: mine (status 6)" },
		{ "echo mine; exit 7", -1, ERR_NOT_FOUND, "w: there is no such thing (try another)" },
		{ "echo mine", 0, 0, "" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct plan p = { 0 };
		struct err e;

		plan_run(&p, "w", ARGV("sh", "-c", rows[i].script))->statuses = meanings;
		ok(run(&p, &e) == rows[i].end && (!rows[i].end || e.kind == rows[i].kind), "%s: its kind", rows[i].script);
		is(e.msg, rows[i].want, "and its words");
		plan_done(&p);
	}
}

static void privileges(void)
{
	struct plan p = { 0 };
	struct err e;

	for (int may = 0; may < 2; may++) {
		plan_daemon(&p, "guest", ARGV("sh", "-c", "grep NoNewPrivs /proc/self/status"), at("p.lock"), at("p.log"),
			    (uid_t)-1, (gid_t)-1)->new_privs = may;
		plan_wait(&p, "gone", WAIT_GONE, at("p.lock"), 10000);
	}
	ok(run(&p, &e) == 0, "with and without rights to gain: %s", e.msg);
	is(said(at("p.log")), arena_fmt(&scratch_mem, "NoNewPrivs:\t1\nNoNewPrivs:\t%s\n",
	   strstr(said("/proc/self/status"), "NoNewPrivs:\t1") ? "1" : "0"), "only who is told may");
	plan_done(&p);
}

static void reads(void)
{
	DEFER(str_done) struct str out = { 0 };

	put(at("read.a"), "first\nsecond\n");
	put(at("read.b"), "");
	put(at("read.c"), "no line end");
	exec_read(at("read.a"), NULL, &out);
	is(out.s, "first\nsecond\n", "a plain file is read whole");
	str_clear(&out);
	exec_read(at("read.*"), NULL, &out);
	is(out.s, arena_fmt(&scratch_mem, "%s first\n%s \n%s no line end\n", at("read.a"), at("read.b"), at("read.c")),
	   "of those that match, the path and the first line");
	str_clear(&out);
	exec_read(at("read.none"), NULL, &out);
	exec_read(at("none.*"), NULL, &out);
	is(str_text(&out), "", "nothing there is nothing");
}

int main(void)
{
	scratch_begin();
	files();
	publish();
	guards();
	undoing();
	messages();
	programs();
	secrets();
	traces();
	dies();
	progress();
	locks();
	interrupted();
	helpers();
	daemons();
	ends_only_the_holder();
	dies_at_once();
	other_user();
	trouble();
	captures();
	guarded_undo();
	statuses();
	privileges();
	reads();
	scratch_end();
	return tap_done();
}
