/* SPDX-License-Identifier: ISC */
#include "sys/sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/file.h"
#include "sys/intr.h"

enum { FAST_LOOKS = 500, SLOW_MS = 20 };

/*
 * One attempt; fd or -1 with errno. Not blocking, since a listener whose queue is
 * full would keep us past any deadline; EAGAIN says so.
 */
static int attempt(const struct sockaddr_un *to)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), saved;

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)to, sizeof *to) == 0) {
		fcntl(fd, F_SETFL, 0);
		return fd;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static bool worth_waiting(int errnum)
{
	return errnum == ENOENT || errnum == ECONNREFUSED || errnum == EAGAIN;
}

static int nobody(const char *path, int errnum, int timeout_ms, struct err *e)
{
	const char *what = errnum == ENOENT ? "no such socket" :
			   errnum == EAGAIN ? "busy with others" : "nobody listens";

	if (!timeout_ms)
		return err_set(e, errnum == EAGAIN ? ERR_BUSY : ERR_NOT_FOUND, "%s: %s", path, what);
	return err_set(e, ERR_TIMEOUT, "%s: %s after %g s", path, what, timeout_ms / 1000.0);
}

/*
 * Look again and again, often at first. Not inotify: it tells of bind() but not of
 * the listen() that follows, and closing one takes the kernel up to 15 ms, nearly as
 * long as QEMU takes to start. A look costs some microseconds.
 */
static int wait_connect(const struct sockaddr_un *to, int timeout_ms, int alive_fd, bool was_there, struct err *e)
{
	struct pollfd alive = { .fd = alive_fd, .events = POLLIN };
	long until = deadline_ms(timeout_ms);
	const char *path = to->sun_path;
	int fd;

	for (int looks = 0; (fd = attempt(to)) < 0; looks++) {
		int reason = errno, left = left_ms(until), pause = looks < FAST_LOOKS ? 1 : SLOW_MS, n;

		if (!worth_waiting(reason))
			return err_errno(e, reason, "%s", path);
		if (was_there && reason == ECONNREFUSED)
			return nobody(path, reason, 0, e);
		if (!left)
			return nobody(path, reason, timeout_ms, e);
		n = intr_poll(&alive, 1, left < 0 || left > pause ? pause : left);
		if (n < 0)
			return err_set(e, ERR_FAILED, "interrupted");
		if (n > 0)
			return err_set(e, ERR_FAILED, "%s: its program has ended", path);
	}
	return fd;
}

static int knock(const char *path, int timeout_ms, int alive_fd, bool was_there, struct err *e)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof to.sun_path)
		return err_set(e, ERR_INVALID, "%s: too long for a socket (%zu bytes at most)", path, sizeof to.sun_path - 1);
	strcpy(to.sun_path, path);
	fd = attempt(&to);
	if (fd >= 0)
		return fd;
	if (!timeout_ms && worth_waiting(errno))
		return nobody(path, errno, 0, e);
	return wait_connect(&to, timeout_ms, alive_fd, was_there, e);
}

int sock_connect_to(const char *path, int timeout_ms, int alive_fd, struct err *e)
{
	return knock(path, timeout_ms, alive_fd, false, e);
}

int sock_connect(const char *path, int timeout_ms, struct err *e)
{
	return knock(path, timeout_ms, -1, false, e);
}

int sock_connect_again(const char *path, int timeout_ms, struct err *e)
{
	return knock(path, timeout_ms, -1, true, e);
}

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

/* The outcome of a connect that was under way. */
static int finish_connect(int fd, int port, int timeout_ms, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(int);
	int n = intr_poll(&p, 1, timeout_ms), reason = 0;

	if (n < 0)
		return err_set(e, ERR_FAILED, "interrupted");
	if (n == 0)
		return err_set(e, ERR_TIMEOUT, "port %d: no answer after %g s", port, timeout_ms / 1000.0);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &size);
	return reason ? err_errno(e, reason, "port %d", port) : 0;
}

int sock_listener(const char *path, struct err *e)
{
	DEFER(close_fd) int fd = sock_connect(path, 1000, e);     /* its queue may be full for a moment */
	struct ucred peer;
	socklen_t n = sizeof peer;
	int pidfd;

	if (fd < 0)
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0)
		return err_errno(e, errno, "%s", path);
	pidfd = pidfd_open(peer.pid, 0);
	return pidfd < 0 ? err_errno(e, errno, "the process behind %s", path) : pidfd;
}

static int connect_address(const struct addrinfo *to, int port, int timeout_ms, struct err *e)
{
	DEFER(close_fd) int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int connected = fd;

	if (fd < 0)
		return err_errno(e, errno, "socket");
	if (connect(fd, to->ai_addr, to->ai_addrlen) < 0) {
		if (errno != EINPROGRESS)
			return err_errno(e, errno, "port %d", port);
		if (finish_connect(fd, port, timeout_ms, e) < 0)
			return -1;
	}
	fcntl(fd, F_SETFL, 0);
	fd = -1;
	return connected;
}

int sock_connect_port(const char *host, int port, int timeout_ms, struct err *e)
{
	const struct addrinfo want = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	struct addrinfo *to = NULL;
	char number[16];
	int fd;

	snprintf(number, sizeof number, "%d", port);
	if (getaddrinfo(host, number, &want, &to))
		return err_set(e, ERR_INVALID, "'%s' is no address", host);
	fd = connect_address(to, port, timeout_ms, e);
	freeaddrinfo(to);
	return fd;
}

/* Bind a new socket; 0 with what became of the address in *at, else -1 with errno. */
static int try_bind(int type, struct sockaddr_in *at)
{
	DEFER(close_fd) int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof *at;
	int yes = 1;

	/* As servers do it: a port whose last connections are dying down is free, one that is listened on is not. */
	if (fd >= 0 && type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (fd < 0 || bind(fd, (struct sockaddr *)at, size) < 0)
		return -1;
	return getsockname(fd, (struct sockaddr *)at, &size);
}

/* The port that bind gives for a wish; 0: not that one. */
static int bindable(int port)
{
	struct sockaddr_in at = loopback(port);

	return try_bind(SOCK_STREAM, &at) < 0 ? 0 : ntohs(at.sin_port);
}

bool sock_port_taken(const char *host, int port, bool udp)
{
	struct sockaddr_in at = loopback(port);

	return inet_pton(AF_INET, host, &at.sin_addr) == 1 && try_bind(udp ? SOCK_DGRAM : SOCK_STREAM, &at) < 0 && errno == EADDRINUSE;
}

int sock_free_port(int preferred)
{
	int port = preferred > 0 && preferred < 65536 ? bindable(preferred) : 0;

	return port ? port : bindable(0);
}
