/* SPDX-License-Identifier: ISC */
#include <glob.h>
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

static void first_line(const char *path, struct str *out)
{
	struct err ignored = { 0 };
	size_t n = 0;
	DEFER(free_str) char *text = file_read(path, LARGEST, &n, &ignored);

	if (!text)
		return;
	if (strlen(text) < n)
		flatten(text, n);
	str_fmt(out, "%s %.*s\n", path, (int)strcspn(text, "\n"), text);
}

void exec_read(const char *path, struct str *out)
{
	struct err ignored = { 0 };
	glob_t found = { 0 };

	if (!strchr(path, '*')) {
		DEFER(free_str) char *text = file_read(path, LARGEST, NULL, &ignored);

		str_add(out, text ? text : "");
		return;
	}
	if (!glob(path, 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++)
			first_line(found.gl_pathv[i], out);
	globfree(&found);
}

/* Whoever wants to know calls exec_read; in a plan that is carried out nobody listens. */
int do_read(struct run *r, const struct step *s, struct err *e)
{
	return 0;
}
