/* SPDX-License-Identifier: ISC */
#include "app/look.h"

#include "app/probe.h"
#include "app/told.h"
#include "store/gists.h"
#include "sys/file.h"
#include "sys/share.h"

enum { LARGEST_RECORD = 1 << 20 };

/* One guest while it is looked at. */
struct view {
	struct sighting seen;
	struct stamp stamp;
	struct gist gist;       /* what its record says */
	const char *record;     /* NULL: it has none */
	bool known;             /* its record is as it was */
	pid_t holder;           /* of its lock */
};

struct looking {
	const struct facts *f;
	bool live;
	struct kepts before;
	struct view *v;
};

const struct driver *sighting_driver(const struct sighting *s)
{
	return s->driver ? driver_find(s->driver) : NULL;
}

/* A container's lock has who keeps it; its own process the survey knows. */
static bool locks_itself(const struct driver *d)
{
	return d->qmp || (d->attend && !d->survey);
}

void look_told(const struct facts *f, struct sighting *s)
{
	const struct driver *d = sighting_driver(s);

	if (s->state == STATE_RUNNING && s->pid && d && d->qmp)
		s->told = told_state(f, s->name, s->pid, &s->state, &s->attendant);
}

/* What there is to see of one whose driver is known. */
static void look_closer(const struct looking *l, struct view *v)
{
	struct sighting *s = &v->seen;
	const struct driver *d;
	int moved = s->state == STATE_RUNNING && v->gist.ssh_port ? probe_moved_port(l->f, s->name) : 0;

	s->gist = v->gist;
	if (moved)
		s->gist.ssh_port = moved;
	s->driver = s->gist.driver;
	d = sighting_driver(s);
	if (!d)
		return;
	if (d->foreign)
		s->state = STATE_UNKNOWN;
	else if (s->state == STATE_RUNNING && locks_itself(d))
		s->pid = v->holder;
	if (l->live)
		look_told(l->f, s);
}

/* All of one guest in one go, while the kernel has the way there at hand. */
static void look(const struct looking *l, struct view *v)
{
	struct sighting *s = &v->seen;
	const struct gist *known;

	s->state = probe_process(l->f, s->name, &v->holder);
	if (s->state == STATE_ABSENT || !stamp_of(v->record, &v->stamp)) {
		v->record = NULL;
		return;
	}
	known = kepts_find(&l->before, s->name, &v->stamp);
	v->known = known;
	if (known) {
		v->gist = *known;
		look_closer(l, v);
	}
}

static void look_at_some(void *arg, size_t begin, size_t end)
{
	const struct looking *l = arg;

	for (size_t i = begin; i < end; i++)
		look(l, &l->v[i]);
}

static void learn(struct gist *gist, const char *file, struct arena *a)
{
	struct err ignored = { 0 };
	size_t n = 0;
	DEFER(free_str) char *text = file_read(file, LARGEST_RECORD, &n, &ignored);
	json_t *record = text ? json_loadb(text, n, 0, NULL) : NULL;

	gist_read(gist, record, a);
	json_decref(record);
}

/* A run directory whose guest is gone and was never built is no guest. */
static void add(const struct looking *l, struct view *v, struct kepts *now, struct roster *r)
{
	if (v->seen.state == STATE_ABSENT)
		return;
	if (v->record && !v->known) {
		learn(&v->gist, v->record, &r->mem);
		look_closer(l, v);
	}
	if (v->gist.there && stamp_is_sure(&v->stamp)) {
		*vec_add(&now->v, &r->mem) = (struct kept){ v->seen.name, v->stamp, v->gist };
		now->changed |= !v->known;
	}
	*vec_add(&r->guests, &r->mem) = v->seen;
}

void look_at_all(const struct facts *f, const struct words *names, bool live, struct roster *r)
{
	struct looking l = { .f = f, .live = live, .v = arena_alloc(&r->mem, (names->n + 1) * sizeof *l.v) };
	struct kepts now = { 0 };

	kepts_load(f, &l.before, &r->mem);
	for (size_t i = 0; i < names->n; i++)
		l.v[i] = (struct view){ .seen.name = names->v[i],
					.record = arena_fmt(&r->mem, "%s/record.json", guest_folder(f, names->v[i], &r->mem)) };
	share_out(names->n, look_at_some, &l);
	for (size_t i = 0; i < names->n; i++)
		add(&l, &l.v[i], &now, r);
	if (now.changed || now.v.n != l.before.v.n)
		kepts_save(f, &now);
}
