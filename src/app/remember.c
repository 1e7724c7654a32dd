/* SPDX-License-Identifier: ISC */
#include "app/remember.h"

#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "sys/file.h"

enum { LONGEST = 1 << 20 };

char *remember_id(struct facts *f, const char *const *paths)
{
	DEFER(str_done) struct str s = { 0 };
	struct stat st;

	for (; *paths; paths++)
		if (stat(*paths, &st) == 0)
			str_fmt(&s, "%s %lld.%09ld %lld ", *paths, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long)st.st_size);
	return arena_str(&f->mem, str_text(&s));
}

static char *file_of(struct facts *f, const char *name)
{
	return arena_fmt(&f->mem, "%s/%s", f->cache_dir, name);
}

const char *remembered(struct facts *f, const char *name, const char *id)
{
	struct err ignored = { 0 };
	DEFER(free_str) char *text = file_read(file_of(f, name), LONGEST, NULL, &ignored);
	size_t n = strlen(id);

	if (!text || strncmp(text, id, n) != 0 || text[n] != '\n')
		return NULL;
	return arena_str(&f->mem, text + n + 1);
}

/* Package settings may hold credentials: nobody else reads what is kept. */
void remember(struct facts *f, const char *name, const char *id, const char *text)
{
	DEFER(str_done) struct str s = { 0 };
	struct err ignored = { 0 };

	str_fmt(&s, "%s\n%s", id, text);
	if (!dir_make(f->cache_dir, 0755, &ignored))
		file_write(file_of(f, name), s.s, s.n, 0600, &ignored);
}
