/* SPDX-License-Identifier: ISC */
#include "app/told.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "sys/file.h"
#include "sys/lock.h"

/*
 * "runstate_set current_run_state 9 (running) new_state 4 (paused)\n", with who and when in front in
 * some versions. A QEMU that has said nothing yet has not begun, or is not made to say it.
 */
bool told_last(const char *log, enum state *out)
{
	static const char before[] = " new_state ";
	size_t n = strlen(log);
	const char *line, *at;

	if (!n || log[n - 1] != '\n')
		return false;
	line = memrchr(log, '\n', n - 1);
	line = line ? line + 1 : log;
	at = strstr(line, before);
	at = at ? strchr(at, '(') : NULL;
	if (!at || !strstr(line, "runstate_set "))
		return false;
	*out = str_starts(at, "(running)") ? STATE_RUNNING : STATE_PAUSED;
	return true;
}

/* Where it sleeps, as the kernel says it: poll_schedule_timeout and the like; "0" when it runs, or is not for us to know. */
static bool is_well(pid_t pid)
{
	char path[64], where[128];

	snprintf(path, sizeof path, "/proc/%d/wchan", (int)pid);
	return file_begin(path, where, sizeof where) > 0 && strstr(where, "poll");
}

bool told_state(const struct facts *f, const char *name, pid_t pid, enum state *out, pid_t *attendant)
{
	DEFER(arena_done) struct arena a = { 0 };
	char log[512];

	*attendant = 0;
	return pid && is_well(pid) &&
	       mark_read(guest_run_file(f, name, "state.log", &a), log, sizeof log, attendant) > 0 && told_last(log, out);
}
