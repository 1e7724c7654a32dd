/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/probe_containers.h"
#include "base/str.h"
#include "sys/file.h"

enum { SMALL = 1 << 16 };

/* SIGKILL has been sent to it, and waits. */
static bool is_killed(long pid)
{
	char path[64];
	struct err ignored = { 0 };
	DEFER(free_str) char *text = NULL;
	const char *at;
	uint64_t waiting = 0;

	snprintf(path, sizeof path, "/proc/%ld/status", pid);
	text = file_read(path, SMALL, NULL, &ignored);
	at = text ? strstr(text, "\nShdPnd:") : NULL;
	return at && sscanf(at, " ShdPnd: %" SCNx64, &waiting) == 1 && waiting >> (SIGKILL - 1) & 1;
}

static bool has_killed(const char *group, struct arena *a)
{
	struct err ignored = { 0 };
	DEFER(free_str) char *text = file_read(arena_fmt(a, "%s/cgroup.procs", group), SMALL, NULL, &ignored);
	char *save = NULL;

	for (char *pid = text ? strtok_r(text, "\n", &save) : NULL; pid; pid = strtok_r(NULL, "\n", &save))
		if (is_killed(atol(pid)))
			return true;
	return false;
}

void probe_killed(struct facts *f, const struct driver *d, const struct guest *g)
{
	struct words files = { 0 };

	if (!d->freezer || f->state < STATE_RUNNING)
		return;
	d->freezer(g, f, &files, &f->mem);
	for (size_t i = 0; i < files.n; i++) {
		DEFER(free_str) char *file = realpath(files.v[i], NULL);
		bool ours = file && str_starts(file, "/sys/fs/cgroup/");
		struct err ignored = { 0 };
		DEFER(free_str) char *state = ours ? file_read(file, SMALL, NULL, &ignored) : NULL;

		if (state && str_starts(state, "FR") &&
		    has_killed(arena_strn(&f->mem, file, (size_t)(strrchr(file, '/') - file)), &f->mem))
			words_add(&f->killed, &f->mem, arena_str(&f->mem, file));
	}
}
