/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/ways.h"
#include "cmd/common.h"
#include "sys/file.h"
#include "sys/intr.h"

enum { MAX_INPUT = 8 << 20 };

/* Additions to the agent's own environment go through env(1): what the agent is given would replace it. */
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
	for (; *word; word++)
		words_add(&w, &c->mem, *word);
	return argv_of(&w, &c->mem);
}

static int read_input(const struct call *c, char **input, size_t *n, struct err *e)
{
	*n = 0;
	if (isatty(0) || call_option(c, "no-input"))
		return 0;
	*input = file_read("-", MAX_INPUT, n, e);
	return *input ? 0 : err_add(e, "standard input (more than 8 MiB goes in with 'berth copy')");
}

static void show(const struct call *c, const struct target *t, const struct agent_result *r)
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

static int exec_in(struct call *c, const struct target *t, const char *const *argv, struct agent *a, struct err *e)
{
	DEFER(agent_result_done) struct agent_result r = { 0 };
	DEFER(free_str) char *input = NULL;
	size_t n;
	int failed;

	if (read_input(c, &input, &n, e) < 0)
		return -1;
	intr_begin();
	failed = agent_exec(a, argv, input, n, &r, e);
	intr_end();
	if (failed)
		return -1;
	show(c, t, &r);
	return r.status;
}

static int exec_command(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(agent_close) struct agent a = { 0 };
	const char *const *argv = guest_argv(c);

	if (!argv[0])
		return command_usage(c->command, e);
	if (call_target(c, c->argv[0], 0, &t, e) < 0 || ways_agent(&t, call_option(c, "timeout"), &a, &c->mem, e) < 0)
		return -1;
	return exec_in(c, &t, argv, &a, e);
}

static const struct opt options[] = {
	{ "env",      'e', "NAME=VALUE", "set a variable for the command; may be repeated" },
	{ "no-input", 'n', NULL,         "leave standard input alone" },
	{ "timeout",  't', "SECONDS",    "wait so long for the guest agent (default: 30)" },
	{ 0 },
};

const struct command cmd_exec = {
	.name = "exec",
	.group = "Reaching guests",
	.args = "GUEST [--] COMMAND [ARGUMENT]...",
	.summary = "run a command in the guest, without a network",
	.description =
		"The command runs through the guest agent, as root, with the arguments exactly as given: no shell looks at them "
		"unless the command is one. Standard input goes along unless it is a terminal; standard output and errors come "
		"back apart, when the command has ended. The exit status is the command's own, 128 + n when signal n ended it, "
		"127 when it could not be started. An interrupt ends the command in the guest as well.",
	.example = "berth exec hello -- apt-get install -y nginx",
	.options = options,
	.min = 2,
	.max = -1,
	.completes = "guest",
	.rest = true,
	.run = exec_command,
};
