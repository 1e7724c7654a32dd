/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "exec/exec.h"
#include "exec/qmp.h"
#include "scratch.h"
#include "sys/proc.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"
#define CAPABLE "{\"return\": {}, \"id\": 1}\r\n"

static void splitting(void)
{
	static const struct { const char *bytes, *want; size_t skipped; } rows[] = {
		{ "{\"a\":1}\n{\"b\":2}\r\n", "{\"a\":1}{\"b\":2}", 0 },
		{ "\n \r\n{\"a\":1}\n{\"b\":", "{\"a\":1}", 0 },
		{ "garbage\n{\"a\":1}\n[1]\n\"x\"\n", "{\"a\":1}", 3 },
		{ "{\"half\": \xff{\"return\":7}\n", "{\"return\":7}", 0 },
		{ "\xff\n{\"a\":\"\\u0000\"}\n", "{\"a\":\"\\u0000\"}", 0 },
		{ "{\"a\":1} {\"b\":2}\n{\"c\":3}\n", "{\"c\":3}", 1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t piece = 1; piece < 40; piece += 3) {
			struct qmp_stream s = { 0 };
			DEFER(str_done) struct str got = { 0 };
			size_t n = strlen(rows[i].bytes);
			json_t *json;

			for (size_t from = 0; from < n; from += piece) {
				qmp_feed(&s, rows[i].bytes + from, n - from < piece ? n - from : piece);
				while ((json = qmp_next(&s))) {
					DEFER(free_str) char *text = json_dumps(json, JSON_COMPACT);

					str_add(&got, text);
					json_decref(json);
				}
			}
			is(str_text(&got), rows[i].want, rows[i].bytes);
			ok(s.skipped == rows[i].skipped, "in pieces of %zu, skipping %zu", piece, rows[i].skipped);
			qmp_stream_done(&s);
		}
}

static void endless_line(void)
{
	struct qmp_stream s = { 0 };
	DEFER(free_str) char *much = xmalloc(1 << 20);
	json_t *first;
	int r = 0;

	memset(much, 'x', 1 << 20);
	ok(qmp_feed(&s, "{\"a\":1}\n", 8) == 0, "a document first");
	for (int i = 0; i < 17 && r == 0; i++)
		r = qmp_feed(&s, much, 1 << 20);
	ok(r == -1, "a line without end is refused");
	first = qmp_next(&s);
	ok(first && !qmp_next(&s), "what came before it is there");
	ok(qmp_feed(&s, "\n{\"a\":1}\n", 9) == -1 && !qmp_next(&s), "and nothing comes after it");
	json_decref(first);
	qmp_stream_done(&s);
}

/* The other end of a conversation, in a process of its own: says its lines, each when one has been heard. */
struct peer {
	int fd;         /* ours */
	pid_t pid;
};

static void say(int fd, const char *text)
{
	/* Byte by byte, each in a packet of its own. */
	for (; *text; text++)
		if (write(fd, text, 1) != 1)
			_exit(1);
}

static void hear_line(int fd)
{
	char c = 0;

	while (c != '\n')
		if (read(fd, &c, 1) != 1)
			_exit(1);
}

/* lines: what to say; after each but the last, one line is heard first. */
static struct peer peer_start(const char *const *lines)
{
	int ends[2];
	struct peer p;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		abort();
	p.fd = ends[0];
	p.pid = fork();
	if (p.pid == 0) {
		close(ends[0]);
		for (; *lines; lines++) {
			say(ends[1], *lines);
			if (lines[1])
				hear_line(ends[1]);
		}
		_exit(0);
	}
	close(ends[1]);
	return p;
}

#define PEER(...) peer_start((const char *const[]){ __VA_ARGS__, NULL })

static void event(void *arg, const json_t *json)
{
	str_fmt(arg, "%s ", json_string_value(json_object_get(json, "event")));
}

static void answers(void)
{
	DEFER(str_done) struct str events = { 0 };
	struct qmp q = { .fd = -1, .event = event, .event_arg = &events };
	struct err e = { 0 };
	json_t *result = NULL;
	struct peer p = PEER(GREETING, CAPABLE,
		"{\"event\":\"STOP\"}\n{\"return\":\"late\",\"id\":1}\n{\"return\":{\"n\":7},\"id\":2}\n{\"event\":\"RESUME\"}\n",
		"rubbish\n{\"error\":{\"class\":\"DeviceNotFound\",\"desc\":\"Device 'x' not found\"},\"id\":3}\n",
		"{\"error\":{\"class\":\"CommandNotFound\",\"desc\":\"no such command\"}}\n",
		"{\"return\":{},\"id\":5}\n",
		"{\"return\":{}");

	ok(qmp_greet(&q, p.fd, false, 10000, &e) == 0, "greeting and capabilities: %s", e.msg);
	ok(qmp_call(&q, "query", NULL, &result, 10000, &e) == 0, "a command: %s", e.msg);
	ok(json_integer_value(json_object_get(result, "n")) == 7, "its own answer, not a late one");
	json_decref(result);
	is(str_text(&events), "STOP ", "an event in between");
	ok(qmp_call(&q, "device_del", NULL, NULL, 10000, &e) == -1 && e.kind == ERR_NOT_FOUND, "an error");
	is(e.msg, "device_del: Device 'x' not found", "in QEMU's own words");
	ok(qmp_send_text(&q, "{\"execute\":\"nope\"}", 10000, &e) == -1 && e.kind == ERR_UNSUPPORTED, "an error without id");
	ok(qmp_send_text(&q, "{\n \"execute\":\n\"cont\"}", 10000, &e) == 0, "text of several lines: %s", e.msg);
	ok(qmp_call(&q, "quit", NULL, NULL, 10000, &e) == -1 && e.kind == ERR_FAILED, "the end in the middle of an answer");
	is(e.msg, "quit: the connection was closed", "is told");
	ok(qmp_send_text(&q, "{\"arguments\":{}}", 10000, &e) == -1 && e.kind == ERR_INVALID, "no command, not sent");
	qmp_close(&q);
	qmp_close(&q);
	waitpid(p.pid, NULL, 0);
}

static void silence(void)
{
	struct qmp q = { .fd = -1 };
	struct err e = { 0 };
	struct peer p = PEER("", "");

	ok(qmp_greet(&q, p.fd, false, 30, &e) == -1 && e.kind == ERR_TIMEOUT, "no greeting in time: %s", e.msg);
	ok(q.fd == -1, "and no connection");
	waitpid(p.pid, NULL, 0);

	p = PEER("{\"return\":{}}\n");
	ok(qmp_greet(&q, p.fd, false, 10000, &e) == -1 && strstr(e.msg, "not QMP"), "another protocol: %s", e.msg);
	waitpid(p.pid, NULL, 0);

	ok(qmp_open(&q, at("no.sock"), false, 0, &e) == -1 && e.kind == ERR_NOT_FOUND, "no socket: %s", e.msg);
	ok(qmp_open(&q, at("no.sock"), false, 30, &e) == -1 && e.kind == ERR_TIMEOUT, "none in time: %s", e.msg);
}

/* An agent answers with the number it was sent, after what an earlier client left unread. */
static int agent_peer(int fd)
{
	char line[512];
	const char *id;
	size_t n = 0;

	while (n < sizeof line - 1 && read(fd, line + n, 1) == 1 && line[n] != '\n')
		n++;
	line[n] = 0;
	id = strstr(line, "\"id\":");
	if (line[0] != '\xff' || !id)
		return 1;
	say(fd, "{\"return\": 5}\nrest of a line {\"ret\xff{\"return\": ");
	while (*id < '0' || *id > '9')
		id++;
	for (; *id >= '0' && *id <= '9'; id++)
		if (write(fd, id, 1) != 1)
			return 1;
	say(fd, "}\n");
	hear_line(fd);
	say(fd, "{\"return\": {\"pid\": 3}}\n");
	hear_line(fd);
	return 0;
}

static void agent(void)
{
	struct qmp q = { .fd = -1 };
	struct err e = { 0 };
	json_t *result = NULL;
	int ends[2], status = -1;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		_exit(agent_peer(ends[1]));
	}
	close(ends[1]);
	ok(qmp_greet(&q, ends[0], true, 10000, &e) == 0, "in step with the agent: %s", e.msg);
	ok(qmp_call(&q, "guest-exec", NULL, &result, 10000, &e) == 0, "a command: %s", e.msg);
	ok(json_integer_value(json_object_get(result, "pid")) == 3, "its answer");
	json_decref(result);
	ok(qmp_send_text(&q, "{\"execute\":\"guest-shutdown\"}", 10000, &e) == 0, "shutdown answers by doing it: %s", e.msg);
	waitpid(pid, &status, 0);
	ok(status == 0, "the agent heard all of it");
	qmp_close(&q);
}

/* Two processes that must not wait for each other: a command larger than any socket buffer. */
static void large(void)
{
	struct qmp q = { .fd = -1 };
	struct err e = { 0 };
	DEFER(free_str) char *much = xmalloc(3000001);
	struct peer p = PEER(GREETING, CAPABLE, "{\"return\":{},\"id\":2}\n");
	json_t *args;

	memset(much, 'x', 3000000);
	much[3000000] = 0;
	args = json_pack("{s:s}", "data", much);
	ok(qmp_greet(&q, p.fd, false, 10000, &e) == 0 && qmp_call(&q, "write", args, NULL, 60000, &e) == 0,
	   "a command of 3 MB: %s", e.msg);
	json_decref(args);
	qmp_close(&q);
	waitpid(p.pid, NULL, 0);
}

static bool in_path(const char *program)
{
	DEFER(str_done) struct str out = { 0 };
	struct err e = { 0 };

	return exec_capture((const char *const[]){ program, "--version", NULL }, 10000, &out, &e) == 0;
}

static void real_qemu(void)
{
	const char *lock = at("lock"), *sock = at("qmp.sock"), *log = at("qemu.log");
	struct exec x = { 0 };
	struct plan p = { 0 };
	struct err e = { 0 };
	struct qmp q = { .fd = -1 };
	json_t *status = NULL;

	if (!in_path("qemu-system-x86_64")) {
		skip("a real QEMU", "it is not installed");
		return;
	}
	plan_daemon(&p, "QEMU", ARGV("qemu-system-x86_64", "-M", "none", "-nodefaults", "-display", "none", "-S", "-qmp",
				     plan_fmt(&p, "unix:%s,server=on,wait=off", sock)), lock, log, (uid_t)-1, (gid_t)-1);
	plan_wait(&p, "ready", WAIT_QMP, sock, 30000);
	plan_qmp(&p, "go on", sock, "{\"execute\":\"cont\"}");
	ok(plan_execute(&p, &x, &e) == 0, "a real QEMU is started: %s", e.msg);
	plan_done(&p);

	ok(qmp_open(&q, sock, false, 10000, &e) == 0, "connected: %s", e.msg);
	ok(qmp_call(&q, "query-status", NULL, &status, 10000, &e) == 0, "asked: %s", e.msg);
	is(json_string_value(json_object_get(status, "status")), "running", "it runs");
	json_decref(status);
	ok(qmp_call(&q, "no-such", NULL, NULL, 10000, &e) == -1 && e.kind == ERR_UNSUPPORTED, "its words: %s", e.msg);
	qmp_close(&q);

	plan_wait_refused(&p, "no such", sock, "{\"execute\":\"no-such\"}", 30000);
	ok(plan_execute(&p, &x, &e) == 0, "what is refused has been waited for: %s", e.msg);
	plan_done(&p);
	plan_wait_refused(&p, "it runs", sock, "{\"execute\":\"query-status\"}", 30);
	ok(plan_execute(&p, &x, &e) == -1 && e.kind == ERR_TIMEOUT, "what is answered is not");
	plan_done(&p);

	plan_wait_taken(&p, "it runs", sock, "{\"execute\":\"query-status\"}", 30000);
	ok(plan_execute(&p, &x, &e) == 0, "what is answered has been taken: %s", e.msg);
	plan_done(&p);
	plan_wait_taken(&p, "no such", sock, "{\"execute\":\"no-such\"}", 30);
	ok(plan_execute(&p, &x, &e) == -1 && e.kind == ERR_TIMEOUT, "what is refused is not");
	plan_done(&p);

	plan_qmp(&p, "end", sock, "{\"execute\":\"quit\"}");
	plan_wait(&p, "gone", WAIT_GONE, lock, 30000);
	ok(plan_execute(&p, &x, &e) == 0, "asked to quit, it goes: %s", e.msg);
	plan_done(&p);

	plan_daemon(&p, "QEMU", ARGV("qemu-system-x86_64", "-M", "no-such-machine", "-display", "none"), lock, log,
		    (uid_t)-1, (gid_t)-1);
	plan_wait(&p, "start", WAIT_QMP, sock, 30000);
	ok(plan_execute(&p, &x, &e) == -1 && strstr(e.msg, "start: qemu-system-x86_64: unsupported machine type"),
	   "a QEMU that cannot start says why: %s", e.msg);
	plan_done(&p);
}

int main(void)
{
	scratch_begin();
	splitting();
	endless_line();
	answers();
	silence();
	agent();
	large();
	real_qemu();
	scratch_end();
	return tap_done();
}
