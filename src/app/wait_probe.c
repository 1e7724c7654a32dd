/* SPDX-License-Identifier: ISC */
#include "app/wait_probe.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/intr.h"
#include "sys/sock.h"

enum {
	PAUSE_MS = 250,                 /* between attempts */
	PATIENCE_MS = 1000,             /* with a silent connection; grows with every attempt, */
	MOST_PATIENCE_MS = 5000,        /* for a guest that is only slow */
};

static void pause_now(struct port_probe *p)
{
	close_fd(&p->fd);
	p->next = now_ms() + PAUSE_MS;
}

/*
 * That the hypervisor died ends a connection just as a guest does that refuses it;
 * only where a new one can be made was it the guest.
 */
static enum stage begin(struct port_probe *p)
{
	struct err ignored = { 0 };
	int patience = PATIENCE_MS + 500 * p->tries++;
	bool refused = p->ended;

	p->ended = false;
	p->fd = sock_connect_port(p->host, p->port, PAUSE_MS, &ignored);
	if (p->fd < 0) {
		pause_now(p);
		return STAGE_NONE;
	}
	p->next = now_ms() + (patience < MOST_PATIENCE_MS ? patience : MOST_PATIENCE_MS);
	return refused ? STAGE_NETWORK : STAGE_NONE;
}

/* The greeting may come in pieces; its beginning is enough, and is left unread until it is whole. */
static enum stage hear(struct port_probe *p)
{
	char buf[4];
	ssize_t n = recv(p->fd, buf, sizeof buf, MSG_DONTWAIT | MSG_PEEK);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return STAGE_NONE;
	if (n == sizeof buf)
		return memcmp(buf, "SSH-", 4) ? STAGE_NETWORK : STAGE_SSH;
	if (n > 0)
		return STAGE_NONE;
	pause_now(p);
	p->ended = true;
	return STAGE_NONE;
}

enum stage port_probe_step(struct port_probe *p)
{
	enum stage s = p->fd >= 0 ? hear(p) : STAGE_NONE;

	if (now_ms() < p->next)
		return s;
	if (p->fd < 0)
		return begin(p);
	pause_now(p);
	return s;
}

void port_probe_done(struct port_probe *p)
{
	close_fd(&p->fd);
}
