/* SPDX-License-Identifier: ISC */
/*
 * LXC, through its own programs: the plans of every verb. What is in a container is
 * made in lxc_root.c, how it is run in lxc_config.c. A running container is the
 * lxc-start in the foreground that holds the guest's lock; the guests' folders are
 * LXC's own (lxc-ls -P DATA/guests shows them).
 */
#include "base/str.h"
#include "driver/attendant.h"
#include "driver/folder.h"
#include "driver/lxc.h"
#include "driver/user_net.h"
#include "model/netplan.h"

/* What LXC notes when the container's init has been executed: start_post() of its start.c. */
#define STARTED "Started \""

enum { RUNNING_TIMEOUT_MS = 30 * 1000, GONE_TIMEOUT_MS = 10 * 1000, LEFT_TIMEOUT_MS = 5 * 1000 };

bool lxc_is_shifted(const struct guest *g, const struct facts *f)
{
	return !f->uid && !g->lxc.privileged;
}

struct folder_access lxc_access(const struct guest *g, const struct facts *f)
{
	return lxc_is_shifted(g, f) ? (struct folder_access){ 0750, f->id_base } : (struct folder_access){ 0700, (gid_t)-1 };
}

char *lxc_path(const struct facts *f, struct arena *a)
{
	return arena_fmt(a, "%s/guests", f->data_dir);
}

/* "lxc-stop -P DATA/guests -n web -k": the program, the container, what else it is told. */
static const char *const *on(const struct guest *g, const struct facts *f, const char *program, const char *const *more,
			     struct arena *a)
{
	struct words w = { 0 };

	words_extend(&w, a, ARGV(program, "-P", lxc_path(f, a), "-n", g->name));
	words_extend(&w, a, more);
	return argv_of(&w, a);
}

static int lxc_build(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *work = folder_begin(g, f, lxc_access(g, f), p);

	if (lxc_root(g, f, work, p, e) < 0)
		return -1;
	folder_publish(g, f, "lxc", NULL, p);
	return 0;
}

/* A lxc-start that was killed outright could not end its pasta, which holds the port. */
static void end_leftovers(const struct guest *g, const struct facts *f, struct plan *p)
{
	for (size_t i = 0; i < g->nics.n; i++) {
		const char *pid = lxc_pasta_pid(g, f, i, p);
		struct step *s;

		if (!nic_is_private(&g->nics.v[i]))
			continue;
		plan_run(p, "a network that an earlier run left",
			 ARGV("pkill", "--signal", "KILL", "--pidfile", pid, "pas[st]"))->may_fail = true;
		s = plan_run(p, "until it has let go of its ports", ARGV("pidwait", "--pidfile", pid, "pas[st]"));
		s->may_fail = true;
		s->timeout_ms = LEFT_TIMEOUT_MS;
		plan_remove(p, "its number, which may become another's", pid);
	}
}

/* lxc-start in the foreground, in a group that is the user's; what fails it says aloud, the rest goes to notices. */
static const char *const *monitor(const struct guest *g, const struct facts *f, const char *lxc, const char *notices,
				  struct arena *a)
{
	return enter_words(lxc_user_prefix(f, a), false, on(g, f, lxc, ARGV("-F", "-l", "NOTICE", "-o", notices), a), a);
}

static int lxc_start(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *lxc = facts_tool(f, "lxc-start"), *lock = guest_lock(f, g->name, &p->mem);
	const char *folder = guest_folder(f, g->name, &p->mem), *config = lxc_config(g, f, p, e);
	const char *notices = guest_run_file(f, g->name, "lxc.notices", &p->mem);
	struct step *s;

	if (!config || lxc_user_starts(g, f, e) < 0)
		return -1;
	if (!f->cgroup)
		p->note = "hardware.ram and hardware.num_cpu are no limits here: no control group for them is ours to write";
	if (!lxc)
		return err_set(e, ERR_NOT_FOUND, "lxc-start is missing: apt-get install lxc");
	folder_run_dir(f, p);
	folder_note_port(g, f, p);
	network_announce(g, f, p);
	s = plan_dir(p, "logs of this run", guest_run_dir(f, g->name, &p->mem), 0700);
	s->uid = f->uid;
	s->gid = f->gid;
	plan_remove(p, "what the last run said", guest_run_file(f, g->name, "console.log", &p->mem));
	plan_remove(p, "what LXC said of it", notices);
	/* Made anew at every start: nothing is lost with it. */
	plan_file(p, "what the container is", plan_fmt(p, "%s/config", folder), 0644, config)->loose = true;
	end_leftovers(g, f, p);
	s = plan_daemon(p, "the container", monitor(g, f, lxc, notices, &p->mem), lock,
		    guest_run_file(f, g->name, "lxc.log", &p->mem), f->uid, f->gid);
	s->new_privs = s->reason_first = true;
	plan_run(p, "the container again", on(g, f, "lxc-stop", ARGV("-k"), &p->mem))->may_fail = true;
	plan_undo(p);
	plan_wait_says(p, "until it runs", notices, STARTED, RUNNING_TIMEOUT_MS);
	return 0;
}

static void until_gone(const char *lock, struct plan *p)
{
	plan_wait(p, "until the container is gone", WAIT_GONE, lock, GONE_TIMEOUT_MS);
	plan_end(p, "it does not end by itself", lock);
	plan_otherwise(p);
	plan_wait(p, "until the container is gone", WAIT_GONE, lock, GONE_TIMEOUT_MS);
	plan_otherwise(p);
}

/* The first version's freezer keeps even what was killed, as all of a container is with its monitor. */
static void thaw_killed(const struct facts *f, struct plan *p)
{
	for (size_t i = 0; i < f->killed.n; i++)
		plan_run(p, "what was killed while it was frozen may end", ARGV("tee", f->killed.v[i]))->stdin_text = "THAWED\n";
}

static int lxc_kill(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	plan_run(p, "end the container", on(g, f, "lxc-stop", ARGV("-k"), &p->mem))->may_fail = true;
	thaw_killed(f, p);
	until_gone(guest_lock(f, g->name, &p->mem), p);
	return 0;
}

static int lxc_stop(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *lock = guest_lock(f, g->name, &p->mem);

	if (f->killed.n)
		return lxc_kill(g, f, p, e);
	if (f->state == STATE_PAUSED)
		plan_run(p, "a frozen container cannot hear", on(g, f, "lxc-unfreeze", ARGV(NULL), &p->mem));
	plan_run(p, "ask it to halt", on(g, f, "lxc-stop", ARGV("--nokill", "--nowait"), &p->mem))->may_fail = true;
	plan_wait(p, "until the container has halted", WAIT_GONE, lock, guest_stop_ms(g));
	plan_run(p, "it does not halt: end the container", on(g, f, "lxc-stop", ARGV("-k"), &p->mem))->may_fail = true;
	plan_otherwise(p);
	until_gone(lock, p);
	plan_otherwise(p);
	return 0;
}

static int lxc_reboot(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	plan_run(p, "ask for a reboot", on(g, f, "lxc-stop", ARGV("--reboot", "--nowait"), &p->mem));
	return 0;
}

static int lxc_pause(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	static const struct step_status refused[] = {
		{ 1, ERR_PERMISSION, "no freezer of this host's control groups is this user's to write, so that its containers "
				     "cannot be paused (berth stop)" },
		{ 0 },
	};
	struct step *s = plan_run(p, "freeze its processes", on(g, f, "lxc-freeze", ARGV(NULL), &p->mem));

	if (f->uid)
		s->statuses = refused;
	return 0;
}

static int lxc_resume(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	plan_run(p, "let its processes go on", on(g, f, "lxc-unfreeze", ARGV(NULL), &p->mem));
	return 0;
}

static int lxc_destroy(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	folder_lock(g->name, f, p);
	end_leftovers(g, f, p);
	network_withdraw(g, f, p);
	folder_destroy(g, f, p);
	return 0;
}

static int lxc_enter(const struct guest *g, const struct facts *f, struct words *argv, struct arena *a, struct err *e)
{
	words_extend(argv, a, on(g, f, "lxc-attach", ARGV("--clear-env", "--set-var", "HOME=/root", "--"), a));
	return 0;
}

const char *lxc_freezer_link(const struct facts *f, const char *name, struct arena *a)
{
	return guest_run_file(f, name, "freezer", a);
}

static void lxc_freezer(const struct guest *g, const struct facts *f, struct words *files, struct arena *a)
{
	words_add(files, a, lxc_freezer_link(f, g->name, a));
}

static int reach_ssh(const struct guest *g, const struct facts *f, struct reach *out, struct arena *a, struct err *e)
{
	out->port = 22;
	out->host = guest_address(g);
	if (f->ssh_port && user_net_resolver(g, a)) {
		out->host = "127.0.0.1";
		out->port = f->ssh_port;
	}
	return out->host ? 0 : err_set(e, ERR_UNSUPPORTED, "'%s' has no network whose address is known here", g->name);
}

/*
 * lxc-console takes every key but one, which it counts from 'a' on: '_' is the byte
 * before NUL, and in no text.
 */
static int lxc_attend(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	attendant_start(g, f, on(g, f, "lxc-console", ARGV("-t", "0", "-e", "^_"), &p->mem), p);
	return 0;
}

static int lxc_reach(const struct guest *g, const struct facts *f, enum reach_kind kind,
		     struct reach *out, struct arena *a, struct err *e)
{
	switch (kind) {
	case REACH_CONSOLE:
		out->socket = guest_run_file(f, g->name, "console.sock", a);
		out->log = guest_run_file(f, g->name, "console.log", a);
		return 0;
	case REACH_SSH:
		return reach_ssh(g, f, out, a, e);
	case REACH_SCREEN:
	case REACH_AGENT:
	case REACH_CONTROL:
	case REACH_MONITOR:
		break;
	}
	return err_set(e, ERR_UNSUPPORTED, "'%s' is a container and has no %s (try berth exec or berth console)", g->name,
		       kind == REACH_SCREEN ? "screen" : kind == REACH_MONITOR ? "monitor" : "agent");
}

static const char *const tools[] = {
	"lxc-start", "lxc-stop", "lxc-attach", "lxc-console", "lxc-freeze", "lxc-unfreeze", "lxc-usernsexec",
	"pasta", "pkill", "pidwait", "tar", "usermod", NULL,
};

const struct driver driver_lxc = {
	.name = "lxc",
	.summary = "containers of this host's own kernel, through LXC",
	.tools = tools,
	.plan = {
		[VERB_BUILD]   = lxc_build,
		[VERB_START]   = lxc_start,
		[VERB_STOP]    = lxc_stop,
		[VERB_KILL]    = lxc_kill,
		[VERB_REBOOT]  = lxc_reboot,
		[VERB_PAUSE]   = lxc_pause,
		[VERB_RESUME]  = lxc_resume,
		[VERB_CLONE]   = lxc_clone,
		[VERB_SNAPSHOT] = lxc_snapshot,
		[VERB_RESTORE] = lxc_restore,
		[VERB_EXPORT]  = lxc_export,
		[VERB_DESTROY] = lxc_destroy,
	},
	.survey = lxc_survey,
	.parse = lxc_parse,
	.forget = lxc_forget,
	.enter = lxc_enter,
	.freezer = lxc_freezer,
	.attend = lxc_attend,
	.reach = lxc_reach,
};
