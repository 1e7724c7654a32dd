/* SPDX-License-Identifier: ISC */
/*
 * The disks of a running guest as they are at one moment: one transaction begins a
 * backup job for each, and from then on QEMU keeps what the guest overwrites. Where
 * the agent answers, file systems are frozen for that moment. Jobs and block nodes are
 * called "backup0" and so on, as the disks are "disk0"; grouped, they end together
 * when one of them fails.
 */
#include <jansson.h>

#include "base/str.h"
#include "driver/qemu.h"
#include "model/image.h"

static const char *backup(size_t i, struct plan *p)
{
	return plan_fmt(p, "backup%zu", i);
}

static struct step *detach(const char *why, const char *qmp, size_t i, struct plan *p)
{
	struct step *s = qemu_say(p, why, qmp, "blockdev-del", json_pack("{s:s}", "node-name", backup(i, p)));

	s->may_fail = true;
	return s;
}

static struct step *cancel(const char *why, const char *qmp, size_t i, struct plan *p)
{
	struct step *s = qemu_say(p, why, qmp, "job-cancel", json_pack("{s:s}", "id", backup(i, p)));

	s->may_fail = true;
	return s;
}

/* A killed export leaves its jobs to QEMU, which goes on with them. */
static void tidy(const struct guest *g, const char *qmp, struct plan *p)
{
	static const char why[] = "what an interrupted export left";

	for (size_t i = 0; i < g->disks.n; i++) {
		cancel(why, qmp, i, p);
		plan_wait_job(p, why, qmp, backup(i, p))->may_fail = true;
		detach(why, qmp, i, p);
	}
}

/* As large as the disk, which only QEMU may open; its size can be read all the same. */
static void target(const struct guest *g, const struct facts *f, size_t i, const char *img, const char *file, struct plan *p)
{
	const char *disk = plan_fmt(p, "%s/%s", guest_folder(f, g->name, &p->mem), image_file(g, i, &p->mem));
	const char *format = image_format(&g->disks.v[i]);

	qemu_blank(f, "a file that QEMU may write", file, 0644, p);
	if (str_eq(format, "raw")) {
		plan_run(p, "as large as the disk", ARGV("truncate", "-r", disk, file));
		return;
	}
	plan_run(p, "as large as the disk",
		 ARGV(img, "create", "-q", "-f", "qcow2", "-b", disk, "-F", format, file));
	plan_run(p, "whole in itself", ARGV(img, "rebase", "-q", "-u", "-f", "qcow2", "-b", "", file));
}

/* What cannot be made as large as another one is copied by way of a qcow2 file. */
static bool has_detour(const struct disk *d)
{
	return !str_eq(image_format(d), "raw") && !str_eq(image_format(d), "qcow2");
}

static const char *copy(const struct guest *g, size_t i, const char *parts, struct plan *p)
{
	return plan_fmt(p, "%s/%s%s", parts, image_file(g, i, &p->mem), has_detour(&g->disks.v[i]) ? ".qcow2" : "");
}

static void after_detour(const struct guest *g, size_t i, const char *img, const char *parts, struct plan *p)
{
	const char *from = copy(g, i, parts, p);

	plan_run(p, plan_fmt(p, "%s in its own format", g->disks.v[i].place.name),
		 ARGV(img, "convert", "-f", "qcow2", "-O", image_format(&g->disks.v[i]), from,
		      plan_fmt(p, "%s/%s", parts, image_file(g, i, &p->mem))));
	plan_remove(p, "the copy it was made of", from);
}

static void attach(size_t i, const char *format, const char *file, const char *qmp, struct plan *p)
{
	qemu_say(p, "where it is copied to", qmp, "blockdev-add",
		 json_pack("{s:s, s:s, s:{s:s, s:s}}", "driver", format, "node-name", backup(i, p),
			   "file", "driver", "file", "filename", file));
	detach("without that file", qmp, i, p);
	plan_undo(p);
}

static json_t *action(const struct guest *g, size_t i, struct plan *p)
{
	const char *disk = qemu_node(g, i, &p->mem);

	return json_pack("{s:s, s:{s:s, s:s, s:s, s:s, s:b, s:s}}", "type", "blockdev-backup", "data", "job-id", backup(i, p),
			 "device", disk, "target", backup(i, p), "sync", "full", "auto-dismiss", 0,
			 "on-target-error", "report");
}

static void begin(const struct guest *g, const char *qmp, struct plan *p)
{
	json_t *actions = json_array();

	for (size_t i = 0; i < g->disks.n; i++)
		json_array_append_new(actions, action(g, i, p));
	qemu_say(p, "from this moment on", qmp, "transaction",
		 json_pack("{s:o, s:{s:s}}", "actions", actions, "properties", "completion-mode", "grouped"));
	cancel("give it up", qmp, 0, p);
	plan_undo(p);
}

static struct step *freeze(const char *why, const char *agent, bool thaw, struct plan *p)
{
	return plan_agent(p, why, agent, thaw ? "{\"execute\":\"guest-fsfreeze-thaw\"}" : "{\"execute\":\"guest-fsfreeze-freeze\"}");
}

void qemu_backup(const struct guest *g, const struct facts *f, const char *img, const char *parts, struct plan *p)
{
	const char *qmp = guest_run_file(f, g->name, "qmp.sock", &p->mem);
	const char *agent = guest_run_file(f, g->name, "agent.sock", &p->mem);

	if (!g->disks.n)
		return;
	tidy(g, qmp, p);
	for (size_t i = 0; i < g->disks.n; i++) {
		bool raw = str_eq(image_format(&g->disks.v[i]), "raw");

		target(g, f, i, img, copy(g, i, parts, p), p);
		attach(i, raw ? "raw" : "qcow2", copy(g, i, parts, p), qmp, p);
	}
	if (f->agent) {
		freeze("what an interrupted export left frozen", agent, true, p)->may_fail = true;
		freeze("the guest's file systems hold still", agent, false, p)->may_fail = true;
		freeze("they go on", agent, true, p);
		plan_undo(p);
	}
	begin(g, qmp, p);
	if (f->agent)
		freeze("the guest's file systems go on", agent, true, p)->may_fail = true;
	for (size_t i = 0; i < g->disks.n; i++)
		plan_wait_job(p, plan_fmt(p, "%s, whole in itself", g->disks.v[i].place.name), qmp, backup(i, p));
	for (size_t i = 0; i < g->disks.n; i++) {
		detach("the file is complete", qmp, i, p);
		if (has_detour(&g->disks.v[i]))
			after_detour(g, i, img, parts, p);
	}
}
