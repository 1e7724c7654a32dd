/* SPDX-License-Identifier: ISC */
/* The script of a plan does what the plan does: the same plan both ways, and the two trees compared. */
#include "tap.h"

#include <signal.h>

#include "exec/exec.h"
#include "scratch.h"
#include "sys/lock.h"

static const char awkward[] = "it's $HOME, `id` and \\n\n\ttabs\nEOF\n  end\n";

static const char *const bad_lines[] = { "E:", "W.", NULL };

static char *secret(void *arg, const char *how, const char *key_path, struct err *e)
{
	return xstrdup(str_eq(how, "crypt") ? "$y$j9T$x/y" : "it's \"$secret\"");
}

static void start_script(void)
{
	setenv("BERTH_SECRET_CRYPT_USERS_U0_PASSWD", "$y$j9T$x/y", 1);
	setenv("BERTH_SECRET_PLAIN_ROOT_PASSWD", "it's \"$secret\"", 1);
}

/* Every kind of step that leaves something in a tree. */
static void sample(struct plan *p, const char *d)
{
	struct step *s;

	p->title = "sample";
	plan_dir(p, "folders", plan_fmt(p, "%s/a b/c", d), 0750);
	plan_dir(p, "a private one", plan_fmt(p, "%s/p", d), 0700)->uid = getuid();
	plan_dir(p, "one that was open", plan_fmt(p, "%s/closed", d), 0755);
	plan_dir(p, "and is not any more", plan_fmt(p, "%s/closed", d), 0711)->uid = getuid();
	plan_lock(p, "a lock", plan_fmt(p, "%s/lock", d), false);
	plan_lock(p, "another", plan_fmt(p, "%s/lock2", d), true);
	plan_lock(p, "the first again", plan_fmt(p, "%s/lock", d), false);
	plan_file(p, "awkward text", plan_fmt(p, "%s/a b/it's", d), 0604, awkward);
	plan_file(p, "no newline", plan_fmt(p, "%s/plain", d), 0644, "no newline at the end");
	plan_file(p, "nothing", plan_fmt(p, "%s/empty", d), 0600, "");
	plan_file(p, "control", plan_fmt(p, "%s/control", d), 0600, "a\r\n\033[1m\n");
	plan_file(p, "more", plan_fmt(p, "%s/plain", d), 0644, "\nmore\n")->append = true;
	plan_file(p, "fresh", plan_fmt(p, "%s/fresh", d), 0640, "x")->append = true;
	plan_file(p, "shadow", plan_fmt(p, "%s/p/shadow", d), 0600,
		  plan_fmt(p, "u0:%s:1\n'%s'\n", plan_secret(p, "crypt", "users.u0.passwd"),
			   plan_secret(p, "plain", "root.passwd")));
	plan_file(p, "keeps its mode", plan_fmt(p, "%s/empty", d), 0, "now full\n");
	plan_link(p, "a link", plan_fmt(p, "%s/link", d), "a b");
	plan_link(p, "replaced", plan_fmt(p, "%s/link", d), "plain");
	plan_dir(p, "old", plan_fmt(p, "%s/pub", d), 0755);
	plan_file(p, "old", plan_fmt(p, "%s/pub/old", d), 0644, "old\n");
	plan_dir(p, "new", plan_fmt(p, "%s/pub.new", d), 0755);
	plan_file(p, "new", plan_fmt(p, "%s/pub.new/new", d), 0644, "new\n");
	plan_move(p, "publish", plan_fmt(p, "%s/pub.new", d), plan_fmt(p, "%s/pub", d));
	plan_move(p, "a file over a file", plan_fmt(p, "%s/fresh", d), plan_fmt(p, "%s/plain", d));
	plan_dir(p, "to be removed", plan_fmt(p, "%s/gone/deep", d), 0755);
	plan_remove(p, "removed", plan_fmt(p, "%s/gone", d));
	plan_remove(p, "not there", plan_fmt(p, "%s/nothing", d));
	plan_guard(p, plan_fmt(p, "%s/made", d));
	plan_run(p, "only once", ARGV("sh", "-c", "echo once >>$0", plan_fmt(p, "%s/count", d)));
	plan_file(p, "made", plan_fmt(p, "%s/made", d), 0644, "");
	plan_guard(p, NULL);
	plan_run(p, "always", ARGV("sh", "-c", "echo always >>$0", plan_fmt(p, "%s/count", d)));
	plan_run(p, "reads nothing", ARGV("sh", "-c", "! read -r line"));
	s = plan_run(p, "in and out", ARGV("sh", "-c", "pwd | sed 's,.*/,,'; cat"));
	s->cwd = plan_fmt(p, "%s/a b", d);
	s->stdin_text = "line\nlast";
	s->stdout_path = plan_fmt(p, "%s/out", d);
	s = plan_run(p, "checked", ARGV("sh", "-c", "echo 'no E: here'; cat >$0", plan_fmt(p, "%s/checked", d)));
	s->fail_lines = bad_lines;
	s->stdin_text = plan_secret(p, "plain", "root.passwd");
	plan_run(p, "may fail", ARGV("false"))->may_fail = true;
	plan_spawn(p, "helper", ARGV("sh", "-c", "echo up >$0; exec sleep 100", plan_fmt(p, "%s/helper", d)));
	plan_run(p, "its sign", ARGV("sh", "-c", "until [ -s \"$0\" ]; do sleep 0.01; done", plan_fmt(p, "%s/helper", d)));
	plan_spawn(p, "short helper", ARGV("true"));
	plan_wait(p, "its end", WAIT_SPAWN, NULL, 10000);
	plan_wait(p, "held by us", WAIT_GONE, plan_fmt(p, "%s/lock", d), 20);
	plan_file(p, "the other way", plan_fmt(p, "%s/otherwise", d), 0644, "taken\n");
	plan_otherwise(p);
	plan_file(p, "and on", plan_fmt(p, "%s/otherwise", d), 0644, "twice\n")->append = true;
	plan_otherwise(p);
	plan_wait(p, "free", WAIT_GONE, plan_fmt(p, "%s/never", d), 20);
	plan_file(p, "not this way", plan_fmt(p, "%s/not", d), 0644, "");
	plan_otherwise(p);
}

/* Undo of what was done, and of what was not; then a failure. */
static void failing(struct plan *p, const char *d)
{
	struct step *s;

	sample(p, d);
	for (int i = 0; i < 3; i++) {
		plan_file(p, "undone", plan_fmt(p, "%s/f%d", d, i), 0644, "x");
		plan_run(p, "take back", ARGV("sh", "-c", "mv $0 $0.undone; echo $0 | sed 's,.*/,,' >>$1/undo",
					      plan_fmt(p, "%s/f%d", d, i), d));
		plan_undo(p);
	}
	plan_run(p, "may fail", ARGV("false"))->may_fail = true;
	plan_run(p, "not taken back", ARGV("sh", "-c", "echo wrong >>$0", plan_fmt(p, "%s/undo", d)));
	plan_undo(p);
	s = plan_run(p, "fails by its words", ARGV("sh", "-c", "echo 'Ex: fine'; echo 'W.x'"));
	s->fail_lines = bad_lines;
	plan_file(p, "never", plan_fmt(p, "%s/never-written", d), 0644, "");
}

/* Kinds, modes, sizes and contents of everything below a directory. */
static const char *tree(const char *d)
{
	DEFER(str_done) struct str out = { 0 };
	struct err e = { 0 };

	exec_capture(ARGV("sh", "-c", "cd $0 && find . -printf '%P %y %m %l\\n' | sort &&"
				      " find . -type f ! -name 'lock*' -print -exec cat {} \\; | sort", d), 20000, &out, &e);
	return arena_str(&scratch_mem, str_text(&out));
}

static int run_script(struct plan *p, struct str *text)
{
	DEFER(str_done) struct str out = { 0 };
	struct err e = { 0 };

	str_clear(text);
	plan_script(p, text);
	put(at("script"), text->s);
	return exec_capture(ARGV("timeout", "60", "sh", at("script")), 70000, &out, &e);
}

static void lint(void)
{
	DEFER(str_done) struct str out = { 0 };
	struct err e = { 0 };
	int status = exec_capture(ARGV("shellcheck", "-s", "sh", at("script")), 60000, &out, &e);

	if (status == 127) {
		skip("shellcheck finds nothing", "it is not installed");
		return;
	}
	ok(status == 0, "shellcheck finds nothing");
	if (status)
		tap_note("shellcheck", str_text(&out));
}

static void compare(const char *name, void (*make)(struct plan *, const char *), int times, int want)
{
	const char *mine = at("%s.run", name), *its = at("%s.script", name);
	DEFER(str_done) struct str text = { 0 };
	struct exec x = { .secret = secret };
	struct err e = { 0 };
	int ran = 0, scripted = 0;

	mkdir(mine, 0755);
	mkdir(its, 0755);
	for (int i = 0; i < times; i++) {
		struct plan a = { 0 }, b = { 0 };

		make(&a, mine);
		make(&b, its);
		ran = plan_execute(&a, &x, &e);
		scripted = run_script(&b, &text);
		plan_done(&a);
		plan_done(&b);
	}
	ok(ran == want, "%s: the plan, %d times: %s", name, times, e.msg);
	ok(!ran == !scripted, "%s: the script comes to the same end (%d)", name, scripted);
	is(tree(its), tree(mine), "the trees are the same");
	ok(strlen(tree(mine)) > 500, "and not empty");
	ok(!strstr(text.s, "$secret"), "the script has no secret");
	lint();
}

static void guest(void)
{
	const char *lock = at("guest.lock");
	DEFER(str_done) struct str text = { 0 };
	struct plan p = { 0 };
	struct err e = { 0 };

	plan_lock(&p, "other", at("other.lock"), false);
	plan_daemon(&p, "guest", ARGV("sh", "-c", "echo here; exec sleep 300"), lock, at("guest.log"), getuid(), getgid());
	ok(run_script(&p, &text) == 0, "a guest is started by a script");
	lint();
	ok(lock_held(lock), "and holds its lock when the script has ended");
	ok(!lock_held(at("other.lock")), "but no other lock of the script");
	ok(until(str_eq(said(at("guest.log")), "here\n")), "its output is kept");
	ok(mode_of(at("guest.log")) == 0600, "in private");
	ok(run_script(&p, &text) == 6, "a second one is busy");
	plan_done(&p);

	plan_end(&p, "end", lock);
	plan_wait(&p, "gone", WAIT_GONE, lock, 10000);
	ok(run_script(&p, &text) == 0 && !lock_held(lock), "a script ends it");
	ok(run_script(&p, &text) == 0, "nobody there is fine");
	lint();
	plan_done(&p);

	plan_lock(&p, "before", lock, false);
	plan_daemon(&p, "guest", ARGV("sleep", "300"), lock, at("guest.log"), (uid_t)-1, (gid_t)-1);
	ok(run_script(&p, &text) == 0 && lock_held(lock), "a lock that the script has goes on to the guest");
	plan_done(&p);
	plan_end(&p, "end", lock);
	ok(plan_execute(&p, &(struct exec){ 0 }, &e) == 0 && !lock_held(lock), "and the runner ends that one: %s", e.msg);
	plan_done(&p);
}

static bool in_path(const char *program)
{
	DEFER(str_done) struct str out = { 0 };
	struct err e = { 0 };

	return exec_capture((const char *const[]){ program, program[0] == 's' ? "-V" : "--version", NULL }, 10000, &out, &e) == 0;
}

static bool signal_holder(const char *lock, int signal)
{
	DEFER(free_str) char *who = lock_holder(lock);
	int pid = 0;

	return sscanf(who, "pid %d", &pid) == 1 && pid > 1 && kill(pid, signal) == 0;
}

/* A job that QEMU does without a guest. */
static const char *job_text(struct plan *p, const char *file)
{
	return plan_fmt(p, "{\"execute\":\"blockdev-create\",\"arguments\":{\"job-id\":\"make\",\"options\":"
			"{\"driver\":\"file\",\"size\":512,\"filename\":\"%s\"}}}", file);
}

static void real_qemu(void)
{
	const char *lock = at("q.lock"), *sock = at("q.sock");
	DEFER(str_done) struct str text = { 0 };
	struct plan p = { 0 };
	long began;

	if (!in_path("qemu-system-x86_64") || !in_path("socat")) {
		skip("a real QEMU by a script", "it is not installed");
		return;
	}
	plan_daemon(&p, "QEMU", ARGV("qemu-system-x86_64", "-M", "none", "-nodefaults", "-display", "none", "-S", "-qmp",
				     plan_fmt(&p, "unix:%s,server=on,wait=off", sock)), lock, at("q.log"), (uid_t)-1, (gid_t)-1);
	plan_end(&p, "end it", lock);
	plan_undo(&p);
	plan_wait(&p, "ready", WAIT_QMP, sock, 30000);
	plan_wait(&p, "listens", WAIT_SOCKET, sock, 30000);
	plan_qmp(&p, "go on", sock, "{\"execute\":\n\"cont\"}");
	ok(run_script(&p, &text) == 0 && lock_held(lock), "a script starts a real QEMU");
	lint();
	plan_done(&p);

	plan_qmp(&p, "wrong", sock, "{\"execute\":\"no-such\"}");
	ok(run_script(&p, &text) == 1, "an error of QEMU is one of the script");
	plan_done(&p);

	/* Whoever answers nobody is not waited for longer than said. */
	ok(signal_holder(lock, SIGSTOP), "the script has signed for the lock");
	began = now_ms();
	plan_qmp(&p, "quit", sock, "{\"execute\":\"quit\"}")->timeout_ms = 200;
	ok(run_script(&p, &text) == 1 && now_ms() - began < 20000, "one that hangs fails in time");
	lint();
	plan_done(&p);
	signal_holder(lock, SIGCONT);

	plan_qmp(&p, "begin", sock, job_text(&p, at("made.raw")));
	plan_wait_job(&p, "until it is made", sock, "make");
	plan_qmp(&p, "again", sock, job_text(&p, at("made.raw")));
	plan_wait_job(&p, "until it is made", sock, "make");
	ok(run_script(&p, &text) == 0 && file_exists(at("made.raw")), "it waits for a job, which is dismissed");
	lint();
	plan_done(&p);

	plan_qmp(&p, "begin", sock, job_text(&p, at("nowhere/made.raw")));
	plan_wait_job(&p, "until it is made", sock, "make");
	ok(run_script(&p, &text) == 1, "a job that fails is a failure");
	plan_done(&p);

	plan_wait_job(&p, "until it is made", sock, "make");
	ok(run_script(&p, &text) == 1, "so is one that is not there, or no more");
	plan_done(&p);

	plan_wait_refused(&p, "gone", sock, "{\"execute\":\"no-such\"}", 10000);
	ok(run_script(&p, &text) == 0, "what is refused has been waited for");
	lint();
	plan_done(&p);
	plan_wait_refused(&p, "it runs", sock, "{\"execute\":\"query-status\"}", 30);
	ok(run_script(&p, &text) == 7, "what is answered is not");
	plan_done(&p);
	plan_wait_taken(&p, "it runs", sock, "{\"execute\":\"query-status\"}", 10000);
	ok(run_script(&p, &text) == 0, "it has been taken");
	lint();
	plan_done(&p);
	plan_wait_taken(&p, "no such", sock, "{\"execute\":\"no-such\"}", 30);
	ok(run_script(&p, &text) == 7, "what is refused has not");
	plan_done(&p);

	plan_qmp(&p, "quit", sock, "{\"execute\":\"quit\"}");
	plan_wait(&p, "gone", WAIT_GONE, lock, 30000);
	ok(run_script(&p, &text) == 0 && !lock_held(lock), "and asks it to quit");
	plan_done(&p);

	plan_daemon(&p, "QEMU", ARGV("qemu-system-x86_64", "-M", "no-such"), lock, at("q.log"), (uid_t)-1, (gid_t)-1);
	plan_wait(&p, "ready", WAIT_QMP, sock, 60000);
	ok(run_script(&p, &text) == 1, "a QEMU that ends is noticed");
	plan_done(&p);
}

/* A program that is asked again and again, and what it is asked about. */
static void asked_again(void)
{
	const char *count = at("asked.count"), *lock = at("asked.lock");
	DEFER(str_done) struct str text = { 0 };
	struct plan p = { 0 };
	long began = now_ms();

	plan_wait_true(&p, "says yes", ARGV("sh", "-c", "echo noise; echo x >>$0; [ $(wc -l <$0) -ge 3 ]", count), 60000);
	ok(run_script(&p, &text) == 0, "a script asks until a program says yes");
	lint();
	ok(str_starts(said(count), "x\nx\nx\n"), "and no less often");
	plan_done(&p);

	plan_wait_true(&p, "says yes", ARGV("false"), 200);
	ok(run_script(&p, &text) == 7, "not for ever");
	plan_done(&p);

	plan_daemon(&p, "guest", ARGV("sh", "-c", "echo why; exit 3"), lock, at("asked.log"), (uid_t)-1, (gid_t)-1);
	plan_wait_true(&p, "it runs", ARGV("false"), 50000);
	ok(run_script(&p, &text) > 0, "nor about who has ended");
	lint();
	ok(now_ms() - began < 40000, "which it notices");
	plan_done(&p);
}

static void says(void)
{
	const char *log = arena_str(&scratch_mem, at("says.file")), *lock = at("says.lock");
	DEFER(str_done) struct str text = { 0 };
	struct plan p = { 0 };

	plan_daemon(&p, "guest", ARGV("sh", "-c", "echo 'it is \"ready\"' >$0; exec sleep 60", log), lock, at("says.log"), (uid_t)-1, (gid_t)-1);
	plan_wait_says(&p, "it runs", log, "is \"rea", 60000);
	plan_end(&p, "end it", lock);
	ok(run_script(&p, &text) == 0, "a script hears what is written to a file");
	lint();
	plan_done(&p);

	plan_wait_says(&p, "it runs", log, "steady", 200);
	ok(run_script(&p, &text) == 7, "not for ever");
	plan_done(&p);
}

static void privileges(void)
{
	DEFER(str_done) struct str text = { 0 };
	struct plan p = { 0 };

	for (int may = 0; may < 2; may++) {
		const char *log = arena_str(&scratch_mem, at("priv.log"));

		plan_daemon(&p, "guest", ARGV("sh", "-c", "grep NoNewPrivs /proc/self/status"),
			    may ? at("may.lock") : at("may-not.lock"), log, (uid_t)-1, (gid_t)-1)->new_privs = may;
		/* Its lock may not have been taken yet: what it says is waited for. */
		plan_spawn(&p, "somebody to watch", ARGV("sleep", "60"));
		plan_wait_true(&p, "said", ARGV("grep", may ? "NoNewPrivs:.0" : "NoNewPrivs:.1", log), 10000);
	}
	ok(run_script(&p, &text) == 0, "guests that may gain rights, and that may not");
	lint();
	is(said(at("priv.log")), arena_fmt(&scratch_mem, "NoNewPrivs:\t1\nNoNewPrivs:\t%s\n",
	   strstr(said("/proc/self/status"), "NoNewPrivs:\t1") ? "1" : "0"), "only who is told may");
	plan_done(&p);
}

/* A file with several names has one owner, who is raised once; by the runner and by the script. */
static void shifted(void)
{
	DEFER(str_done) struct str text = { 0 };
	struct err e = { 0 };
	struct stat st;

	if (geteuid()) {
		skip("owners are raised", "only root can give files away");
		return;
	}
	for (int scripted = 0; scripted < 2; scripted++) {
		const char *dir = at(scripted ? "s2" : "s1");
		struct plan p = { 0 };
		struct exec x = { 0 };

		plan_run(&p, "a tree", ARGV("sh", "-c", "mkdir -p $0/a $0/b; echo x >$0/a/f; ln $0/a/f $0/a/g; ln $0/a/f $0/b/f;"
					    "chown 7:8 $0/a/f; chmod 4755 $0/a/f; ln -s /etc/passwd $0/b/l", dir));
		plan_shift(&p, "shifted", dir, 100000);
		ok((scripted ? run_script(&p, &text) : plan_execute(&p, &x, &e)) == 0, "owners are raised: %s", e.msg);
		ok(!lstat(arena_fmt(&scratch_mem, "%s/b/f", dir), &st) && st.st_uid == 100007 && st.st_gid == 100008 &&
		   (st.st_mode & 07777) == 04755, "once for a file with three names, its mode is kept");
		ok(!lstat(arena_fmt(&scratch_mem, "%s/b/l", dir), &st) && st.st_uid == 100000 && !stat("/etc/passwd", &st) &&
		   st.st_uid == 0, "a link itself, not where it leads");
		plan_done(&p);
	}
	lint();
}

/* What a program inherits of a script that holds locks. */
static void unlocked(void)
{
	DEFER(str_done) struct str text = { 0 };
	struct plan p = { 0 };

	plan_lock(&p, "one", at("one.lock"), false);
	plan_lock(&p, "two", at("two.lock"), false);
	plan_run(&p, "held", ARGV("sh", "-c", "! flock -n $0 true && ! flock -n $1 true", at("one.lock"), at("two.lock")));
	plan_run(&p, "not inherited", ARGV("sh", "-c", "for f in 5 6 7 8 9; do [ ! -e /proc/$$/fd/$f ] || exit 1; done"));
	plan_run(&p, "with input", ARGV("sh", "-c", "cat >$0; [ ! -e /proc/$$/fd/9 ]", at("input")))->stdin_text = "text\n";
	ok(run_script(&p, &text) == 0, "a program of a script has none of its locks");
	lint();
	is(said(at("input")), "text\n", "but its input");
	ok(strstr(text.s, "unlocked sh -c "), "because the script says so");
	plan_done(&p);
}

/* A hook: as another user, in a place of its own, and its failure is no failure. */
static void hook(void)
{
	DEFER(str_done) struct str text = { 0 };
	struct plan p = { 0 };
	struct step *s = plan_run(&p, "it's a hook", ARGV("sh", "-c", "id -u; pwd; exit 3"));

	s->may_fail = s->told = true;
	s->cwd = scratch_dir;
	s->timeout_ms = 5000;
	s->stdout_path = at("hook");
	if (!geteuid()) {
		s->uid = s->gid = 65534;
		chmod(scratch_dir, 0755);
	}
	ok(run_script(&p, &text) == 0, "a hook that fails ends no script");
	lint();
	is(said(at("hook")), arena_fmt(&scratch_mem, "%u\n%s\n", geteuid() ? geteuid() : 65534, scratch_dir), "who it is, and where");
	ok(strstr(text.s, "|| printf '%s: failed (status %s)\\n' \"$step\" \"$?\" >&2"), "and the script says so");
	plan_done(&p);
}

int main(void)
{
	scratch_begin();
	start_script();
	compare("sample", sample, 1, 0);
	compare("twice", sample, 2, 0);
	compare("failing", failing, 1, -1);
	is(said(at("failing.run/undo")), "f2\nf1\nf0\n", "undone backwards");
	is(said(at("failing.script/undo")), "f2\nf1\nf0\n", "also by the script");
	guest();
	asked_again();
	says();
	privileges();
	shifted();
	unlocked();
	hook();
	real_qemu();
	scratch_end();
	return tap_done();
}
