/* SPDX-License-Identifier: ISC */
/*
 * A process that looks like a running guest from outside: it holds the lock,
 * speaks QMP, and echoes its serial line into the console's log.
 */
#ifndef BERTH_FAKE_HYPERVISOR_H
#define BERTH_FAKE_HYPERVISOR_H

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "exec/qmp.h"
#include "scratch.h"
#include "sys/lock.h"

struct fake_hypervisor {
	const char *lock, *control, *errors, *log;
	const char *serial;     /* NULL: no serial line */
	bool taken;             /* QMP says that somebody is at the serial line */
};

static void fake_qmp_answer(const struct fake_hypervisor *h, int fd, json_t *command)
{
	json_t *chardevs = json_pack("[{s:s, s:s+}]", "label", "serial0", "filename",
				     h->taken ? "unix:" : "disconnected:unix:", h->serial ? h->serial : "none");
	json_t *o = json_pack("{s:o, s:O}", "return", chardevs, "id", json_object_get(command, "id"));
	char *text = json_dumps(o, JSON_COMPACT);

	if (dprintf(fd, "%s\n", text) < 0)
		_exit(1);
	free(text);
	json_decref(o);
}

static void fake_qmp(const struct fake_hypervisor *h, int fd)
{
	struct qmp_stream in = { 0 };
	char buf[4096];
	ssize_t n;

	if (dprintf(fd, "{\"QMP\": {}}\n{\"event\": \"RESUME\"}\n") < 0)
		return;
	while ((n = read(fd, buf, sizeof buf)) > 0) {
		json_t *command;

		qmp_feed(&in, buf, (size_t)n);
		while ((command = qmp_next(&in))) {
			fake_qmp_answer(h, fd, command);
			json_decref(command);
		}
	}
	qmp_stream_done(&in);
}

static void fake_serial(const struct fake_hypervisor *h, int fd)
{
	int log = open(h->log, O_WRONLY | O_CREAT | O_APPEND, 0644);
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof buf)) > 0)
		if (write(log, buf, (size_t)n) != n || write(fd, buf, (size_t)n) != n)
			_exit(1);
	close(log);
}

static int fake_listen(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(sa.sun_path, path, sizeof sa.sun_path - 1);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(fd, 8) < 0)
		abort();
	return fd;
}

static void fake_accept(const struct fake_hypervisor *h, const char *path,
			void (*serve)(const struct fake_hypervisor *, int))
{
	int fd = fake_listen(path), client;

	while ((client = accept(fd, NULL, NULL)) >= 0) {
		serve(h, client);
		close(client);
	}
	_exit(1);
}

/* Two processes: one for the control socket, and a child of it at the serial line. */
static void fake_run(const struct fake_hypervisor *h)
{
	struct err e = { 0 };
	pid_t parent = getpid();

	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (h->serial && !fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			fake_accept(h, h->serial, fake_serial);
		_exit(1);
	}
	if (lock_take(h->lock, true, "a test", &e) < 0)
		_exit(1);
	fake_accept(h, h->control, fake_qmp);
}

/* Running when this returns, with no log and no errors. */
static pid_t fake_hypervisor(const struct fake_hypervisor *h)
{
	pid_t pid;

	unlink(h->log);
	unlink(h->control);
	if (h->serial)
		unlink(h->serial);
	put(h->errors, "");
	fflush(stdout);
	pid = fork();
	if (!pid)
		fake_run(h);
	if (!until(file_exists(h->control) && lock_held(h->lock) && (!h->serial || file_exists(h->serial))))
		abort();
	return pid;
}

static void fake_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif
