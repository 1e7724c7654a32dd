/* SPDX-License-Identifier: ISC */
#include "app/ways.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "app/inside.h"
#include "app/wait.h"

int ways_seconds(const char *text, double def, int *ms, struct err *e)
{
	char *end;
	double s = text ? strtod(text, &end) : def;

	/* The comparison is false for NaN as well. */
	if (text && (end == text || *end || !(s >= 0 && s < INT_MAX / 1000)))
		return err_set(e, ERR_USAGE, "'%s' is no number of seconds", text);
	*ms = (int)(s * 1000);
	return 0;
}

static int read_stage(const char *word, enum stage *stage, struct err *e)
{
	int s = stage_find(word);

	if (s <= STAGE_NONE)
		return err_set(e, ERR_USAGE, "'%s' is no stage (process, firmware, kernel, login, network, ssh)", word);
	*stage = (enum stage)s;
	return 0;
}

int ways_check(const char *stage, const char *seconds, struct err *e)
{
	enum stage s;
	int ms;

	return read_stage(stage ? stage : "process", &s, e) < 0 ? -1 : ways_seconds(seconds, 0, &ms, e);
}

/* A way that this guest does not have is one not looked at. */
static void find_ways(const struct target *t, struct wait_ways *w, struct arena *a)
{
	struct reach way = { 0 };
	struct err ignored = { 0 };
	const char *name = t->guest.name;

	*w = (struct wait_ways){
		.name = name,
		.lock = t->driver->foreign ? NULL : guest_lock(&t->facts, name, a),
		.errors = guest_run_file(&t->facts, name, arena_fmt(a, "%s.log", t->driver->name), a),
	};
	if (target_reach(t, REACH_CONSOLE, &way, a, &ignored) == 0)
		w->log = way.log;
	if (target_reach(t, REACH_AGENT, &way, a, &ignored) == 0)
		w->agent = way.socket;
	if (target_reach(t, REACH_SSH, &way, a, &ignored) == 0) {
		w->host = way.host;
		w->port = way.port;
	}
}

/* The hypervisor's own channel, or what a container has instead of one. */
static int find_heart(const struct target *t, struct wait_ways *w, struct inside *in, struct arena *a, struct err *e)
{
	struct reach control = { 0 };

	if (t->driver->enter) {
		w->inside = in;
		return inside_open(t, NULL, in, a, e);
	}
	/* A session has its lock, and no more. */
	if (!t->driver->qmp)
		return 0;
	if (target_reach(t, REACH_CONTROL, &control, a, e) < 0)
		return -1;
	w->control = control.socket;
	return 0;
}

static int wait_in(const struct target *t, enum stage want, int ms, enum stage *reached, struct arena *a, struct err *e)
{
	DEFER(inside_close) struct inside in = { 0 };
	struct wait_ways w;

	find_ways(t, &w, a);
	if (find_heart(t, &w, &in, a, e) < 0)
		return -1;
	if (want == STAGE_SSH && !w.port)
		return err_set(e, ERR_UNSUPPORTED, "'%s' has no address or forwarded port that is known here, so its ssh cannot "
						   "be waited for (try --stage login)", t->guest.name);
	return wait_stage(&w, want, ms, reached, e);
}

int ways_wait(const struct target *t, const char *stage, const char *seconds, enum stage *reached, struct err *e)
{
	struct arena a = { 0 };
	enum stage want = STAGE_NONE;
	int ms = 0, failed;

	*reached = STAGE_NONE;
	if (read_stage(stage ? stage : t->guest.os ? "login" : "process", &want, e) < 0 || ways_seconds(seconds, (double)t->guest.wait_timeout, &ms, e) < 0)
		return -1;
	failed = wait_in(t, want, ms, reached, &a, e);
	arena_done(&a);
	return failed;
}

json_t *ways_json(const char *bytes, size_t n)
{
	json_t *s = json_stringn(bytes, n);
	char *copy;

	if (s)
		return s;
	copy = xmalloc(n + 1);
	memcpy(copy, bytes, n);
	for (size_t i = 0; i < n; i++)
		if (copy[i] & 0x80)
			copy[i] = '?';
	s = json_stringn(copy, n);
	free(copy);
	return s;
}
