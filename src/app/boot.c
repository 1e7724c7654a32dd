/* SPDX-License-Identifier: ISC */
#include "app/boot.h"

#include <stdlib.h>
#include <string.h>

#include "app/stage.h"
#include "app/target.h"
#include "model/plan.h"

enum { MOST_SECONDS = 24 * 3600 };

void boot_done(struct boot *b)
{
	arena_done(&b->mem);
	*b = (struct boot){ 0 };
}

static int by_order(const void *a, const void *b)
{
	const struct boot_guest *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Names hold no colon. */
static struct boot_guest *waited_for(const struct boot *b, const char *word)
{
	size_t n = strcspn(word, ":");

	for (size_t i = 0; i < b->guests.n; i++)
		if (!strncmp(b->guests.v[i].name, word, n) && !b->guests.v[i].name[n])
			return &b->guests.v[i];
	return NULL;
}

static const char *stage_of(const char *word)
{
	const char *colon = strchr(word, ':');

	return colon ? colon + 1 : NULL;
}

static bool is_started(const struct boot_guest *g)
{
	return g->marked && !g->trouble;
}

static void refuse(struct boot_guest *g, enum err_kind kind, const char *trouble)
{
	g->trouble = trouble;
	g->kind = kind;
}

void boot_networks(const struct boot *b, struct words *out, struct arena *a)
{
	for (size_t i = 0; i < b->guests.n; i++) {
		const struct boot_guest *g = &b->guests.v[i];

		for (size_t k = 0; is_started(g) && k < g->nets.n; k++)
			if (!words_has(out, g->nets.v[k]))
				words_add(out, a, g->nets.v[k]);
	}
}

void boot_without(struct boot *b, const char *net, enum err_kind kind, const char *why)
{
	size_t prefix = strncmp(why, "berth: ", 7) ? 0 : 7;
	const char *trouble = arena_fmt(&b->mem, "its network '%s' does not come up: %.*s", net,
					(int)strcspn(why + prefix, "\n"), why + prefix);

	for (size_t i = 0; i < b->guests.n; i++)
		if (is_started(&b->guests.v[i]) && words_has(&b->guests.v[i].nets, net))
			refuse(&b->guests.v[i], kind, trouble);
}

static void check_words(struct boot *b, struct boot_guest *g)
{
	for (size_t i = 0; i < g->after.n && !g->trouble; i++) {
		const char *word = g->after.v[i], *stage = stage_of(word);

		if (!waited_for(b, word))
			refuse(g, ERR_NOT_FOUND, arena_fmt(&b->mem, "run.after: there is no guest '%.*s'",
							   (int)strcspn(word, ":"), word));
		else if (stage && stage_find(stage) <= STAGE_NONE)
			refuse(g, ERR_INVALID, arena_fmt(&b->mem, "run.after: '%s' is no stage (process, firmware, kernel, "
							 "login, network, ssh)", stage));
	}
}

/* Who does not start holds up who waits for it. */
static bool check_troubled(struct boot *b, struct boot_guest *g)
{
	for (size_t i = 0; i < g->after.n; i++) {
		const struct boot_guest *other = waited_for(b, g->after.v[i]);

		if (!other->marked || !other->trouble)
			continue;
		refuse(g, other->kind, arena_fmt(&b->mem, "it waits for '%s', which is not started", other->name));
		return true;
	}
	return false;
}

static void spread(struct boot *b)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < b->guests.n; i++)
			more |= is_started(&b->guests.v[i]) && check_troubled(b, &b->guests.v[i]);
	}
}

/* The first it waits for that is not settled yet; NULL: nothing is in its way. */
static struct boot_guest *in_the_way(const struct boot *b, const struct boot_guest *g, const bool *settled)
{
	for (size_t i = 0; i < g->after.n; i++) {
		struct boot_guest *other = waited_for(b, g->after.v[i]);

		if (is_started(other) && !settled[other - b->guests.v])
			return other;
	}
	return NULL;
}

/* Settle one after the other whom nobody is in the way; who remains waits in a circle, or for one. */
static struct boot_guest *remaining(const struct boot *b, bool *settled)
{
	struct boot_guest *left = NULL;
	bool more = true;

	while (more) {
		more = false;
		left = NULL;
		for (size_t i = 0; i < b->guests.n; i++) {
			struct boot_guest *g = &b->guests.v[i];

			if (settled[i] || !is_started(g))
				continue;
			settled[i] = !in_the_way(b, g, settled);
			more |= settled[i];
			left = settled[i] ? left : g;
		}
	}
	return left;
}

/* Whoever is in the way of one that remains remains as well, so after as many steps as guests this is in the circle. */
static void refuse_circle(struct boot *b, struct boot_guest *g, const bool *settled)
{
	DEFER(str_done) struct str words = { 0 };
	VEC(struct boot_guest *) circle = { 0 };
	const char *trouble;

	for (size_t i = 0; i < b->guests.n; i++)
		g = in_the_way(b, g, settled);
	str_fmt(&words, "run.after goes in a circle: %s", g->name);
	do {
		*vec_add(&circle, &b->mem) = g;
		g = in_the_way(b, g, settled);
		str_fmt(&words, " after %s", g->name);
	} while (g != circle.v[0]);
	trouble = arena_str(&b->mem, str_text(&words));
	for (size_t i = 0; i < circle.n; i++)
		refuse(circle.v[i], ERR_INVALID, trouble);
}

void boot_read(struct boot *b, struct boot_guest *g)
{
	DEFER(target_done) struct target t = { 0 };
	struct err e = { 0 };

	if (target_load(&t, g->name, &(struct target_want){ 0 }, &e) < 0) {
		refuse(g, e.kind, arena_str(&b->mem, e.msg));
		return;
	}
	g->order = t.guest.order;
	g->delay = t.guest.boot_delay;
	for (size_t i = 0; i < t.guest.after.n; i++)
		words_add(&g->after, &b->mem, arena_str(&b->mem, t.guest.after.v[i]));
	for (size_t i = 0; i < t.guest.nics.n; i++)
		if (str_eq(t.guest.nics.v[i].type, "network") && t.guest.nics.v[i].link)
			words_add(&g->nets, &b->mem, arena_str(&b->mem, t.guest.nics.v[i].link));
}

void boot_check(struct boot *b)
{
	bool *settled = arena_alloc(&b->mem, b->guests.n + 1);
	struct boot_guest *left;

	if (b->guests.n)
		qsort(b->guests.v, b->guests.n, sizeof *b->guests.v, by_order);
	for (size_t i = 0; i < b->guests.n; i++)
		if (is_started(&b->guests.v[i]))
			check_words(b, &b->guests.v[i]);
	spread(b);
	while ((left = remaining(b, settled))) {
		refuse_circle(b, left, settled);
		spread(b);
	}
}

static size_t task_named(const struct fan *f, const char *name)
{
	size_t i = 0;

	while (i < f->tasks.n && strcmp(f->tasks.v[i].name, name) != 0)
		i++;
	return i;
}

static void follow(struct fan *f, size_t task, size_t before)
{
	*vec_add(&f->tasks.v[task].after, &f->mem) = before;
}

/* The task that makes sure of a word of run.after. */
static size_t gate(const struct boot *b, struct fan *f, const char *word)
{
	const struct boot_guest *other = waited_for(b, word);
	const char *stage = stage_of(word);
	size_t i = task_named(f, word);

	/* The start of a guest that is named without a stage, or what another waits for as well. */
	if (i < f->tasks.n)
		return i;
	fan_add(f, word, ARGV("wait", "--quiet", "--stage", stage ? stage : "process", "--", other->name))->watches = true;
	if (is_started(other))
		follow(f, i, task_named(f, other->name));
	return i;
}

void boot_tasks(const struct boot *b, struct fan *f)
{
	for (size_t i = 0; i < b->guests.n; i++) {
		const struct boot_guest *g = &b->guests.v[i];
		struct fan_task *t;

		if (!is_started(g))
			continue;
		t = fan_add(f, g->name, ARGV("start", "--", g->name));
		t->fine = ERR_EXISTS;
		t->delay_ms = (int)(g->delay < MOST_SECONDS ? g->delay : MOST_SECONDS) * 1000;
	}
	for (size_t i = 0; i < b->guests.n; i++) {
		const struct boot_guest *g = &b->guests.v[i];

		for (size_t k = 0; is_started(g) && k < g->after.n; k++)
			follow(f, task_named(f, g->name), gate(b, f, g->after.v[k]));
	}
}

void boot_reverse(const struct boot *b, struct fan *f)
{
	for (size_t i = 0; i < b->guests.n; i++) {
		const struct boot_guest *g = &b->guests.v[i];

		for (size_t k = 0; is_started(g) && k < g->after.n; k++) {
			const struct boot_guest *other = waited_for(b, g->after.v[k]);
			size_t task = task_named(f, other->name);

			if (!is_started(other))
				continue;
			follow(f, task, task_named(f, g->name));
			f->tasks.v[task].anyway = true;
		}
	}
}
