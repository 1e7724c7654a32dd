/* SPDX-License-Identifier: ISC */
/*
 * Commands and copies by every way into a guest: an agent, and words in front of the
 * command. The guest is this host, so what was done is looked at with our own eyes.
 */
#include "tap.h"

#include <fcntl.h>

#include "app/copy.h"
#include "app/enter.h"
#include "app/inside.h"
#include "fake_agent.h"
#include "model/plan.h"
#include "scratch.h"

static const char *sock;

/*
 * One takes a command inside as lxc-attach does: it stays outside, and passes no signal
 * on. One as vzctl exec2 does: a shell reads what its words make when they are joined.
 */
static const struct way {
	const char *name;
	const char *const *prefix;      /* NULL: the agent */
	struct fake_agent agent;
	bool quotes;
} ways[] = {
	{ "agent", NULL, { .piece = 0 }, false },
	{ "slow agent", NULL, { .busy_answers = 4, .take = 10000 }, false },
	{ "env", ARGV("env"), { 0 }, false },
	{ "attach", ARGV("sh", "-c", "exec 3<&0; \"$@\" <&3 3<&- & exec 2>/dev/null; wait $!", "sh"), { 0 }, false },
	{ "exec2", ARGV("sh", "-c", "exec bash -c \"$*\"", "sh"), { 0 }, true },
};

static const struct way *way;

static bool opened(struct inside *in, struct err *e)
{
	if (!way->prefix)
		return inside_open_agent(in, sock, 2000, e) == 0;
	inside_open_prefix(in, way->prefix, way->quotes);
	return true;
}

static bool same(const char *one, const char *other)
{
	size_t n = 0, m = 1;
	struct err e = { 0 };
	DEFER(free_str) char *a = file_read(one, 64 << 20, &n, &e);
	DEFER(free_str) char *b = file_read(other, 64 << 20, &m, &e);

	return a && b && n == m && !memcmp(a, b, n);
}

/* Every byte value, and a size that is no multiple of anything. */
static void make_blob(const char *path, size_t n)
{
	char *buf = xmalloc(n);
	unsigned x = 1;

	for (size_t i = 0; i < n; i++)
		buf[i] = (char)((x = x * 1103515245u + 12345u) >> 16);
	ok(file_write(path, buf, n, 0640, &(struct err){ 0 }) == 0, "a file of %zu bytes", n);
	free(buf);
}

static size_t entries(const char *dir)
{
	struct words w = { 0 };

	dir_list(dir, &w, &scratch_mem, &(struct err){ 0 });
	return w.n;
}

static void copies(void)
{
	const char *here = at("here"), *there = at("there"), *blob = at("here/blob");
	struct inside in = { 0 };
	struct err e = { 0 };

	tree_remove(here, &e);
	tree_remove(there, &e);
	ok(dir_make(here, 0755, &e) == 0 && dir_make(there, 0755, &e) == 0, "two places");
	make_blob(blob, 234567);
	ok(opened(&in, &e), "connected %s", e.msg);
	ok(copy_in(&in, blob, at("there/other"), &e) == 0, "in, under another name %s", e.msg);
	ok(same(blob, at("there/other")) && mode_of(at("there/other")) == 0640, "whole, with its mode");
	ok(copy_in(&in, blob, there, &e) == 0 && same(blob, at("there/blob")), "into a directory %s", e.msg);
	ok(copy_out(&in, at("there/other"), here, &e) == 0, "out, into a directory %s", e.msg);
	ok(same(blob, at("here/other")) && mode_of(at("here/other")) == 0640, "whole, with its mode");
	ok(copy_out(&in, at("there/blob"), at("here/other"), &e) == 0, "replacing a file %s", e.msg);
	ok(entries(there) == 2 && entries(here) == 2, "nothing temporary stays");
	inside_close(&in);
}

static void refusals(void)
{
	struct inside in = { 0 };
	struct err e = { 0 };

	ok(opened(&in, &e), "connected %s", e.msg);
	ok(copy_in(&in, at("here/blob"), "relative", &e) < 0 && e.kind == ERR_USAGE, "%s", e.msg);
	ok(copy_in(&in, at("here/none"), "/tmp", &e) < 0 && e.kind == ERR_NOT_FOUND, "%s", e.msg);
	ok(copy_in(&in, at("here/blob"), at("none/x"), &e) < 0 &&
	   strstr(e.msg, "No such file or directory"), "%s", e.msg);
	ok(copy_out(&in, at("there/none"), at("here"), &e) < 0 &&
	   strstr(e.msg, "No such file or directory"), "%s", e.msg);
	ok(copy_out(&in, at("there/blob"), at("none/x"), &e) < 0 && e.kind == ERR_NOT_FOUND, "%s", e.msg);
	inside_close(&in);
}

static void directories(void)
{
	struct inside in = { 0 };
	struct err e = { 0 };

	ok(dir_make(at("here/tree/deep"), 0750, &e) == 0, "a tree");
	make_blob(at("here/tree/deep/blob"), 300001);
	ok(symlink("deep/blob", at("here/tree/link")) == 0, "with a link");
	ok(opened(&in, &e), "connected %s", e.msg);
	ok(copy_in(&in, at("here/tree/"), at("there/new"), &e) == 0, "in, under a new name %s", e.msg);
	ok(same(at("here/tree/deep/blob"), at("there/new/link")), "whole, link and all");
	ok(mode_of(at("there/new/deep")) == 0750, "modes are kept");
	ok(copy_in(&in, at("here/tree"), at("there"), &e) == 0, "into a directory %s", e.msg);
	ok(copy_in(&in, at("here/tree"), at("there"), &e) < 0 && e.kind == ERR_EXISTS, "twice: %s", e.msg);
	ok(copy_out(&in, at("there/new"), at("here"), &e) == 0, "out %s", e.msg);
	ok(same(at("here/tree/deep/blob"), at("here/new/deep/blob")), "whole");
	ok(copy_out(&in, at("there/new"), at("here"), &e) < 0 && e.kind == ERR_EXISTS, "twice: %s", e.msg);
	ok(entries(at("there")) == 4 && entries(at("here")) == 4, "nothing temporary stays");
	inside_close(&in);
}

/* The old file stays when the new one does not come through. */
static void half_by_agent(void)
{
	struct fake_agent how = { .fail_writes_after = 3 };
	pid_t pid = fake_agent(sock, &how);
	size_t before = entries(at("there"));
	struct inside in = { 0 };
	struct err e = { 0 };

	make_blob(at("here/blob"), 900000);
	ok(opened(&in, &e), "an agent whose disk fills up");
	ok(copy_in(&in, at("here/blob"), at("there/other"), &e) < 0, "%s", e.msg);
	ok(strstr(e.msg, "No space left") != NULL, "the reason comes through");
	ok(same(at("there/other"), at("here/other")), "the old file is as it was");
	ok(entries(at("there")) == before, "and no half one beside it");
	inside_close(&in);
	fake_agent_end(pid);
}

static void commands(void)
{
	static const struct {
		const char *argv[4], *input;
		int status;
		const char *out, *err;
	} rows[] = {
		{ { "true" }, NULL, 0, "", "" },
		{ { "printf", "%s|", "it's $HOME \"x\" \\n" }, NULL, 0, "it's $HOME \"x\" \\n|", "" },
		{ { "cat" }, "from outside\n", 0, "from outside\n", "" },
		{ { "cat" }, NULL, 0, "", "" },
		{ { "sh", "-c", "echo out; echo err >&2; exit 7" }, NULL, 7, "out\n", "err\n" },
		{ { "sh", "-c", "kill -9 $$" }, NULL, 137, "", "" },
		{ { "nosuch" }, NULL, 127, "", NULL },
	};
	struct inside in = { 0 };
	struct err e = { 0 };

	ok(opened(&in, &e), "%s: connected %s", way->name, e.msg);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		DEFER(outcome_done) struct outcome r = { 0 };
		DEFER(close_fd) int fd = -1;

		if (rows[i].input) {
			put(at("input"), rows[i].input);
			fd = open(at("input"), O_RDONLY | O_CLOEXEC);
		}
		ok(inside_exec(&in, rows[i].argv, fd, &r, &e) == 0, "%s %s", rows[i].argv[0], e.msg);
		ok(r.status == rows[i].status, "status %d", r.status);
		is(str_text(&r.out), rows[i].out, "standard output");
		if (rows[i].err)
			is(str_text(&r.err), rows[i].err, "standard error");
		else
			ok(strstr(str_text(&r.err), "nosuch") != NULL, "standard error names it: %s", str_text(&r.err));
	}
	ok(inside_do(&in, ARGV("sh", "-c", "echo first >&2; echo last words >&2; exit 3"), NULL, &e) < 0, "a command fails");
	is(e.msg, "in the guest: last words (status 3)", "its last words are the error");
	ok(inside_do(&in, ARGV("false"), NULL, &e) < 0, "one without words");
	is(e.msg, "in the guest: a command failed (status 1)", "is an error too");
	inside_close(&in);
}

/* A command that outlives our interest is ended in the guest. */
static void interrupted(void)
{
	const char *mark = at("running");
	const char *script = arena_fmt(&scratch_mem,
		"trap 'echo ended >%s; exit' TERM; echo yes >%s; kill -INT %d; while :; do sleep 0.02; done",
		mark, mark, getpid());
	DEFER(outcome_done) struct outcome r = { 0 };
	struct inside in = { 0 };
	struct err e = { 0 };

	unlink(mark);
	ok(opened(&in, &e), "connected %s", e.msg);
	intr_begin();
	ok(inside_exec(&in, ARGV("sh", "-c", script), -1, &r, &e) < 0, "%s: %s", way->name, e.msg);
	intr_end();
	ok(strstr(e.msg, "interrupted") != NULL, "and says so");
	ok(until(str_eq(said(mark), "ended\n")), "and got its signal in the guest");
	inside_close(&in);
}

/* So is one that never stops talking. */
static void talker(void)
{
	const char *script = arena_fmt(&scratch_mem, "(sleep 0.1; kill -INT %d) & exec yes", getpid());
	DEFER(outcome_done) struct outcome r = { 0 };
	struct inside in = { 0 };
	struct err e = { 0 };

	ok(opened(&in, &e), "connected %s", e.msg);
	intr_begin();
	ok(inside_exec(&in, ARGV("sh", "-c", script), -1, &r, &e) < 0, "%s: %s", way->name, e.msg);
	intr_end();
	is(e.msg, "interrupted", "a talker is interrupted");
}

/* Somebody who begins to fill a fifo, interrupts us, and lets nobody see its end. */
static pid_t hesitant(const char *fifo)
{
	pid_t parent = getpid(), pid;

	unlink(fifo);
	if (mkfifo(fifo, 0644) < 0)
		abort();
	fflush(stdout);
	pid = fork();
	if (!pid) {
		int fd = open(fifo, O_WRONLY);

		if (write(fd, "half", 4) != 4)
			_exit(1);
		kill(parent, SIGINT);
		poll(NULL, 0, 60000);
		_exit(0);
	}
	return pid;
}

static void given_up(void)
{
	const char *fifo = at("fifo");
	size_t here, there;
	struct inside in = { 0 };
	struct err e = { 0 };
	pid_t pid;

	put(at("there/old"), "old");
	put(at("here/old"), "old");
	here = entries(at("here"));
	there = entries(at("there"));
	ok(opened(&in, &e), "connected %s", e.msg);
	pid = hesitant(fifo);
	ok(copy_in(&in, fifo, at("there/old"), &e) < 0 && strstr(e.msg, "interrupted"), "in: %s", e.msg);
	fake_agent_end(pid);
	pid = hesitant(fifo);
	ok(copy_out(&in, fifo, at("here/old"), &e) < 0 && strstr(e.msg, "interrupted"), "out: %s", e.msg);
	fake_agent_end(pid);
	is(said(at("there/old")), "old", "the old file there is as it was");
	is(said(at("here/old")), "old", "and the one here");
	ok(entries(at("here")) == here && entries(at("there")) == there, "no half one is left");
	inside_close(&in);
}

/* More than any pipe, agent or line buffer holds. */
static void much(void)
{
	enum { MUCH = 20 << 20 };
	const char *blob = at("here/much");
	DEFER(outcome_done) struct outcome r = { 0 };
	DEFER(close_fd) int fd = -1;
	struct inside in = { 0 };
	struct err e = { 0 };

	make_blob(blob, MUCH);
	fd = open(blob, O_RDONLY | O_CLOEXEC);
	ok(opened(&in, &e), "connected %s", e.msg);
	ok(inside_exec(&in, ARGV("tee", at("there/much")), fd, &r, &e) == 0 && !r.status,
	   "%s takes and gives it %s", way->name, e.msg);
	ok(r.out.n == MUCH && same(blob, at("there/much")), "%zu bytes came back", r.out.n);
	ok(copy_in(&in, blob, at("there/copy"), &e) == 0 && same(blob, at("there/copy")), "as a file in %s", e.msg);
	ok(copy_out(&in, at("there/copy"), at("here/back"), &e) == 0 && same(blob, at("here/back")), "and out %s", e.msg);
	inside_close(&in);
}

static void half_by_words(void)
{
	DEFER(close_fd) int fd = open(at("here/blob"), O_RDONLY | O_CLOEXEC);
	struct inside in = { 0 };
	struct err e = { 0 };

	ok(opened(&in, &e) && inside_send(&in, fd, "/dev/full", &e) < 0, "a disk that is full");
	ok(strstr(e.msg, "in the guest: ") && strstr(e.msg, "No space left"), "the reason comes through: %s", e.msg);
}

static void limits(void)
{
	DEFER(outcome_done) struct outcome r = { 0 };
	struct enter streams = { .in = -1, .out = -1, .timeout_ms = 50 };
	struct err e = { 0 };

	ok(enter_run(ARGV("sleep", "1000"), &streams, &r, &e) < 0 && e.kind == ERR_TIMEOUT, "who hangs is left: %s", e.msg);
	ok(enter_run(ARGV("nosuch-attach"), &streams, &r, &e) < 0 && e.kind == ERR_NOT_FOUND,
	   "a program missing here: %s", e.msg);
}

static int words_of(const struct guest *g, const struct facts *f, struct words *argv, struct arena *a, struct err *e)
{
	words_add(argv, a, "env");
	words_add(argv, a, arena_fmt(a, "GUEST=%s", g->name));
	return 0;
}

static void freezer_of(const struct guest *g, const struct facts *f, struct words *files, struct arena *a)
{
	words_add(files, a, at("freezer.none"));
	words_add(files, a, at("freezer.other"));
	words_add(files, a, at("freezer"));
}

static int no_pause(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	return 0;
}

/* Whether a guest may be entered: a paused one would keep us for ever. */
static void doors(void)
{
	static const struct driver driver = { .name = "paper", .plan = { [VERB_PAUSE] = no_pause },
					      .enter = words_of, .freezer = freezer_of };
	static const struct { const char *freezer; enum state state; const char *error, *other; } rows[] = {
		{ "THAWED\n", STATE_RUNNING, NULL, NULL },
		{ "0\n", STATE_RUNNING, NULL, NULL },
		{ NULL, STATE_RUNNING, "'web' is not running (berth start web)", NULL },      /* says the survey */
		{ "FROZEN\n", STATE_RUNNING, "'web' is paused (berth resume web)", NULL },
		{ "FREEZING\n", STATE_RUNNING, "'web' is paused (berth resume web)", NULL },
		{ "1\n", STATE_RUNNING, "'web' is paused (berth resume web)", NULL },
		{ "1\n", STATE_RUNNING, "'web' is paused (berth resume web)", "THAWED\n" },
		{ "0\n", STATE_RUNNING, "'web' is paused (berth resume web)", "FROZEN\n" },
		{ NULL, STATE_RUNNING, NULL, "THAWED\n" },
		{ NULL, STATE_BUILT, "'web' is not running (berth start web)", NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct target t = { .guest = { .name = "web" }, .driver = &driver, .facts = { .state = rows[i].state,
					    .data_dir = scratch_dir, .run_dir = scratch_dir } };
		DEFER(str_done) struct str out = { 0 };
		struct inside in = { 0 };
		struct err e = { 0 };
		int failed;

		unlink(at("freezer"));
		unlink(at("freezer.other"));
		if (rows[i].other)
			put(at("freezer.other"), rows[i].other);
		if (rows[i].freezer)
			put(at("freezer"), rows[i].freezer);
		failed = inside_open(&t, NULL, &in, &scratch_mem, &e);
		is(failed ? e.msg : NULL, rows[i].error, rows[i].freezer ? rows[i].freezer : "no freezer");
		if (!failed)
			ok(inside_do(&in, ARGV("sh", "-c", "echo $GUEST"), &out, &e) == 0 && str_eq(out.s, "web\n"), "inside");
	}
}

static void every_way(void)
{
	pid_t pid = way->prefix ? 0 : fake_agent(sock, &way->agent);

	commands();
	interrupted();
	copies();
	refusals();
	directories();
	if (way->prefix) {
		talker();
		given_up();
		much();
		half_by_words();
	}
	if (pid)
		fake_agent_end(pid);
	if (!way->prefix)
		half_by_agent();
}

int main(void)
{
	scratch_begin();
	sock = at("agent.sock");
	for (way = ways; way < ways + sizeof ways / sizeof *ways; way++)
		every_way();
	limits();
	doors();
	scratch_end();
	return tap_done();
}
