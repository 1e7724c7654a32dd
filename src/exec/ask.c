/* SPDX-License-Identifier: ISC */
#include "exec/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "exec/qmp.h"
#include "sys/proc.h"

struct asking {
	struct ask *ask;
	struct qmp_stream in;
};

/*
 * Connect without waiting and leave the question at the door: QEMU reads the
 * handshake and the command in order, whenever it gets to them.
 */
static int ask_one(const char *socket_path, const char *command)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char text[256];
	int fd, n;

	n = snprintf(text, sizeof text, "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"%s\",\"id\":1}\n", command);
	if (strlen(socket_path) >= sizeof to.sun_path || n >= (int)sizeof text)
		return -1;
	strcpy(to.sun_path, socket_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 || send(fd, text, (size_t)n, MSG_NOSIGNAL) != n) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Read what is there. True when nothing more is to be expected: answered, closed or broken. */
static bool hear(struct asking *a, int fd)
{
	char bytes[4096];
	ssize_t n = read(fd, bytes, sizeof bytes);
	json_t *doc;

	if (n < 0)
		return errno != EAGAIN && errno != EINTR;
	if (!n || qmp_feed(&a->in, bytes, (size_t)n) < 0)
		return true;
	while ((doc = qmp_next(&a->in))) {
		bool ours = json_integer_value(json_object_get(doc, "id")) == 1;

		if (ours)
			a->ask->answer = json_incref(json_object_get(doc, "return"));
		json_decref(doc);
		if (ours)
			return true;
	}
	return false;
}

/* poll() over those still open; the set shrinks as answers come. */
static void listen_all(struct asking *as, struct pollfd *fds, size_t n, long until)
{
	while (n) {
		long left = until - now_ms();

		if (left <= 0 || (poll(fds, n, (int)left) < 0 && errno != EINTR))
			break;
		for (size_t i = n; i-- > 0;) {
			if (!fds[i].revents || !hear(&as[i], fds[i].fd))
				continue;
			close(fds[i].fd);
			qmp_stream_done(&as[i].in);
			n--;
			as[i] = as[n];
			fds[i] = fds[n];
		}
	}
	for (size_t i = 0; i < n; i++) {
		close(fds[i].fd);
		qmp_stream_done(&as[i].in);
	}
}

void ask_all(struct ask *asks, size_t n, const char *command, int deadline_ms)
{
	struct arena mem = { 0 };
	struct asking *as = arena_alloc(&mem, (n + 1) * sizeof *as);
	struct pollfd *fds = arena_alloc(&mem, (n + 1) * sizeof *fds);
	long until = now_ms() + deadline_ms;
	size_t open = 0;

	for (size_t i = 0; i < n; i++) {
		int fd = ask_one(asks[i].socket, command);

		if (fd < 0)
			continue;
		as[open].ask = &asks[i];
		fds[open++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	listen_all(as, fds, open, until);
	arena_done(&mem);
}
