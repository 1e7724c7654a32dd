/* SPDX-License-Identifier: ISC */
/*
 * QEMU, with KVM where it works: the plans of every verb. The command line is made
 * in qemu_argv.c, disks in image.c, the folder around them in folder.c. A running
 * guest is the process that holds RUN/NAME/lock.
 */
#include "base/str.h"
#include "driver/attendant.h"
#include "driver/folder.h"
#include "driver/host_key.h"
#include "driver/qemu.h"
#include "driver/user_net.h"
#include "model/driver.h"
#include "model/image.h"
#include "model/netplan.h"

enum { QMP_TIMEOUT_MS = 30 * 1000, QUIT_TIMEOUT_MS = 1000, GONE_TIMEOUT_MS = 5 * 1000 };

static const char *run_file(const struct guest *g, const struct facts *f, const char *file, struct plan *p)
{
	return guest_run_file(f, g->name, file, &p->mem);
}

/* qemu-img leaves them open to all; who reads a disk reads the shadow file in it. */
static void close_disks(const struct guest *g, const struct facts *f, const char *work, struct plan *p)
{
	struct words w = { 0 };

	if (!g->disks.n)
		return;
	words_extend(&w, &p->mem, ARGV("chmod", "0600"));
	for (size_t i = 0; i < g->disks.n; i++)
		words_add(&w, &p->mem, plan_fmt(p, "%s/%s", work, image_file(g, i, &p->mem)));
	plan_run(p, "nobody else reads its disks", argv_of(&w, &p->mem));
}

static void firmware_memory(const struct guest *g, const struct facts *f, const char *work, struct plan *p)
{
	if (str_eq(g->firmware, "uefi") && f->ovmf_vars)
		plan_copy(p, "the firmware's own memory", f->ovmf_vars, plan_fmt(p, "%s/nvram.fd", work), 0600);
}

static int qemu_build(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *work = folder_begin(g, f, FOLDER_CLOSED, p);
	struct surroundings around = {
		.resolver = network_resolver(g, f, &p->mem),
		.ssh_public_key = host_key(f, p),
	};

	if (image_build(g, f, work, &around, p, e) < 0)
		return -1;
	firmware_memory(g, f, work, p);
	close_disks(g, f, work, p);
	folder_own(f, work, p);
	folder_publish(g, f, "qemu", &(struct pin){ .machine = qemu_machine(g, f, &p->mem), .slots = qemu_slots(g, f, &p->mem) }, p);
	return 0;
}

/* The disks keep their owner: links are all there is to give away, and nothing follows them. */
static int qemu_register(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *work = folder_begin(g, f, FOLDER_CLOSED, p);

	if (image_link(g, work, p, e) < 0)
		return -1;
	firmware_memory(g, f, work, p);
	folder_own(f, work, p);
	folder_register(g, f, "qemu", &(struct pin){ .machine = qemu_machine(g, f, &p->mem), .slots = qemu_slots(g, f, &p->mem) }, p);
	return 0;
}

/* The guest's memory would want it again, so nothing of that is saved. */
static void note_once(const struct guest *g, const struct facts *f, struct plan *p)
{
	const char *file = guest_once_file(f, g->name, &p->mem);

	if (!f->once && !f->once_ran)
		return;
	folder_hold_start(g, f, p);
	if (f->once)
		plan_file(p, "that this start is unlike others", file, 0644, "");
	else
		plan_remove(p, "this start is like others", file);
}

int qemu_launch(const struct guest *g, const struct facts *f, bool held, const char *keep, struct plan *p, struct err *e)
{
	const char *lock = guest_lock(f, g->name, &p->mem);
	struct words w = { 0 };
	struct step *s;

	if (qemu_argv(g, f, held, p, &w, e) < 0)
		return -1;
	if (qemu_needs_helper(g, f))
		p->note = "QEMU runs without its sandbox, in which qemu-bridge-helper cannot work (type = tap or network has one)";
	folder_run_dir(f, p);
	folder_note_port(g, f, p);
	note_once(g, f, p);
	qemu_join(g, f, p);
	if (f->run_dir_foreign)
		plan_remove(p, "what it left when it ran as another user", guest_run_dir(f, g->name, &p->mem));
	s = plan_dir(p, "sockets and logs of this run", guest_run_dir(f, g->name, &p->mem), 0700);
	s->uid = f->run_uid;
	s->gid = f->run_gid;
	plan_remove(p, "what the last one did", run_file(g, f, "state.log", p));
	if (!f->uid && !f->run_uid)
		p->note = "its process runs as root, as run.run_as wants it";
	plan_daemon(p, "the virtual machine", argv_of(&w, &p->mem), lock, run_file(g, f, "qemu.log", p),
		    f->run_uid, f->run_gid)->new_privs = qemu_needs_helper(g, f);
	plan_end(p, "the virtual machine again", lock);
	plan_undo(p);
	p->steps.v[p->steps.n - 1].undo->guard = keep;
	plan_wait(p, "until it answers", WAIT_QMP, run_file(g, f, "qmp.sock", p), QMP_TIMEOUT_MS);
	attendant_start(g, f, NULL, p);
	return 0;
}

static int qemu_attend(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	attendant_start(g, f, NULL, p);
	return 0;
}

static int qemu_start(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	if (f->state == STATE_SAVED && !f->cold)
		return qemu_go_on(g, f, p, e);
	qemu_forget_saved("the saved memory is given up", g, f, p);
	if (qemu_boot_erase(g, f, p, e) < 0 || qemu_launch(g, f, false, NULL, p, e) < 0)
		return -1;
	qemu_boot_usual(g, f, p);
	return 0;
}

static void until_gone(const char *lock, struct plan *p)
{
	plan_wait(p, "until the process is gone", WAIT_GONE, lock, GONE_TIMEOUT_MS);
	plan_end(p, "it does not end by itself", lock);
	plan_otherwise(p);
	plan_wait(p, "until the process is gone", WAIT_GONE, lock, GONE_TIMEOUT_MS);
	plan_otherwise(p);
}

/* One that hangs, or writes gigabytes, is ended all the same. */
static void quit(const char *why, const char *qmp, struct plan *p)
{
	struct step *s = plan_qmp(p, why, qmp, "{\"execute\":\"quit\"}");

	s->may_fail = true;
	s->timeout_ms = QUIT_TIMEOUT_MS;
}

void qemu_end(const struct guest *g, const struct facts *f, struct plan *p)
{
	quit("end the virtual machine", run_file(g, f, "qmp.sock", p), p);
	until_gone(guest_lock(f, g->name, &p->mem), p);
	qemu_leave(g, f, p);
}

/* A guest that has run since is not what was saved of it any more. */
static void forget_saved(const struct guest *g, const struct facts *f, struct plan *p)
{
	qemu_forget_saved("what was saved before it went on", g, f, p);
}

static int qemu_kill(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	if (!qemu_is_saved(f))
		forget_saved(g, f, p);
	qemu_end(g, f, p);
	return 0;
}

static int qemu_stop(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *qmp = run_file(g, f, "qmp.sock", p), *lock = guest_lock(f, g->name, &p->mem);

	if (qemu_is_saved(f))
		return qemu_kill(g, f, p, e);
	forget_saved(g, f, p);
	plan_qmp(p, "a paused guest cannot hear the button", qmp, "{\"execute\":\"cont\"}")->may_fail = true;
	plan_qmp(p, "press the power button", qmp, "{\"execute\":\"system_powerdown\"}")->may_fail = true;
	plan_wait(p, "until the guest has powered off", WAIT_GONE, lock, guest_stop_ms(g));
	quit("it does not power off: end the virtual machine", qmp, p);
	plan_otherwise(p);
	until_gone(lock, p);
	plan_otherwise(p);
	qemu_leave(g, f, p);
	return 0;
}

static int simple(const struct guest *g, const struct facts *f, struct plan *p, const char *why, const char *json)
{
	forget_saved(g, f, p);
	plan_qmp(p, why, run_file(g, f, "qmp.sock", p), json);
	return 0;
}

static int qemu_reset(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	return simple(g, f, p, "press the reset button", "{\"execute\":\"system_reset\"}");
}

/* Ctrl-Alt-Del is a reboot for every init system, and needs neither network nor agent. */
static int qemu_reboot(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	return simple(g, f, p, "ask for a reboot",
		      "{\"execute\":\"send-key\",\"arguments\":{\"keys\":["
		      "{\"type\":\"qcode\",\"data\":\"ctrl\"},{\"type\":\"qcode\",\"data\":\"alt\"},"
		      "{\"type\":\"qcode\",\"data\":\"delete\"}]}}");
}

static int qemu_pause(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	return simple(g, f, p, "stop the processors", "{\"execute\":\"stop\"}");
}

static int qemu_resume(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	if (simple(g, f, p, "let the processors go on", "{\"execute\":\"cont\"}") < 0)
		return -1;
	plan_remove(p, "the memory that a killed start has read", qemu_saved_old(g, f, p));
	return 0;
}

static int qemu_destroy(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	qemu_leave(g, f, p);
	network_withdraw(g, f, p);
	folder_destroy(g, f, p);
	return 0;
}

static int qemu_reach(const struct guest *g, const struct facts *f, enum reach_kind kind,
		      struct reach *out, struct arena *a, struct err *e)
{
	switch (kind) {
	case REACH_CONSOLE:
		out->socket = guest_run_file(f, g->name, "console.sock", a);
		out->log = guest_run_file(f, g->name, "console.log", a);
		return 0;
	case REACH_SCREEN:
		if (str_eq(g->vnc, "none"))
			return err_set(e, ERR_UNSUPPORTED, "'%s' has no screen (console.vnc = none)", g->name);
		if (str_eq(g->vnc, "tcp")) {
			out->host = "127.0.0.1";
			out->port = f->vnc_port;
		} else {
			out->socket = guest_run_file(f, g->name, "vnc.sock", a);
		}
		return 0;
	case REACH_AGENT:
		out->socket = guest_run_file(f, g->name, "agent.sock", a);
		return 0;
	case REACH_CONTROL:
		out->socket = guest_run_file(f, g->name, "qmp.sock", a);
		return 0;
	case REACH_MONITOR:
		out->socket = guest_run_file(f, g->name, "monitor.sock", a);
		out->log = guest_run_file(f, g->name, "monitor.log", a);
		return 0;
	case REACH_SSH:
		if (f->ssh_port && user_net_resolver(g, a)) {
			out->host = "127.0.0.1";
			out->port = f->ssh_port;
			return 0;
		}
		out->host = guest_address(g);
		out->port = 22;
		return out->host ? 0 : err_set(e, ERR_UNSUPPORTED, "'%s' has no network by which its ssh could be reached", g->name);
	}
	return -1;
}

static const char *const tools[] = { "qemu-system-x86_64", "qemu-img", NULL };

const struct driver driver_qemu = {
	.name = "qemu",
	.summary = "QEMU, with KVM where it works",
	.tools = tools,
	.plan = {
		[VERB_BUILD]   = qemu_build,
		[VERB_START]   = qemu_start,
		[VERB_STOP]    = qemu_stop,
		[VERB_KILL]    = qemu_kill,
		[VERB_RESET]   = qemu_reset,
		[VERB_REBOOT]  = qemu_reboot,
		[VERB_PAUSE]   = qemu_pause,
		[VERB_RESUME]  = qemu_resume,
		[VERB_SUSPEND] = qemu_suspend,
		[VERB_ATTACH]  = qemu_attach,
		[VERB_DETACH]  = qemu_detach,
		[VERB_CD]      = qemu_cd,
		[VERB_RENAME]  = qemu_rename,
		[VERB_CLONE]   = qemu_clone,
		[VERB_SNAPSHOT] = qemu_snapshot,
		[VERB_RESTORE] = qemu_restore,
		[VERB_EXPORT]  = qemu_export,
		[VERB_DESTROY] = qemu_destroy,
		[VERB_REGISTER] = qemu_register,
		[VERB_UNREGISTER] = folder_unregister,
	},
	.online = true,
	.forget = qemu_forget,
	.survey = qemu_survey,
	.parse = qemu_parse,
	.tell = qemu_tell,
	.qmp = true,
	.boots = true,
	.attend = qemu_attend,
	.reach = qemu_reach,
};
