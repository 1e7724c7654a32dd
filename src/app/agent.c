/* SPDX-License-Identifier: ISC */
#include "app/agent.h"

#include <signal.h>
#include <string.h>

#include "model/plan.h"
#include "sys/intr.h"
#include "text/base64.h"

enum {
	ANSWER_MS = 30000,              /* for one answer: an emulated guest under load is slow */
	FIRST_PAUSE_MS = 2,             /* between questions about a running command: doubled ... */
	LAST_PAUSE_MS = 20,             /* ... up to this */
	PATIENCE_MS = 2000,             /* after which others are let at the agent between questions, */
	LONG_PAUSE_MS = 250,            /* and the questions become rarer */
};

int agent_open(struct agent *a, const char *socket, int timeout_ms, struct err *e)
{
	*a = (struct agent){ .socket = socket, .q.fd = -1 };
	if (qmp_open(&a->q, socket, true, timeout_ms, e) < 0)
		return -1;
	a->connected = true;
	return 0;
}

void agent_close(struct agent *a)
{
	if (a->connected)
		qmp_close(&a->q);
	a->connected = false;
}

int agent_ask(struct agent *a, const char *command, json_t *args, json_t **result, struct err *e)
{
	int r = qmp_call(&a->q, command, args, result, ANSWER_MS, e);

	json_decref(args);
	return r;
}

/* NULL when a word is not UTF-8: JSON has no room for it. */
static json_t *words_json(const char *const *v)
{
	json_t *list = json_array();

	for (; *v; v++)
		if (json_array_append_new(list, json_string(*v)) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* Start it in the guest: its pid there; 0 when the agent could not start it, said in r as a shell would. */
static json_int_t exec_start(struct agent *a, const char *const *argv, const char *input, size_t n,
			     struct outcome *r, struct err *e)
{
	DEFER(str_done) struct str coded = { 0 };
	json_t *args = json_pack("{ss so sb}", "path", argv[0], "arg", words_json(argv + 1), "capture-output", 1);
	json_t *answer = NULL;
	json_int_t pid;
	int failed;

	if (!args)
		return err_set(e, ERR_INVALID, "the command has bytes that are not UTF-8, which the guest agent needs");
	base64_encode(&coded, input, n);
	if (n)
		json_object_set_new(args, "input-data", json_string(coded.s));
	/* Interrupted here we would never learn the pid of what we have to end. */
	intr_hold(true);
	failed = agent_ask(a, "guest-exec", args, &answer, e);
	intr_hold(false);
	if (failed) {
		if (!strstr(e->msg, "Failed to execute child process"))
			return -1;
		str_fmt(&r->err, "%s: cannot be started in the guest\n", argv[0]);
		r->status = 127;
		return 0;
	}
	pid = json_integer_value(json_object_get(answer, "pid"));
	json_decref(answer);
	return pid > 0 ? pid : err_set(e, ERR_FAILED, "the guest agent started '%s' and gave no pid", argv[0]);
}

static int take_output(const json_t *status, const char *key, struct str *out, struct err *e)
{
	const char *coded = json_string_value(json_object_get(status, key));

	if (coded && base64_decode(coded, out) < 0)
		return err_set(e, ERR_FAILED, "the guest agent's '%s' is not base64", key);
	return 0;
}

static int take_status(const json_t *status, struct outcome *r, struct err *e)
{
	const json_t *sig = json_object_get(status, "signal");

	r->status = sig ? 128 + (int)json_integer_value(sig)
			: (int)json_integer_value(json_object_get(status, "exitcode"));
	r->out_cut = json_is_true(json_object_get(status, "out-truncated"));
	r->err_cut = json_is_true(json_object_get(status, "err-truncated"));
	if (take_output(status, "out-data", &r->out, e) < 0)
		return -1;
	return take_output(status, "err-data", &r->err, e);
}

/* 1: it has ended and r is full; 0: it runs. */
static int exec_ask(struct agent *a, json_int_t pid, struct outcome *r, struct err *e)
{
	json_t *status = NULL;
	int ended;

	if (!a->connected && agent_open(a, a->socket, ANSWER_MS, e) < 0)
		return -1;
	if (agent_ask(a, "guest-exec-status", json_pack("{sI}", "pid", pid), &status, e) < 0)
		return err_add(e, "asking for process %lld in the guest", (long long)pid);
	ended = json_is_true(json_object_get(status, "exited"));
	if (ended && take_status(status, r, e) < 0)
		ended = -1;
	json_decref(status);
	return ended;
}

/* Wait for the next question; -1 when we are asked to stop. */
static int pause_between(struct agent *a, long began, int *pause, struct err *e)
{
	if (now_ms() - began > PATIENCE_MS) {
		agent_close(a);
		*pause = LONG_PAUSE_MS;
	}
	if (intr_poll(NULL, 0, *pause) < 0)
		return err_set(e, ERR_FAILED, "interrupted");
	*pause = *pause * 2 > LAST_PAUSE_MS ? LAST_PAUSE_MS : *pause * 2;
	return 0;
}

static int exec_watch(struct agent *a, json_int_t pid, struct outcome *r, struct err *e)
{
	long began = now_ms();
	int pause = FIRST_PAUSE_MS;
	int ended;

	while (!(ended = exec_ask(a, pid, r, e)))
		if (pause_between(a, began, &pause, e) < 0)
			return -1;
	return ended < 0 ? -1 : 0;
}

/*
 * The agent cannot signal a process, but it can run a command that does. A fresh
 * connection, because the answer we no longer wait for may still come on the old one.
 */
static void exec_end(struct agent *a, json_int_t pid)
{
	DEFER(str_done) struct str number = { 0 };
	struct err ignored = { 0 };

	intr_shield();
	str_fmt(&number, "%lld", (long long)pid);
	agent_close(a);
	if (agent_open(a, a->socket, 5000, &ignored) < 0)
		return;
	agent_ask(a, "guest-exec", json_pack("{ss s[ssss]}", "path", "/bin/sh", "arg", "-c", "kill -TERM \"$1\"",
					     "sh", number.s), NULL, &ignored);
}

int agent_exec(struct agent *a, const char *const *argv, const char *input, size_t n,
	       struct outcome *o, struct err *e)
{
	json_int_t pid = exec_start(a, argv, input, n, o, e);

	if (pid <= 0)
		return (int)pid;
	if (exec_watch(a, pid, o, e) == 0)
		return 0;
	if (intr_asked())
		exec_end(a, pid);
	return -1;
}

bool agent_reachable(const char *address)
{
	static const char *const own[] = { "127.", "::1", "169.254.", "fe80:" };

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (str_starts(address, own[i]))
			return false;
	return true;
}

int agent_addresses(struct agent *a, struct words *out, struct arena *mem, struct err *e)
{
	json_t *list = NULL, *nic, *ip;
	size_t i, j;

	if (agent_ask(a, "guest-network-get-interfaces", NULL, &list, e) < 0)
		return -1;
	json_array_foreach(list, i, nic)
		json_array_foreach(json_object_get(nic, "ip-addresses"), j, ip) {
			const char *text = json_string_value(json_object_get(ip, "ip-address"));

			if (text && agent_reachable(text))
				words_add(out, mem, arena_str(mem, text));
		}
	json_decref(list);
	return 0;
}
