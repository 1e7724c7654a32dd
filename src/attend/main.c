/* SPDX-License-Identifier: ISC */
/*
 * berth-attend DIR                       at DIR/serial.sock, as long as its guest is there
 * berth-attend DIR LOCK PROGRAM ARG...   at the console that PROGRAM shows, while somebody looks on
 *
 * Started by berth's plans, never by people: see attend.h.
 */
#include <stdio.h>

#include "attend/attend.h"

int main(int argc, char **argv)
{
	struct attend a = { 0 };
	struct err e = { 0 };

	if (argc != 2 && argc < 4) {
		fputs("usage: berth-attend DIR [LOCK PROGRAM ARG...] (berth starts it; try berth console)\n", stderr);
		return ERR_USAGE;
	}
	a.dir = argv[1];
	if (argc > 2) {
		a.lock = argv[2];
		a.program = (const char *const *)argv + 3;
	}
	if (attend_run(&a, &e) < 0) {
		fprintf(stderr, "berth-attend: %s\n", e.msg);
		return (int)e.kind;
	}
	return 0;
}
