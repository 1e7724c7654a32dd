/* SPDX-License-Identifier: ISC */
/*
 * Hand the call to its command, print its error, exit with its status. Called by
 * the name of an older program, it is that one: 'qemud stop' is 'berth as qemud stop'.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/as_ctys.h"
#include "cmd/cmd.h"
#include "front/calls.h"
#include "front/ctys_facts.h"

static int report(const struct err *e)
{
	fflush(stdout);
	fprintf(stderr, "berth: %s\n", e->msg);
	return (int)e->kind;
}

/* Whoever started us may have closed 0, 1 or 2; the next file opened must not become one of them. */
static void keep_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* "qemud stop" as "berth as qemud stop". */
static int call_as(const char *program, int argc, char **argv, struct err *e)
{
	struct arena a = { 0 };
	char **words = arena_alloc(&a, sizeof *words * ((size_t)argc + 3));
	int status;

	words[0] = arena_str(&a, "berth");
	words[1] = arena_str(&a, "as");
	words[2] = arena_str(&a, program);
	memcpy(words + 3, argv + 1, sizeof *words * ((size_t)argc - 1));
	status = dispatch(argc + 2, words, e);
	arena_done(&a);
	return status;
}

/* The older program whose name we were called by; NULL: our own. */
static const char *called_as(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL, *name = slash ? slash + 1 : path;

	return name && (front_is(name) || as_ctys_is(name)) ? name : NULL;
}

int main(int argc, char **argv)
{
	const char *program = called_as(argv[0]);
	struct err e = { 0 };
	int status;

	keep_standard_descriptors();

	signal(SIGPIPE, SIG_IGN);
	scan_also(&ctys_kind);
	status = program ? call_as(program, argc, argv, &e) : dispatch(argc, argv, &e);
	if (status < 0)
		return report(&e);
	if (fflush(stdout) || ferror(stdout)) {
		perror("berth: standard output");
		return ERR_FAILED;
	}
	return status;
}
