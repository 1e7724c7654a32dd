/* SPDX-License-Identifier: ISC */
/*
 * QMP, the QEMU machine protocol, and the guest agent's dialect of it: one JSON
 * document per line, commands answered in order, events in between.
 * (qemu: docs/interop/qmp-spec.txt, qga/qapi-schema.json.)
 *
 * The stream is separate from the socket, so that a fuzzer and a socketpair can
 * feed it any bytes in any pieces.
 */
#ifndef BERTH_QMP_H
#define BERTH_QMP_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/*
 * Splits bytes into JSON documents; a line that is none is skipped and counted. The
 * byte 0xff, which is in no JSON text, begins a line anew: the agent's marker.
 */
struct qmp_stream {
	struct str buf;
	size_t skipped;
	size_t from;            /* of buf: where the next document begins */
	size_t open;            /* bytes of the line that has not ended yet */
	bool broken;            /* a line was too long; nothing more is taken */
};

enum { QMP_MAX_LINE = 16 * 1024 * 1024 };

/* Feed bytes; -1 when a line grows past QMP_MAX_LINE, and from then on. */
int qmp_feed(struct qmp_stream *s, const char *bytes, size_t n);
json_t *qmp_next(struct qmp_stream *s);         /* the next document, or NULL: none complete yet */
void qmp_stream_done(struct qmp_stream *s);

struct qmp {
	int fd;                 /* -1: not connected */
	bool agent;
	struct qmp_stream in;
	/* Called for every event that arrives while waiting for an answer; may be NULL. */
	void (*event)(void *arg, const json_t *event);
	void *event_arg;
	json_int_t last_id;
};

/*
 * Connect and shake hands: greeting and qmp_capabilities for QMP, 0xff and
 * guest-sync-delimited for the agent. Waits for the socket to appear and for the
 * greeting until timeout_ms. ERR_TIMEOUT when nobody speaks in time, ERR_NOT_FOUND when nobody listens on the
 * socket any more, or when there is none at once and timeout_ms is 0.
 */
int qmp_open(struct qmp *q, const char *socket, bool agent, int timeout_ms, struct err *e);

/* The handshake alone, on a connected socket that is q's from here on. */
int qmp_greet(struct qmp *q, int fd, bool agent, int timeout_ms, struct err *e);

/*
 * One command (the caller keeps args, which may be NULL); *result is the "return"
 * value, to be json_decref'd, when result is not NULL. QEMU's own error text is in e.
 */
int qmp_call(struct qmp *q, const char *name, json_t *args, json_t **result, int timeout_ms, struct err *e);

/*
 * Send one command as JSON text and wait for its answer; for plan steps. The agent
 * answers guest-shutdown and guest-suspend-… by doing it, so they are only sent.
 */
int qmp_send_text(struct qmp *q, const char *text, int timeout_ms, struct err *e);

/* Hear events until the connection is closed, or we are asked to stop. */
void qmp_listen(struct qmp *q);
void qmp_close(struct qmp *q);

#endif
