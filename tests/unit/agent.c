/* SPDX-License-Identifier: ISC */
/* Commands and copies through a guest agent that answers in awkward ways. */
#include "tap.h"

#include "app/agent.h"
#include "app/copy.h"
#include "fake_agent.h"
#include "model/plan.h"
#include "scratch.h"

static const char *sock;

static const struct fake_agent ways[] = {
	{ .piece = 0 },
	{ .piece = 3, .stale = true },
	{ .busy_answers = 4, .take = 10000 },
};

static void commands(const struct fake_agent *how)
{
	static const struct {
		const char *argv[4], *input;
		int status;
		const char *out, *err;
	} rows[] = {
		{ { "true" }, NULL, 0, "", "" },
		{ { "printf", "%s|", "a b" }, NULL, 0, "a b|", "" },
		{ { "printf", "%s|", "it's $HOME \"x\"" }, NULL, 0, "it's $HOME \"x\"|", "" },
		{ { "cat" }, "from outside\n", 0, "from outside\n", "" },
		{ { "cat" }, NULL, 0, "", "" },
		{ { "sh", "-c", "echo out; echo err >&2; exit 42" }, NULL, 42, "out\n", "err\n" },
		{ { "sh", "-c", "kill -9 $$" }, NULL, 137, "", "" },
		{ { "nosuch" }, NULL, 127, "", "nosuch: cannot be started in the guest\n" },
	};
	struct agent a = { 0 };
	struct err e = { 0 };

	ok(agent_open(&a, sock, 2000, &e) == 0, "the agent answers %s", e.msg);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		DEFER(agent_result_done) struct agent_result r = { 0 };
		const char *input = rows[i].input;

		ok(agent_exec(&a, rows[i].argv, input, input ? strlen(input) : 0, &r, &e) == 0, "%s %s", rows[i].argv[0], e.msg);
		ok(r.status == rows[i].status, "status %d", r.status);
		is(str_text(&r.out), rows[i].out, "standard output");
		is(str_text(&r.err), rows[i].err, "standard error");
		ok(!r.out_cut && !r.err_cut, "nothing is cut");
	}
	agent_close(&a);
	agent_close(&a);
}

static void cut_output(void)
{
	struct fake_agent how = { .keep = 5 };
	pid_t pid = fake_agent(sock, &how);
	DEFER(agent_result_done) struct agent_result r = { 0 };
	struct agent a = { 0 };
	struct err e = { 0 };

	ok(agent_open(&a, sock, 2000, &e) == 0, "an agent that keeps five bytes");
	ok(agent_exec(&a, ARGV("printf", "1234567"), NULL, 0, &r, &e) == 0, "is asked for seven");
	is(str_text(&r.out), "12345", "five come");
	ok(r.out_cut && !r.err_cut, "and it is told which output was cut");
	agent_close(&a);
	fake_agent_end(pid);
}

static void failures(void)
{
	struct fake_agent plain = { 0 }, deaf = { .deaf = true };
	pid_t pid = fake_agent(sock, &deaf);
	DEFER(str_done) struct str out = { 0 };
	struct agent a = { 0 };
	struct err e = { 0 };

	ok(agent_open(&a, sock, 100, &e) < 0 && e.kind == ERR_TIMEOUT, "a deaf agent is a matter of time: %s", e.msg);
	fake_agent_end(pid);
	pid = fake_agent(sock, &plain);
	ok(agent_open(&a, sock, 2000, &e) == 0, "one that hears");
	ok(agent_do(&a, ARGV("sh", "-c", "echo first >&2; echo last words >&2; exit 3"), &out, &e) < 0, "a command fails");
	is(e.msg, "in the guest: last words (status 3)", "its last words are the error");
	ok(agent_do(&a, ARGV("printf", "caf\xe9"), &out, &e) < 0 && e.kind == ERR_INVALID, "%s", e.msg);
	fake_agent_end(pid);
	ok(agent_do(&a, ARGV("true"), &out, &e) < 0, "an agent that went away: %s", e.msg);
	agent_close(&a);
}

static void addresses(void)
{
	struct words list = { 0 };
	struct agent a = { 0 };
	struct err e = { 0 };

	ok(agent_open(&a, sock, 2000, &e) == 0 && agent_addresses(&a, &list, &scratch_mem, &e) == 0, "addresses %s", e.msg);
	ok(list.n == 2, "two of the five count");
	is(list.n ? list.v[0] : NULL, "10.0.2.50", "the IPv4 one");
	is(list.n > 1 ? list.v[1] : NULL, "fec0::2", "and the IPv6 one that is not link-local");
	agent_close(&a);
}

/* A command that outlives our interest is ended in the guest. */
static void interrupted(void)
{
	const char *mark = at("running");
	const char *script = arena_fmt(&scratch_mem,
		"trap 'echo ended >%s; exit' TERM; echo yes >%s; kill -INT %d; while :; do sleep 0.02; done",
		mark, mark, getpid());
	DEFER(agent_result_done) struct agent_result r = { 0 };
	struct agent a = { 0 };
	struct err e = { 0 };

	unlink(mark);
	ok(agent_open(&a, sock, 2000, &e) == 0, "connected %s", e.msg);
	intr_begin();
	ok(agent_exec(&a, ARGV("sh", "-c", script), NULL, 0, &r, &e) < 0, "interrupted: %s", e.msg);
	intr_end();
	ok(strstr(e.msg, "interrupted") != NULL, "and says so");
	ok(until(str_eq(said(mark), "ended\n")), "the process in the guest got its signal");
	agent_close(&a);
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
	struct agent a = { 0 };
	struct err e = { 0 };

	ok(dir_make(here, 0755, &e) == 0 && dir_make(there, 0755, &e) == 0, "two places");
	make_blob(blob, 234567);
	ok(agent_open(&a, sock, 2000, &e) == 0, "connected %s", e.msg);
	ok(copy_in(&a, blob, at("there/other"), &e) == 0, "in, under another name %s", e.msg);
	ok(same(blob, at("there/other")) && mode_of(at("there/other")) == 0640, "whole, with its mode");
	ok(copy_in(&a, blob, there, &e) == 0 && same(blob, at("there/blob")), "into a directory %s", e.msg);
	ok(copy_out(&a, at("there/other"), here, &e) == 0, "out, into a directory %s", e.msg);
	ok(same(blob, at("here/other")) && mode_of(at("here/other")) == 0640, "whole, with its mode");
	ok(copy_out(&a, at("there/blob"), at("here/other"), &e) == 0, "replacing a file %s", e.msg);
	ok(entries(there) == 2 && entries(here) == 2, "nothing temporary stays");
	agent_close(&a);
}

static void refusals(void)
{
	struct agent a = { 0 };
	struct err e = { 0 };

	ok(agent_open(&a, sock, 2000, &e) == 0, "connected %s", e.msg);
	ok(copy_in(&a, at("here/blob"), "relative", &e) < 0 && e.kind == ERR_USAGE, "%s", e.msg);
	ok(copy_in(&a, at("here/none"), "/tmp", &e) < 0 && e.kind == ERR_NOT_FOUND, "%s", e.msg);
	ok(copy_in(&a, at("here/blob"), at("none/x"), &e) < 0 &&
	   strstr(e.msg, "No such file or directory"), "%s", e.msg);
	ok(copy_out(&a, at("there/none"), at("here"), &e) < 0 &&
	   strstr(e.msg, "No such file or directory"), "%s", e.msg);
	ok(copy_out(&a, at("there/blob"), at("none/x"), &e) < 0 && e.kind == ERR_NOT_FOUND, "%s", e.msg);
	agent_close(&a);
}

static void directories(void)
{
	struct agent a = { 0 };
	struct err e = { 0 };

	ok(dir_make(at("here/tree/deep"), 0750, &e) == 0, "a tree");
	make_blob(at("here/tree/deep/blob"), 300001);
	ok(symlink("deep/blob", at("here/tree/link")) == 0, "with a link");
	ok(agent_open(&a, sock, 2000, &e) == 0, "connected %s", e.msg);
	ok(copy_in(&a, at("here/tree/"), at("there/new"), &e) == 0, "in, under a new name %s", e.msg);
	ok(same(at("here/tree/deep/blob"), at("there/new/link")), "whole, link and all");
	ok(mode_of(at("there/new/deep")) == 0750, "modes are kept");
	ok(copy_in(&a, at("here/tree"), at("there"), &e) == 0, "into a directory %s", e.msg);
	ok(copy_in(&a, at("here/tree"), at("there"), &e) < 0 && e.kind == ERR_EXISTS, "twice: %s", e.msg);
	ok(copy_out(&a, at("there/new"), at("here"), &e) == 0, "out %s", e.msg);
	ok(same(at("here/tree/deep/blob"), at("here/new/deep/blob")), "whole");
	ok(copy_out(&a, at("there/new"), at("here"), &e) < 0 && e.kind == ERR_EXISTS, "twice: %s", e.msg);
	ok(entries(at("there")) == 4 && entries(at("here")) == 4, "nothing temporary stays");
	agent_close(&a);
}

/* The old file stays when the new one does not come through. */
static void half(void)
{
	struct fake_agent how = { .fail_writes_after = 3 };
	pid_t pid = fake_agent(sock, &how);
	size_t before = entries(at("there"));
	struct agent a = { 0 };
	struct err e = { 0 };

	make_blob(at("here/blob"), 900000);
	ok(agent_open(&a, sock, 2000, &e) == 0, "an agent whose disk fills up");
	ok(copy_in(&a, at("here/blob"), at("there/other"), &e) < 0, "%s", e.msg);
	ok(strstr(e.msg, "No space left") != NULL, "the reason comes through");
	ok(same(at("there/other"), at("here/other")), "the old file is as it was");
	ok(entries(at("there")) == before, "and no half one beside it");
	agent_close(&a);
	fake_agent_end(pid);
}

int main(void)
{
	scratch_begin();
	sock = at("agent.sock");
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		pid_t pid = fake_agent(sock, &ways[i]);

		commands(&ways[i]);
		fake_agent_end(pid);
	}
	cut_output();
	failures();
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		pid_t pid = fake_agent(sock, &ways[i]);

		addresses();
		interrupted();
		copies();
		refusals();
		if (i + 1 == sizeof ways / sizeof *ways)
			directories();
		fake_agent_end(pid);
	}
	half();
	scratch_end();
	return tap_done();
}
