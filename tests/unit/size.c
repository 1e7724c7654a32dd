/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include "base/str.h"
#include "text/size.h"

#define K ((uint64_t)1024)
#define M (K * K)
#define G (K * M)

static void good(void)
{
	static const struct {
		const char *text;
		uint64_t unit, want;
	} rows[] = {
		{ "8GB", 1, 8 * G },
		{ "1G", 1, G },
		{ "512", M, 512 * M },
		{ "512", 1, 512 },
		{ "512M", K, 512 * M },
		{ "1.5G", 1, G + G / 2 },
		{ "20 GiB", 1, 20 * G },
		{ "20  gib", 1, 20 * G },
		{ "4g", 1, 4 * G },
		{ "4kB", 1, 4 * K },
		{ "7B", M, 7 },
		{ "0", M, 0 },
		{ "1 ", M, M },
		{ "1.5", M, M + M / 2 },
		{ "0.1K", 1, 102 },
		{ "1.0", 1, 1 },
		{ "2T", 1, 2 * K * G },
		{ "1P", 1, M * G },
		{ "15E", 1, 15 * G * G },
		{ "15.999999999E", 1, 15 * G * G + (uint64_t)((unsigned __int128)999999999 * G * G / 1000000000) },
		{ "1.00000000000000000000000000001G", 1, G },
		{ "18446744073709551615", 1, UINT64_MAX },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint64_t got = 1234567;

		ok(size_parse(rows[i].text, rows[i].unit, &got) == 0 && got == rows[i].want, "%s", rows[i].text);
	}
}

static void bad(void)
{
	static const char *const rows[] = {
		"", " ", "G", "4Q", "-1", "+1", " 1", "1.", ".5G", "1,5G", "1..5G", "0x10", "4GG", "4Gi", "4iB",
		"4 G B", "4G x", "1.5B", "1e3", "16E", "18446744073709551616", "17179869184G", "15.9999999999G5",
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint64_t got = 1234567;

		ok(size_parse(rows[i], 1, &got) == -1 && got == 1234567, "'%s' is not a size", rows[i]);
	}
	ok(size_parse("18446744073709551615", 2, &(uint64_t){ 0 }) == -1, "the unit may make it too large");
}

static void texts(void)
{
	static const struct {
		uint64_t bytes;
		const char *want;
	} rows[] = {
		{ 0, "0" },
		{ 1, "1B" },
		{ 1000, "1000B" },
		{ 1023, "1023B" },
		{ K, "1K" },
		{ K + 1, "1025B" },
		{ 512 * M, "512M" },
		{ G + G / 2, "1.5G" },
		{ G + G / 4, "1.25G" },
		{ 8 * G, "8G" },
		{ 10 * G + M, "10241M" },
		{ 100 * K * G, "100T" },
		{ UINT64_MAX, "18446744073709551615B" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		DEFER(arena_done) struct arena a = { 0 };
		char *text = size_text(rows[i].bytes, &a);
		uint64_t back = 1234567;

		is(text, rows[i].want, rows[i].want);
		ok(size_parse(text, M, &back) == 0 && back == rows[i].bytes, "%s reads back", text);
	}
}

int main(void)
{
	good();
	bad();
	texts();
	return tap_done();
}
