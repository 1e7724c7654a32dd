/* SPDX-License-Identifier: ISC */
#include "front/qemud_etc.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_PORT = 5900, LAST_PORT = 65535 };

/* The next line of *text without blanks around it, its number counted; NULL at the end. What means nothing is passed over. */
static const char *next_line(const char **text, int *number, struct arena *a)
{
	while (**text) {
		size_t n = strcspn(*text, "\n"), blanks = strspn(*text, " \t\r");
		char *line = arena_strn(a, *text + (blanks < n ? blanks : n), blanks < n ? n - blanks : 0);
		size_t end = strlen(line);

		while (end && strchr(" \t\r", line[end - 1]))
			line[--end] = 0;
		*text += n + ((*text)[n] == '\n');
		++*number;
		if (*line && *line != '#')
			return line;
	}
	return NULL;
}

void qemud_registered(struct qemud_etc *etc, const char *text, struct report *r)
{
	const char *line;

	for (int number = 0; (line = next_line(&text, &number, &etc->mem));) {
		struct qemud_entry *entry = vec_add(&etc->guests, &etc->mem);
		size_t n = strcspn(line, " \t"), blanks = strspn(line + n, " \t");
		const char *name = arena_strn(&etc->mem, line, n), *folder = line + n + blanks;

		if (*folder == '/' && !strchr(name, '/'))
			*entry = (struct qemud_entry){ .name = name, .folder = folder };
		else
			report_error(r, number, 1, "expected a name and the absolute path of its folder");
	}
}

static struct qemud_entry *entry_named(struct qemud_etc *etc, const char *name)
{
	for (size_t i = 0; i < etc->guests.n; i++)
		if (etc->guests.v[i].name && !strcmp(etc->guests.v[i].name, name))
			return &etc->guests.v[i];
	return NULL;
}

void qemud_autostart(struct qemud_etc *etc, const char *text, struct report *r)
{
	const char *name;

	for (int number = 0; (name = next_line(&text, &number, &etc->mem));) {
		struct qemud_entry *entry = entry_named(etc, name);

		if (entry)
			entry->autostart = true;
		else
			report_warning(r, number, 1, "'%s' is not registered, and is left out", name);
	}
}

void qemud_vncoffset(struct qemud_etc *etc, const char *text, struct report *r)
{
	int number = 0;
	const char *line = next_line(&text, &number, &etc->mem);
	char *end = NULL;
	long port = line ? strtol(line, &end, 10) : 0;

	if (line && end != line && !*end && port >= FIRST_PORT && port <= LAST_PORT)
		etc->vnc_base = (int)port;
	else
		report_warning(r, number, 1, "expected a port from %d to %d; screens are on sockets instead", FIRST_PORT, LAST_PORT);
}

void qemud_etc_done(struct qemud_etc *etc)
{
	arena_done(&etc->mem);
	*etc = (struct qemud_etc){ 0 };
}
