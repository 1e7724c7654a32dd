/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "exec/run.h"
#include "sys/holder.h"

#define IN_USE "Is another process using the image ["
#define FULL "No space left on device"         /* strerror(ENOSPC) of programs that speak English */

enum { LINE_MAX_SHOWN = 400 };

/* Programs repaint lines with carriage returns and colour them; only the final text counts. */
static void add_plain(struct str *out, const char *line, size_t n)
{
	const char *painted = n ? memrchr(line, '\r', n - (line[n - 1] == '\r')) : NULL;
	size_t from = painted ? (size_t)(painted + 1 - line) : 0;

	for (size_t i = from; i < n && i - from < LINE_MAX_SHOWN; i++) {
		if (line[i] == 033) {
			while (i + 1 < n && !strchr("mKHJ", line[i + 1]))
				i++;
			i++;
		} else if ((unsigned char)line[i] >= ' ' && line[i] != 0177) {
			str_addc(out, line[i]);
		}
	}
}

static bool is_blank(const char *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] > ' ')
			return false;
	return true;
}

/* The last non-empty lines of text, in their order, "; " between. */
static void last_lines(const char *text, size_t n, int lines, struct str *out)
{
	const char *begin;

	while (n && text[n - 1] == '\n')
		n--;
	if (!n || !lines)
		return;
	begin = memrchr(text, '\n', n);
	begin = begin ? begin + 1 : text;
	if (is_blank(begin, (size_t)(text + n - begin))) {
		last_lines(text, (size_t)(begin - text), lines, out);
		return;
	}
	last_lines(text, (size_t)(begin - text), lines - 1, out);
	if (out->n)
		str_add(out, "; ");
	add_plain(out, begin, (size_t)(text + n - begin));
}

/* What tar(1) says after it has said why. */
static bool is_farewell(const char *line, size_t n)
{
	static const char *const farewells[] = { "Error is not recoverable: exiting now", "Exiting with failure status due to previous errors" };

	for (size_t i = 0; i < sizeof farewells / sizeof *farewells; i++)
		if (memmem(line, n, farewells[i], strlen(farewells[i])))
			return true;
	return false;
}

/*
 * The last line that the program signed ("mkfs.vfat: too small"), for one that says
 * why on one stream and its farewell on the other; NULL when it signs none.
 */
static const char *signed_line(const char *name, const char *text, size_t n, size_t *len)
{
	size_t k = strlen(name);
	const char *found = NULL;

	for (const char *line = text, *end = text + n; line < end; line += *len + 1) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));

		*len = (size_t)((stop ? stop : end) - line);
		if (*len > k && !strncmp(line, name, k) && line[k] == ':' && !is_farewell(line, *len))
			found = line;
	}
	if (found)
		*len = strcspn(found, "\n");
	return found;
}

/* A full disk explains whatever else is said; NULL when it is not that. */
static const char *full_disk(const char *text, size_t n, size_t *len)
{
	const char *at = memmem(text, n, FULL, sizeof FULL - 1), *begin, *end;

	if (!at)
		return NULL;
	begin = memrchr(text, '\n', (size_t)(at - text));
	begin = begin ? begin + 1 : text;
	end = memchr(at, '\n', (size_t)(text + n - at));
	*len = (size_t)((end ? end : text + n) - begin);
	return begin;
}

/* What QEMU and its tools say of a disk that somebody else has open: its path; NULL: nothing. */
static char *used_image(const char *text, size_t n)
{
	const char *at = memmem(text, n, IN_USE, sizeof IN_USE - 1), *end;
	struct str path = { 0 };

	if (!at)
		return NULL;
	at += sizeof IN_USE - 1;
	end = memmem(at, (size_t)(text + n - at), "]?", 2);
	if (!end)
		return NULL;
	str_addn(&path, at, (size_t)(end - at));
	return str_take(&path);
}

int said_failed(const char *program, const char *text, size_t n, int lines, int status, struct err *e)
{
	DEFER(str_done) struct str said = { 0 };
	const char *slash = strrchr(program, '/'), *name = slash ? slash + 1 : program;
	size_t len = strlen(name), k = 0;
	const char *own = full_disk(text, n, &k);
	DEFER(free_str) char *image = used_image(text, n);

	if (image)
		return holder_error(name, image, e);
	if (!own && lines == 1)
		own = signed_line(name, text, n, &k);
	if (own)
		add_plain(&said, own, k);
	else
		last_lines(text, n, lines, &said);
	if (!said.n)
		return err_set(e, ERR_FAILED, "%s: said nothing (status %d)", name, status);
	/* Most programs sign their messages; once is enough. */
	if (!strncmp(said.s, name, len) && said.s[len] == ':')
		return err_set(e, ERR_FAILED, "%s (status %d)", said.s, status);
	return err_set(e, ERR_FAILED, "%s: %s (status %d)", name, said.s, status);
}
