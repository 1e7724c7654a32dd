/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "exec/qmp.h"

int qmp_feed(struct qmp_stream *s, const char *bytes, size_t n)
{
	/* Line by line, so that the verdict does not depend on how the bytes were cut. */
	while (n && !s->broken) {
		const char *newline = memchr(bytes, '\n', n);
		size_t len = newline ? (size_t)(newline + 1 - bytes) : n;

		s->open += len;
		if (s->open > QMP_MAX_LINE) {
			s->broken = true;
			break;
		}
		str_addn(&s->buf, bytes, len);
		if (newline)
			s->open = 0;
		bytes += len;
		n -= len;
	}
	return s->broken ? -1 : 0;
}

static bool is_blank(const char *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strchr(" \t\r", line[i]))
			return false;
	return true;
}

static json_t *parse(struct qmp_stream *s, const char *line, size_t n)
{
	const char *marker = n ? memrchr(line, 0xff, n) : NULL;
	json_t *json;

	if (marker) {
		n -= (size_t)(marker + 1 - line);
		line = marker + 1;
	}
	if (is_blank(line, n))
		return NULL;
	json = json_loadb(line, n, JSON_ALLOW_NUL, NULL);
	if (json_is_object(json))
		return json;
	json_decref(json);
	s->skipped++;
	return NULL;
}

/* Forget what was read, when only the beginning of a line is left. */
static void compact(struct qmp_stream *s)
{
	if (!s->from)
		return;
	memmove(s->buf.s, s->buf.s + s->from, s->buf.n - s->from);
	s->buf.n -= s->from;
	s->buf.s[s->buf.n] = 0;
	s->from = 0;
}

json_t *qmp_next(struct qmp_stream *s)
{
	size_t whole = s->buf.n - (s->broken ? 0 : s->open);

	while (s->from < whole) {
		const char *line = s->buf.s + s->from;
		const char *newline = memchr(line, '\n', whole - s->from);
		json_t *json;

		if (!newline)
			break;
		s->from += (size_t)(newline + 1 - line);
		json = parse(s, line, (size_t)(newline - line));
		if (json)
			return json;
	}
	compact(s);
	return NULL;
}

void qmp_stream_done(struct qmp_stream *s)
{
	str_done(&s->buf);
	*s = (struct qmp_stream){ 0 };
}
