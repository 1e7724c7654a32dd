/* SPDX-License-Identifier: ISC */
/*
 * Whatever a guest sends to its console: as plain lines it has no control byte but
 * newlines and tabs, and how far the guest has come does not depend on the pieces in
 * which the bytes arrive. Base64 is decoded on the side; it comes from guests too.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/stage.h"
#include "text/base64.h"
#include "text/plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_plain(const char *bytes, size_t n)
{
	DEFER(str_done) struct str all = { 0 }, tail = { 0 };

	plain_text(&all, bytes, n);
	for (size_t i = 0; i < all.n; i++)
		if (((unsigned char)all.s[i] < ' ' && !strchr("\n\t", all.s[i])) || all.s[i] == 0x7f)
			abort();
	plain_tail(&tail, bytes, n, 3);
	if (tail.n > all.n)
		abort();
}

static void check_stage(const char *bytes, size_t n)
{
	struct stage_scan whole = { 0 }, pieces = { 0 };

	stage_feed(&whole, bytes, n);
	for (size_t i = 0; i < n; i++)
		stage_feed(&pieces, bytes + i, 1);
	if (strcmp(str_text(&whole.trouble), str_text(&pieces.trouble)))
		abort();
	/* An unfinished line may look like a prompt for a moment. */
	if (pieces.stage < whole.stage)
		abort();
	stage_scan_done(&whole);
	stage_scan_done(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(free_str) char *text = strndup((const char *)data, size);
	DEFER(str_done) struct str bytes = { 0 };

	check_plain((const char *)data, size);
	check_stage((const char *)data, size);
	base64_decode(text, &bytes);
	return 0;
}
