/* SPDX-License-Identifier: ISC */
/* What lists show of records: read from JSON, kept in a file, believed as long as the record is the same. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "scratch.h"
#include "store/gists.h"
#include "tap.h"

static struct gist of(const char *json)
{
	json_t *record = json_loads(json, 0, NULL);
	struct gist g;

	gist_read(&g, record, &scratch_mem);
	json_decref(record);
	return g;
}

static char *line_of(const struct gist *g)
{
	DEFER(str_done) struct str s = { 0 };

	return gist_write(g, &s) ? arena_str(&scratch_mem, str_text(&s)) : NULL;
}

static void there_and_back(void)
{
	static const char *const records[] = {
		"{}", "{ \"driver\": \"qemu\", \"os\": null, \"cpus\": 2, \"ram\": 1073741824, \"ssh_port\": 20022, \"order\": 0 }",
		"{ \"driver\": \"lxc\", \"os\": \"debian-12\", \"address\": \"10.0.2.50\", \"macs\": [ \"52:54:00:12:34:56\", \"x\" ] }",
		"{ \"driver\": \"qemu\", \"throwaway\": true, \"registered\": \"/srv/my vms/a b.conf\", \"machine\": \"\" }",
	};

	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		struct gist g = of(records[i]), back = { 0 };
		char *line = line_of(&g), *again;

		ok(line && gist_parse(&back, arena_str(&scratch_mem, line)), "it is a line: %s", records[i]);
		again = line_of(&back);
		is(again, line, "which says the same");
		ok(back.there && back.throwaway == g.throwaway && back.ordered == g.ordered && !back.mac == !g.mac, "of what is not there, too");
	}
	ok(!line_of(&(struct gist){ .driver = "a\nb" }) && !line_of(&(struct gist){ .os = "a\037b" }), "what separates is not kept");
}

static void broken(void)
{
	struct gist g = of("{ \"driver\": \"qemu\", \"cpus\": 2 }");
	char *line = line_of(&g);
	int good = 0;

	for (size_t n = 0; n < strlen(line); n++)
		good += gist_parse(&g, arena_strn(&scratch_mem, line, n));
	ok(!good, "one that is cut off is none");
	ok(!gist_parse(&g, arena_fmt(&scratch_mem, "%s1", line)), "neither is one with too much");
}

/* A time of change cannot be set: the stamps are made up. */
static void kept(void)
{
	struct facts f = { .cache_dir = at("cache") };
	const struct stamp old = { 7, 300, 1000, 5 };
	struct stamp other = old;
	struct gist g = of("{ \"driver\": \"qemu\", \"cpus\": 2 }");
	struct kepts all = { 0 }, back = { 0 }, none = { 0 };
	const struct gist *found;
	struct err e = { 0 };

	*vec_add(&all.v, &scratch_mem) = (struct kept){ "db", old, g };
	*vec_add(&all.v, &scratch_mem) = (struct kept){ "web", old, g };
	kepts_save(&f, &all);
	kepts_load(&f, &back, &scratch_mem);
	ok(!back.v.n && !file_exists(at("cache")), "without a cache, nothing is kept");
	dir_make(at("cache"), 0755, &e);
	kepts_save(&f, &all);
	kepts_load(&f, &back, &scratch_mem);
	found = kepts_find(&back, "web", &old);
	ok(back.v.n == 2 && found && found->cpus == 2 && !strcmp(found->driver, "qemu"), "what is kept is found again");
	ok(!kepts_find(&back, "we", &old), "what is not there is not");
	other.nanoseconds++;
	ok(!kepts_find(&back, "web", &other), "neither is that of another record");
	put(at("cache/gists"), "berth.gists/2\nweb 7 300 1000 5 ");
	kepts_load(&f, &none, &scratch_mem);
	ok(!none.v.n, "a file that is cut off is as good as none");
}

static void stamps(void)
{
	const char *file = at("record.json");
	struct stamp a, b;

	ok(!stamp_of(file, &a), "no record, no stamp");
	put(file, "{}");
	ok(stamp_of(file, &a) && stamp_of(file, &b) && !memcmp(&a, &b, sizeof a), "the same as long as the file is");
	put(at("record.new"), "{}");
	rename(at("record.new"), file);
	ok(stamp_of(file, &b) && memcmp(&a, &b, sizeof a) != 0, "another for another file");
	ok(!stamp_is_sure(&b) && stamp_is_sure(&(struct stamp){ .seconds = time(NULL) - 60 }),
	   "what has changed a moment ago may change again, and look the same");
}

int main(void)
{
	scratch_begin();
	there_and_back();
	broken();
	kept();
	stamps();
	scratch_end();
	return tap_done();
}
