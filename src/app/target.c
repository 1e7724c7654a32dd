/* SPDX-License-Identifier: ISC */
#include "app/target.h"

#include <stdlib.h>
#include <string.h>

#include "app/probe.h"
#include "app/probe_containers.h"
#include "app/resolve.h"
#include "app/scan.h"
#include "app/survey.h"
#include "base/str.h"
#include "sys/file.h"

/* The modes of root's directories have kept us out: say who may in. */
static int strangers(const struct facts *f, struct err *e)
{
	if (f->uid && e->kind == ERR_PERMISSION)
		err_set(e, ERR_PERMISSION, "the guests in '%s' are root's: only members of the group 'berth' may see them "
			"(sudo usermod -aG berth $USER)", f->data_dir);
	return -1;
}

int target_names(const struct facts *f, struct words *out, struct arena *a, struct err *e)
{
	struct words built = { 0 }, running = { 0 };

	if (dir_list(arena_fmt(a, "%s/guests", f->data_dir), &built, a, e) < 0 ||
	    dir_list(f->run_dir, &running, a, e) < 0)
		return strangers(f, e);
	/* Both are sorted: merge. "NAME.new" and "NAME.lock" are a build's own business. */
	for (size_t i = 0, j = 0; i < built.n || j < running.n;) {
		int order = i == built.n ? 1 : j == running.n ? -1 : strcmp(built.v[i], running.v[j]);
		const char *name = order <= 0 ? built.v[i] : running.v[j];

		i += order <= 0;
		j += order >= 0;
		if (!guest_name_reserved(name))
			words_add(out, a, name);
	}
	return 0;
}

/* What a build or a destroy that was killed has left: the folder under the name it has while it is worked on. */
static bool has_remains(const struct facts *f, const char *name)
{
	struct arena a = { 0 };
	const char *folder = guest_folder(f, name, &a);
	bool yes = !file_exists(folder) && file_exists(arena_fmt(&a, "%s.new", folder));

	arena_done(&a);
	return yes;
}

static int unknown(const struct facts *f, const char *word, struct err *e)
{
	struct arena a = { 0 };
	struct words names = { 0 };
	struct err ignored = { 0 };
	const char *near = NULL;

	if (!target_names(f, &names, &a, &ignored))
		near = str_nearest(word, names.v, names.n);
	if (has_remains(f, word))
		err_set(e, ERR_NOT_FOUND, "there is no guest '%s', only what a killed build or destroy has left of it "
			"(berth destroy %s)", word, word);
	else if (near && strcmp(near, word))
		err_set(e, ERR_NOT_FOUND, "there is no guest '%s' (did you mean '%s'?)", word, near);
	else
		err_set(e, ERR_NOT_FOUND, "there is no guest '%s' ('berth list' shows all; a machine file ends in .conf)",
			word);
	arena_done(&a);
	return -1;
}

/* A registered guest may outlive its machine file. */
static int lost(const struct facts *f, const char *word, struct err *e)
{
	struct arena a = { 0 };
	json_error_t je;
	json_t *record = json_load_file(arena_fmt(&a, "%s/record.json", guest_folder(f, word, &a)), 0, &je);
	const char *file = json_string_value(json_object_get(record, "registered"));
	int status = file ? err_set(e, ERR_NOT_FOUND, "'%s' is registered, and its machine file %s is gone (berth unregister %s)",
				    word, file, word)
			  : unknown(f, word, e);

	json_decref(record);
	arena_done(&a);
	return status;
}

static int load_facts(struct facts *f, const char *file, struct err *e)
{
	json_error_t je;
	json_t *o = json_load_file(file, 0, &je);
	int status;

	if (!o)
		return err_set(e, ERR_INVALID, "%s:%d:%d: %s", file, je.line, je.column, je.text);
	status = facts_read(f, o, e);
	json_decref(o);
	return status;
}

bool target_is_file(const char *word)
{
	return strchr(word, '/') || str_ends(word, ".conf");
}

int target_is_one(const struct address *a, const char *word, struct err *e)
{
	if (!address_many(a))
		return 0;
	return err_set(e, ERR_USAGE, "'%s' may be several guests, and this command takes one ('berth find --all %s' lists them)",
		       word, word);
}

/* Where the machine file of a guest is, by the word; its folder's copy for a guest of this host. */
static int locate(struct target *t, const char *word, bool remains, struct err *e)
{
	struct resolved r = { 0 };
	const char *name;

	if (address_parse(&t->address, word, e) < 0)
		return -1;
	name = address_name(&t->address);
	if (name && guest_name_reserved(name))
		return err_set(e, ERR_USAGE, "'%s' is not a name a guest can have", word);
	if (name && remains && has_remains(&t->facts, name))
		r = (struct resolved){ .name = name, .path = arena_fmt(&t->facts.mem, "%s/guest.conf",
								       guest_folder(&t->facts, name, &t->facts.mem)) };
	else if (resolve_one(&t->facts, &t->address, word, &r, e) < 0)
		return name && e->kind == ERR_NOT_FOUND ? lost(&t->facts, name, e) : -1;
	t->name = r.name;
	t->path = r.path;
	t->from_file = !r.name;
	t->aside = r.aside;
	t->report.file = r.given ? word : r.path;
	return 0;
}

/*
 * What was written when the guest was built: its driver, and for a guest that was
 * named, where relative paths of its machine file begin.
 */
static void recall(struct target *t)
{
	char *file = arena_fmt(&t->facts.mem, "%s/record.json",
			       guest_folder(&t->facts, t->guest.name, &t->facts.mem));
	json_error_t je;
	json_t *record = json_load_file(file, 0, &je);
	const char *dir = json_string_value(json_object_get(record, "source_dir"));

	if (dir && !t->from_file)
		t->guest.dir = arena_str(&t->guest.mem, dir);
	t->built_for = arena_str(&t->guest.mem, json_string_value(json_object_get(record, "driver")));
	json_decref(record);
}

static int find_driver(struct target *t, const char *wish, struct err *e)
{
	const char *names[64];
	const char *near;
	size_t n = 0;

	if (wish && t->built_for && strcmp(wish, t->built_for) != 0)
		return err_set(e, ERR_EXISTS, "'%s' is built for %s already (berth destroy %s, then build it for %s)",
			       t->guest.name, t->built_for, t->guest.name, wish);
	if (!wish)
		wish = t->built_for ? t->built_for : t->guest.driver;
	t->driver = driver_find(wish);
	if (t->driver)
		return 0;
	for (const struct driver *const *d = drivers; *d && n < 64; d++)
		names[n++] = (*d)->name;
	near = str_nearest(wish, names, n);
	return err_set(e, ERR_UNSUPPORTED, "'%s' is no driver of this berth%s%s%s ('berth drivers' lists them)", wish,
		       near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

/* The machine file of a guest of root's holds passwords: whoever may see that it runs does not read it. */
static int may_not_read(const struct target *t, const char *word, struct err *e)
{
	if (!t->from_file && t->facts.uid && e->kind == ERR_PERMISSION)
		err_set(e, ERR_PERMISSION, "'%s' is a guest of root's: all but 'berth list' is for root (try it with sudo)", word);
	return -1;
}

static int read_guest(struct target *t, const char *word, struct err *e)
{
	size_t size;

	if (t->from_file && scan_other(t->path))
		return err_set(e, ERR_UNSUPPORTED, "%s: is no machine file yet (berth import --register %s makes one, and a guest of it)",
			       t->path, t->path);
	/* Of remains nothing is known but the name. */
	if (t->text) {
		size = strlen(t->text);
	} else if (!t->from_file && has_remains(&t->facts, t->name)) {
		t->text = xstrdup("");
		size = 0;
	} else {
		t->text = file_read(t->path, INI_MAX_BYTES, &size, e);
	}
	if (!t->text)
		return may_not_read(t, word, e);
	if (guest_parse(&t->guest, t->report.file, t->text, size, &t->report, e) < 0)
		return -1;
	t->guest.dir = arena_strn(&t->guest.mem, t->path, (size_t)(strrchr(t->path, '/') - t->path));
	/* A file that names no guest names it by its own name, which was another one when it was built. */
	if (!t->from_file)
		t->guest.name = arena_str(&t->guest.mem, t->name);
	return 0;
}

/* The command line's word on the accelerator; for another host it decides what its facts would say. */
static int wish_accel(struct target *t, const struct target_want *want, struct err *e)
{
	const char *accel = want->accel;

	if (!accel)
		return 0;
	if (!str_eq(accel, "kvm") && !str_eq(accel, "tcg") && !str_eq(accel, "auto"))
		return err_set(e, ERR_USAGE, "'%s' is no accelerator (kvm, tcg or auto)", accel);
	t->guest.accel = accel;
	if (want->facts_file && !str_eq(accel, "auto"))
		t->facts.kvm = str_eq(accel, "kvm");
	return 0;
}

/* The host as far as the command needs it, then the guest on it. */
static int look_at_host(struct target *t, int probe, struct err *e)
{
	struct facts *f = &t->facts;
	const char *name = t->guest.name;

	if (probe && probe_host(f, probe, t->driver, &t->guest, e) < 0)
		return -1;
	/* Who stops a guest runs what its owner wants run as its user. */
	if (!probe && (t->guest.pre_stop.n || t->guest.post_stop.n) && probe_run_as(f, t->guest.run_as, e) < 0)
		return -1;
	/* The files of an ordinary user's guest may belong to those. */
	if (!probe && f->uid)
		probe_ids(f);
	if (t->driver->survey)
		probe_driver(f, t->driver);
	if (probe_guest(f, name, e) < 0)
		return -1;
	probe_killed(f, t->driver, &t->guest);
	f->remains = has_remains(f, name);
	if (str_eq(t->driver->name, "host"))
		probe_attendant(f);
	if (str_eq(t->driver->name, "qemu"))
		probe_screen(f, &t->guest, name);
	if (t->driver->foreign)
		f->state = survey_one(f, t->driver, name);
	f->gone = t->driver->foreign && f->state == STATE_DEFINED;
	if (probe & PROBE_BUILD && f->state <= STATE_DEFINED && survey_alien(f, t->driver, name))
		words_add(&f->containers, &f->mem, arena_fmt(&f->mem, "%s/%s", t->driver->name, name));
	return 0;
}

/* The name of the guest by the word: a name is taken as it is, since its machine file need not be there. */
static const char *name_of(struct target *t, const char *word, struct err *e)
{
	struct resolved r = { 0 };
	const char *name;

	if (address_parse(&t->address, word, e) < 0 || target_is_one(&t->address, word, e) < 0)
		return NULL;
	name = address_name(&t->address);
	if (name && !guest_name_reserved(name) && probe_state(&t->facts, name) != STATE_ABSENT)
		return name;
	if (!t->address.file && resolve_one(&t->facts, &t->address, word, &r, e) < 0 && !name)
		return NULL;
	if (!r.name)
		unknown(&t->facts, word, e);
	return r.name;
}

int target_recorded(struct target *t, const char *word, struct err *e)
{
	struct words names = { 0 };
	const char *driver, *name;

	/* Who may not look there at all is told so. */
	if (probe_places(&t->facts, e) < 0 || target_names(&t->facts, &names, &t->facts.mem, e) < 0)
		return -1;
	name = name_of(t, word, e);
	if (!name)
		return -1;
	t->guest.name = arena_str(&t->guest.mem, name);
	recall(t);
	driver = t->built_for;
	t->driver = driver ? driver_find(driver) : NULL;
	if (!t->driver)
		return err_set(e, ERR_UNSUPPORTED, "'%s' has no record that names a driver of this berth", name);
	return probe_guest(&t->facts, name, e);
}

static int begin(struct target *t, const struct target_want *want, struct err *e)
{
	t->elsewhere = want->facts_file;
	return want->facts_file ? load_facts(&t->facts, want->facts_file, e) : probe_places(&t->facts, e);
}

/* Where the machine file is being known, or its text. */
static int load(struct target *t, const char *word, const struct target_want *want, struct err *e)
{
	if (read_guest(t, word, e) < 0)
		return -1;
	if (!want->facts_file)
		recall(t);
	if (find_driver(t, want->driver, e) < 0 || wish_accel(t, want, e) < 0)
		return -1;
	if (want->facts_file)
		return 0;
	return look_at_host(t, want->probe, e);
}

int target_load(struct target *t, const char *word, const struct target_want *want, struct err *e)
{
	return begin(t, want, e) < 0 || locate(t, word, want->remains, e) < 0 ? -1 : load(t, word, want, e);
}

int target_of_text(struct target *t, const char *text, const struct target_want *want, struct err *e)
{
	if (begin(t, want, e) < 0)
		return -1;
	t->text = xstrdup(text);
	t->from_file = true;
	t->path = path_absolute("command.line", &t->facts.mem);
	t->report.file = "command line";
	if (load(t, NULL, want, e) < 0)
		return -1;
	t->guest.text = t->text;
	return 0;
}

void target_done(struct target *t)
{
	address_done(&t->address);
	guest_done(&t->guest);
	facts_done(&t->facts);
	report_done(&t->report);
	free(t->text);
	*t = (struct target){ 0 };
}

int target_reach(const struct target *t, enum reach_kind kind, struct reach *out, struct arena *a, struct err *e)
{
	if (!t->driver->reach)
		return err_set(e, ERR_UNSUPPORTED, "%s guests cannot be reached", t->driver->name);
	if (t->facts.state != STATE_RUNNING && t->facts.state != STATE_PAUSED)
		return err_set(e, ERR_FAILED, "'%s' is not running (berth start %s)", t->guest.name, t->guest.name);
	return t->driver->reach(&t->guest, &t->facts, kind, out, a, e);
}

char *reach_text(const struct reach *r, struct arena *a)
{
	return r->socket ? arena_str(a, r->socket) : arena_fmt(a, "%s:%d", r->host, r->port);
}
