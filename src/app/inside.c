/* SPDX-License-Identifier: ISC */
#include "app/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/agent_file.h"
#include "app/enter.h"
#include "app/survey.h"
#include "app/wait.h"
#include "app/ways.h"
#include "model/plan.h"
#include "sys/file.h"
#include "sys/intr.h"

enum {
	MAX_INPUT = 8 << 20,            /* through the agent */
	TIDY_MS = 5000,
	QUESTION_MS = 3000,             /* a command of ours that says a line */
	FREEZER_BYTES = 4096,
};

int inside_open_agent(struct inside *in, const char *socket, int timeout_ms, struct err *e)
{
	*in = (struct inside){ 0 };
	return agent_open(&in->agent, socket, timeout_ms, e);
}

void inside_open_prefix(struct inside *in, const char *const *prefix, bool quotes)
{
	*in = (struct inside){ .prefix = prefix, .quotes = quotes };
}

void inside_close(struct inside *in)
{
	agent_close(&in->agent);
}

static int wait_for_agent(const struct target *t, int ms, struct inside *in, struct arena *mem, struct err *e)
{
	struct reach way = { 0 }, console = { 0 };
	struct err ignored = { 0 };

	if (target_reach(t, REACH_AGENT, &way, mem, e) < 0)
		return -1;
	if (inside_open_agent(in, way.socket, ms, e) == 0)
		return 0;
	if (e->kind != ERR_TIMEOUT || target_reach(t, REACH_CONSOLE, &console, mem, &ignored) < 0)
		return -1;
	return err_set(e, ERR_TIMEOUT, "the guest agent of '%s' did not answer within %g s; by its console the guest has come "
				       "as far as '%s' (is qemu-guest-agent installed in it?)", t->guest.name, ms / 1000.0,
		       stage_word(wait_log_stage(console.log)));
}

/* Where both versions of cgroups are, either may have frozen it; none of the files: unknown. */
static enum state by_freezer(const struct target *t, struct arena *mem)
{
	enum state s = STATE_UNKNOWN;
	struct words files = { 0 };

	t->driver->freezer(&t->guest, &t->facts, &files, mem);
	for (size_t i = 0; i < files.n; i++) {
		struct err ignored = { 0 };
		DEFER(free_str) char *text = file_read(files.v[i], FREEZER_BYTES, NULL, &ignored);

		if (text && (str_starts(text, "FR") || *text == '1'))
			return STATE_PAUSED;
		if (text)
			s = STATE_RUNNING;
	}
	return s;
}

static enum state state_now(const struct target *t, struct arena *mem)
{
	const struct driver *d = t->driver;
	enum state s = t->facts.state;

	/* A foreign guest was asked for already; of one that nobody can pause its lock says all. */
	if (d->foreign || s != STATE_RUNNING || !d->plan[VERB_PAUSE])
		return s;
	s = d->freezer ? by_freezer(t, mem) : STATE_UNKNOWN;
	return s == STATE_UNKNOWN ? survey_one(&t->facts, d, t->guest.name) : s;
}

static int enter(const struct target *t, struct inside *in, struct arena *mem, struct err *e)
{
	const char *name = t->guest.name;
	enum state s = state_now(t, mem);
	struct words prefix = { 0 };

	if (s == STATE_PAUSED)
		return err_set(e, ERR_FAILED, "'%s' is paused (berth resume %s)", name, name);
	if (s != STATE_RUNNING && s != STATE_UNKNOWN)
		return err_set(e, ERR_FAILED, "'%s' is not running (berth start %s)", name, name);
	if (t->driver->enter(&t->guest, &t->facts, &prefix, mem, e) < 0)
		return -1;
	inside_open_prefix(in, argv_of(&prefix, mem), t->driver->enter_quotes);
	return 0;
}

int inside_open(const struct target *t, const char *seconds, struct inside *in, struct arena *mem, struct err *e)
{
	int ms = 0;

	if (ways_seconds(seconds, 30, &ms, e) < 0)
		return -1;
	return t->driver->enter ? enter(t, in, mem, e) : wait_for_agent(t, ms, in, mem, e);
}

const char *const *inside_words(const struct inside *in, const char *const *argv, struct arena *mem)
{
	return in->prefix ? enter_words(in->prefix, in->quotes, argv, mem) : NULL;
}

static int enter_with(const struct inside *in, const char *const *argv, const struct enter *streams,
		      struct outcome *o, struct err *e)
{
	struct arena mem = { 0 };
	int failed = enter_run(inside_words(in, argv, &mem), streams, o, e);

	arena_done(&mem);
	return failed;
}

static int read_input(int fd, struct str *bytes, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[16384];
	ssize_t n;

	for (;;) {
		if (intr_poll(&p, 1, -1) < 0)
			return err_set(e, ERR_FAILED, "interrupted");
		n = read(fd, buf, sizeof buf);
		if (!n)
			return 0;
		if (n < 0)
			return err_errno(e, errno, "standard input");
		str_addn(bytes, buf, (size_t)n);
		if (bytes->n > MAX_INPUT)
			return err_set(e, ERR_INVALID, "standard input: larger than 8 MiB, which goes in with 'berth copy'");
	}
}

int inside_exec(struct inside *in, const char *const *argv, int input, struct outcome *o, struct err *e)
{
	DEFER(str_done) struct str bytes = { 0 };

	if (in->prefix)
		return enter_with(in, argv, &(struct enter){ .in = input, .out = -1 }, o, e);
	if (input >= 0 && read_input(input, &bytes, e) < 0)
		return -1;
	return agent_exec(&in->agent, argv, str_text(&bytes), bytes.n, o, e);
}

int inside_ask(struct inside *in, const char *const *argv, struct outcome *o, struct err *e)
{
	if (in->prefix)
		return enter_with(in, argv, &(struct enter){ .in = -1, .out = -1, .timeout_ms = QUESTION_MS }, o, e);
	return agent_exec(&in->agent, argv, NULL, 0, o, e);
}

int inside_do(struct inside *in, const char *const *argv, struct str *out, struct err *e)
{
	DEFER(outcome_done) struct outcome o = { 0 };

	if (inside_exec(in, argv, -1, &o, e) < 0 || outcome_check(&o, e) < 0)
		return -1;
	if (out)
		str_addn(out, str_text(&o.out), o.out.n);
	return 0;
}

void inside_tidy(struct inside *in, const char *const *argv)
{
	DEFER(outcome_done) struct outcome o = { 0 };
	struct err ignored = { 0 };

	if (in->prefix) {
		enter_with(in, argv, &(struct enter){ .in = -1, .out = -1, .timeout_ms = TIDY_MS }, &o, &ignored);
		return;
	}
	agent_close(&in->agent);
	if (!agent_open(&in->agent, in->agent.socket, TIDY_MS, &ignored))
		agent_exec(&in->agent, argv, NULL, 0, &o, &ignored);
}

/* A file by a command that has it as one of its streams. */
static int stream(struct inside *in, const char *script, const char *path, const struct enter *streams, struct err *e)
{
	DEFER(outcome_done) struct outcome o = { 0 };

	if (enter_with(in, ARGV("sh", "-c", script, "sh", path), streams, &o, e) < 0)
		return -1;
	return outcome_check(&o, e);
}

int inside_send(struct inside *in, int fd, const char *path, struct err *e)
{
	if (in->prefix)
		return stream(in, "cat >\"$1\"", path, &(struct enter){ .in = fd, .out = -1 }, e);
	return agent_file_send(&in->agent, fd, path, e);
}

int inside_fetch(struct inside *in, const char *path, int fd, struct err *e)
{
	if (in->prefix)
		return stream(in, "cat <\"$1\"", path, &(struct enter){ .in = -1, .out = fd }, e);
	return agent_file_fetch(&in->agent, path, fd, e);
}

int inside_addresses(struct inside *in, struct words *out, struct arena *mem, struct err *e)
{
	DEFER(outcome_done) struct outcome o = { 0 };
	char *text, *save = NULL;

	if (!in->prefix)
		return agent_addresses(&in->agent, out, mem, e);
	if (inside_ask(in, ARGV("hostname", "-I"), &o, e) < 0 || outcome_check(&o, e) < 0)
		return -1;
	text = arena_str(mem, str_text(&o.out));
	for (char *word = strtok_r(text, " \n", &save); word; word = strtok_r(NULL, " \n", &save))
		if (agent_reachable(word))
			words_add(out, mem, word);
	return 0;
}
