/* SPDX-License-Identifier: ISC */
/* How to get to a guest: what a driver answers when asked for a way in. */
#ifndef BERTH_REACH_H
#define BERTH_REACH_H

enum reach_kind {
	REACH_CONSOLE,  /* serial line: socket of its attendant (text/frame.h) or argv; history in log */
	REACH_SCREEN,   /* VNC: socket, or host and port */
	REACH_AGENT,    /* guest agent: socket */
	REACH_CONTROL,  /* the hypervisor's own channel (QMP): socket */
	REACH_MONITOR,  /* the hypervisor's prompt, for people: socket, history in log */
	REACH_SSH,      /* host and port */
};

struct reach {
	const char *const *argv;        /* a program that attaches to the terminal; NULL: there is a socket */
	const char *socket;     /* UNIX socket */
	const char *log;        /* everything the guest said since power-on */
	const char *ending;     /* of a session: has the line "ended STATUS" when it has; NULL: it has no status */
	const char *host;
	int port;
};

#endif
