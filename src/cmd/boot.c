/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <unistd.h>

#include "app/autostart.h"
#include "app/boot.h"
#include "cmd/common.h"
#include "sys/file.h"
#include "sys/lock.h"

struct results {
	struct tally tally;
	json_t *guests;
};

static void note(struct results *r, const char *name, enum err_kind kind, const char *trouble)
{
	tally_add(&r->tally, kind);
	json_array_append_new(r->guests, json_pack("{s:s, s:b, s:s?}", "name", name, "started", !kind, "trouble", trouble));
	if (trouble)
		fprintf(stderr, "berth: '%s' is not started: %s\n", name, trouble);
}

static void ended(void *arg, const struct fan *f, const struct fan_task *t)
{
	struct arena a = { 0 };

	/* That it runs already is what was wanted. */
	if (t->state == FAN_ENDED && t->status != t->fine)
		fputs(str_text(&t->err), stderr);
	if (t->state == FAN_SKIPPED && !t->watches)
		note(arg, t->name, fan_kind(t), arena_fmt(&a, "waiting for '%s' was in vain", f->tasks.v[t->cause].name));
	else if (!t->watches)
		note(arg, t->name, fan_kind(t), NULL);
	arena_done(&a);
}

static int read_all(const struct facts *f, struct boot *b, struct err *e)
{
	struct words names = { 0 }, marked = { 0 };

	if (target_names(f, &names, &b->mem, e) < 0 || autostart_names(f, &marked, &b->mem, e) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		struct boot_guest *g = vec_add(&b->guests, &b->mem);

		g->name = names.v[i];
		g->marked = words_has(&marked, g->name);
		if (g->marked)
			boot_read(b, g);
	}
	boot_check(b);
	return 0;
}

/* One after the other: each is a change of the whole host. Ordinary users join what root has made. */
static void network_tasks(const struct facts *f, const struct boot *b, struct fan *fan)
{
	struct words nets = { 0 };

	fan->jobs = 1;
	if (f->uid)
		return;
	boot_networks(b, &nets, &fan->mem);
	for (size_t i = 0; i < nets.n; i++)
		fan_add(fan, nets.v[i], ARGV("net", "up", "--quiet", "--", nets.v[i]));
}

static void network_ended(void *arg, const struct fan *f, const struct fan_task *t)
{
	if (!fan_good(t))
		boot_without(arg, t->name, fan_kind(t), str_text(&t->err));
}

/* What would be done, in the order it would begin. */
static void print(const struct fan *nets, const struct fan *f)
{
	DEFER(str_done) struct str out = { 0 };

	for (size_t i = 0; i < nets->tasks.n; i++)
		str_fmt(&out, "berth net up %s\n", nets->tasks.v[i].name);
	for (size_t i = 0; i < f->tasks.n; i++) {
		const struct fan_task *t = &f->tasks.v[i];

		if (t->watches)
			continue;
		str_fmt(&out, "berth start %s", t->name);
		if (t->delay_ms)
			str_fmt(&out, ", %d s later", t->delay_ms / 1000);
		for (size_t k = 0; k < t->after.n; k++)
			str_fmt(&out, "%s %s", k ? "," : ", after", f->tasks.v[t->after.v[k]].name);
		str_addc(&out, '\n');
	}
	out_text(&out);
}

/* One boot at a time; the second waits for the first, says so, and finds little left to do. */
static int take_lock(const struct call *c, const struct facts *f, struct arena *a, struct err *e)
{
	const char *path = arena_fmt(a, "%s/autostart.lock", f->data_dir), *who = arena_fmt(a, "pid %d\nberth boot\n", (int)getpid());
	struct err busy = { 0 };
	int lock;

	if (dir_make(f->data_dir, 0755, e) < 0)
		return -1;
	lock = lock_take(path, false, who, &busy);
	if (lock < 0 && busy.kind == ERR_BUSY) {
		if (!c->quiet)
			fprintf(stderr, "berth: waiting for another boot: %s\n", busy.msg);
		return lock_take(path, true, who, e);
	}
	if (lock < 0)
		*e = busy;
	return lock;
}

/* The networks first: who needs one that does not come up is not among the tasks then. */
static int start_networks(const struct facts *f, struct boot *b, struct err *e)
{
	DEFER(fan_done) struct fan nets = { .ended = network_ended, .arg = b };

	network_tasks(f, b, &nets);
	if (fan_run(&nets, e) < 0)
		return -1;
	boot_check(b);
	return 0;
}

static void make_tasks(const struct boot *b, struct fan *fan, struct results *r)
{
	boot_tasks(b, fan);
	for (size_t i = 0; i < b->guests.n; i++)
		if (b->guests.v[i].trouble)
			note(r, b->guests.v[i].name, b->guests.v[i].kind, b->guests.v[i].trouble);
}

static int start_all(const struct call *c, const struct facts *f, struct boot *b, struct fan *fan, struct results *r, struct err *e)
{
	DEFER(close_fd) int lock = take_lock(c, f, &b->mem, e);

	if (lock < 0 || start_networks(f, b, e) < 0)
		return -1;
	make_tasks(b, fan, r);
	return fan_run(fan, e);
}

static void show(const struct facts *f, struct boot *b, struct fan *fan, struct results *r)
{
	DEFER(fan_done) struct fan nets = { 0 };

	network_tasks(f, b, &nets);
	make_tasks(b, fan, r);
	for (size_t i = 0; i < fan->tasks.n; i++)
		if (!fan->tasks.v[i].watches)
			tally_add(&r->tally, ERR_NONE);
	print(&nets, fan);
}

static int boot(struct call *c, struct err *e)
{
	struct results r = { .guests = json_array() };
	DEFER(facts_done) struct facts f = { 0 };
	DEFER(boot_done) struct boot b = { 0 };
	DEFER(fan_done) struct fan fan = { .ended = ended, .arg = &r };
	int status;

	status = fan_jobs(call_option(c, "jobs"), (int)sysconf(_SC_NPROCESSORS_ONLN), &fan.jobs, e) < 0 ||
		 probe_places(&f, e) < 0 || read_all(&f, &b, e) < 0 ? -1 : 0;
	if (!status && c->dry_run)
		show(&f, &b, &fan, &r);
	else if (!status)
		status = start_all(c, &f, &b, &fan, &r, e);
	if (!status && c->json && !c->dry_run)
		out_json("berth.boot/1", json_pack("{s:O}", "guests", r.guests));
	json_decref(r.guests);
	return status < 0 ? -1 : tally_end(&r.tally, "boot", e);
}

static const struct opt options[] = {
	{ "jobs",    'j', "NUMBER", "so many guests at a time (default: the number of processors)" },
	{ "dry-run", 'n', NULL,     "print who would be started in which order, and do nothing" },
	{ 0 },
};

const struct command cmd_boot = {
	.name = "boot",
	.group = "Guests",
	.args = "",
	.summary = "start all guests that are to start with the host",
	.description = "Starts the guests marked by 'berth autostart', for the host's init system: lower run.order first, and by name; "
		       "each not before those in run.after are there, and run.boot_delay later. The networks they join are brought up "
		       "before, as 'berth net up' does. One that cannot be started does not "
		       "stop the others, and neither does one that runs already. The units and scripts for init systems that come "
		       "with berth call this, and 'berth stop --all' at the end.",
	.example = "berth boot --jobs 4",
	.options = options,
	.run = boot,
};
