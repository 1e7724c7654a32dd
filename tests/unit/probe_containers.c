/* SPDX-License-Identifier: ISC */
/* Whose subordinate ids are whose, and which are nobody's. */
#include "tap.h"

#include "app/probe_containers.h"

static const struct { const char *name, *text; bool found; uint32_t base, count; } rows[] = {
	{ "by name", "root:100000:65536\nu:165536:65536\n", true, 165536, 65536 },
	{ "by number", "root:100000:65536\n1000:231072:65536\n", true, 231072, 65536 },
	{ "the first of several", "u:200000:65536\nu:300000:65536\n", true, 200000, 65536 },
	{ "more than is wanted", "u:200000:131072\n", true, 200000, 131072 },
	{ "one that is too small is passed over", "u:200000:65535\nu:300000:65536\n", true, 300000, 65536 },
	{ "no line end", "u:200000:65536", true, 200000, 65536 },
	{ "broken lines before", "u\nu:\nu:x:65536\nu:1:\n:::\n\nu:200000:65536\n", true, 200000, 65536 },
	{ "a line that is split is none", "u:200000\n:65536\n", false, 1048576, 0 },
	{ "a count on the next line is none", "u:200000:\n65536\n", false, 1048576, 0 },
	{ "a longer name is another", "uu:200000:65536\nu1:300000:65536\n", false, 1048576, 0 },
	{ "a longer number is another", "10001:200000:65536\n1000x:300000:65536\n", false, 1048576, 0 },
	{ "nobody", "", false, 1048576, 0 },
	{ "only smaller ones", "u:200000:100\n", false, 1048576, 0 },
	{ "the first free one", "root:1048576:65536\n", false, 1114112, 0 },
	{ "not one whose last id is taken", "root:1114111:1\n", false, 1114112, 0 },
	{ "but one before what is taken", "root:1114112:65536\n", false, 1048576, 0 },
	{ "not one that is taken from below", "root:100000:948577\n", false, 1114112, 0 },
	{ "whatever their order", "b:1114112:65536\na:1048576:65536\n", false, 1179648, 0 },
};

static const struct { const char *name, *users, *groups; bool found; uint32_t base, count; } pairs[] = {
	{ "the same in both", "u:200000:65536\n", "u:200000:65536\n", true, 200000, 65536 },
	{ "the first that is in both", "u:200000:65536\nu:300000:65536\n", "u:400000:65536\n1000:300000:65536\n", true, 300000, 65536 },
	{ "in another order", "u:200000:65536\nu:300000:65536\n", "u:300000:65536\nu:200000:65536\n", true, 200000, 65536 },
	{ "no more than both have", "u:200000:131072\n", "u:200000:65536\n", true, 200000, 65536 },
	{ "too few groups", "u:200000:65536\n", "u:200000:100\n", false, 1048576, 0 },
	{ "none in both", "u:1048576:65536\n", "u:1114112:65536\n", false, 1179648, 0 },
	{ "another's groups", "u:200000:65536\n", "root:200000:65536\n", false, 1048576, 0 },
	{ "no groups", "u:1048576:65536", "", false, 1114112, 0 },
	{ "nothing at all", "", "", false, 1048576, 0 },
};

static void both(void)
{
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		uint32_t base = 7, count = 7;
		bool found = subid_find_both(pairs[i].users, pairs[i].groups, "u", 1000, 65536, 1000000, &base, &count);

		ok(found == pairs[i].found && base == pairs[i].base && count == pairs[i].count, "%s: %d %u %u", pairs[i].name, found,
		   base, count);
	}
}

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint32_t base = 7, count = 7;
		bool found = subid_find(rows[i].text, "u", 1000, 65536, 1000000, &base, &count);

		ok(found == rows[i].found && base == rows[i].base && count == rows[i].count, "%s: %d %u %u", rows[i].name, found,
		   base, count);
	}
	both();
	return tap_done();
}
