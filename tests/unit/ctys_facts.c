/* SPDX-License-Identifier: ISC */
/* Guests of ctys as machine files: NAME.ctys of tests/data/ctys becomes what stands in NAME.want. UPDATE=1 prints it. */
#include "tap.h"

#include <stdlib.h>

#include "base/str.h"
#include "front/ctys_facts.h"
#include "sys/file.h"

/* Only the image of one guest is there. */
static int look(const char *path, struct image_head *out)
{
	*out = (struct image_head){ "raw", 1 << 20 };
	return str_ends(path, "/web.img") ? 0 : -1;
}

static int translate(const char *text, struct report *r, struct str *out)
{
	return ctys_facts(&(struct ctys_file){ "/vm/web", text, strlen(text), look, false }, r, out);
}

static void file(const char *name)
{
	DEFER(arena_done) struct arena a = { 0 };
	DEFER(str_done) struct str got = { 0 };
	DEFER(report_done) struct report r = { .file = arena_fmt(&a, "%s.ctys", name) };
	const char *dir = arena_fmt(&a, "%s/tests/data/ctys", getenv("BERTH_SOURCE"));
	struct err e = { 0 };
	DEFER(free_str) char *text = file_read(arena_fmt(&a, "%s/%s.ctys", dir, name), 1 << 20, NULL, &e);
	DEFER(free_str) char *want = file_read(arena_fmt(&a, "%s/%s.want", dir, name), 1 << 20, NULL, &e);

	ok(text && want && translate(text, &r, &got) == 0, "%s can be imported: %s", name, e.msg);
	for (size_t i = 0; i < r.problems.n; i++)
		str_fmt(&got, "%s\n", report_line(&r, &r.problems.v[i], &a));
	if (getenv("UPDATE"))
		fprintf(stderr, "%s", str_text(&got));
	is(str_text(&got), want, name);
}

static void wrong(const char *text, const char *want)
{
	DEFER(str_done) struct str got = { 0 };
	DEFER(report_done) struct report r = { .file = "t" };
	struct err e = { 0 };

	ok(translate(text, &r, &got) < 0 && report_err(&r, &e) < 0, "this is refused: %s", text);
	is(e.msg, want, text);
}

int main(void)
{
	file("web");
	file("evil");
	wrong("MEMSIZE=5\n", "t: LABEL is missing");
	wrong("#@#MAGICID-XEN\nLABEL=x\n", "t:1:1: MAGICID-XEN: only guests of QEMU are imported");
	wrong("LABEL=x\n#@#MAGICID-IGNORE\n", "t:2:1: the file is marked to be ignored (MAGICID-IGNORE)");
	wrong("LABEL=x\nMEMSIZE=lots\n", "t:2:9: MEMSIZE: 'lots' is not a size (try 512M)");
	ok(ctys_facts_named("a/b.ctys") && !ctys_facts_named("b.conf"), "which files they are");
	return tap_done();
}
