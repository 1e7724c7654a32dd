/* SPDX-License-Identifier: ISC */
/* What a QEMU has told of its state, and what a survey makes of it. */
#include "tap.h"

#include "app/survey.h"
#include "app/told.h"
#include "scratch.h"
#include "sys/lock.h"

#define SET(from, to) "runstate_set current_run_state 4 (" from ") new_state 9 (" to ")\n"

static const struct { const char *name, *log; int want; } rows[] = {
	{ "it has begun", SET("prelaunch", "running"), STATE_RUNNING },
	{ "it was paused", SET("prelaunch", "running") SET("running", "paused"), STATE_PAUSED },
	{ "it goes on", SET("running", "paused") SET("paused", "running"), STATE_RUNNING },
	{ "it stands still for a reason of its own", SET("running", "io-error"), STATE_PAUSED },
	{ "with who and when in front", "71@1700000000.000001:" SET("paused", "running"), STATE_RUNNING },
	{ "the beginning is cut off", "nning)\n" SET("running", "paused"), STATE_PAUSED },
	{ "nothing yet", "", -1 },
	{ "the end is not written yet", SET("prelaunch", "running") "runstate_set current_run_state 9 (running) new_st", -1 },
	{ "something else has been written behind it", SET("prelaunch", "running") "invalid read at addr 0x10\n", -1 },
	{ "a state without its word", "runstate_set current_run_state 4 (paused) new_state 9\n", -1 },
};

static void last_word(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		enum state s = STATE_ABSENT;
		bool told = told_last(rows[i].log, &s);

		ok(told == (rows[i].want >= 0) && (!told || (int)s == rows[i].want), "%s: %s", rows[i].name, state_word(s));
	}
}

/* This process waits in no poll(2), and there is no process 0. */
static void unwell(void)
{
	struct facts f = { .run_dir = scratch_dir };
	struct err e = { 0 };
	enum state s = STATE_ABSENT;
	pid_t attendant;

	ok(dir_make(at("web"), 0755, &e) == 0, "a run directory %s", e.msg);
	put(at("web/state.log"), SET("prelaunch", "running"));
	ok(!told_state(&f, "web", getpid(), &s, &attendant), "a process that does not wait to be asked must be");
	ok(!told_state(&f, "web", 0, &s, &attendant), "and so must one that is not known");
}

static void guest(const char *name, const char *driver)
{
	struct err e = { 0 };

	if (dir_make(at("data/guests/%s", name), 0755, &e) < 0 || dir_make(at("run/%s", name), 0755, &e) < 0)
		abort();
	put(at("data/guests/%s/record.json", name), arena_fmt(&scratch_mem, "{\"driver\": \"%s\"}", driver));
}

/* Those of this host are aliens here. */
static void all_of_ours(void)
{
	DEFER(facts_done) struct facts f = { .uid = getuid(), .data_dir = at("data"), .cache_dir = at("cache"), .run_dir = at("run") };
	DEFER(roster_done) struct roster r = { 0 };
	DEFER(str_done) struct str got = { 0 };
	struct err e = { 0 };
	int held;

	guest("web", "null");
	guest("mute", "qemu");
	guest("db", "qemu");
	held = lock_take(at("run/mute.lock"), false, NULL, &e);
	ok(held >= 0, "a lock is held %s", e.msg);
	ok(survey(&f, true, &r, &e) == 0, "surveyed %s", e.msg);
	for (size_t i = 0; i < r.guests.n; i++)
		if (!r.guests.v[i].alien)
			str_fmt(&got, "%s %s %s, ", r.guests.v[i].name, r.guests.v[i].driver, state_word(r.guests.v[i].state));
	is(str_text(&got), "db qemu stopped, mute qemu unknown, web null stopped, ", "by name; who holds its lock and says nothing is unknown");
	close(held);
}

int main(void)
{
	struct err e = { 0 };

	scratch_begin();
	last_word();
	unwell();
	all_of_ours();
	tree_remove(scratch_dir, &e);
	return tap_done();
}
