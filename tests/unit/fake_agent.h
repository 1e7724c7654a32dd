/* SPDX-License-Identifier: ISC */
/*
 * A guest agent that is not in a guest: it speaks the agent's protocol on a UNIX
 * socket and runs commands and opens files on this host, so that what berth does
 * through it can be checked with cmp. What makes real agents hard can be asked for.
 */
#ifndef BERTH_FAKE_AGENT_H
#define BERTH_FAKE_AGENT_H

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"
#include "exec/qmp.h"
#include "text/base64.h"

struct fake_agent {
	size_t piece;           /* answers go out in writes of so many bytes; 0: whole */
	int busy_answers;       /* so many questions about a process are answered "it runs" whatever is true */
	size_t keep;            /* of a process's output, the rest is cut; 0: all */
	size_t take;            /* at most so many bytes are taken by one guest-file-write; 0: all */
	int fail_writes_after;  /* guest-file-write fails from the n-th on; 0: never */
	bool stale;             /* greets with an answer meant for someone else */
	bool deaf;              /* accepts and never answers */
};

struct fake {
	struct fake_agent how;
	int client;
	int writes;
	struct { pid_t pid; int out, err, asked; bool gone; } procs[64];
	size_t nprocs;
};

static void fake_send(struct fake *f, const char *bytes, size_t n)
{
	size_t piece = f->how.piece ? f->how.piece : n;

	while (n) {
		size_t now = n < piece ? n : piece;

		if (send(f->client, bytes, now, MSG_NOSIGNAL) < 0)
			return;
		bytes += now;
		n -= now;
	}
}

static void fake_answer(struct fake *f, const char *before, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);
	DEFER(str_done) struct str s = { 0 };

	str_fmt(&s, "%s%s\n", before, text);
	fake_send(f, s.s, s.n);
	free(text);
	json_decref(o);
}

static void fake_return(struct fake *f, json_t *value)
{
	fake_answer(f, "", json_pack("{so}", "return", value));
}

static void fake_error(struct fake *f, const char *text)
{
	fake_answer(f, "", json_pack("{s{ssss}}", "error", "class", "GenericError", "desc", text));
}

static void fake_child(json_t *args, int in, int out, int err)
{
	const char *argv[64] = { json_string_value(json_object_get(args, "path")) };
	json_t *word;
	size_t i;

	json_array_foreach(json_object_get(args, "arg"), i, word)
		argv[i + 1] = json_string_value(word);
	dup2(in, 0);
	dup2(out, 1);
	dup2(err, 2);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, SIG_DFL);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

static void fake_exec(struct fake *f, json_t *args)
{
	const char *path = json_string_value(json_object_get(args, "path"));
	const char *input = json_string_value(json_object_get(args, "input-data"));
	DEFER(str_done) struct str bytes = { 0 };
	int in = memfd_create("in", 0);
	size_t i = f->nprocs++;

	if (strstr(path, "nosuch")) {
		fake_error(f, "Guest agent command failed, error was 'Failed to execute child process "
			      "\xe2\x80\x9cnosuch\xe2\x80\x9d (No such file or directory)'");
		return;
	}
	if (input && !base64_decode(input, &bytes) && pwrite(in, str_text(&bytes), bytes.n, 0) < 0)
		fake_error(f, "no room");
	f->procs[i].out = memfd_create("out", MFD_CLOEXEC);
	f->procs[i].err = memfd_create("err", MFD_CLOEXEC);
	f->procs[i].pid = fork();
	if (!f->procs[i].pid)
		fake_child(args, in, f->procs[i].out, f->procs[i].err);
	close(in);
	fake_return(f, json_pack("{si}", "pid", (int)f->procs[i].pid));
}

static void fake_output(struct fake *f, json_t *o, const char *name, int fd)
{
	off_t n = lseek(fd, 0, SEEK_END);
	size_t keep = f->how.keep && (size_t)n > f->how.keep ? f->how.keep : (size_t)n;
	DEFER(str_done) struct str key = { 0 }, coded = { 0 };
	char *buf = xmalloc(keep + 1);

	if (keep && pread(fd, buf, keep, 0) == (ssize_t)keep) {
		base64_encode(&coded, buf, keep);
		str_fmt(&key, "%s-data", name);
		json_object_set_new(o, key.s, json_string(coded.s));
	}
	if (keep < (size_t)n) {
		str_clear(&key);
		str_fmt(&key, "%s-truncated", name);
		json_object_set_new(o, key.s, json_true());
	}
	free(buf);
}

static void fake_status(struct fake *f, json_t *args)
{
	pid_t pid = (pid_t)json_integer_value(json_object_get(args, "pid"));
	json_t *o = json_object();
	size_t i = 0;
	int status;

	while (i < f->nprocs && f->procs[i].pid != pid)
		i++;
	if (i == f->nprocs || f->procs[i].gone) {
		fake_error(f, "Invalid parameter 'pid'");
		json_decref(o);
		return;
	}
	if (f->procs[i].asked++ < f->how.busy_answers || waitpid(pid, &status, WNOHANG) == 0) {
		json_object_set_new(o, "exited", json_false());
		fake_return(f, o);
		return;
	}
	json_object_set_new(o, "exited", json_true());
	if (WIFSIGNALED(status))
		json_object_set_new(o, "signal", json_integer(WTERMSIG(status)));
	else
		json_object_set_new(o, "exitcode", json_integer(WEXITSTATUS(status)));
	fake_output(f, o, "out", f->procs[i].out);
	fake_output(f, o, "err", f->procs[i].err);
	f->procs[i].gone = true;
	fake_return(f, o);
}

static void fake_file_open(struct fake *f, json_t *args)
{
	const char *mode = json_string_value(json_object_get(args, "mode"));
	int fd = open(json_string_value(json_object_get(args, "path")),
		      *mode == 'w' ? O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0666);

	if (fd < 0)
		fake_error(f, strerror(errno));
	else
		fake_return(f, json_integer(fd));
}

static void fake_file_write(struct fake *f, json_t *args)
{
	DEFER(str_done) struct str bytes = { 0 };

	base64_decode(json_string_value(json_object_get(args, "buf-b64")), &bytes);
	if (f->how.fail_writes_after && ++f->writes >= f->how.fail_writes_after) {
		fake_error(f, "failed to write to file: No space left on device");
		return;
	}
	if (f->how.take && bytes.n > f->how.take)
		bytes.n = f->how.take;
	fake_return(f, json_pack("{sI sb}", "count",
				 (json_int_t)write((int)json_integer_value(json_object_get(args, "handle")), bytes.s, bytes.n),
				 "eof", 0));
}

static void fake_file_read(struct fake *f, json_t *args)
{
	size_t want = (size_t)json_integer_value(json_object_get(args, "count"));
	DEFER(str_done) struct str coded = { 0 };
	char *buf = xmalloc(want);
	ssize_t n = read((int)json_integer_value(json_object_get(args, "handle")), buf, want);

	base64_encode(&coded, buf, n < 0 ? 0 : (size_t)n);
	free(buf);
	if (n < 0)
		fake_error(f, strerror(errno));
	else
		fake_return(f, json_pack("{sI ss sb}", "count", (json_int_t)n, "buf-b64", str_text(&coded),
					 "eof", (size_t)n < want));
}

static void fake_interfaces(struct fake *f)
{
	static const char text[] =
		"[{\"name\":\"lo\",\"ip-addresses\":[{\"ip-address-type\":\"ipv4\",\"ip-address\":\"127.0.0.1\",\"prefix\":8},"
		"{\"ip-address-type\":\"ipv6\",\"ip-address\":\"::1\",\"prefix\":128}]},{\"name\":\"dummy0\"},"
		"{\"name\":\"eth0\",\"ip-addresses\":[{\"ip-address-type\":\"ipv4\",\"ip-address\":\"10.0.2.50\",\"prefix\":24},"
		"{\"ip-address-type\":\"ipv6\",\"ip-address\":\"fe80::5054:ff:fe12:3456\",\"prefix\":64},"
		"{\"ip-address-type\":\"ipv6\",\"ip-address\":\"fec0::2\",\"prefix\":64}]}]";

	fake_return(f, json_loads(text, 0, NULL));
}

static void fake_command(struct fake *f, json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "execute"));
	json_t *args = json_object_get(o, "arguments");

	if (!strcmp(name, "guest-sync-delimited"))
		fake_answer(f, "\xff", json_pack("{sO}", "return", json_object_get(args, "id")));
	else if (!strcmp(name, "guest-exec"))
		fake_exec(f, args);
	else if (!strcmp(name, "guest-exec-status"))
		fake_status(f, args);
	else if (!strcmp(name, "guest-file-open"))
		fake_file_open(f, args);
	else if (!strcmp(name, "guest-file-write"))
		fake_file_write(f, args);
	else if (!strcmp(name, "guest-file-read"))
		fake_file_read(f, args);
	else if (!strcmp(name, "guest-network-get-interfaces"))
		fake_interfaces(f);
	else if (!strcmp(name, "guest-file-close"))
		fake_return(f, close((int)json_integer_value(json_object_get(args, "handle"))) < 0 ? json_null() : json_object());
	else
		fake_error(f, "no such command");
}

static void fake_serve(struct fake *f)
{
	struct qmp_stream in = { 0 };
	char buf[65536];
	ssize_t n;

	if (f->how.stale)
		fake_send(f, "{\"return\": 4711}\n{\"retu", 23);
	while ((n = read(f->client, buf, sizeof buf)) > 0) {
		json_t *o;

		if (f->how.deaf)
			continue;
		/* The agent's own parser starts afresh at the delimiter; ours is line by line. */
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] == '\xff')
				buf[i] = ' ';
		qmp_feed(&in, buf, (size_t)n);
		while ((o = qmp_next(&in))) {
			fake_command(f, o);
			json_decref(o);
		}
	}
	qmp_stream_done(&in);
}

/* Starts the agent as a process that dies with us; listening when this returns. */
__attribute__((unused))
static pid_t fake_agent(const char *path, const struct fake_agent *how)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	strncpy(sa.sun_path, path, sizeof sa.sun_path - 1);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(fd, 8) < 0)
		return -1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		struct fake f = { .how = *how };

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while ((f.client = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
			fake_serve(&f);
			close(f.client);
		}
		_exit(0);
	}
	close(fd);
	return pid;
}

__attribute__((unused))
static void fake_agent_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif
