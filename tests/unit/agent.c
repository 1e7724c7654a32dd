/* SPDX-License-Identifier: ISC */
/* Commands through a guest agent that answers in awkward ways. */
#include "tap.h"

#include "app/agent.h"
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
		DEFER(outcome_done) struct outcome r = { 0 };
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
	DEFER(outcome_done) struct outcome r = { 0 };
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
	DEFER(outcome_done) struct outcome r = { 0 };
	struct agent a = { 0 };
	struct err e = { 0 };

	ok(agent_open(&a, sock, 100, &e) < 0 && e.kind == ERR_TIMEOUT, "a deaf agent is a matter of time: %s", e.msg);
	fake_agent_end(pid);
	pid = fake_agent(sock, &plain);
	ok(agent_open(&a, sock, 2000, &e) == 0, "one that hears");
	ok(agent_exec(&a, ARGV("printf", "caf\xe9"), NULL, 0, &r, &e) < 0 && e.kind == ERR_INVALID, "%s", e.msg);
	fake_agent_end(pid);
	ok(agent_exec(&a, ARGV("true"), NULL, 0, &r, &e) < 0, "an agent that went away: %s", e.msg);
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
	DEFER(outcome_done) struct outcome r = { 0 };
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
		fake_agent_end(pid);
	}
	scratch_end();
	return tap_done();
}
