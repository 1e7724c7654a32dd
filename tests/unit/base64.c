/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include "text/base64.h"

int main(void)
{
	static const struct { const char *plain, *coded; } rows[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
	};
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zg===", "=Zg=", "Zm9v!", "Zg==Zg==", "Zm 9" };
	DEFER(str_done) struct str s = { 0 };
	DEFER(str_done) struct str back = { 0 };
	unsigned char all[256];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		str_clear(&s);
		base64_encode(&s, rows[i].plain, strlen(rows[i].plain));
		is(str_text(&s), rows[i].coded, rows[i].coded);
		str_clear(&s);
		ok(base64_decode(rows[i].coded, &s) == 0, "is base64");
		is(str_text(&s), rows[i].plain, "and back");
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(base64_decode(bad[i], &back) == -1, "'%s' is none", bad[i]);
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (unsigned char)i;
	str_clear(&s);
	str_clear(&back);
	base64_encode(&s, all, sizeof all);
	ok(base64_decode(str_text(&s), &back) == 0 && back.n == sizeof all && !memcmp(back.s, all, sizeof all),
	   "every byte comes back");
	return tap_done();
}
