/* SPDX-License-Identifier: ISC */
#include "app/plug.h"

#include <string.h>

#include "app/act.h"
#include "app/probe_net.h"
#include "base/str.h"
#include "model/image.h"
#include "sys/file.h"
#include "text/iniedit.h"
#include "text/size.h"

static void change(struct target *t, const char *path, const char *key, const char *value)
{
	struct facts *f = &t->facts;

	words_add(&f->changes, &f->mem, arena_fmt(&f->mem, "%s%s%s=%s", path, *key ? "." : "", key, value));
}

static int set_one(struct str *text, const char *file, const char *word, struct report *r, struct err *e)
{
	const char *value = strchr(word, '=') + 1;
	DEFER(str_done) struct str path = { 0 }, out = { 0 };
	DEFER(ini_done) struct ini ini = { 0 };

	str_addn(&path, word, (size_t)(value - 1 - word));
	if (ini_parse(&ini, file, text->s, text->n, r) < 0)
		return report_err(r, e);
	if (ini_set(&ini, str_text(&path), &value, 1, &out, e) < 0)
		return -1;
	str_done(text);
	text->s = str_take(&out);
	text->n = strlen(text->s);
	return 0;
}

/* t's guest as it is with the changes in its machine file. */
static int become(struct target *t, struct err *e)
{
	const char *name = arena_str(&t->facts.mem, t->guest.name), *dir = arena_str(&t->facts.mem, t->guest.dir);
	DEFER(str_done) struct str text = { 0 };
	DEFER(report_done) struct report r = { .file = t->path };

	str_add(&text, t->text);
	for (size_t i = 0; i < t->facts.changes.n; i++)
		if (set_one(&text, t->path, t->facts.changes.v[i], &r, e) < 0)
			return -1;
	guest_done(&t->guest);
	if (guest_parse(&t->guest, t->path, text.s, text.n, &r, e) < 0)
		return -1;
	t->guest.name = arena_str(&t->guest.mem, name);
	t->guest.dir = arena_str(&t->guest.mem, dir);
	return 0;
}

/* Can this guest's hypervisor do it at all, and is the guest in a state for it? */
static int fits(const struct target *t, enum verb v, struct err *e)
{
	DEFER(plan_done) struct plan none = { 0 };

	if (!t->driver->plan[v])
		return driver_plan(t->driver, v, &t->guest, &t->facts, &none, e);
	return act_fits(t, v, e);
}

static bool slot_taken(const struct guest *g, long slot)
{
	for (size_t i = 0; i < g->disks.n; i++)
		if (g->disks.v[i].slot == slot)
			return true;
	for (size_t i = 0; i < g->nics.n; i++)
		if (g->nics.v[i].slot == slot)
			return true;
	return false;
}

static long free_slot(const struct target *t, struct err *e)
{
	for (long slot = 1; slot <= t->facts.slots; slot++)
		if (!slot_taken(&t->guest, slot))
			return slot;
	if (t->facts.slots)
		err_set(e, ERR_BUSY, "all %d hot-plug slots of '%s' are taken (berth detach %s DEVICE)", t->facts.slots,
			t->guest.name, t->guest.name);
	else
		err_set(e, ERR_UNSUPPORTED, "'%s' was built without hot-plug slots (only machines of type q35 have them, built by "
			"this berth or a later one)", t->guest.name);
	return -1;
}

/* A file that a detached disk has left keeps its name. */
static bool disk_name_taken(const struct target *t, const char *name, const char *format, struct arena *a)
{
	const struct guest *g = &t->guest;

	for (size_t i = 0; i < g->disks.n; i++)
		if (str_eq(g->disks.v[i].place.name, name))
			return true;
	return !t->elsewhere && file_exists(arena_fmt(a, "%s/%s.%s", guest_folder(&t->facts, g->name, a), name, format));
}

static const char *free_disk_name(const struct target *t, const char *format, struct arena *a)
{
	for (size_t n = t->guest.disks.n;; n++) {
		const char *name = arena_fmt(a, "hdd%zu", n);

		if (!disk_name_taken(t, name, format, a))
			return name;
	}
}

static const char *free_nic_name(const struct guest *g, struct arena *a)
{
	for (size_t n = g->nics.n;; n++) {
		const char *name = arena_fmt(a, "eth%zu", n);
		size_t i = 0;

		while (i < g->nics.n && !str_eq(g->nics.v[i].place.name, name))
			i++;
		if (i == g->nics.n)
			return name;
	}
}

/*
 * The section that devices of a kind are in, as the owner spells it. One that is not
 * written down stands for one device (model/guest.c), which is written down then.
 */
static const char *section(struct target *t, const char *const *spellings, const char *implied, bool any, struct err *e)
{
	DEFER(report_done) struct report r = { .file = t->path };
	DEFER(ini_done) struct ini ini = { 0 };
	const char *found = NULL;

	if (ini_parse(&ini, t->path, t->text, strlen(t->text), &r) < 0) {
		report_err(&r, e);
		return NULL;
	}
	for (const char *const *s = spellings; *s && !found; s++)
		if (ini_find(&ini, *s))
			found = *s;
	if (!found && any)
		words_add(&t->facts.changes, &t->facts.mem, implied);
	return found ? found : spellings[0];
}

static const char *format_of(const char *file)
{
	static const char *const suffixes[] = { "qcow2", "vmdk", "vdi", NULL };
	const char *dot = strrchr(file, '.');

	for (const char *const *s = suffixes; dot && *s; s++)
		if (!strcmp(dot + 1, *s))
			return *s;
	return "raw";
}

/* The path of the section that a device of that name gets, with what all of them have in it. */
static const char *new_section(struct target *t, const char *parent, const char *name, long slot)
{
	struct arena *a = &t->facts.mem;
	const char *path = arena_fmt(a, "%s.%s", parent, name);

	t->facts.other = name;
	words_add(&t->facts.dropped, a, path);
	change(t, path, "slot", arena_fmt(a, "%ld", slot));
	return path;
}

/* Twice the same image is none: QEMU would not open it, and the guest not start any more. */
static int is_new(const struct target *t, const char *source, struct err *e)
{
	const char *name = t->guest.name;

	for (size_t i = 0; i < t->guest.disks.n; i++) {
		const struct disk *d = &t->guest.disks.v[i];

		if (d->slot && str_eq(d->source, source))
			return err_set(e, ERR_EXISTS, "'%s' has '%s' already, as '%s' (berth detach %s %s)", name, source, d->place.name,
				       name, d->place.name);
	}
	return 0;
}

static int want_disk(struct target *t, const struct plug_wish *w, long slot, struct err *e)
{
	struct arena *a = &t->facts.mem;
	bool is_file = strchr(w->what, '/') || file_exists(w->what);
	const char *format = w->format ? w->format : is_file ? format_of(w->what) : "qcow2";
	const char *parent, *path, *source = is_file ? path_absolute(w->what, a) : NULL;
	uint64_t size;

	if (!is_file && (size_parse(w->what, 1 << 20, &size) < 0 || !size))
		return err_set(e, ERR_NOT_FOUND, "'%s' is neither a size (try 8G) nor a file that is there", w->what);
	if (is_file && !t->elsewhere && !file_exists(w->what))
		return err_set(e, ERR_NOT_FOUND, "there is no file '%s'", w->what);
	if (is_file && is_new(t, source, e) < 0)
		return -1;
	parent = section(t, (const char *const[]){ "hardware.hdds", "hardware.disks", NULL }, "hardware.hdds.hdd0.size=8G",
			 t->guest.disks.n, e);
	if (!parent)
		return -1;
	path = new_section(t, parent, free_disk_name(t, format, a), slot);
	if (is_file)
		change(t, path, "source", source);
	else
		change(t, path, "size", w->what);
	change(t, path, "format", format);
	return 0;
}

static int want_nic(struct target *t, const struct plug_wish *w, long slot, struct err *e)
{
	struct arena *a = &t->facts.mem;
	const char *equal = strchr(w->what, '='), *type = equal ? arena_strn(a, w->what, (size_t)(equal - w->what)) : w->what;
	const char *parent, *path;

	if (w->format)
		return err_set(e, ERR_USAGE, "--format is for disks");
	parent = section(t, (const char *const[]){ "hardware.eths", NULL }, "hardware.eths.eth0.type=nat", t->guest.nics.n, e);
	if (!parent)
		return -1;
	path = new_section(t, parent, free_nic_name(&t->guest, a), slot);
	change(t, path, "type", type);
	if (equal)
		change(t, path, str_eq(type, "bridge") ? "bridge" : "link", equal + 1);
	return 0;
}

int plug_attach(struct target *t, const struct plug_wish *w, struct plan *p, struct err *e)
{
	bool disk = str_eq(w->kind, "disk");
	long slot;

	if (!disk && !str_eq(w->kind, "nic"))
		return err_set(e, ERR_USAGE, "'%s' is nothing that can be attached (disk or nic)", w->kind);
	if (fits(t, VERB_ATTACH, e) < 0 || (slot = free_slot(t, e)) < 0)
		return -1;
	if ((disk ? want_disk(t, w, slot, e) : want_nic(t, w, slot, e)) < 0 || become(t, e) < 0)
		return -1;
	if (!disk && !t->elsewhere)
		probe_guest_net(&t->facts, &t->guest);
	return act_plan(t, VERB_ATTACH, p, e);
}

/* The path of an attached device's section; NULL: there is none of that name. */
static bool attached(struct target *t, const char *device, bool *known)
{
	const struct guest *g = &t->guest;

	for (size_t i = 0; i < g->disks.n; i++)
		if (str_eq(g->disks.v[i].place.name, device)) {
			*known = true;
			return g->disks.v[i].slot;
		}
	for (size_t i = 0; i < g->nics.n; i++)
		if (str_eq(g->nics.v[i].place.name, device)) {
			*known = true;
			return g->nics.v[i].slot;
		}
	return false;
}

/* Everything the machine file says of the device: an interface has addresses elsewhere. */
static int find_sections(struct target *t, const char *device, struct err *e)
{
	static const char *const places[] = { "hardware.hdds", "hardware.disks", "hardware.eths", "network.eths" };
	DEFER(report_done) struct report r = { .file = t->path };
	DEFER(ini_done) struct ini ini = { 0 };
	struct arena *a = &t->facts.mem;

	if (ini_parse(&ini, t->path, t->text, strlen(t->text), &r) < 0)
		return report_err(&r, e);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const char *path = arena_fmt(a, "%s.%s", places[i], device);

		if (ini_find(&ini, path))
			words_add(&t->facts.dropped, a, path);
	}
	return 0;
}

int plug_detach(struct target *t, const char *device, struct plan *p, struct err *e)
{
	bool known = false;

	if (fits(t, VERB_DETACH, e) < 0)
		return -1;
	if (!attached(t, device, &known) && known)
		return err_set(e, ERR_UNSUPPORTED, "'%s' is built into '%s': only what was attached can be detached", device,
			       t->guest.name);
	if (!known)
		return err_set(e, ERR_NOT_FOUND, "'%s' has no disk or interface '%s' ('berth show %s' tells all)", t->guest.name,
			       device, t->guest.name);
	t->facts.other = arena_str(&t->facts.mem, device);
	if (find_sections(t, device, e) < 0)
		return -1;
	return act_plan(t, VERB_DETACH, p, e);
}

static const struct cdrom *find_drive(const struct target *t, const char *drive, struct err *e)
{
	const struct guest *g = &t->guest;

	for (size_t i = 0; i < g->cdroms.n; i++)
		if (!drive || str_eq(g->cdroms.v[i].place.name, drive))
			return &g->cdroms.v[i];
	if (drive)
		err_set(e, ERR_NOT_FOUND, "'%s' has no CD drive '%s'", g->name, drive);
	else
		err_set(e, ERR_NOT_FOUND, "'%s' has no CD drive (one is built in: berth set FILE hardware.cd_drives.cd0.pos=1:0)", g->name);
	return NULL;
}

int plug_cd(struct target *t, const char *drive, const char *file, struct plan *p, struct err *e)
{
	struct arena *a = &t->facts.mem;
	const struct cdrom *c;
	const char *path;

	if (fits(t, VERB_CD, e) < 0 || !(c = find_drive(t, drive, e)))
		return -1;
	if (!file && !c->path)
		return err_set(e, ERR_EXISTS, "there is no CD in the drive of '%s'", t->guest.name);
	if (file && !t->elsewhere && !file_exists(file))
		return err_set(e, ERR_NOT_FOUND, "there is no file '%s'", file);
	t->facts.other = arena_str(a, c->place.name);
	path = arena_fmt(a, "hardware.cd_drives.%s.path", t->facts.other);
	if (file)
		change(t, path, "", path_absolute(file, a));
	else
		words_add(&t->facts.dropped, a, path);
	if (become(t, e) < 0)
		return -1;
	for (size_t i = 0; !file && i < t->guest.cdroms.n; i++)
		if (str_eq(t->guest.cdroms.v[i].place.name, t->facts.other))
			t->guest.cdroms.v[i].path = NULL;
	return act_plan(t, VERB_CD, p, e);
}
