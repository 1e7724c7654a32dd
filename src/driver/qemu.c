/* SPDX-License-Identifier: ISC */
/*
 * QEMU, with KVM where it works: the plans of every verb. The command line is made
 * in qemu_argv.c, disks in image.c, the folder around them in folder.c. A running
 * guest is the process that holds RUN/NAME/lock.
 */
#include "base/str.h"
#include "driver/folder.h"
#include "driver/host_key.h"
#include "driver/qemu.h"
#include "driver/user_net.h"
#include "model/driver.h"
#include "model/image.h"

enum { QMP_TIMEOUT_MS = 30 * 1000, GONE_TIMEOUT_MS = 5 * 1000 };

static const char *run_file(const struct guest *g, const struct facts *f, const char *file, struct plan *p)
{
	return guest_run_file(f, g->name, file, &p->mem);
}

static void firmware_memory(const struct guest *g, const struct facts *f, const char *work, struct plan *p)
{
	if (str_eq(g->firmware, "uefi") && f->ovmf_vars)
		plan_run(p, "the firmware's own memory", ARGV("cp", f->ovmf_vars, plan_fmt(p, "%s/nvram.fd", work)));
}

static int qemu_build(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *work = folder_begin(g, f, FOLDER_OPEN, p);
	struct surroundings around = {
		.resolver = user_net_resolver(g, &p->mem),
		.ssh_public_key = host_key(f, p),
	};

	if (image_build(g, f, work, &around, p, e) < 0)
		return -1;
	firmware_memory(g, f, work, p);
	folder_own(f, work, p);
	folder_publish(g, f, "qemu", qemu_machine(g, f, &p->mem), p);
	return 0;
}

/* The disks keep their owner: links are all there is to give away, and nothing follows them. */
static int qemu_register(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *work = folder_begin(g, f, FOLDER_OPEN, p);

	if (image_link(g, work, p, e) < 0)
		return -1;
	firmware_memory(g, f, work, p);
	folder_own(f, work, p);
	folder_register(g, f, "qemu", qemu_machine(g, f, &p->mem), p);
	return 0;
}

static int qemu_start(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *lock = guest_lock(f, g->name, &p->mem);
	struct words w = { 0 };
	struct step *s;

	if (qemu_argv(g, f, p, &w, e) < 0)
		return -1;
	plan_dir(p, "a place for what runs", f->run_dir, 0755);
	s = plan_dir(p, "sockets and logs of this run", guest_run_dir(f, g->name, &p->mem), 0700);
	s->uid = f->run_uid;
	s->gid = f->run_gid;
	plan_daemon(p, "the virtual machine", argv_of(&w, &p->mem), lock, run_file(g, f, "qemu.log", p),
		    f->run_uid, f->run_gid);
	plan_end(p, "the virtual machine again", lock);
	plan_undo(p);
	plan_wait(p, "until it answers", WAIT_QMP, run_file(g, f, "qmp.sock", p), QMP_TIMEOUT_MS);
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

static int qemu_kill(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	plan_qmp(p, "end the virtual machine", run_file(g, f, "qmp.sock", p), "{\"execute\":\"quit\"}")->may_fail = true;
	until_gone(guest_lock(f, g->name, &p->mem), p);
	return 0;
}

static int qemu_stop(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *qmp = run_file(g, f, "qmp.sock", p), *lock = guest_lock(f, g->name, &p->mem);

	plan_qmp(p, "a paused guest cannot hear the button", qmp, "{\"execute\":\"cont\"}")->may_fail = true;
	plan_qmp(p, "press the power button", qmp, "{\"execute\":\"system_powerdown\"}")->may_fail = true;
	plan_wait(p, "until the guest has powered off", WAIT_GONE, lock, guest_stop_ms(g));
	plan_qmp(p, "it does not power off: end the virtual machine", qmp, "{\"execute\":\"quit\"}")->may_fail = true;
	plan_otherwise(p);
	until_gone(lock, p);
	plan_otherwise(p);
	return 0;
}

static int simple(const struct guest *g, const struct facts *f, struct plan *p, const char *why, const char *json)
{
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
	return simple(g, f, p, "let the processors go on", "{\"execute\":\"cont\"}");
}

static int qemu_destroy(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	folder_destroy(g, f, p);
	return 0;
}

static int qemu_reach(const struct guest *g, const struct facts *f, enum reach_kind kind,
		      struct reach *out, struct arena *a, struct err *e)
{
	switch (kind) {
	case REACH_CONSOLE:
		out->socket = guest_run_file(f, g->name, "serial.sock", a);
		out->log = guest_run_file(f, g->name, "console.log", a);
		return 0;
	case REACH_SCREEN:
		if (str_eq(g->vnc, "none"))
			return err_set(e, ERR_UNSUPPORTED, "'%s' has no screen (console.vnc = none)", g->name);
		out->socket = guest_run_file(f, g->name, "vnc.sock", a);
		return 0;
	case REACH_AGENT:
		out->socket = guest_run_file(f, g->name, "agent.sock", a);
		return 0;
	case REACH_CONTROL:
		out->socket = guest_run_file(f, g->name, "qmp.sock", a);
		return 0;
	case REACH_SSH:
		if (!f->ssh_port || !user_net_resolver(g, a))
			return err_set(e, ERR_UNSUPPORTED, "'%s' has no user-mode network whose ssh port could be forwarded", g->name);
		out->host = "127.0.0.1";
		out->port = f->ssh_port;
		return 0;
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
		[VERB_CLONE]   = qemu_clone,
		[VERB_SNAPSHOT] = qemu_snapshot,
		[VERB_RESTORE] = qemu_restore,
		[VERB_EXPORT]  = qemu_export,
		[VERB_DESTROY] = qemu_destroy,
		[VERB_REGISTER] = qemu_register,
		[VERB_UNREGISTER] = folder_unregister,
	},
	.forget = qemu_forget,
	.reach = qemu_reach,
};
