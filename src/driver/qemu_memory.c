/* SPDX-License-Identifier: ISC */
/*
 * The memory of a guest on disk: suspended guests, and snapshots of running ones.
 *
 * QEMU writes memory and devices as an internal snapshot into a qcow2 file that is made
 * for them alone, and attached as block node "memory" for just that long. So QEMU starts
 * no program and is passed no descriptor (the sandbox forbids the one, a script cannot do
 * the other), raw disks and the firmware's memory are no obstacle to a suspend, and a
 * snapshot's memory goes with its folder.
 *
 * What must stay true of the file "saved" in the guest's folder:
 *
 *  1. It takes that name complete, while the processors stand still, and they do not go
 *     on as long as it has it.
 *  2. So of a guest that is found with it and does not run, running or paused as a
 *     process or not at all, it is the memory; what the process has, if there is one, may
 *     be that too, or not yet. qemu_is_saved() says so, and such a process is ended.
 *  3. It loses the name before the processors go on, and only to a process that has
 *     loaded it.
 *
 * Beside it "saved.was" says whether the guest was running or paused when it was suspended,
 * so that it is that again. It is written before the processors are stopped, and stays until
 * they are as they were: who finds a paused process and "running" there has found what a killed
 * suspend or start has left.
 *
 * Only who goes past berth to the monitor can break 1. A guest that runs and has the file
 * is therefore taken for what it looks like, and every verb deletes the file first.
 */
#include <jansson.h>
#include <stdlib.h>

#include "base/str.h"
#include "driver/folder.h"
#include "driver/qemu.h"
#include "model/image.h"

#define NODE "memory"
#define JOB  "memory"
#define TAG  "saved"

const char *qemu_saved(const struct guest *g, const struct facts *f, struct plan *p)
{
	return plan_fmt(p, "%s/saved", guest_folder(f, g->name, &p->mem));
}

const char *qemu_saved_old(const struct guest *g, const struct facts *f, struct plan *p)
{
	return plan_fmt(p, "%s.old", qemu_saved(g, f, p));
}

static const char *saved_was(const struct guest *g, const struct facts *f, struct plan *p)
{
	return plan_fmt(p, "%s.was", qemu_saved(g, f, p));
}

void qemu_forget_saved(const char *why, const struct guest *g, const struct facts *f, struct plan *p)
{
	if (f->saved)
		plan_remove(p, why, qemu_saved(g, f, p));
	if (f->was)
		plan_remove(p, "and what it was then", saved_was(g, f, p));
}

bool qemu_is_saved(const struct facts *f)
{
	return f->saved && f->state != STATE_RUNNING;
}

struct step *qemu_say(struct plan *p, const char *why, const char *qmp, const char *command, json_t *arguments)
{
	json_t *o = arguments ? json_pack("{s:s, s:o}", "execute", command, "arguments", arguments) :
				json_pack("{s:s}", "execute", command);
	char *text = json_dumps(o, JSON_COMPACT);
	struct step *s = plan_qmp(p, why, qmp, text);

	free(text);
	json_decref(o);
	return s;
}

void qemu_blank(const struct facts *f, const char *why, const char *file, mode_t mode, struct plan *p)
{
	struct step *s = plan_file(p, why, file, mode, "");

	s->uid = f->run_uid;
	s->gid = f->run_gid;
	s->loose = true;
	plan_remove(p, "the unfinished file", file);
	plan_undo(p);
}

static int can_save(const struct guest *g, struct err *e)
{
	for (size_t i = 0; i < g->disks.n; i++)
		if (str_eq(g->disks.v[i].bus, "nvme"))
			return err_set(e, ERR_UNSUPPORTED, "disk '%s' of '%s' is on nvme, whose state QEMU cannot save",
				       g->disks.v[i].place.name, g->name);
	return 0;
}

/* An empty file for the memory; it goes again when a later step fails. */
static void memory_file(const struct facts *f, const char *file, const char *img, struct plan *p)
{
	qemu_blank(f, "a file that nobody else can read", file, 0600, p);
	plan_run(p, "room for the memory", ARGV(img, "create", "-q", "-f", "qcow2", file, "0"));
}

static void detach(const char *why, const char *qmp, struct plan *p)
{
	qemu_say(p, why, qmp, "blockdev-del", json_pack("{s:s}", "node-name", NODE))->may_fail = true;
}

static void attach(const char *file, const char *qmp, struct plan *p)
{
	qemu_say(p, "the file for the memory", qmp, "blockdev-add",
		 json_pack("{s:s, s:s, s:{s:s, s:s}}", "driver", "qcow2", "node-name", NODE,
			   "file", "driver", "file", "filename", file));
	detach("without that file", qmp, p);
	plan_undo(p);
}

/* What was killed may have left its job and its file behind in QEMU. */
static void tidy(const char *qmp, struct plan *p)
{
	qemu_say(p, "what an interrupted try left", qmp, "job-dismiss", json_pack("{s:s}", "id", JOB))->may_fail = true;
	detach("what an interrupted try left", qmp, p);
}

/* snapshot-save, -load or -delete, of the guest's disks if so and of the memory if so. */
static void job(const struct guest *g, const char *why, const char *command, const char *tag, bool disks, bool memory,
		const char *qmp, struct plan *p)
{
	json_t *devices = json_array(), *arguments;

	for (size_t i = 0; disks && i < g->disks.n; i++)
		json_array_append_new(devices, json_string(qemu_node(g, i, &p->mem)));
	if (memory)
		json_array_append_new(devices, json_string(NODE));
	arguments = json_pack("{s:s, s:s}", "job-id", JOB, "tag", tag);
	if (memory)
		json_object_set_new(arguments, "vmstate", json_string(NODE));
	json_object_set_new(arguments, "devices", devices);
	qemu_say(p, why, qmp, command, arguments);
	plan_wait_job(p, "until that is done", qmp, JOB);
}

static const char *control(const struct guest *g, const struct facts *f, struct plan *p)
{
	return guest_run_file(f, g->name, "qmp.sock", &p->mem);
}

/* The last step is not undone when the guest is saved by then. */
static void undo_unless_saved(const char *saved, struct plan *p)
{
	plan_undo(p);
	p->steps.v[p->steps.n - 1].undo->guard = saved;
}

/* Its owner has paused it, and nobody else. */
static bool is_paused(const struct facts *f)
{
	return f->state == STATE_PAUSED && !str_eq(f->was, "running");
}

/* Up to the rename a failure leaves the guest as it was, from there on one that is saved. */
static void save(const struct guest *g, const struct facts *f, const char *img, struct plan *p)
{
	const char *qmp = control(g, f, p), *saved = qemu_saved(g, f, p), *work = plan_fmt(p, "%s.new", saved);

	tidy(qmp, p);
	memory_file(f, work, img, p);
	attach(work, qmp, p);
	plan_file(p, "what it is to be again", saved_was(g, f, p), 0644, is_paused(f) ? "paused\n" : "running\n");
	plan_remove(p, "it is that", saved_was(g, f, p));
	undo_unless_saved(saved, p);
	if (f->state != STATE_PAUSED) {
		qemu_say(p, "stop the processors", qmp, "stop", NULL);
		qemu_say(p, "let them go on", qmp, "cont", NULL);
		undo_unless_saved(saved, p);
	}
	job(g, "memory and devices as they are", "snapshot-save", TAG, false, true, qmp, p);
	detach("the file is complete", qmp, p);
	plan_move(p, "the guest is saved", work, saved);
}

int qemu_suspend(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *img = qemu_img(f, e);

	if (!img || can_save(g, e) < 0)
		return -1;
	folder_lock(g->name, f, p);
	if (!qemu_is_saved(f))
		save(g, f, img, p);
	qemu_end(g, f, p);
	return 0;
}

/* A new process takes over what was saved; until it has, a failure leaves everything as it was. */
int qemu_go_on(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *qmp = control(g, f, p), *saved = qemu_saved(g, f, p), *old = qemu_saved_old(g, f, p);

	plan_remove(p, "what an earlier start left", old);
	if (qemu_launch(g, f, true, old, p, e) < 0)
		return -1;
	attach(saved, qmp, p);
	job(g, "memory and devices as they were", "snapshot-load", TAG, false, true, qmp, p);
	detach("the memory is read", qmp, p);
	plan_move(p, "the process has it now", saved, old);
	if (str_eq(f->was, "paused"))
		p->note = "it was paused when it was suspended, and is again (berth resume)";
	else
		qemu_say(p, "let the processors go on", qmp, "cont", NULL);
	plan_remove(p, "the file with the memory", old);
	if (f->was)
		plan_remove(p, "it is what it was", saved_was(g, f, p));
	return 0;
}

static const char *snapshot_memory(const struct guest *g, const struct facts *f, struct plan *p)
{
	return plan_fmt(p, "%s/memory", guest_snapshot(f, g->name, f->other, &p->mem));
}

/* QEMU stops the processors by itself, and lets them go on if they did. */
int qemu_snapshot_online(const struct guest *g, const struct facts *f, const char *work, const char *img, struct plan *p,
			 struct err *e)
{
	const char *qmp = control(g, f, p), *file = plan_fmt(p, "%s/memory", work);

	if (can_save(g, e) < 0)
		return -1;
	tidy(qmp, p);
	job(g, "without what an interrupted snapshot left", "snapshot-delete", f->other, true, false, qmp, p);
	memory_file(f, file, img, p);
	attach(file, qmp, p);
	job(g, "disks, memory and devices as they are", "snapshot-save", f->other, true, true, qmp, p);
	detach("the file is complete", qmp, p);
	return 0;
}

void qemu_forget_online(const struct guest *g, const struct facts *f, struct plan *p)
{
	const char *qmp = control(g, f, p);

	tidy(qmp, p);
	job(g, "the disks without the snapshot", "snapshot-delete", f->other, true, false, qmp, p);
}

int qemu_restore_online(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const char *qmp = control(g, f, p);

	if (qemu_launch(g, f, true, NULL, p, e) < 0)
		return -1;
	attach(snapshot_memory(g, f, p), qmp, p);
	job(g, "disks, memory and devices as they were", "snapshot-load", f->other, true, true, qmp, p);
	detach("the memory is read", qmp, p);
	folder_restore_end(g, f, p);
	if (!f->held)
		qemu_say(p, "let the processors go on", qmp, "cont", NULL);
	return 0;
}
