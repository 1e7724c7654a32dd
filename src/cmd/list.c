/* SPDX-License-Identifier: ISC */
#include "app/keep.h"
#include "app/listed.h"
#include "app/probe.h"
#include "app/survey.h"
#include "cmd/rows.h"

/* The last ones are for aliens and other guests with a note. */
#define USUAL "name,state,driver,os,cpus,memory,address,ssh,pid,note"

enum { FOR_NOTES = 2 };

static int list(struct call *c, struct err *e)
{
	DEFER(facts_done) struct facts f = { 0 };
	DEFER(roster_done) struct roster r = { 0 };
	DEFER(view_done) struct view v = { 0 };
	bool running = call_option(c, "running");

	if (call_view(c, &v, e) < 0 || view_usual(&v, USUAL, e) < 0 || probe_places(&f, e) < 0 ||
	    survey(&f, !call_option(c, "fast"), &r, e) < 0)
		return -1;
	for (size_t i = 0; i < r.guests.n; i++)
		if (!running || r.guests.v[i].state >= STATE_RUNNING)
			listed_add(&v, &f, &r.guests.v[i]);
	if (!v.chosen && !call_for_programs(c) && !view_says(&v, "note"))
		v.shown.n -= FOR_NOTES;
	call_rows(c, &v, "berth.list/1", "guests", NULL);
	return 0;
}

static const struct opt options[] = {
	{ "fast",    'f', NULL, "do not ask the hypervisors: paused guests show as running" },
	{ "running", 'r', NULL, "only guests that run" },
	{ 0 },
};

const struct command cmd_list = {
	.name = "list",
	.group = "Guests",
	.args = "",
	.summary = "list the guests of this host and their states",
	.description = "One line for each guest, built or running, by name. Who runs is read from the guests' locks; the hypervisors are asked, "
		       "each once for all its guests and for one second at most, who is paused. A guest that runs and does not answer is 'unknown'. "
		       "Containers and virtual machines that nobody made with berth are listed, too, with the note 'alien', and with "
		       "what their command line tells. A guest with run.restart whose keeper was killed has the note '" KEEP_LOST "', and one "
		       "that is about to be started again '" KEEP_RESTARTS "'.",
	.example = "berth list\nberth list --filter state=running --sort -memory\nberth list -o name,mac,address,accel\n"
		   "berth list -o @TAB_CPORT",
	.options = options,
	.fields = listed_fields,
	.run = list,
};
