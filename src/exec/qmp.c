/* SPDX-License-Identifier: ISC */
/*
 * One conversation at a time:
 *
 *	QMP:    < {"QMP": …}                            greeting
 *	        > {"execute": "qmp_capabilities"}       leaves negotiation mode
 *	        > {"execute": …, "id": 2}
 *	        < {"event": …}                          at any moment
 *	        < {"return": …, "id": 2}                or {"error": …, "id": 2}
 *
 *	agent:  > 0xff {"execute": "guest-sync-delimited", "arguments": {"id": N}}
 *	        < …                                     what an earlier client did not fetch
 *	        < 0xff {"return": N}
 *
 * Agents of old guests reject an "id", so there the order alone tells which answer
 * is whose.
 */
#include "exec/qmp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/intr.h"
#include "sys/sock.h"

static int closed(struct err *e)
{
	return err_set(e, ERR_FAILED, "the connection was closed");
}

static int late(const char *what, struct err *e)
{
	return err_set(e, ERR_TIMEOUT, "no %s in time", what);
}

static int wait_fd(int fd, short events, long until, const char *what, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n = intr_poll(&p, 1, left_ms(until));

	if (n < 0)
		return err_set(e, ERR_FAILED, "interrupted");
	return n ? 0 : late(what, e);
}

static int send_bytes(struct qmp *q, const char *bytes, size_t n, long until, struct err *e)
{
	while (n) {
		ssize_t sent = send(q->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return errno == EPIPE || errno == ECONNRESET ? closed(e) : err_errno(e, errno, "send");
		if (sent < 0 && wait_fd(q->fd, POLLOUT, until, "room for the command", e) < 0)
			return -1;
		if (sent > 0) {
			bytes += sent;
			n -= (size_t)sent;
		}
	}
	return 0;
}

/* What has arrived goes into the stream; waits for at least one byte. */
static int receive(struct qmp *q, long until, const char *what, struct err *e)
{
	char buf[16384];
	ssize_t n;

	if (wait_fd(q->fd, POLLIN, until, what, e) < 0)
		return -1;
	n = recv(q->fd, buf, sizeof buf, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return closed(e);
	if (n < 0)
		return err_errno(e, errno, "receive");
	if (qmp_feed(&q->in, buf, (size_t)n) < 0)
		return err_set(e, ERR_FAILED, "an answer longer than %d bytes", QMP_MAX_LINE);
	return 0;
}

/* The next document that is no event; the caller's to json_decref. */
static json_t *next_answer(struct qmp *q, long until, const char *what, struct err *e)
{
	for (;;) {
		json_t *json = qmp_next(&q->in);

		if (!json && receive(q, until, what, e) < 0)
			return NULL;
		if (!json)
			continue;
		if (!json_object_get(json, "event"))
			return json;
		if (q->event)
			q->event(q->event_arg, json);
		json_decref(json);
	}
}

static enum err_kind kind_of(const char *class)
{
	if (str_eq(class, "CommandNotFound"))
		return ERR_UNSUPPORTED;
	return str_eq(class, "DeviceNotFound") ? ERR_NOT_FOUND : ERR_FAILED;
}

static int take_answer(const json_t *answer, json_t **result, struct err *e)
{
	const json_t *error = json_object_get(answer, "error");
	const char *desc = json_string_value(json_object_get(error, "desc"));

	if (error)
		return err_set(e, kind_of(json_string_value(json_object_get(error, "class"))),
			       "%s", desc ? desc : "an error without a text");
	if (result)
		*result = json_incref(json_object_get(answer, "return"));
	return 0;
}

/* An answer to something else: of a command whose time was up, or of an earlier client. */
static bool is_mine(const struct qmp *q, const json_t *answer)
{
	const json_t *id = json_object_get(answer, "id");

	if (!json_object_get(answer, "return") && !json_object_get(answer, "error"))
		return false;
	return !id || (json_is_integer(id) && json_integer_value(id) == q->last_id);
}

static int await(struct qmp *q, json_t **result, long until, struct err *e)
{
	for (;;) {
		json_t *answer = next_answer(q, until, "answer", e);
		int failed;

		if (!answer)
			return -1;
		if (is_mine(q, answer)) {
			failed = take_answer(answer, result, e);
			json_decref(answer);
			return failed;
		}
		json_decref(answer);
	}
}

static int send_json(struct qmp *q, const json_t *json, long until, struct err *e)
{
	DEFER(free_str) char *line = json_dumps(json, JSON_COMPACT);
	DEFER(str_done) struct str text = { 0 };

	if (!line)
		return err_set(e, ERR_INVALID, "the command is not valid JSON");
	str_fmt(&text, "%s\n", line);
	return send_bytes(q, text.s, text.n, until, e);
}

/* The agent answers these by doing them; a failure would be told, success is not. */
static bool is_silent(const struct qmp *q, const json_t *command)
{
	const char *name = json_string_value(json_object_get(command, "execute"));

	return q->agent && name && (str_eq(name, "guest-shutdown") || str_starts(name, "guest-suspend-"));
}

/* Send the command, which is ours to add an id to, and wait for what comes back. */
static int converse(struct qmp *q, json_t *command, json_t **result, int timeout_ms, struct err *e)
{
	long until = deadline_ms(timeout_ms);

	if (!q->agent)
		json_object_set_new(command, "id", json_integer(++q->last_id));
	if (send_json(q, command, until, e) < 0)
		return -1;
	return is_silent(q, command) ? 0 : await(q, result, until, e);
}

int qmp_call(struct qmp *q, const char *name, json_t *args, json_t **result, int timeout_ms, struct err *e)
{
	json_t *command = args ? json_pack("{s:s, s:O}", "execute", name, "arguments", args) :
				 json_pack("{s:s}", "execute", name);
	int failed = converse(q, command, result, timeout_ms, e);

	json_decref(command);
	return failed ? err_add(e, "%s", name) : 0;
}

int qmp_send_text(struct qmp *q, const char *text, int timeout_ms, struct err *e)
{
	json_t *command = json_loads(text, 0, NULL);
	const char *name = json_string_value(json_object_get(command, "execute"));
	int failed;

	if (!name) {
		json_decref(command);
		return err_set(e, ERR_INVALID, "not a command in JSON");
	}
	failed = converse(q, command, NULL, timeout_ms, e);
	if (failed)
		err_add(e, "%s", name);
	json_decref(command);
	return failed;
}

static int greet_qemu(struct qmp *q, long until, struct err *e)
{
	json_t *greeting = next_answer(q, until, "greeting (does another program talk to it?)", e);
	bool right = json_object_get(greeting, "QMP");

	if (!greeting)
		return -1;
	json_decref(greeting);
	if (!right)
		return err_set(e, ERR_FAILED, "what answers is not QMP");
	return qmp_call(q, "qmp_capabilities", NULL, NULL, left_ms(until), e);
}

/* Unlike any number an earlier client may have sent and not fetched the answer to. */
static json_int_t sync_number(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (json_int_t)(ts.tv_sec % 1000000) * 1000000000 + ts.tv_nsec;
}

static int greet_agent(struct qmp *q, long until, struct err *e)
{
	json_int_t number = sync_number();
	DEFER(str_done) struct str text = { 0 };
	bool right = false;

	str_fmt(&text, "\xff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":%lld}}\n", (long long)number);
	if (send_bytes(q, text.s, text.n, until, e) < 0)
		return -1;
	while (!right) {
		json_t *answer = next_answer(q, until, "answer of the guest agent", e);

		if (!answer)
			return -1;
		right = json_integer_value(json_object_get(answer, "return")) == number;
		json_decref(answer);
	}
	return 0;
}

int qmp_greet(struct qmp *q, int fd, bool agent, int timeout_ms, struct err *e)
{
	long until = deadline_ms(timeout_ms);
	int failed;

	q->fd = fd;
	q->agent = agent;
	failed = agent ? greet_agent(q, until, e) : greet_qemu(q, until, e);
	if (failed)
		qmp_close(q);
	return failed;
}

int qmp_open(struct qmp *q, const char *socket, bool agent, int timeout_ms, struct err *e)
{
	long until = deadline_ms(timeout_ms);
	int fd = sock_connect_again(socket, timeout_ms, e);

	q->fd = -1;
	if (fd < 0)
		return -1;
	/* Asked to be there at once it still needs a moment to speak. */
	if (qmp_greet(q, fd, agent, timeout_ms ? left_ms(until) : 1000, e) < 0)
		return err_add(e, "%s", socket);
	return 0;
}

void qmp_listen(struct qmp *q)
{
	struct err closed_or_asked = { 0 };
	json_t *answer;

	while ((answer = next_answer(q, -1, "event", &closed_or_asked)))
		json_decref(answer);
}

void qmp_close(struct qmp *q)
{
	close_fd(&q->fd);
	qmp_stream_done(&q->in);
}
