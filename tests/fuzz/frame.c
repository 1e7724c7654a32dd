/* SPDX-License-Identifier: ISC */
/*
 * Whatever a viewer sends: a frame lies in the bytes it was read from, the pieces in
 * which they arrive change nothing, what is read and written again is the same, and
 * words and numbers of payloads keep to their bounds.
 */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "text/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_words(const struct frame *f)
{
	char words[4][FRAME_WORD];

	for (size_t n = 1; n <= 4; n++)
		if (frame_words(f, words, n))
			for (size_t i = 0; i < n; i++)
				if (!*words[i] || strlen(words[i]) >= FRAME_WORD || frame_number(words[i], USHRT_MAX) > USHRT_MAX)
					abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	size_t at = 0, used = 0;
	struct frame f, early;
	int found;

	while ((found = frame_next(bytes + at, size - at, &f, &used)) > 0) {
		DEFER(str_done) struct str again = { 0 };
		size_t ignored;

		if (f.bytes + f.n > bytes + size || f.n > FRAME_MAX || used > size - at)
			abort();
		if (frame_next(bytes + at, used - 1, &early, &ignored) != 0)
			abort();
		frame_add(&again, f.kind, f.bytes, f.n);
		if (again.n != used || memcmp(again.s, bytes + at, used) != 0)
			abort();
		check_words(&f);
		at += used;
	}
	/* What is none does not become one by more bytes. */
	if (found < 0 && size - at > 1 && frame_next(bytes + at, size - at, &f, &used) != -1)
		abort();
	return 0;
}
