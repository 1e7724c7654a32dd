/* SPDX-License-Identifier: ISC */
#include "app/survey.h"

#include <string.h>

#include "app/probe.h"
#include "app/target.h"
#include "base/str.h"
#include "exec/ask.h"
#include "model/driver.h"

static void look(const struct facts *f, const char *name, struct roster *r)
{
	char *file = arena_fmt(&r->mem, "%s/record.json", guest_folder(f, name, &r->mem));
	enum state s = probe_state(f, name);
	struct sighting *seen;
	json_error_t je;

	/* A run directory whose guest is gone and was never built is no guest. */
	if (s == STATE_ABSENT)
		return;
	seen = vec_add(&r->guests, &r->mem);
	seen->name = name;
	seen->state = s;
	seen->record = json_load_file(file, 0, &je);
}

static enum state answered(const json_t *answer)
{
	const char *status = json_string_value(json_object_get(answer, "status"));

	if (!status)
		return STATE_UNKNOWN;
	return json_is_true(json_object_get(answer, "running")) ? STATE_RUNNING : STATE_PAUSED;
}

/* A hypervisor without a pause has nothing to add: its guest runs. */
static bool may_be_paused(const struct sighting *s)
{
	const char *name = json_string_value(json_object_get(s->record, "driver"));
	const struct driver *d = name ? driver_find(name) : NULL;

	return !d || d->plan[VERB_PAUSE];
}

static void ask_running(const struct facts *f, struct roster *r)
{
	struct ask *asks = arena_alloc(&r->mem, (r->guests.n + 1) * sizeof *asks);
	size_t *who = arena_alloc(&r->mem, (r->guests.n + 1) * sizeof *who);
	size_t n = 0;

	for (size_t i = 0; i < r->guests.n; i++) {
		const char *socket = guest_run_file(f, r->guests.v[i].name, "qmp.sock", &r->mem);

		if (r->guests.v[i].state != STATE_RUNNING || !may_be_paused(&r->guests.v[i]))
			continue;
		who[n] = i;
		asks[n++].socket = socket;
	}
	ask_all(asks, n, "query-status", SURVEY_DEADLINE_MS);
	for (size_t k = 0; k < n; k++) {
		r->guests.v[who[k]].state = answered(asks[k].answer);
		json_decref(asks[k].answer);
	}
}

enum state survey_one(const struct facts *f, const struct driver *d, const char *name)
{
	enum state s = probe_state(f, name);
	struct arena a = { 0 };
	struct ask ask = { .socket = guest_run_file(f, name, "qmp.sock", &a) };

	if (s == STATE_RUNNING && d->plan[VERB_PAUSE]) {
		ask_all(&ask, 1, "query-status", SURVEY_DEADLINE_MS);
		s = answered(ask.answer);
		json_decref(ask.answer);
	}
	arena_done(&a);
	return s;
}

int survey(const struct facts *f, bool live, struct roster *out, struct err *e)
{
	struct words names = { 0 };

	if (target_names(f, &names, &out->mem, e) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		look(f, names.v[i], out);
	if (live)
		ask_running(f, out);
	return 0;
}
