/* SPDX-License-Identifier: ISC */
/*
 * A private directory for a test, gone when the test ends, and the few questions
 * that tests about files ask. Paths are built in one arena that lives as long.
 */
#ifndef BERTH_TEST_SCRATCH_H
#define BERTH_TEST_SCRATCH_H

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sys/file.h"
#include "sys/intr.h"

static struct arena scratch_mem;
static char scratch_dir[] = "/tmp/berth-test-XXXXXX";

__attribute__((unused))
static void scratch_begin(void)
{
	if (!mkdtemp(scratch_dir))
		abort();
}

/* "/tmp/berth-test-…/NAME" */
#define at(...) scratch_path(arena_fmt(&scratch_mem, __VA_ARGS__))

__attribute__((unused))
static char *scratch_path(const char *name)
{
	return arena_fmt(&scratch_mem, "%s/%s", scratch_dir, name);
}

/* What a file says; "(none)" when there is none. */
__attribute__((unused))
static const char *said(const char *path)
{
	struct err e = { 0 };
	char *text = file_read(path, 1 << 24, NULL, &e);
	const char *kept = arena_str(&scratch_mem, text ? text : "(none)");

	free(text);
	return kept;
}

__attribute__((unused))
static void put(const char *path, const char *text)
{
	struct err e = { 0 };

	if (file_write(path, text, strlen(text), 0644, &e) < 0)
		abort();
}

__attribute__((unused))
static mode_t mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? 0 : st.st_mode & 07777;
}

/* Wait until a condition holds, at most ten seconds: the machine may be busy. */
#define until(cond) ({ \
	long until_end = now_ms() + 10000; \
	while (!(cond) && now_ms() < until_end) \
		poll(NULL, 0, 2); \
	(cond); })

/* Is that process waiting for something? */
__attribute__((unused))
static bool asleep(pid_t pid)
{
	const char *name_end = strrchr(said(arena_fmt(&scratch_mem, "/proc/%d/stat", (int)pid)), ')');

	return name_end && name_end[1] == ' ' && name_end[2] == 'S';
}

__attribute__((unused))
static void scratch_end(void)
{
	struct err e = { 0 };

	tree_remove(scratch_dir, &e);
	arena_done(&scratch_mem);
}

#endif
