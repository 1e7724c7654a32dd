/* SPDX-License-Identifier: ISC */
#include "app/agent_file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "text/base64.h"

/*
 * Of one piece: large enough that the round trip does not count, small enough for
 * the line buffer of old agents and for an interrupt to be heeded soon.
 */
enum { PIECE = 192 * 1024 };

static int file_open(struct agent *a, const char *path, const char *mode, json_int_t *handle, struct err *e)
{
	json_t *args = json_pack("{ss ss}", "path", path, "mode", mode);
	json_t *answer = NULL;

	if (!args)
		return err_set(e, ERR_INVALID, "'%s' is not UTF-8, which the guest agent needs", path);
	if (agent_ask(a, "guest-file-open", args, &answer, e) < 0)
		return -1;
	*handle = json_integer_value(answer);
	json_decref(answer);
	return 0;
}

static int file_close(struct agent *a, json_int_t handle, struct err *e)
{
	return agent_ask(a, "guest-file-close", json_pack("{sI}", "handle", handle), NULL, e);
}

/* The agent may take less than it was given. */
static int write_piece(struct agent *a, json_int_t handle, const char *bytes, size_t n, struct err *e)
{
	while (n) {
		DEFER(str_done) struct str coded = { 0 };
		json_t *answer = NULL;
		json_int_t taken;

		base64_encode(&coded, bytes, n);
		if (agent_ask(a, "guest-file-write", json_pack("{sI ss}", "handle", handle, "buf-b64", coded.s),
			      &answer, e) < 0)
			return -1;
		taken = json_integer_value(json_object_get(answer, "count"));
		json_decref(answer);
		if (taken <= 0 || (size_t)taken > n)
			return err_set(e, ERR_FAILED, "the guest agent wrote %lld of %zu bytes", (long long)taken, n);
		bytes += taken;
		n -= (size_t)taken;
	}
	return 0;
}

/* Whole pieces even from a pipe, which gives less at a time. */
static ssize_t read_piece(int fd, char *buf)
{
	size_t n = 0;

	while (n < PIECE) {
		ssize_t got = read(fd, buf + n, PIECE - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (!got)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

static int send_pieces(struct agent *a, int fd, json_int_t handle, struct err *e)
{
	DEFER(free_str) char *buf = xmalloc(PIECE);
	ssize_t n;

	while ((n = read_piece(fd, buf)) > 0)
		if (write_piece(a, handle, buf, (size_t)n, e) < 0)
			return -1;
	return n < 0 ? err_errno(e, errno, "reading") : 0;
}

int agent_file_send(struct agent *a, int fd, const char *path, struct err *e)
{
	struct err ignored = { 0 };
	json_int_t handle = -1;

	if (file_open(a, path, "w", &handle, e) < 0)
		return -1;
	if (send_pieces(a, fd, handle, e) < 0) {
		file_close(a, handle, &ignored);
		return -1;
	}
	/* Closing is where a full disk shows: the agent buffers. */
	return file_close(a, handle, e);
}

static int write_all(int fd, const char *bytes, size_t n, struct err *e)
{
	while (n) {
		ssize_t put = write(fd, bytes, n);

		if (put < 0 && errno != EINTR)
			return err_errno(e, errno, "writing");
		if (put > 0) {
			bytes += put;
			n -= (size_t)put;
		}
	}
	return 0;
}

/* 1: there may be more; 0: that was the end. */
static int fetch_piece(struct agent *a, json_int_t handle, int fd, struct err *e)
{
	DEFER(str_done) struct str bytes = { 0 };
	json_t *answer = NULL;
	const char *coded;
	int more = -1;

	if (agent_ask(a, "guest-file-read", json_pack("{sI si}", "handle", handle, "count", PIECE), &answer, e) < 0)
		return -1;
	coded = json_string_value(json_object_get(answer, "buf-b64"));
	if (!coded || base64_decode(coded, &bytes) < 0)
		err_set(e, ERR_FAILED, "the guest agent sent something else than bytes");
	else if (write_all(fd, bytes.s, bytes.n, e) == 0)
		more = !json_is_true(json_object_get(answer, "eof"));
	json_decref(answer);
	return more;
}

int agent_file_fetch(struct agent *a, const char *path, int fd, struct err *e)
{
	struct err ignored = { 0 };
	json_int_t handle = -1;
	int more;

	if (file_open(a, path, "r", &handle, e) < 0)
		return -1;
	while ((more = fetch_piece(a, handle, fd, e)) > 0)
		;
	file_close(a, handle, &ignored);
	return more;
}
