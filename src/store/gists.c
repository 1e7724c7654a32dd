/* SPDX-License-Identifier: ISC */
#include "store/gists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/str.h"
#include "sys/file.h"

enum { LARGEST = 16 << 20, TOO_YOUNG_S = 2 };

static const char first[] = "berth.gists/2\n", last[] = "end\n";

bool stamp_of(const char *record, struct stamp *out)
{
	struct stat st;

	if (stat(record, &st) < 0)
		return false;
	*out = (struct stamp){ (long long)st.st_ino, st.st_size, st.st_ctim.tv_sec, st.st_ctim.tv_nsec };
	return true;
}

bool stamp_is_sure(const struct stamp *s)
{
	return time(NULL) - s->seconds >= TOO_YOUNG_S;
}

static bool same(const struct stamp *a, const struct stamp *b)
{
	return a->inode == b->inode && a->size == b->size && a->seconds == b->seconds && a->nanoseconds == b->nanoseconds;
}

static const char *file_of(const struct facts *f, struct arena *a)
{
	return arena_fmt(a, "%s/gists", f->cache_dir);
}

/* "NAME INODE SIZE SECONDS NANOSECONDS FIELDS" */
static bool parse(char *line, struct kept *k)
{
	char *at = strchr(line, ' ');
	long long *const numbers[] = { &k->stamp.inode, &k->stamp.size, &k->stamp.seconds, &k->stamp.nanoseconds };

	if (!at)
		return false;
	*at++ = 0;
	k->name = line;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		char *end;

		*numbers[i] = strtoll(at, &end, 10);
		if (end == at || *end != ' ')
			return false;
		at = end + 1;
	}
	return gist_parse(&k->gist, at);
}

void kepts_load(const struct facts *f, struct kepts *out, struct arena *a)
{
	struct err ignored = { 0 };
	size_t n = 0;
	DEFER(free_str) char *text = file_read(file_of(f, a), LARGEST, &n, &ignored);
	char *line, *end;

	if (!text || strlen(text) != n || !str_starts(text, first) || !str_ends(text, last))
		return;
	line = arena_strn(a, text + strlen(first), n - strlen(first) - strlen(last));
	for (; (end = strchr(line, '\n')); line = end + 1) {
		struct kept k = { 0 };

		*end = 0;
		if (parse(line, &k))
			*vec_add(&out->v, a) = k;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct kept *)a)->name, ((const struct kept *)b)->name);
}

const struct gist *kepts_find(const struct kepts *all, const char *name, const struct stamp *stamp)
{
	const struct kept key = { .name = name };
	const struct kept *k = all->v.n ? bsearch(&key, all->v.v, all->v.n, sizeof key, by_name) : NULL;

	return k && same(&k->stamp, stamp) ? &k->gist : NULL;
}

void kepts_save(const struct facts *f, const struct kepts *all)
{
	DEFER(arena_done) struct arena a = { 0 };
	DEFER(str_done) struct str out = { 0 };
	struct err ignored = { 0 };

	str_add(&out, first);
	for (size_t i = 0; i < all->v.n; i++) {
		const struct kept *k = &all->v.v[i];
		size_t before = out.n;

		str_fmt(&out, "%s %lld %lld %lld %lld ", k->name, k->stamp.inode, k->stamp.size, k->stamp.seconds, k->stamp.nanoseconds);
		if (gist_write(&k->gist, &out))
			str_addc(&out, '\n');
		else
			out.n = before;
	}
	str_add(&out, last);
	file_write_loose(file_of(f, &a), out.s, out.n, 0600, &ignored);
}
