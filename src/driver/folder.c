/* SPDX-License-Identifier: ISC */
#include "driver/folder.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "driver/user_net.h"
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
	if (f->state >= STATE_RUNNING)
		return;
	/* It did not run when the plan was made, and whoever starts it takes the same lock. */
	plan_wait(p, plan_fmt(p, "'%s' does not run", name), WAIT_GONE, guest_lock(f, name, &p->mem), RUNS_NOT_MS);
}

/* In system mode modes and owners are right from the start, whoever made the directory. */
static void system_dir(const struct facts *f, const char *why, const char *path, mode_t mode, struct plan *p)
{
	struct step *s = plan_dir(p, why, path, mode);

	s->uid = f->uid;
	s->gid = f->group;
}

static void shared_dir(const struct facts *f, const char *why, const char *path, mode_t mode, struct plan *p)
{
	if (f->uid)
		plan_dir(p, why, path, 0755);
	else
		system_dir(f, why, path, f->group ? mode : 0711, p);
}

void folder_run_dir(const struct facts *f, struct plan *p)
{
	/* setgid: locks in it belong to the group, which asks them who runs. */
	shared_dir(f, "a place for what runs", f->run_dir, 02751, p);
}

void folder_hold_start(const struct guest *g, const struct facts *f, struct plan *p)
{
	const char *lock = guest_lock(f, g->name, &p->mem);

	if (!is_locked(lock, p))
		plan_lock(p, "nobody else starts it", lock, false);
}

void folder_note_port(const struct guest *g, const struct facts *f, struct plan *p)
{
	struct step *s;

	if (!f->ssh_moved || !user_net_resolver(g, &p->mem))
		return;
	folder_hold_start(g, f, p);
	s = plan_file(p, "its port for ssh, since the one it had is taken", guest_port_file(f, g->name, &p->mem), f->uid ? 0644 : 0640,
		      plan_fmt(p, "%d\n", f->ssh_port));
	if (f->group)
		s->gid = f->group;
}

void folder_places(const struct facts *f, struct plan *p)
{
	shared_dir(f, "a place for guests", plan_fmt(p, "%s/guests", f->data_dir), 0751, p);
	if (!f->group)
		return;
	system_dir(f, "which of them start by themselves", plan_fmt(p, "%s/autostart", f->data_dir), 02750, p);
	/* Sticky: nobody switches on again what another has switched off. */
	system_dir(f, "which of these do not, for now", plan_fmt(p, "%s/autostart.off", f->data_dir), 03770, p);
}

static const char *work_dir(const struct guest *g, const struct facts *f, struct plan *p)
{
	return plan_fmt(p, "%s.new", guest_folder(f, g->name, &p->mem));
}

const char *folder_begin(const struct guest *g, const struct facts *f, struct folder_access who, struct plan *p)
{
	const char *work = work_dir(g, f, p);
	struct step *s;

	folder_places(f, p);
	plan_lock(p, "one build of this guest at a time", folder_lock_file(g->name, f, p), false);
	plan_remove_tree(f, "what an interrupted build left", work, p);
	s = plan_dir(p, "the guest's folder, while it is being made", work, who.mode);
	s->gid = who.gid;
	plan_remove_tree(f, "the unfinished folder", work, p);
	plan_undo(p);
	return work;
}

const char *folder_machine_file(const struct guest *g, struct plan *p)
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
static json_t *record(const struct guest *g, const struct facts *f, const char *driver, const struct pin *pin,
		      const char *source, struct plan *p)
{
	json_t *macs = json_array(), *addresses = json_array();
	bool machine = !pin || !pin->session;
	const char *address = NULL;
	int port = 0;

	for (size_t i = 0; machine && i < g->nics.n; i++) {
		if (!g->nics.v[i].type || !strcmp(g->nics.v[i].type, "nat"))
			port = f->ssh_port;
		json_array_append_new(macs, json_string(guest_mac(g, i, &p->mem)));
		if (!address)
			address = g->nics.v[i].address;
		if (nic_is_shared(&g->nics.v[i]) && !nic_is_dhcp(&g->nics.v[i]))
			json_array_append_new(addresses, json_string(g->nics.v[i].address));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s*, s:o*, s:o*, s:i, s:o*, s:o, s:s?, s:i, s:I, s:s?, s:o}",
			 "schema", "berth.record/1", "name", g->name, "driver", driver, "source", source,
			 "source_dir", g->dir, "machine", pin ? pin->machine : NULL, "session", pin ? pin->session : NULL,
			 "slots", pin && machine ? json_integer(pin->slots) : NULL,
			 "throwaway", f->throwaway ? json_true() : NULL, "ssh_port", port,
			 "vnc_port", f->vnc_port ? json_integer(f->vnc_port) : NULL, "macs", macs,
			 "os", g->os, "cpus", machine ? (int)g->cpus : 0, "ram", machine ? (json_int_t)g->ram : 0, "address", address,
			 "addresses", addresses);
}

/* Takes the reference. */
static void write_record(const struct facts *f, const char *work, json_t *o, struct plan *p)
{
	struct step *s = plan_file(p, "what must not change any more", plan_fmt(p, "%s/record.json", work),
				   f->uid ? 0644 : 0640, json_lines(o, p));

	if (f->group)
		s->gid = f->group;
}

/*
 * The disks belong to the user guests run as; the folder, the machine file and the
 * record do not. A guest that broke out of its process must not be able to write
 * what berth will believe at its next start.
 */
void folder_own(const struct facts *f, const char *dir, struct plan *p)
{
	if (f->run_uid != f->uid || f->run_gid != f->gid)
		plan_run(p, "its disks belong to the user guests run as",
			 ARGV("chown", "-R", plan_fmt(p, "%u:%u", (unsigned)f->run_uid, (unsigned)f->run_gid), dir));
	if (!f->uid)
		system_dir(f, "their folder does not", dir, f->group ? 0751 : 0711, p);
}

/* Its name was found, and others look for one, too; by now the lock is ours. */
static void only_one(const struct guest *g, const struct facts *f, struct plan *p)
{
	static const struct step_status taken[] = {
		{ 1, ERR_EXISTS, "somebody else has just made a guest of that name" },
		{ 0 },
	};

	plan_run(p, "nobody else has made it meanwhile", ARGV("test", "!", "-e", guest_folder(f, g->name, &p->mem)))->statuses = taken;
}

void folder_publish(const struct guest *g, const struct facts *f, const char *driver, const struct pin *pin,
		    struct plan *p)
{
	const char *work = work_dir(g, f, p), *conf = plan_fmt(p, "%s/guest.conf", work), *source = folder_machine_file(g, p);

	if (g->text) {
		only_one(g, f, p);
		plan_file(p, "a machine file of what was asked for", conf, 0600, g->text);
		source = plan_fmt(p, "%s/guest.conf", guest_folder(f, g->name, &p->mem));
	} else {
		plan_copy(p, "the machine file as it was built", source, conf, 0600);
	}
	write_record(f, work, record(g, f, driver, pin, source, p), p);
	plan_move(p, "the guest is built", work, guest_folder(f, g->name, &p->mem));
}

void folder_register(const struct guest *g, const struct facts *f, const char *driver, const struct pin *pin, struct plan *p)
{
	const char *file = folder_machine_file(g, p), *work = work_dir(g, f, p);
	json_t *o = record(g, f, driver, pin, file, p);

	json_object_set_new(o, "registered", json_string(file));
	json_object_set_new(o, "order", json_integer(g->order));
	plan_link(p, "the machine file, where its owner has it", plan_fmt(p, "%s/guest.conf", work), file);
	write_record(f, work, o, p);
	plan_move(p, "the guest is registered", work, guest_folder(f, g->name, &p->mem));
}

const char *folder_clone_begin(const struct guest *g, const struct facts *f, struct folder_access who, struct plan *p)
{
	const char *work = folder_begin(g, f, who, p);

	folder_hold(f->other, f, p);
	return work;
}

struct step *folder_edit(const struct facts *f, const char *why, const char *command, const char *file,
			 const struct words *changes, struct plan *p)
{
	const char *berth = facts_tool(f, "berth");
	struct words w = { 0 };

	words_add(&w, &p->mem, berth ? berth : "berth");
	words_add(&w, &p->mem, command);
	words_add(&w, &p->mem, "--quiet");
	words_add(&w, &p->mem, file);
	for (size_t i = 0; i < changes->n; i++)
		words_add(&w, &p->mem, changes->v[i]);
	return plan_run(p, why, argv_of(&w, &p->mem));
}

void folder_clone_publish(const struct guest *g, const struct facts *f, const char *driver, const struct pin *pin,
			  struct plan *p)
{
	const char *work = work_dir(g, f, p), *conf = plan_fmt(p, "%s/guest.conf", work);
	const char *source = plan_fmt(p, "%s/guest.conf", guest_folder(f, f->other, &p->mem));
	struct words own = { 0 };

	words_add(&own, &p->mem, plan_fmt(p, "hardware.vm_id=%s", g->name));
	for (size_t i = 0; i < f->changes.n; i++)
		words_add(&own, &p->mem, f->changes.v[i]);
	plan_copy(p, plan_fmt(p, "the machine file of '%s'", f->other), source, conf, 0600);
	if (f->dropped.n)
		folder_edit(f, "without what two guests cannot share", "del", conf, &f->dropped, p);
	folder_edit(f, f->changes.n ? "with its own name, and disks" : "with its own name", "set", conf, &own, p);
	write_record(f, work, record(g, f, driver, pin, source, p), p);
	plan_move(p, "the clone is there", work, guest_folder(f, g->name, &p->mem));
}

/*
 * The folder gets its new name last, in one instant: until then the guest has the old
 * one, whatever its machine file and its record say already. Names in them are for
 * people; a guest is called what its folder is called.
 */
void folder_rename(const struct guest *g, const struct facts *f, const char *driver, const struct pin *pin, struct plan *p)
{
	const char *folder = guest_folder(f, f->other, &p->mem), *conf = plan_fmt(p, "%s/guest.conf", folder);
	const char *pattern = plan_fmt(p, "s/^%s /%s /", f->other, g->name);

	folder_hold(f->other, f, p);
	folder_lock(g->name, f, p);
	folder_edit(f, "with its new name, and what followed from the old one", "set", conf, &f->changes, p);
	plan_run(p, "the name its ssh keys are known by", ARGV("sed", "-i", "-e", pattern, plan_fmt(p, "%s/known_hosts", folder)))
		->may_fail = true;
	write_record(f, folder, record(g, f, driver, pin, plan_fmt(p, "%s/guest.conf", guest_folder(f, g->name, &p->mem)), p), p);
	plan_move(p, "the guest has its new name", folder, guest_folder(f, g->name, &p->mem));
	plan_move(p, "its log, if there is one", plan_fmt(p, "%s/log/%s.log", f->data_dir, f->other),
		  plan_fmt(p, "%s/log/%s.log", f->data_dir, g->name))->may_fail = true;
	plan_remove(p, "logs of its last run", guest_run_dir(f, f->other, &p->mem));
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
		  json_lines(json_pack("{s:s, s:s, s:s, s:s, s:o*}", "schema", "berth.snapshot/1", "name", f->other,
				       "guest", g->name, "driver", driver,
				       "paused", f->state == STATE_PAUSED ? json_true() : NULL), p));
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
	if (f->as_folder)
		plan_dir(p, "a folder that nobody else can read", work, 0700);
	else
		plan_file(p, "a file that nobody else can read", work, 0600, "");
	plan_remove(p, f->as_folder ? "the unfinished folder" : "the unfinished file", work);
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

	if (f->as_folder)
		return err_set(e, ERR_UNSUPPORTED, "only machines are exported to a folder: in a file a container's tree keeps its owners "
			       "(%s.tar)", f->other);
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
	plan_move(p, f->as_folder ? "the folder is complete" : "the file is complete", export_work(f, p), f->other);
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

	if (!f->remains) {
		plan_remove_tree(f, "what an interrupted build left", work, p);
		forget_marks(g, f, p);
		plan_move(p, "the guest is no more", guest_folder(f, g->name, &p->mem), work);
	}
	plan_remove(p, "logs of its last run", guest_run_dir(f, g->name, &p->mem));
	/* Last: while it is there, destroy can be repeated. */
	plan_remove_tree(f, what, work, p);
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
