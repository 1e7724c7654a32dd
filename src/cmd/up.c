/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "app/attendant.h"
#include "app/survey.h"
#include "app/ways.h"
#include "app/window.h"
#include "cmd/common.h"

static void what_next(const struct call *c, const struct target *t)
{
	const char *name = t->guest.name;

	if (c->json) {
		out_json("berth.done/1", json_pack("{s:s, s:s, s:s}", "verb", "up", "guest", name, "driver", t->driver->name));
		return;
	}
	if (c->quiet)
		return;
	if (!t->driver->reach) {
		printf("'%s' is up (%s)\n", name, t->driver->name);
		return;
	}
	if (!t->driver->qmp && !t->driver->enter) {
		printf("'%s' is up (%s)\n", name, t->driver->name);
		printf("  berth console %s          sit down there; Ctrl-] leaves\n", name);
		printf("  berth stop %s             end it\n", name);
		return;
	}
	/* Only a machine has an accelerator, and only of its console do we know how to leave it. */
	if (t->driver->enter) {
		printf("'%s' is up (%s)\n", name, t->driver->name);
		printf("  berth console %s          its console\n", name);
	} else {
		printf("'%s' is up (%s, %s)\n", name, t->driver->name, t->facts.kvm ? "kvm" : "tcg");
		printf("  berth console %s          its console; Ctrl-] leaves\n", name);
	}
	printf("  berth exec %s -- COMMAND  a command inside, without a network\n", name);
	printf("  berth stop %s             power it off\n", name);
}

/* Emulation is ten times slower than KVM; who did not ask for it should know why. */
static void say_accelerator(const struct call *c, const struct target *t)
{
	if (!c->quiet && !t->facts.kvm && strcmp(t->guest.accel, "tcg"))
		fprintf(stderr, "berth: emulating the processor (tcg), which is slow: %s\n", t->facts.kvm_why);
}

/* What a guest that runs, or does not, means to this call; at most one of them is given. */
static const struct mode {
	const char *option;
	bool starts;            /* a guest may be built and booted, so there is something to say about that */
	bool attaches;          /* is about a viewer: the guest has to run, and is left as it is */
} modes[] = {
	{ "reuse", .starts = true },    /* whether it was given or not */
	{ "start", .starts = true },
	{ "resume", .starts = false },
	{ "connect", .attaches = true },
	{ "reconnect", .attaches = true },
};

static const struct mode *mode_of(const struct call *c, struct err *e)
{
	const struct mode *found = NULL;

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		if (!call_option(c, modes[i].option))
			continue;
		if (found) {
			err_set(e, ERR_USAGE, "--%s and --%s exclude each other (one of --reuse, --start, --resume, --connect and --reconnect)",
				found->option, modes[i].option);
			return NULL;
		}
		found = &modes[i];
	}
	return found ? found : &modes[0];
}

static int check_mode(const struct call *c, const struct mode *m, struct err *e)
{
	static const char *const of_a_start[] = { "boot", "install", "kernel", "append", "args", "rm" };

	for (size_t i = 0; !m->starts && i < sizeof of_a_start / sizeof *of_a_start; i++)
		if (call_option(c, of_a_start[i]))
			return err_set(e, ERR_USAGE, "--%s boots nothing, so --%s has no meaning", m->option, of_a_start[i]);
	return ways_check(call_option(c, "wait"), call_option(c, "timeout"), e);
}

/* Where to sit down when all is done: NULL for nowhere. */
static const char *console_of(const struct call *c, const struct mode *m)
{
	const char *type = call_option(c, "console");

	if (!type)
		return m->attaches ? "here" : NULL;
	return str_eq(type, "none") ? NULL : type;
}

/* One that QEMU itself opens, and only when it starts. */
static bool is_own_window(const char *type)
{
	return str_eq(type, "gtk") || str_eq(type, "sdl");
}

static int check_own_window(const struct call *c, const struct target *t, const char *type, struct err *e)
{
	if (!t->driver->boots)
		return err_set(e, ERR_UNSUPPORTED, "--console: %s guests have no window '%s' of their own (try --console here)", t->driver->name, type);
	if (target_runs(t))
		return err_set(e, ERR_EXISTS, "'%s' runs already, and a window of its own opens only when it starts (berth vnc %s)",
			       t->guest.name, t->guest.name);
	if (!c->dry_run && !window_desktop())
		return err_set(e, ERR_UNSUPPORTED, "--console: '%s' wants a desktop, and neither DISPLAY nor WAYLAND_DISPLAY is set "
			       "(try --console vnc, or here)", type);
	return 0;
}

static int check_console(const struct call *c, const struct target *t, const char *type, struct err *e)
{
	if (!type)
		return 0;
	if (!str_eq(type, "here") && !str_eq(type, "vnc") && !is_own_window(type) && !window_package(type))
		return err_set(e, ERR_USAGE, "--console: '%s' is none (here, vnc, gtk, sdl, none, or what 'berth console --in' takes)", type);
	if (is_own_window(type))
		return check_own_window(c, t, type, e);
	if (c->json && !c->dry_run)
		return err_set(e, ERR_USAGE, "a console is no JSON document (add --console none)");
	if (!t->driver->reach)
		return err_set(e, ERR_UNSUPPORTED, "%s guests cannot be reached", t->driver->name);
	return 0;
}

/* As if the user had typed that next. */
static int sit_down(struct call *c, const struct target *t, const char *type, struct err *e)
{
	bool screen = str_eq(type, "vnc");
	char *name = arena_str(&c->mem, t->guest.name);
	struct call next = { .command = command_find(screen ? "vnc" : "console"), .argc = 1, .argv = &name,
			     .quiet = c->quiet, .verbose = c->verbose };
	int status;

	if (!screen && !str_eq(type, "here"))
		words_add(&next.options, &next.mem, arena_fmt(&next.mem, "in=%s", type));
	status = next.command->run(&next, e);
	arena_done(&next.mem);
	return status;
}

static int must_run(const struct target *t, struct err *e)
{
	if (t->facts.state == STATE_RUNNING || t->facts.state == STATE_PAUSED)
		return 0;
	return err_set(e, ERR_FAILED, "'%s' is not running, so there is nothing to connect to (berth up %s)", t->guest.name, t->guest.name);
}

/* Viewers come and go, the guest does not notice. */
static int reconnect(const struct call *c, const struct target *t, struct err *e)
{
	int ended = c->dry_run ? 0 : attendant_end_all(t, e);

	if (ended > 0 && !c->quiet)
		fprintf(stderr, "berth: %d viewer%s of '%s' ended\n", ended, ended == 1 ? "" : "s", t->guest.name);
	return ended < 0 ? -1 : 0;
}

static int make_plan(struct call *c, struct target *t, const struct mode *m, struct plan *p, struct err *e)
{
	if (str_eq(m->option, "resume"))
		return act_plan(t, VERB_RESUME, p, e);
	if (str_eq(m->option, "start") && target_runs(t))
		return act_fits(t, VERB_START, e);
	if (call_once(c, t, e) < 0)
		return -1;
	return call_option(c, "rm") ? act_plan_up_once(t, p, e) : act_plan_up(t, p, e);
}

/* What has begun is a session: it may be over by now, and nobody logs in to it. */
static bool is_waited_for(const struct call *c, const struct target *t)
{
	return t->driver->reach && !c->dry_run && (t->driver->qmp || t->driver->enter || call_option(c, "wait"));
}

/* Build, start or resume it, and wait. */
static int bring_up(struct call *c, struct target *t, const struct mode *m, struct err *e)
{
	DEFER(plan_done) struct plan p = { 0 };

	if (make_plan(c, t, m, &p, e) < 0)
		return -1;
	if (!c->dry_run && p.steps.n && t->driver->qmp)
		say_accelerator(c, t);
	if (call_plan(c, t, &p, e) < 0)
		return err_add(e, "up '%s'", t->guest.name);
	return is_waited_for(c, t) ? call_wait(c, t, e) : 0;
}

static int connect_to(struct call *c, struct target *t, const struct mode *m, struct err *e)
{
	DEFER(plan_done) struct plan nothing = { 0 };

	if (must_run(t, e) < 0 || (str_eq(m->option, "reconnect") && reconnect(c, t, e) < 0))
		return -1;
	nothing.title = plan_fmt(&nothing, "up %s on %s", t->guest.name, t->driver->name);
	if (c->dry_run)
		call_show(c, &nothing);
	return call_option(c, "wait") && !c->dry_run ? call_wait(c, t, e) : 0;
}

static int up(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	const struct mode *m = mode_of(c, e);
	const char *console = m ? console_of(c, m) : NULL;

	if (!m || check_mode(c, m, e) < 0 ||
	    call_target(c, c->argv[0], m->attaches ? 0 : PROBE_BUILD | PROBE_START | (call_option(c, "rm") ? PROBE_COPY : 0), &t, e) < 0 ||
	    check_console(c, &t, console, e) < 0)
		return -1;
	if (console && is_own_window(console))
		t.guest.window = console;
	if (!c->facts_file && !t.driver->foreign && t.facts.state == STATE_RUNNING)
		t.facts.state = survey_one(&t.facts, t.driver, t.guest.name);
	if ((m->attaches ? connect_to(c, &t, m, e) : bring_up(c, &t, m, e)) < 0)
		return -1;
	if (c->dry_run)
		return 0;
	if (console && !is_own_window(console))
		return sit_down(c, &t, console, e);
	if (!m->attaches || c->json)
		what_next(c, &t);
	return 0;
}

static const struct opt options[] = {
	{ "reuse",     0,   NULL,          "start it, or leave it as it is when it is up (what happens anyway)" },
	{ "start",     0,   NULL,          "start it, and fail when it runs already" },
	{ "resume",    0,   NULL,          "only let it go on: fail unless it is paused or saved" },
	{ "connect",   0,   NULL,          "only go to its console: fail unless it runs" },
	{ "reconnect", 0,   NULL,          "the same, after ending all others who are there" },
	{ "console",   'c', "TYPE",        "go there then: here, vnc, in a window (xterm, tmux ...), gtk, sdl, none" },
	OPTIONS_ONCE,
	{ "install",   0,   "FROM[:WHAT]", "boot from there, as with --boot, to install" },
	{ "target",    0,   "DISK",        "on this disk (default: the first)" },
	{ "stage",     0,   "init|keep",   "erase that disk first, or keep what is on it (default)" },
	{ "wait",      'w', "STAGE",       "wait for process, firmware, kernel, login (default), network or ssh" },
	{ "timeout",   't', "SECONDS",     "how long to wait for that stage" },
	{ "rm",        0,   NULL,          "delete the guest, with its disks, as soon as it ends" },
	{ "yes",       'y', NULL,          "do not ask whether a disk may be erased" },
	{ 0 },
};

const struct command cmd_up = {
	.name = "up",
	.group = "Guests",
	.args = "FILE|GUEST",
	.summary = "build the guest if needed, start it and wait until it is ready",
	.description = "From a machine file to a running, reachable guest: builds what is not built, starts what does not run, and waits "
		       "for the login prompt (or another stage) on its console. A guest that is up already is left as it is, "
		       "unless --start, --resume, --connect or --reconnect say otherwise; these leave at most viewers ended, never the guest. With "
		       "--console the call ends at its console. " ONCE_TEXT
		       "--install is --boot for an installation: --stage init erases the disk it is for, after a question. With "
		       "--rm the guest is a throwaway: a small process waits for its end and deletes it. Should that process be killed, 'berth "
		       "list' tells what is left.",
	.example = "berth up examples/hello.conf\nberth up --rm examples/minimal.conf\nberth up --reconnect hello\n"
		   "berth up --install cd:debian.iso --stage init --console vnc box.conf",
	.options = options,
	.min = 1,
	.max = 1,
	.completes = "file",
	.acts = true,
	.run = up,
};
