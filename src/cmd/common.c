/* SPDX-License-Identifier: ISC */
#include "cmd/common.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/session.h"
#include "app/survey.h"
#include "app/ways.h"
#include "base/str.h"

static void print_warnings(struct target *t)
{
	for (size_t i = 0; i < t->report.problems.n; i++)
		if (t->report.problems.v[i].severity == SEV_WARNING)
			fprintf(stderr, "%s\n", report_line(&t->report, &t->report.problems.v[i], &t->report.mem));
}

int call_target(struct call *c, const char *word, int probe, struct target *t, struct err *e)
{
	const struct target_want want = { .probe = probe, .driver = c->driver, .accel = c->accel,
					   .facts_file = c->facts_file, .remains = str_eq(c->command->name, "destroy") };

	if (target_load(t, word, &want, e) < 0)
		return -1;
	if (c->command->acts && target_is_one(&t->address, word, e) < 0)
		return -1;
	if (t->aside && !c->quiet)
		fprintf(stderr, "berth: the inventory was damaged or of another release: it is set aside, and made anew; "
			"'berth scan DIR' looks at directories again\n");
	/* What was said when the guest was built is not said again at every verb. */
	if (!c->quiet && t->from_file)
		print_warnings(t);
	return 0;
}

int call_built(struct call *c, const char *word, int probe, struct target *t, struct err *e)
{
	const char *name;

	if (call_target(c, word, probe, t, e) < 0)
		return -1;
	if (!t->from_file || t->elsewhere || !t->built_for)
		return 0;
	name = arena_str(&c->mem, t->guest.name);
	target_done(t);
	return call_target(c, name, probe, t, e);
}

/* How far a long step is, on a terminal: 'whole in itself 37 %'. */
static void part_terminal(void *arg, const struct plan *p, const struct step *s, double share)
{
	fprintf(stderr, "\r\033[K%s %.0f %%", s->why, share * 100);
}

static void progress_lines(void *arg, const struct plan *p, size_t step, bool done, double seconds)
{
	const struct step *s = &p->steps.v[step];

	if (!done)
		fprintf(stderr, "[%zu/%zu] %s\n", step + 1, p->steps.n, s->why);
	else if (seconds >= 1)
		fprintf(stderr, "[%zu/%zu] %s: %.1f s\n", step + 1, p->steps.n, s->why, seconds);
}

/* On a terminal the current step stands on one line; what took long stays to be read. */
static void progress_terminal(void *arg, const struct plan *p, size_t step, bool done, double seconds)
{
	const struct step *s = &p->steps.v[step];

	if (!done)
		fprintf(stderr, "\r\033[K[%zu/%zu] %s", step + 1, p->steps.n, s->why);
	else if (seconds >= 1)
		fprintf(stderr, "\r\033[K[%zu/%zu] %s: %.1f s\n", step + 1, p->steps.n, s->why, seconds);
	else if (step + 1 == p->steps.n)
		fputs("\r\033[K", stderr);
}

/* Plain runs show only plans that take a while: building, not starting. */
static void choose_progress(const struct call *c, const struct plan *p, struct act_show *show)
{
	enum { LONG_PLAN = 14 };

	if (c->quiet || (p->steps.n < LONG_PLAN && !c->verbose))
		return;
	show->progress = isatty(2) && !c->verbose ? progress_terminal : progress_lines;
	show->part = isatty(2) && !c->verbose ? part_terminal : NULL;
}

static void say_trouble(void *arg, const char *message)
{
	const struct target *t = arg;

	fprintf(stderr, "berth: '%s': %s\n", t->guest.name, message);
}

/* Carry it out, and say when it took force. */
static int execute(struct call *c, const struct target *t, const struct plan *p, struct err *e)
{
	struct act_show show = { .trouble = say_trouble };

	if (p->note && !c->quiet)
		fprintf(stderr, "berth: '%s': %s\n", t->guest.name, p->note);
	choose_progress(c, p, &show);
	if (act_execute(t, p, &show, e) < 0)
		return -1;
	if (show.forced && !c->quiet)
		fprintf(stderr, "berth: '%s' did not end by itself in time, and was ended\n", t->guest.name);
	return 0;
}

int call_plan(struct call *c, const struct target *t, const struct plan *p, struct err *e)
{
	if (!c->dry_run && c->facts_file)
		return err_set(e, ERR_USAGE, "--facts describes another host: only a plan can be made for it (add --dry-run)");
	if (!c->dry_run)
		return execute(c, t, p, e);
	call_show(c, p);
	return 0;
}

void call_show(const struct call *c, const struct plan *p)
{
	DEFER(str_done) struct str out = { 0 };

	if (c->json) {
		out_json("berth.plan/1", plan_json(p));
		return;
	}
	if (c->sh)
		plan_script(p, &out);
	else
		plan_print(p, &out);
	out_text(&out);
}

/* Whether it is paused matters to these; what is frozen does not hear that it is to stop. A foreign guest has been asked for. */
static bool depends_on_pause(enum verb v, const struct target *t)
{
	if (t->driver->foreign)
		return false;
	return v == VERB_PAUSE || v == VERB_RESUME || v == VERB_REBOOT || v == VERB_SUSPEND ||
	       (v == VERB_START && t->facts.state == STATE_RUNNING) || (v == VERB_STOP && t->driver->freezer) || t->facts.saved;
}

int call_wait(struct call *c, struct target *t, struct err *e)
{
	enum stage reached;

	t->facts.state = STATE_RUNNING;
	return ways_wait(t, call_option(c, "wait"), call_option(c, "timeout"), &reached, e);
}

/* --delay instead of run.stop_delay, this time. */
static int stop_delay(const struct call *c, struct target *t, struct err *e)
{
	int ms;

	if (!call_option(c, "delay"))
		return 0;
	if (ways_seconds(call_option(c, "delay"), 0, &ms, e) < 0)
		return err_add(e, "--delay");
	t->guest.stop_delay = (ms + 999) / 1000;
	return 0;
}

static int one_verb(struct call *c, enum verb v, const char *word, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(plan_done) struct plan p = { 0 };
	int probe = v == VERB_BUILD || v == VERB_REGISTER ? PROBE_BUILD | PROBE_START :
		    v == VERB_START || v == VERB_RESUME ? PROBE_START : v == VERB_SUSPEND ? PROBE_COPY : 0;

	if (call_target(c, word, probe, &t, e) < 0)
		return -1;
	if (!c->facts_file && depends_on_pause(v, &t))
		t.facts.state = survey_one(&t.facts, t.driver, t.guest.name);
	if (v == VERB_START && call_option(c, "cold"))
		t.facts.cold = true;
	if (v == VERB_START && call_once(c, &t, e) < 0)
		return -1;
	if (v == VERB_STOP && stop_delay(c, &t, e) < 0)
		return -1;
	if (act_plan(&t, v, &p, e) < 0)
		return -1;
	if (call_plan(c, &t, &p, e) < 0)
		return err_add(e, "%s '%s'", verb_word(v), t.guest.name);
	if (v == VERB_START && call_option(c, "wait") && !c->dry_run && call_wait(c, &t, e) < 0)
		return -1;
	if (c->json && !c->dry_run)
		out_json("berth.done/1", json_pack("{s:s, s:s, s:s}", "verb", verb_word(v), "guest", t.guest.name,
						   "driver", t.driver->name));
	return 0;
}

void tally_add(struct tally *t, enum err_kind kind)
{
	t->n++;
	if (!kind)
		return;
	t->kind = !t->failed || t->kind == kind ? kind : ERR_FAILED;
	t->failed++;
}

int tally_end(const struct tally *t, const char *what, struct err *e)
{
	if (!t->failed)
		return 0;
	return err_set(e, t->failed < t->n ? ERR_PARTIAL : t->kind, "%s: %d of %d guests failed", what, t->failed, t->n);
}

int call_verb(struct call *c, enum verb v, struct err *e)
{
	struct tally tally = { 0 };

	if (call_expand(c, e) < 0)
		return -1;
	if (c->argc == 1)
		return one_verb(c, v, c->argv[0], e);
	for (int i = 0; i < c->argc; i++) {
		struct err one = { 0 };

		if (one_verb(c, v, c->argv[i], &one) < 0)
			fprintf(stderr, "berth: %s\n", one.msg);
		tally_add(&tally, one.kind);
	}
	return tally_end(&tally, verb_word(v), e);
}

/* "Ctrl-]"; of one that cannot be left, how else the session ends. */
static const char *how_to_leave(const struct console *con, struct arena *a)
{
	if (con->escape < 0)
		return "berth sessions end";
	return arena_fmt(a, "Ctrl-%c", (con->escape ? con->escape : CONSOLE_DETACH) + '@');
}

static void say_end(const char *name, enum console_end end, int status)
{
	switch (end) {
	case CONSOLE_DETACHED:
		fprintf(stderr, "\n[detached from '%s']\n", name);
		return;
	case CONSOLE_GUEST_ENDED:
		fprintf(stderr, status < 0 ? "\n['%s' has ended]\n" : "\n['%s' has ended with status %d]\n", name, status);
		return;
	case CONSOLE_INPUT_ENDED:
		return;
	}
}

int call_console(struct call *c, const struct console *con, struct err *e)
{
	bool talk = isatty(0) && !c->quiet;
	enum console_end end;
	int status;

	if (talk)
		fprintf(stderr, "[%s of '%s'%s; %s leaves]\n", con->what, con->name, con->read_only ? ", to look on" : "",
			how_to_leave(con, &c->mem));
	if (console_attach(con, &end, e) < 0) {
		/* What comes next is no part of what the guest said. */
		if (talk)
			fputc('\n', stderr);
		return -1;
	}
	status = end == CONSOLE_GUEST_ENDED ? session_status(con->ending) : -1;
	if (talk)
		say_end(con->name, end, status);
	return status < 0 ? 0 : status;
}
