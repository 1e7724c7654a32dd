/* SPDX-License-Identifier: ISC */
#include "driver/folder.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "model/install.h"

enum { RUNS_NOT_MS = 1000 };

static const char *folder_lock_file(const char *name, const struct facts *f, struct plan *p)
{
	return plan_fmt(p, "%s.lock", guest_folder(f, name, &p->mem));
}

static bool is_locked(const char *lock, const struct plan *p)
{
	for (size_t i = 0; i < p->steps.n; i++)
		if (p->steps.v[i].kind == STEP_LOCK && !strcmp(p->steps.v[i].path, lock))
			return true;
	return false;
}

void folder_lock(const char *name, const struct facts *f, struct plan *p)
{
	const char *lock = folder_lock_file(name, f, p);

	if (!is_locked(lock, p))
		plan_lock(p, plan_fmt(p, "nobody builds, copies or deletes '%s' meanwhile", name), lock, false);
}

void folder_hold(const char *name, const struct facts *f, struct plan *p)
{
	folder_lock(name, f, p);
	/* It did not run when the plan was made, and whoever starts it takes the same lock. */
	plan_wait(p, plan_fmt(p, "'%s' does not run", name), WAIT_GONE, guest_lock(f, name, &p->mem), RUNS_NOT_MS);
}

static const char *work_dir(const struct guest *g, const struct facts *f, struct plan *p)
{
	return plan_fmt(p, "%s.new", guest_folder(f, g->name, &p->mem));
}

const char *folder_begin(const struct guest *g, const struct facts *f, struct folder_access who, struct plan *p)
{
	const char *work = work_dir(g, f, p);
	struct step *s;

	plan_dir(p, "a place for guests", plan_fmt(p, "%s/guests", f->data_dir), 0755);
	plan_lock(p, "one build of this guest at a time", folder_lock_file(g->name, f, p), false);
	plan_remove_tree(f, "what an interrupted build left", work, p);
	s = plan_dir(p, "the guest's folder, while it is being made", work, who.mode);
	s->gid = who.gid;
	plan_remove_tree(f, "the unfinished folder", work, p);
	plan_undo(p);
	return work;
}

static const char *machine_file(const struct guest *g, struct plan *p)
{
	const char *slash = strrchr(g->file, '/');

	return plan_fmt(p, "%s/%s", g->dir, slash ? slash + 1 : g->file);
}

/* JSON as the text of a file, in the plan's memory; takes the reference. */
static const char *json_lines(json_t *o, struct plan *p)
{
	char *text = json_dumps(o, JSON_INDENT(2));
	const char *copy = plan_fmt(p, "%s\n", text);

	free(text);
	json_decref(o);
	return copy;
}

/* What has to stay as it was when the guest was built, and where the guest came from. */
static json_t *record(const struct guest *g, const struct facts *f, const char *driver, const char *machine,
		      const char *source, struct plan *p)
{
	json_t *macs = json_array(), *addresses = json_array();
	const char *address = NULL;
	int port = 0;

	for (size_t i = 0; i < g->nics.n; i++) {
		if (!g->nics.v[i].type || !strcmp(g->nics.v[i].type, "nat"))
			port = f->ssh_port;
		json_array_append_new(macs, json_string(guest_mac(g, i, &p->mem)));
		if (!address)
			address = g->nics.v[i].address;
		if (nic_is_shared(&g->nics.v[i]) && !nic_is_dhcp(&g->nics.v[i]))
			json_array_append_new(addresses, json_string(g->nics.v[i].address));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:i, s:o, s:s?, s:i, s:I, s:s?, s:o}", "schema", "berth.record/1",
			 "name", g->name, "driver", driver, "source", source, "source_dir", g->dir,
			 "machine", machine, "ssh_port", port, "macs", macs,
			 "os", g->os, "cpus", (int)g->cpus, "ram", (json_int_t)g->ram, "address", address,
			 "addresses", addresses);
}

static void publish(const struct guest *g, const struct facts *f, const char *why, json_t *o, struct plan *p)
{
	const char *work = work_dir(g, f, p);

	plan_file(p, "what must not change any more", plan_fmt(p, "%s/record.json", work), 0644, json_lines(o, p));
	plan_move(p, why, work, guest_folder(f, g->name, &p->mem));
}

/*
 * The disks belong to the user guests run as; the folder, the machine file and the
 * record do not. A guest that broke out of its process must not be able to write
 * what berth will believe at its next start.
 */
void folder_own(const struct facts *f, const char *dir, struct plan *p)
{
	if (f->run_uid == f->uid && f->run_gid == f->gid)
		return;
	plan_run(p, "its disks belong to the user guests run as",
		 ARGV("chown", "-R", plan_fmt(p, "%u:%u", (unsigned)f->run_uid, (unsigned)f->run_gid), dir));
	plan_run(p, "their folder does not",
		 ARGV("chown", plan_fmt(p, "%u:%u", (unsigned)f->uid, (unsigned)f->gid), dir));
}

void folder_publish(const struct guest *g, const struct facts *f, const char *driver, const char *machine,
		    struct plan *p)
{
	plan_copy(p, "the machine file as it was built", machine_file(g, p),
		  plan_fmt(p, "%s/guest.conf", work_dir(g, f, p)), 0600);
	publish(g, f, "the guest is built", record(g, f, driver, machine, machine_file(g, p), p), p);
}

void folder_register(const struct guest *g, const struct facts *f, const char *driver, const char *machine,
		     struct plan *p)
{
	const char *file = machine_file(g, p);
	json_t *o = record(g, f, driver, machine, file, p);

	json_object_set_new(o, "registered", json_string(file));
	plan_link(p, "the machine file, where its owner has it", plan_fmt(p, "%s/guest.conf", work_dir(g, f, p)), file);
	publish(g, f, "the guest is registered", o, p);
}

const char *folder_clone_begin(const struct guest *g, const struct facts *f, struct folder_access who, struct plan *p)
{
	const char *work = folder_begin(g, f, who, p);

	folder_hold(f->other, f, p);
	return work;
}

/* One call of berth on the clone's machine file: secrets in it stay where they are, and are in no plan. */
static void edit(const struct facts *f, const char *why, const char *command, const char *file,
		 const char *const *words, size_t n, struct plan *p)
{
	const char *berth = facts_tool(f, "berth");
	struct words w = { 0 };

	words_add(&w, &p->mem, berth ? berth : "berth");
	words_add(&w, &p->mem, command);
	words_add(&w, &p->mem, "--quiet");
	words_add(&w, &p->mem, file);
	for (size_t i = 0; i < n; i++)
		words_add(&w, &p->mem, words[i]);
	plan_run(p, why, argv_of(&w, &p->mem));
}

void folder_clone_publish(const struct guest *g, const struct facts *f, const char *driver, const char *machine,
			  struct plan *p)
{
	const char *work = work_dir(g, f, p), *conf = plan_fmt(p, "%s/guest.conf", work);
	const char *source = plan_fmt(p, "%s/guest.conf", guest_folder(f, f->other, &p->mem));
	const char *name = plan_fmt(p, "hardware.vm_id=%s", g->name);

	plan_copy(p, plan_fmt(p, "the machine file of '%s'", f->other), source, conf, 0600);
	if (f->dropped.n)
		edit(f, "without what two guests cannot share", "del", conf, f->dropped.v, f->dropped.n, p);
	edit(f, "with its own name", "set", conf, &name, 1, p);
	publish(g, f, "the clone is there", record(g, f, driver, machine, source, p), p);
}

static const char *snapshot_work(const struct guest *g, const struct facts *f, struct plan *p)
{
	return plan_fmt(p, "%s.new", guest_snapshot(f, g->name, f->other, &p->mem));
}

const char *folder_snapshot_begin(const struct guest *g, const struct facts *f, struct plan *p)
{
	const char *work = snapshot_work(g, f, p);

	folder_hold(g->name, f, p);
	plan_remove_tree(f, "what an interrupted snapshot left", work, p);
	plan_dir(p, "the snapshot's folder, while it is being made", work, 0755);
	plan_remove_tree(f, "the unfinished snapshot", work, p);
	plan_undo(p);
	return work;
}

void folder_snapshot_publish(const struct guest *g, const struct facts *f, const char *driver, struct plan *p)
{
	const char *work = snapshot_work(g, f, p);

	plan_file(p, "what it is a snapshot of", plan_fmt(p, "%s/record.json", work), 0644,
		  json_lines(json_pack("{s:s, s:s, s:s, s:s}", "schema", "berth.snapshot/1", "name", f->other,
				       "guest", g->name, "driver", driver), p));
	plan_move(p, "the snapshot is made", work, guest_snapshot(f, g->name, f->other, &p->mem));
}

static const char *mark(const struct guest *g, const struct facts *f, struct plan *p)
{
	return plan_fmt(p, "%s/restoring", guest_folder(f, g->name, &p->mem));
}

void folder_restore_begin(const struct guest *g, const struct facts *f, struct plan *p)
{
	folder_hold(g->name, f, p);
	plan_file(p, "half restored it is not to be started", mark(g, f, p), 0644, plan_fmt(p, "%s\n", f->other));
}

void folder_restore_end(const struct guest *g, const struct facts *f, struct plan *p)
{
	plan_remove(p, "it is restored", mark(g, f, p));
}

void folder_forget_begin(const struct guest *g, const struct facts *f, struct plan *p)
{
	const char *work = snapshot_work(g, f, p);

	folder_hold(g->name, f, p);
	plan_guard(p, work);
	plan_move(p, "the snapshot is no more", guest_snapshot(f, g->name, f->other, &p->mem), work);
	plan_guard(p, NULL);
}

void folder_forget_end(const struct guest *g, const struct facts *f, struct plan *p)
{
	plan_remove_tree(f, "what it kept", snapshot_work(g, f, p), p);
}

/* Among files that are not ours, only a name that nobody else uses may be deleted. */
static const char *export_work(const struct facts *f, struct plan *p)
{
	return plan_fmt(p, "%s.berth-new", f->other);
}

const char *folder_export_begin(const struct guest *g, const struct facts *f, struct plan *p)
{
	const char *work = export_work(f, p);

	folder_hold(g->name, f, p);
	plan_remove(p, "what an interrupted export left", work);
	/* The machine file in it holds passwords. */
	plan_file(p, "a file that nobody else can read", work, 0600, "");
	plan_remove(p, "the unfinished file", work);
	plan_undo(p);
	return work;
}

int folder_packing(const struct facts *f, const char **option, struct err *e)
{
	static const struct { const char *suffix, *option, *program; } rows[] = {
		{ ".tar",     NULL,     NULL },
		{ ".tar.gz",  "--gzip", "gzip" },
		{ ".tgz",     "--gzip", "gzip" },
		{ ".tar.zst", "--zstd", "zstd" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!str_ends(f->other, rows[i].suffix))
			continue;
		if (rows[i].program && !facts_tool(f, rows[i].program))
			return err_set(e, ERR_NOT_FOUND, "%s is missing: apt-get install %s", rows[i].program, rows[i].program);
		*option = rows[i].option;
		return 0;
	}
	return err_set(e, ERR_USAGE, "'%s': a guest is exported to a file that ends in .tar, .tar.gz or .tar.zst", f->other);
}

void folder_export_publish(const struct facts *f, struct plan *p)
{
	plan_move(p, "the file is complete", export_work(f, p), f->other);
}

/* Whoever is called so next does not start with the host because of this one. */
static void forget_marks(const struct guest *g, const struct facts *f, struct plan *p)
{
	plan_remove(p, "it starts with the host no more", plan_fmt(p, "%s/autostart/%s", f->data_dir, g->name));
	plan_remove(p, "nor was it switched off", plan_fmt(p, "%s/autostart.off/%s", f->data_dir, g->name));
}

/* The folder leaves its name first, then what was in it goes. */
static void vanish(const struct guest *g, const struct facts *f, const char *what, struct plan *p)
{
	const char *work = work_dir(g, f, p);

	plan_remove_tree(f, "what an interrupted build left", work, p);
	forget_marks(g, f, p);
	plan_move(p, "the guest is no more", guest_folder(f, g->name, &p->mem), work);
	plan_remove_tree(f, what, work, p);
	plan_remove(p, "logs of its last run", guest_run_dir(f, g->name, &p->mem));
}

void folder_destroy(const struct guest *g, const struct facts *f, struct plan *p)
{
	folder_lock(g->name, f, p);
	vanish(g, f, "its disks", p);
}

int folder_unregister(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	folder_hold(g->name, f, p);
	vanish(g, f, "the links to what is its owner's", p);
	return 0;
}
