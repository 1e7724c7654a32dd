/* SPDX-License-Identifier: ISC */
/*
 * Whatever a guest's monitor or agent sends: the documents found do not depend on
 * how the bytes were cut on their way.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "exec/qmp.h"

static void take(struct qmp_stream *s, struct str *out)
{
	json_t *json;

	while ((json = qmp_next(s))) {
		DEFER(free_str) char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

		if (!text)
			abort();
		str_fmt(out, "%s\n", text);
		json_decref(json);
	}
}

static size_t read_in_pieces(const char *bytes, size_t n, size_t piece, struct str *out)
{
	struct qmp_stream s = { 0 };
	size_t skipped;

	while (n) {
		size_t now = n < piece ? n : piece;

		/* From the heap, exactly as long: reading past a piece is found. */
		DEFER(free_str) char *copy = malloc(now);

		memcpy(copy, bytes, now);
		if (qmp_feed(&s, copy, now) < 0)
			abort();
		if (piece != 7)         /* once with everything taken at the end */
			take(&s, out);
		bytes += now;
		n -= now;
	}
	take(&s, out);
	skipped = s.skipped;
	qmp_stream_done(&s);
	return skipped;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 64 };
	DEFER(str_done) struct str whole = { 0 };
	size_t skipped = read_in_pieces((const char *)data, size, size + 1, &whole);

	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		DEFER(str_done) struct str cut = { 0 };

		if (read_in_pieces((const char *)data, size, pieces[i], &cut) != skipped ||
		    strcmp(str_text(&cut), str_text(&whole)))
			abort();
	}
	return 0;
}
