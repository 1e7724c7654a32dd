/* SPDX-License-Identifier: ISC */
#include "app/copies.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "app/act.h"
#include "app/agent.h"
#include "app/probe.h"
#include "app/survey.h"
#include "base/str.h"
#include "exec/exec.h"
#include "model/image.h"
#include "sys/file.h"
#include "text/size.h"

enum { AGENT_MS = 1000, INFO_MS = 30 * 1000 };

static const char *folder_of(const struct target *t, const char *snapshot, struct arena *a)
{
	return guest_snapshot(&t->facts, t->guest.name, snapshot, a);
}

int copies_list(const struct target *t, struct words *out, struct arena *a, struct err *e)
{
	struct words all = { 0 };

	if (dir_list(arena_fmt(a, "%s/snapshots", guest_folder(&t->facts, t->guest.name, a)), &all, a, e) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (snapshot_name_ok(all.v[i]))
			words_add(out, a, all.v[i]);
	return 0;
}

const char *copies_made(const struct target *t, const char *snapshot, struct arena *a)
{
	const char *file = arena_fmt(a, "%s/record.json", folder_of(t, snapshot, a));
	char text[sizeof "2026-01-01T00:00:00Z"];
	struct stat st;
	struct tm when;

	if (stat(file, &st) < 0 || !gmtime_r(&st.st_mtime, &when) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &when))
		return NULL;
	return arena_str(a, text);
}

const char *copies_free_name(const struct words *taken, struct arena *a)
{
	for (unsigned n = 0;; n++) {
		const char *name = arena_fmt(a, "snap%u", n);

		if (!words_has(taken, name))
			return name;
	}
}

/* What another host has can only be guessed: a plan for it believes the command line. */
static int names(const struct target *t, struct words *out, struct arena *a, struct err *e)
{
	return t->elsewhere ? 0 : copies_list(t, out, a, e);
}

static int name_check(const char *name, struct err *e)
{
	if (snapshot_name_ok(name))
		return 0;
	return err_set(e, ERR_USAGE, "'%s' is not a name a snapshot can have (letters, digits, '.', '_' and '-', not digits "
		       "alone, at most 63)", name);
}

/* Whether it is paused goes into the snapshot with its memory. */
static void look_closer(struct target *t)
{
	if (!t->elsewhere && t->driver->online && t->facts.state == STATE_RUNNING)
		t->facts.state = survey_one(&t->facts, t->driver, t->guest.name);
}

int copies_snapshot(struct target *t, const char *name, struct plan *p, struct err *e)
{
	struct arena *a = &t->facts.mem;
	struct words taken = { 0 };

	look_closer(t);
	if ((name && name_check(name, e) < 0) || act_fits(t, VERB_SNAPSHOT, e) < 0 || names(t, &taken, a, e) < 0)
		return -1;
	if (!name)
		name = copies_free_name(&taken, a);
	else if (words_has(&taken, name))
		return err_set(e, ERR_EXISTS, "'%s' has a snapshot '%s' already (berth snapshot --delete %s %s)",
			       t->guest.name, name, name, t->guest.name);
	t->facts.other = arena_str(a, name);
	return act_plan(t, VERB_SNAPSHOT, p, e);
}

/* half: one whose deletion was interrupted counts, so that it can be finished. */
static int find(struct target *t, const char *name, bool half, struct err *e)
{
	struct arena *a = &t->facts.mem;
	struct words taken = { 0 };
	const char *near;

	if (name_check(name, e) < 0 || names(t, &taken, a, e) < 0)
		return -1;
	t->facts.other = arena_str(a, name);
	if (t->elsewhere || words_has(&taken, name) ||
	    (half && file_exists(arena_fmt(a, "%s.new", folder_of(t, name, a)))))
		return 0;
	near = str_nearest(name, taken.v, taken.n);
	if (near)
		return err_set(e, ERR_NOT_FOUND, "'%s' has no snapshot '%s' (did you mean '%s'?)", t->guest.name, name, near);
	return err_set(e, ERR_NOT_FOUND, "'%s' has no snapshot '%s' ('berth snapshot --list %s' shows all)", t->guest.name,
		       name, t->guest.name);
}

int copies_forget(struct target *t, const char *name, struct plan *p, struct err *e)
{
	if (act_fits(t, VERB_SNAPSHOT, e) < 0 || find(t, name, true, e) < 0)
		return -1;
	return driver_plan_forget(t->driver, &t->guest, &t->facts, p, e);
}

static bool was_paused(const struct target *t, const char *name)
{
	DEFER(arena_done) struct arena a = { 0 };
	json_error_t je;
	json_t *record = json_load_file(arena_fmt(&a, "%s/record.json", folder_of(t, name, &a)), 0, &je);
	bool yes = json_is_true(json_object_get(record, "paused"));

	json_decref(record);
	return yes;
}

int copies_restore(struct target *t, const char *name, struct plan *p, struct err *e)
{
	/* Whether a guest that runs can be restored depends on the snapshot. */
	if ((t->facts.state < STATE_RUNNING && act_fits(t, VERB_RESTORE, e) < 0) || find(t, name, false, e) < 0)
		return -1;
	if (!t->elsewhere) {
		t->facts.memory = file_exists(arena_fmt(&t->facts.mem, "%s/memory", folder_of(t, name, &t->facts.mem)));
		t->facts.held = was_paused(t, name);
	}
	if (t->facts.memory && act_is_free(t, VERB_START, e) < 0)
		return -1;
	return act_plan(t, VERB_RESTORE, p, e);
}

/* Has something in the guest opened the agent's line? QEMU knows at once; when it does not say, it may be so. */
static bool agent_listens(const struct target *t, struct arena *a)
{
	DEFER(qmp_close) struct qmp q = { .fd = -1 };
	struct err ignored = { 0 };
	json_t *devices = NULL, *device;
	bool open = true;
	size_t i;

	if (qmp_open(&q, guest_run_file(&t->facts, t->guest.name, "qmp.sock", a), false, AGENT_MS, &ignored) < 0 ||
	    qmp_call(&q, "query-chardev", NULL, &devices, AGENT_MS, &ignored) < 0)
		return true;
	json_array_foreach(devices, i, device)
		if (str_eq(json_string_value(json_object_get(device, "label")), "agent"))
			open = json_is_true(json_object_get(device, "frontend-open"));
	json_decref(devices);
	return open;
}

/* A guest without an agent is not worth waiting for one. */
static bool agent_answers(const struct target *t)
{
	struct arena a = { 0 };
	struct agent agent = { 0 };
	struct err ignored = { 0 };
	bool yes = agent_listens(t, &a) &&
		   !agent_open(&agent, guest_run_file(&t->facts, t->guest.name, "agent.sock", &a), AGENT_MS, &ignored);

	agent_close(&agent);
	arena_done(&a);
	return yes;
}

/* Into a directory goes a folder of the guest's name. */
static void place(struct target *t, const char *file)
{
	struct arena *a = &t->facts.mem;
	struct stat st;

	t->facts.as_folder = str_ends(file, "/") || (!t->elsewhere && stat(file, &st) == 0 && S_ISDIR(st.st_mode));
	t->facts.other = path_absolute(t->facts.as_folder ? arena_fmt(a, "%s/%s", file, t->guest.name) : file, a);
}

int copies_export(struct target *t, const char *file, struct plan *p, struct err *e)
{
	place(t, file);
	if (act_fits(t, VERB_EXPORT, e) < 0)
		return -1;
	if (!t->elsewhere && t->driver->online && t->facts.state == STATE_RUNNING)
		t->facts.agent = agent_answers(t);
	if (!t->elsewhere && file_exists(t->facts.other))
		return err_set(e, ERR_EXISTS, "'%s' is there already, and is not overwritten",
			       t->facts.as_folder ? t->facts.other : file);
	return act_plan(t, VERB_EXPORT, p, e);
}

/* The disk that a key of the machine file is about. */
static const struct disk *disk_of(const struct guest *g, const struct ini_node *key)
{
	for (size_t i = 0; i < g->disks.n; i++)
		if (key->parent && str_eq(g->disks.v[i].place.name, key->parent->name))
			return &g->disks.v[i];
	return NULL;
}

/* How large the disk is that an image of any kind holds: the hypervisor's own tool tells. */
static int image_size(const struct target *t, const struct disk *d, uint64_t *size, struct err *e)
{
	const char *tool = facts_tool(&t->facts, "qemu-img");
	DEFER(str_done) struct str said = { 0 };
	json_t *info;

	if (!tool)
		return err_set(e, ERR_NOT_FOUND, "qemu-img is missing: apt-get install qemu-utils");
	if (exec_capture(ARGV(tool, "info", "--output=json", "-U", "-f", image_format(d), d->source), INFO_MS, &said, e) < 0)
		return -1;
	info = json_loads(str_text(&said), 0, NULL);
	*size = (uint64_t)json_integer_value(json_object_get(info, "virtual-size"));
	json_decref(info);
	return *size ? 0 : err_set(e, ERR_FAILED, "%s: qemu-img does not say how large it is", d->source);
}

/* Of an image that was attached the clone has a copy, which is a disk of its own, of that size. */
static int own_size(struct target *t, const struct disk *d, const struct ini_node *source, struct err *e)
{
	struct arena *a = &t->facts.mem;
	uint64_t size;

	if (d->size || t->elsewhere)
		return 0;
	if (image_size(t, d, &size, e) < 0)
		return -1;
	words_add(&t->facts.changes, a, arena_fmt(a, "%s.size=%s", ini_path(source->parent, a), size_text(size, a)));
	return 0;
}

static const struct disk *attached_image(const struct guest *g, const struct key *k, const struct ini_node *n)
{
	const struct disk *d = str_eq(k->path, "hardware.hdds.*.source") ? disk_of(g, n) : NULL;

	return d && d->slot ? d : NULL;
}

static bool is_own(const struct key *k)
{
	static const char *const paths[] = { "hardware.eths.*.hw_addr", "hardware.uuid", "console.vnc_port" };

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (str_eq(k->path, paths[i]))
			return true;
	return false;
}

/* The keys of the machine file that no two guests share, as they are spelled there; the name when 'set' would not find it. */
static int find_own_keys(struct target *t, struct err *e)
{
	struct arena *a = &t->facts.mem;
	struct report r = { .file = t->path };
	struct ini ini = { 0 };
	int status = ini_parse(&ini, t->path, t->text, strlen(t->text), &r);

	if (status < 0)
		report_err(&r, e);
	for (const struct ini_node *n = status ? NULL : ini_next(ini.root); n && !status; n = ini_next(n)) {
		const char *path = ini_path(n, a);
		const struct key *k = n->section ? NULL : key_find(path);
		const struct disk *image = k ? attached_image(&t->guest, k, n) : NULL;

		if (image)
			status = own_size(t, image, n, e);
		if (k && (is_own(k) || image || (str_eq(k->path, "hardware.vm_id") && !str_eq(path, k->path))))
			words_add(&t->facts.dropped, a, path);
	}
	ini_done(&ini);
	report_done(&r);
	return status;
}

static void warn(struct target *t, const char *from, struct words *out)
{
	struct guest *g = &t->guest;
	struct arena *a = &g->mem;

	for (size_t i = 0; i < g->nics.n; i++) {
		struct nic *n = &g->nics.v[i];

		if (n->mac)
			words_add(out, a, arena_fmt(a, "the hardware address %s of %s stays with '%s'; '%s' gets one of its own",
						    n->mac, n->place.name, from, g->name));
		n->mac = NULL;
		if (n->address)
			words_add(out, a, arena_fmt(a, "'%s' and '%s' have the same address %s on %s",
						    from, g->name, n->address, n->place.name));
	}
	if (g->hostname)
		words_add(out, a, arena_fmt(a, "'%s' and '%s' have the same hostname '%s'", from, g->name, g->hostname));
	if (g->uuid)
		words_add(out, a, arena_fmt(a, "the UUID %s stays with '%s'; '%s' gets one of its own", g->uuid, from, g->name));
	g->uuid = NULL;
}

/* Everything that follows from the name follows from the new one; what was pinned at the build stays. */
static int become(struct target *t, const char *name, struct words *warnings, struct err *e)
{
	struct facts *f = &t->facts;

	if (find_own_keys(t, e) < 0 || (!t->elsewhere && probe_guest(f, name, e) < 0))
		return -1;
	t->guest.vnc_port = 0;
	if (!t->elsewhere)
		probe_screen(f, &t->guest, name);
	if (!t->elsewhere && survey_alien(f, t->driver, name))
		words_add(&f->containers, &f->mem, arena_fmt(&f->mem, "%s/%s", t->driver->name, name));
	f->other = t->guest.name;
	f->throwaway = false;
	t->guest.name = arena_str(&t->guest.mem, name);
	if (act_is_free(t, VERB_CLONE, e) < 0)
		return -1;
	warn(t, f->other, warnings);
	return 0;
}

/* A device is attached by a link as a file is, but there is no second one of it. */
static int can_be_copied(const struct target *t, struct err *e)
{
	for (size_t i = 0; i < t->guest.disks.n; i++) {
		const struct disk *d = &t->guest.disks.v[i];
		struct stat st;

		if (d->slot && d->source && stat(d->source, &st) == 0 && !S_ISREG(st.st_mode))
			return err_set(e, ERR_UNSUPPORTED, "disk '%s' of '%s' is %s, of which no clone can have a copy (berth detach %s %s)",
				       d->place.name, t->guest.name, d->source, t->guest.name, d->place.name);
	}
	return 0;
}

int copies_clone(struct target *t, const char *name, struct words *warnings, struct plan *p, struct err *e)
{
	if (!guest_name_ok(name) || guest_name_reserved(name))
		return err_set(e, ERR_USAGE, "'%s' is not a name a guest can have", name);
	if (act_fits(t, VERB_CLONE, e) < 0 || (!t->elsewhere && can_be_copied(t, e) < 0))
		return -1;
	if (str_eq(name, t->guest.name) || (!t->elsewhere && probe_state(&t->facts, name) != STATE_ABSENT))
		return err_set(e, ERR_EXISTS, "there is a guest '%s' already (berth destroy %s)", name, name);
	if (become(t, name, warnings, e) < 0)
		return -1;
	return driver_plan(t->driver, VERB_CLONE, &t->guest, &t->facts, p, e);
}
