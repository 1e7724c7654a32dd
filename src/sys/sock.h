/* SPDX-License-Identifier: ISC */
/* UNIX and TCP sockets. */
#ifndef BERTH_SOCK_H
#define BERTH_SOCK_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Connect to a UNIX stream socket, waiting until timeout_ms (negative: for ever) for
 * it to exist and accept. fd or -1; with timeout_ms 0 ERR_NOT_FOUND when nobody is there.
 */
int sock_connect(const char *path, int timeout_ms, struct err *e);

/* The same, given up as ERR_FAILED as soon as alive_fd polls readable: the pidfd of who should be listening. */
int sock_connect_to(const char *path, int timeout_ms, int alive_fd, struct err *e);

/* The same, of one who has been there before: a socket that nobody listens on any more is ERR_NOT_FOUND at once. */
int sock_connect_again(const char *path, int timeout_ms, struct err *e);

/* Connect to a port of a numeric address ("127.0.0.1", "fec0::2"), once, waiting for the answer; fd or -1. */
int sock_connect_port(const char *host, int port, int timeout_ms, struct err *e);

/* A pidfd of the process that listens on a UNIX socket; it need not accept us for that. -1 when there is none. */
int sock_listener(const char *path, struct err *e);

/* Does somebody have this port of a numeric IPv4 address of ours? */
bool sock_port_taken(const char *host, int port, bool udp);

/* A TCP port nothing listens on at 127.0.0.1: preferred if it is free, else one the kernel gives; 0: none. */
int sock_free_port(int preferred);

#endif
