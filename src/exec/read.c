/* SPDX-License-Identifier: ISC */
#include <fnmatch.h>
#include <string.h>

#include "exec/run.h"
#include "sys/file.h"

enum { LARGEST = 16 << 20 };

/* A list of words that end in NUL, as /proc has them, is one line, whatever the words hold. */
static void flatten(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n')
			text[i] = ' ';
		if (!text[i])
			text[i] = '\037';
	}
}

static void add_line(const char *path, char *text, size_t n, struct str *out)
{
	if (strlen(text) < n)
		flatten(text, n);
	str_add(out, path);
	str_addc(out, ' ');
	str_addn(out, text, strcspn(text, "\n"));
	str_addc(out, '\n');
}

/* There may be a thousand of them, so what mostly is enough comes first: one read into memory that is there. */
static void first_line(const char *path, struct str *out)
{
	struct err ignored = { 0 };
	DEFER(free_str) char *text = NULL;
	char begin[16384];
	ssize_t n = file_begin(path, begin, sizeof begin);
	size_t all = 0;

	if (n >= 0 && (size_t)n < sizeof begin - 1)
		add_line(path, begin, (size_t)n, out);
	else if (n >= 0 && (text = file_read(path, LARGEST, &all, &ignored)))
		add_line(path, text, all, out);
}

/*
 * What the first component with a '*' in it stands for, then the rest. glob(3) looks at every file
 * before we do, which for those of a thousand processes takes as long as reading them.
 */
static void all_matches(const char *pattern, struct str *out)
{
	DEFER(arena_done) struct arena a = { 0 };
	const char *star = strchr(pattern, '*'), *rest = star + strcspn(star, "/");
	const char *name = memrchr(pattern, '/', (size_t)(star - pattern));
	struct words entries = { 0 };
	struct err ignored = { 0 };
	char *dir, *wanted;

	if (!name)
		return;
	dir = arena_strn(&a, pattern, (size_t)(name - pattern));
	wanted = arena_strn(&a, name + 1, (size_t)(rest - name - 1));
	dir_list(*dir ? dir : "/", &entries, &a, &ignored);
	for (size_t i = 0; i < entries.n; i++) {
		const char *path;

		if (fnmatch(wanted, entries.v[i], FNM_PERIOD))
			continue;
		path = arena_fmt(&a, "%s/%s%s", dir, entries.v[i], rest);
		if (strchr(rest, '*'))
			all_matches(path, out);
		else
			first_line(path, out);
	}
}

void exec_read(const char *path, struct str *out)
{
	struct err ignored = { 0 };
	DEFER(free_str) char *text = NULL;

	if (strchr(path, '*')) {
		all_matches(path, out);
	} else {
		text = file_read(path, LARGEST, NULL, &ignored);
		str_add(out, text ? text : "");
	}
}

/* Whoever wants to know calls exec_read; in a plan that is carried out nobody listens. */
int do_read(struct run *r, const struct step *s, struct err *e)
{
	return 0;
}
