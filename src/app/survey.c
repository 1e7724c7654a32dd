/* SPDX-License-Identifier: ISC */
#include "app/survey.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/look.h"
#include "app/probe.h"
#include "app/target.h"
#include "base/str.h"
#include "exec/ask.h"
#include "exec/exec.h"
#include "model/driver.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "sys/sock.h"

enum { TURN_MS = 50 };

static enum state answered(const json_t *answer)
{
	const char *status = json_string_value(json_object_get(answer, "status"));

	if (!status)
		return STATE_UNKNOWN;
	return json_is_true(json_object_get(answer, "running")) ? STATE_RUNNING : STATE_PAUSED;
}

/* Who may see the guests of root sees that they run, and does not get to their sockets. */
static bool may_ask(const struct facts *f, const char *name)
{
	struct arena a = { 0 };
	bool may = access(guest_run_dir(f, name, &a), X_OK) == 0 || errno != EACCES;

	arena_done(&a);
	return may;
}

/*
 * A hypervisor without QMP has nothing to add, or is asked for all its guests at once; one
 * with it mostly has told already.
 */
static bool is_asked(const struct facts *f, const struct sighting *s)
{
	const struct driver *d = sighting_driver(s);

	return !s->alien && !s->told && s->state == STATE_RUNNING && (!d || d->qmp) && may_ask(f, s->name);
}

static void ask_running(const struct facts *f, struct roster *r)
{
	struct ask *asks = arena_alloc(&r->mem, (r->guests.n + 1) * sizeof *asks);
	size_t *who = arena_alloc(&r->mem, (r->guests.n + 1) * sizeof *who);
	size_t n = 0;

	for (size_t i = 0; i < r->guests.n; i++) {
		if (!is_asked(f, &r->guests.v[i]))
			continue;
		who[n] = i;
		asks[n++].socket = guest_run_file(f, r->guests.v[i].name, "qmp.sock", &r->mem);
	}
	ask_all(asks, n, "query-status", SURVEY_DEADLINE_MS);
	for (size_t k = 0; k < n; k++) {
		r->guests.v[who[k]].state = answered(asks[k].answer);
		json_decref(asks[k].answer);
	}
}

/* What was read or said in one survey. Two drivers may want to know the same, and it is asked once. */
struct heard {
	struct arena mem;
	struct words processes;         /* that need not be read, sorted */
	VEC(struct said { const char *path; struct str text; int status; } *) all;
};

static void heard_done(struct heard *h)
{
	for (size_t i = 0; i < h->all.n; i++)
		str_done(&h->all.v[i]->text);
	arena_done(&h->mem);
}

static const struct said *heard_of(const struct heard *h, const struct step *s)
{
	for (size_t i = 0; s->kind == STEP_READ && i < h->all.n; i++)
		if (str_eq(h->all.v[i]->path, s->path))
			return h->all.v[i];
	return NULL;
}

static const struct said *hear(struct heard *h, const struct step *s)
{
	const struct said *known = heard_of(h, s);
	struct err ignored = { 0 };
	struct said *out;

	if (known)
		return known;
	out = arena_alloc(&h->mem, sizeof *out);
	*vec_add(&h->all, &h->mem) = out;
	if (s->kind == STEP_READ) {
		out->path = arena_str(&h->mem, s->path);
		exec_read(s->path, &h->processes, &out->text);
	} else {
		out->status = exec_capture(s->argv, SURVEY_DEADLINE_MS, &out->text, &ignored);
	}
	return out;
}

/* What one driver sees on this host, in a roster of its own: 1; 0: there is nobody to ask. */
static int ask_driver(const struct facts *f, const struct driver *d, struct heard *h, struct roster *out, struct err *e)
{
	DEFER(plan_done) struct plan p = { 0 };
	struct reply *replies;

	if (d->survey(f, &p, e) < 0)
		return -1;
	if (!p.steps.n)
		return 0;
	replies = arena_alloc(&p.mem, p.steps.n * sizeof *replies);
	for (size_t i = 0; i < p.steps.n; i++) {
		const struct step *s = &p.steps.v[i];
		const struct said *said;

		replies[i].text = "";
		if (i && s->text && !strstr(replies[i - 1].text, s->text))
			continue;
		said = hear(h, s);
		replies[i] = (struct reply){ str_text(&said->text), said->status };
	}
	return d->parse(f, replies, p.steps.n, out, e) < 0 ? -1 : 1;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct sighting *)a)->name, ((const struct sighting *)b)->name);
}

/* Ours are the first in the roster, in order. */
static struct sighting *guest_named(struct roster *r, size_t ours, const char *name, const struct driver *d)
{
	const struct sighting key = { .name = name };
	struct sighting *s = ours ? bsearch(&key, r->guests.v, ours, sizeof key, by_name) : NULL;

	/* One that was started from its file, with nothing to build, has no record: who knows it by its sockets knows what it is. */
	if (s && !s->gist.there && d->qmp)
		s->driver = d->name;
	return s && sighting_driver(s) == d ? s : NULL;
}

/* The lock knows better who runs, except of guests that hold none. */
static enum state merged(const struct driver *d, enum state ours, enum state seen)
{
	if (d->foreign)
		return seen;
	return ours == STATE_RUNNING && seen == STATE_PAUSED ? STATE_PAUSED : ours;
}

/* A hypervisor with a list of its own does not know whose its guests are: that they have a folder of ours tells. */
static bool may_be_ours(const struct driver *d, const struct sighting *s)
{
	return d->foreign || !s->alien;
}

static void merge(struct roster *r, size_t n, const struct driver *d, const struct roster *seen)
{
	for (size_t i = 0; i < seen->guests.n; i++) {
		const struct sighting *s = &seen->guests.v[i];
		struct sighting *ours = may_be_ours(d, s) ? guest_named(r, n, s->name, d) : NULL, *alien;

		if (ours) {
			ours->state = merged(d, ours->state, s->state);
			ours->pid = s->pid;
		} else if (s->alien) {
			alien = vec_add(&r->guests, &r->mem);
			*alien = *s;
			alien->name = arena_str(&r->mem, s->name);
			alien->address = arena_str(&r->mem, s->address);
		}
	}
}

/* Whose hypervisor is asked and does not know them, has been deleted without us. */
static void expect(struct roster *r, const struct driver *d)
{
	for (size_t i = 0; i < r->guests.n; i++)
		if (d->foreign && sighting_driver(&r->guests.v[i]) == d)
			r->guests.v[i].state = STATE_DEFINED;
}

static void know(struct heard *h, pid_t pid)
{
	if (pid)
		words_add(&h->processes, &h->mem, arena_fmt(&h->mem, "%d", (int)pid));
}

/* Processes about which nothing more is to be found out. */
static void known_processes(const struct roster *r, struct heard *h)
{
	for (size_t i = 0; i < r->guests.n; i++) {
		const struct sighting *s = &r->guests.v[i];

		know(h, s->told ? s->pid : 0);
		know(h, s->attendant);
	}
	words_sort(&h->processes, 0);
}

/* A hypervisor that gives no answer leaves its own guests unknown, and the others where they are. */
static void ask_drivers(const struct facts *f, struct roster *r)
{
	DEFER(heard_done) struct heard h = { 0 };
	size_t ours = r->guests.n;

	known_processes(r, &h);
	for (const struct driver *const *d = drivers; *d; d++) {
		DEFER(roster_done) struct roster seen = { 0 };
		struct err ignored = { 0 };

		if (!(*d)->survey || ask_driver(f, *d, &h, &seen, &ignored) <= 0)
			continue;
		expect(r, *d);
		merge(r, ours, *d, &seen);
	}
	/* Those whose process only a driver knew. */
	for (size_t i = 0; i < ours; i++)
		if (!r->guests.v[i].told)
			look_told(f, &r->guests.v[i]);
}

/* One that is just coming up has its lock before it listens. */
static bool comes_up(const struct facts *f, const char *name, const char *socket, long until)
{
	while (left_ms(until) && probe_state(f, name) >= STATE_RUNNING) {
		struct err e = { 0 };
		DEFER(close_fd) int fd = sock_connect(socket, TURN_MS, &e);

		if (fd >= 0 || e.kind != ERR_TIMEOUT)
			return fd >= 0;
	}
	return false;
}

static enum state ask_socket(const struct facts *f, const char *name)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct ask ask = { .socket = guest_run_file(f, name, "qmp.sock", &a) };
	long until = deadline_ms(SURVEY_DEADLINE_MS);
	enum state s;

	ask_all(&ask, 1, "query-status", left_ms(until));
	if (!ask.answer && comes_up(f, name, ask.socket, until))
		ask_all(&ask, 1, "query-status", left_ms(until));
	s = answered(ask.answer);
	json_decref(ask.answer);
	return s;
}

enum state survey_one(const struct facts *f, const struct driver *d, const char *name)
{
	DEFER(heard_done) struct heard h = { 0 };
	DEFER(roster_done) struct roster seen = { 0 };
	enum state s = probe_state(f, name);
	struct err ignored = { 0 };
	int asked;

	if (s == STATE_ABSENT || (s < STATE_RUNNING && !d->foreign))
		return s;
	if (d->qmp)
		return ask_socket(f, name);
	if (!d->survey)
		return s;
	asked = ask_driver(f, d, &h, &seen, &ignored);
	if (asked < 0 || (!asked && d->foreign))
		return STATE_UNKNOWN;
	for (size_t i = 0; i < seen.guests.n; i++)
		if (may_be_ours(d, &seen.guests.v[i]) && !strcmp(seen.guests.v[i].name, name))
			return merged(d, s, seen.guests.v[i].state);
	return d->foreign ? STATE_DEFINED : s;
}

bool survey_alien(const struct facts *f, const struct driver *d, const char *name)
{
	DEFER(heard_done) struct heard h = { 0 };
	DEFER(roster_done) struct roster seen = { 0 };
	struct err ignored = { 0 };

	if (!d->survey || d->qmp || ask_driver(f, d, &h, &seen, &ignored) < 0)
		return false;
	for (size_t i = 0; i < seen.guests.n; i++)
		if (seen.guests.v[i].alien && !seen.guests.v[i].elsewhere && !strcmp(seen.guests.v[i].name, name))
			return true;
	return false;
}

/* Who is asked by other means than the kernel's needs programs. */
static void probe_surveyors(struct facts *f)
{
	for (const struct driver *const *d = drivers; *d; d++)
		if ((*d)->survey && !(*d)->qmp)
			probe_driver(f, *d);
}

int survey(struct facts *f, bool live, struct roster *out, struct err *e)
{
	struct words names = { 0 };

	if (target_names(f, &names, &out->mem, e) < 0)
		return -1;
	look_at_all(f, &names, live, out);
	if (!live)
		return 0;
	probe_surveyors(f);
	ask_drivers(f, out);
	ask_running(f, out);
	if (out->guests.n)
		qsort(out->guests.v, out->guests.n, sizeof *out->guests.v, by_name);
	return 0;
}

/* The order that was written down when it was registered; behind all of them what has none. */
static long long order_of(const struct sighting *s)
{
	return s->gist.ordered ? s->gist.order : LONG_MAX;
}

static int by_order(const void *a, const void *b)
{
	long long x = order_of(a), y = order_of(b);

	return x != y ? (x < y ? -1 : 1) : by_name(a, b);
}

void survey_by_order(struct roster *r)
{
	if (r->guests.n)
		qsort(r->guests.v, r->guests.n, sizeof *r->guests.v, by_order);
}
