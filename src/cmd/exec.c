/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/inside.h"
#include "app/ways.h"
#include "cmd/common.h"
#include "sys/file.h"
#include "sys/intr.h"

/* Additions to the environment the command gets anyway go through env(1): what the agent is given would replace it. */
static const char *const *guest_argv(struct call *c)
{
	struct words w = { 0 };
	char **word = c->argv + 1;

	for (size_t i = 0; i < c->options.n; i++)
		if (str_starts(c->options.v[i], "env=")) {
			if (!w.n)
				words_add(&w, &c->mem, "env");
			words_add(&w, &c->mem, c->options.v[i] + strlen("env="));
		}
	if (*word && !strcmp(*word, "--"))
		word++;
	words_extend(&w, &c->mem, (const char *const *)word);
	return argv_of(&w, &c->mem);
}

static void show(const struct call *c, const struct target *t, const struct outcome *r)
{
	if (c->json) {
		out_json("berth.exec/1", json_pack("{s:s, s:i, s:o, s:o, s:b}", "guest", t->guest.name, "status", r->status,
						   "stdout", ways_json(str_text(&r->out), r->out.n),
						   "stderr", ways_json(str_text(&r->err), r->err.n),
						   "truncated", r->out_cut || r->err_cut));
		return;
	}
	fwrite(str_text(&r->out), 1, r->out.n, stdout);
	fwrite(str_text(&r->err), 1, r->err.n, stderr);
	if (r->out_cut || r->err_cut)
		fprintf(stderr, "berth: the guest agent cut %s off\n",
			!r->err_cut ? "the output" : r->out_cut ? "output and errors" : "the errors");
}

static int capture(struct call *c, const struct target *t, const char *const *argv, struct inside *in, struct err *e)
{
	DEFER(outcome_done) struct outcome r = { 0 };
	int failed;

	intr_begin();
	failed = inside_exec(in, argv, isatty(0) || call_option(c, "no-input") ? -1 : 0, &r, e);
	intr_end();
	if (failed)
		return -1;
	show(c, t, &r);
	return r.status;
}

/* Nothing stands between the caller and the command: neither copies of the streams nor time. */
static int become(struct call *c, const char *const *words, struct err *e)
{
	if (call_option(c, "no-input")) {
		DEFER(close_fd) int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

		if (nothing < 0 || dup2(nothing, 0) < 0)
			return err_errno(e, errno, "/dev/null");
	}
	signal(SIGPIPE, SIG_DFL);
	execvp(words[0], (char *const *)words);
	return err_errno(e, errno, "%s", words[0]);
}

static int exec_command(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(inside_close) struct inside in = { 0 };
	const char *const *argv = guest_argv(c), *const *words;

	if (!argv[0])
		return command_usage(c->command, e);
	if (call_target(c, c->argv[0], 0, &t, e) < 0 || inside_open(&t, call_option(c, "timeout"), &in, &c->mem, e) < 0)
		return -1;
	words = c->json ? NULL : inside_words(&in, argv, &c->mem);
	return words ? become(c, words, e) : capture(c, &t, argv, &in, e);
}

static const struct opt options[] = {
	{ "env",      'e', "NAME=VALUE", "set a variable for the command; may be repeated" },
	{ "no-input", 'n', NULL,         "leave standard input alone" },
	{ "timeout",  't', "SECONDS",    "wait so long for a guest agent (default: 30)" },
	{ 0 },
};

const struct command cmd_exec = {
	.name = "exec",
	.group = "Reaching guests",
	.args = "GUEST [--] COMMAND [ARGUMENT]...",
	.summary = "run a command in the guest, without a network",
	.description =
		"The command runs through the guest's agent, or the container's own way in, as root, with the arguments exactly as "
		"given: no shell looks at them unless the command is one. Into a container the streams go as they are, so a shell "
		"on a terminal works. Through an agent standard input goes along unless it is a terminal, and standard output and "
		"errors come back apart, when the command has ended; so they do with --json. The exit status is the command's own, "
		"128 + n when signal n ended it, 127 when it could not be started. An interrupt ends the command in the guest as "
		"well.",
	.example = "berth exec hello -- apt-get install -y nginx",
	.options = options,
	.min = 2,
	.max = -1,
	.completes = "guest",
	.rest = true,
	.run = exec_command,
};
