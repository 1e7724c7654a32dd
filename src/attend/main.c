/* SPDX-License-Identifier: ISC */
/*
 * berth-attend DIR                       at DIR/serial.sock, as long as its guest is there
 * berth-attend DIR LOCK PROGRAM ARG...   at the console that PROGRAM shows, while somebody looks on
 * berth-attend --session DIR PROGRAM ARG...
 *                                        PROGRAM is the guest
 * berth-attend --desktop DIR SERVER ARG... -- PROGRAM ARG...
 *                                        the same, on an X server of its own
 * berth-attend --hang-up DIR             asks one of these two to end
 *
 * Started by berth's plans, never by people: see attend.h.
 */
#include <stdio.h>
#include <string.h>

#include "attend/attend.h"

static int usage(struct err *e)
{
	return err_set(e, ERR_USAGE, "usage: berth-attend DIR [LOCK PROGRAM ARG...] (berth starts it; try berth console)");
}

/* The words before "--" are the server's. */
static int desktop(struct attend *a, char **words, struct err *e)
{
	char **end = words;

	while (*end && strcmp(*end, "--") != 0)
		end++;
	if (!*end || !end[1])
		return usage(e);
	*end = NULL;
	a->server = (const char *const *)words;
	a->program = (const char *const *)end + 1;
	return attend_run(a, e);
}

static int session(int argc, char **argv, struct err *e)
{
	struct attend a = { .session = true, .dir = argv[2] };

	if (argc == 3 && !strcmp(argv[1], "--hang-up"))
		return attend_hang_up(argv[2], e);
	if (argc > 3 && !strcmp(argv[1], "--desktop"))
		return desktop(&a, argv + 3, e);
	if (argc < 4 || strcmp(argv[1], "--session") != 0)
		return usage(e);
	a.program = (const char *const *)argv + 3;
	return attend_run(&a, e);
}

static int at_console(int argc, char **argv, struct err *e)
{
	struct attend a = { .dir = argv[1] };

	if (argc != 2 && argc < 4)
		return usage(e);
	if (argc > 2) {
		a.lock = argv[2];
		a.program = (const char *const *)argv + 3;
	}
	return attend_run(&a, e);
}

int main(int argc, char **argv)
{
	struct err e = { 0 };

	if ((argc > 1 && argv[1][0] == '-' ? session(argc, argv, &e) : at_console(argc, argv, &e)) == 0)
		return 0;
	fprintf(stderr, "berth-attend: %s\n", e.msg);
	return (int)e.kind;
}
