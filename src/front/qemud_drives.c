/* SPDX-License-Identifier: ISC */
/*
 * A drive of a command line is a section of the machine file when that means the same:
 * its image lies in the guest's folder, for a disk, and nothing is said of it that a
 * machine file has no key for. On the IDE bus it is all or nothing, because QEMU finds
 * places for raw drives without knowing of those that have theirs.
 */
#include <stdlib.h>
#include <string.h>

#include "front/priv.h"
#include "model/guest.h"
#include "sys/file.h"
#include "text/size.h"

/* Disks have them from the first on, by their place among all disks; CDs from the last one down. */
enum { IDE_PORTS = 6 };

static const struct {
	const char *option;
	int index;              /* -1: the next one */
	bool cd;
} short_options[] = {
	{ "hda", 0, false }, { "hdb", 1, false }, { "hdc", 2, false }, { "hdd", 3, false }, { "cdrom", -1, true },
};

/* What a drive may say without changing what it is; NULL: whatever it says. */
static const char *const harmless[][2] = {
	{ "if", "ide" }, { "media", "disk" }, { "snapshot", "off" }, { "cache", "writeback" }, { "discard", "unmap" },
	{ "discard", "on" }, { "readonly", "off" }, { "read-only", "off" }, { "id", NULL },
};

static bool is_harmless(const char *name, const char *value)
{
	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
		if (!strcmp(harmless[i][0], name) && (!harmless[i][1] || !strcmp(harmless[i][1], value)))
			return true;
	return false;
}

/* One "name=value" of a drive; false when a machine file has no key for it. */
static bool heed(struct drive *d, const char *name, const char *value)
{
	if (!strcmp(name, "file"))
		d->file = value;
	else if (!strcmp(name, "format"))
		d->format = value;
	else if (!strcmp(name, "index") && value[0] >= '0' && value[0] <= '9' && !value[1])
		d->index = *value - '0';
	else if (!strcmp(name, "if") && !strcmp(value, "virtio"))
		d->ide = false;
	else if (!strcmp(name, "media") && !strcmp(value, "cdrom"))
		d->cd = true;
	else if ((strcmp(name, "readonly") && strcmp(name, "read-only")) || strcmp(value, "on") || !d->cd)
		return is_harmless(name, value);
	return true;
}

/* "a,,b": a comma in a value. */
static char *single_commas(const char *s, size_t n, struct arena *a)
{
	char *copy = arena_strn(a, s, n), *to = copy;

	for (const char *from = copy; *from; from++) {
		*to++ = *from;
		from += from[0] == ',' && from[1] == ',';
	}
	*to = 0;
	return copy;
}

static void read_properties(struct drive *d, const char *s, struct arena *a)
{
	while (*s) {
		size_t n = raw_property(s), name = strcspn(s, "=,");
		const char *value = name < n ? single_commas(s + name + 1, n - name - 1, a) : "on";

		if (!heed(d, arena_strn(a, s, name < n ? name : n), value) && !d->why)
			d->why = arena_fmt(a, "a machine file has no key for '%.*s'", (int)n, s);
		s += n + (s[n] == ',');
	}
}

void drive_add(const struct at *at, const char *label, const char *option)
{
	struct translation *t = at->t;
	struct rc_line *l = arena_alloc(&t->mem, sizeof *l);
	const char *value = t->args.v[t->args.n - 1];
	struct drive d = { .at = { t, at->s, l }, .first = t->args.n - 2, .ide = true, .index = -1 };
	bool known = false;

	*l = (struct rc_line){ .line = at->l->line, .col = at->l->col, .value_col = at->l->col, .key = label };
	for (size_t i = 0; i < sizeof short_options / sizeof *short_options; i++)
		if (!strcmp(option, short_options[i].option)) {
			d.index = short_options[i].index;
			d.cd = short_options[i].cd;
			d.file = value;
			known = true;
		}
	if (!known && strcmp(option, "drive"))
		return;
	if (!known)
		read_properties(&d, value, &t->mem);
	*(struct drive *)vec_add(&t->drives, &t->mem) = d;
}

/* The value of an option that has the last word; NULL: it is not there. */
static const char *last_value(const struct translation *t, const char *option)
{
	for (size_t i = t->args.n; i-- > 0;)
		if (!strcmp(t->args.v[i] + strspn(t->args.v[i], "-"), option) && t->args.v[i][0] == '-')
			return i + 1 < t->args.n ? t->args.v[i + 1] : "";
	return NULL;
}

/* What "-boot" wants to be tried first, as a letter; 'c': a disk, which is what happens anyhow. */
static char boots_from(const struct translation *t)
{
	const char *s = last_value(t, "boot"), *named;

	if (!s)
		return 'c';
	for (named = s; *named; named += raw_property(named), named += *named == ',')
		if (str_starts(named, "order=") || str_starts(named, "once="))
			return strchr(named, '=')[1];
	return s[strcspn(s, "=,")] == '=' ? 'c' : *s;
}

/* What keeps all of them from being more than options. */
static const char *why_all(const struct translation *t)
{
	if (last_value(t, "snapshot"))
		return "'-snapshot' is meant for such only";
	return boots_from(t) == 'c' ? NULL : "the order of '-boot' is meant for such only";
}

static const char *why_file(struct translation *t, struct drive *d)
{
	const char *slash = strrchr(d->file, '/');
	struct image_head image = { 0 };

	if (strncmp(d->file, t->files->folder, (size_t)(slash - d->file)) || t->files->folder[slash - d->file])
		return "its image is not in the guest's folder";
	if (!guest_name_ok(slash + 1))
		return "its image would need a name of letters, digits, '.', '_' and '-'";
	for (const struct drive *o = t->drives.v; o < d; o++)
		if (!o->why && str_eq(o->file, d->file))
			return "another drive has the same image";
	if (d->size && !file_exists(d->file))
		image = (struct image_head){ "raw", d->size };
	else if (!t->files->look || t->files->look(d->file, &image) < 0)
		return "its image is not there, cannot be read, or is neither raw nor qcow2";
	if (d->format && !str_eq(d->format, image.format))
		return arena_fmt(&t->mem, "its image is %s, and not %s", image.format, d->format);
	d->format = image.format;
	d->size = image.size;
	return NULL;
}

static const char *why_one(struct translation *t, struct drive *d)
{
	if (!d->file || *d->file != '/')
		return "it names no file";
	d->file = path_absolute(d->file, &t->mem);
	if (d->cd)
		return str_starts(d->file, "/dev/") ? "it is a device" : NULL;
	return why_file(t, d);
}

/* Is the index that a disk was given the place it will have? */
static const char *why_place(const struct translation *t, const struct drive *d)
{
	int place = 0;

	for (const struct drive *o = t->drives.v; o < d; o++)
		place += o->ide == d->ide && !o->cd;
	return d->index >= 0 && d->index != place && !d->cd ? "a machine file has disks without gaps, in their order" : NULL;
}

static const char *why_ide(const struct translation *t)
{
	const struct rc_line *line = source_find(&t->rc, "MACHINE");
	const char *machine = last_value(t, "machine");
	size_t disks = 0, ports = 0, cds = 0;

	machine = machine ? machine : last_value(t, "M");
	machine = machine ? machine : line && rc_is_set(line) ? line->value : "q35";
	if (!strstr(machine, "q35"))
		return "only q35 machines have the bus for it";
	for (size_t i = 0; i < t->drives.n; i++) {
		const struct drive *d = &t->drives.v[i];

		if (d->ide && d->why)
			return "so does another one on its bus";
		cds += d->cd;
		disks += !d->cd && !d->why;
		if (d->ide && !d->cd)
			ports = disks;
	}
	return ports + cds > IDE_PORTS ? "its bus has too few places" : NULL;
}

static void judge(struct translation *t)
{
	const char *all = why_all(t), *ide;

	for (size_t i = 0; i < t->drives.n; i++) {
		struct drive *d = &t->drives.v[i];

		d->why = all ? all : d->why ? d->why : why_one(t, d);
		d->why = d->why ? d->why : why_place(t, d);
	}
	ide = why_ide(t);
	for (size_t i = 0; i < t->drives.n; i++)
		if (t->drives.v[i].ide && !t->drives.v[i].why)
			t->drives.v[i].why = ide;
}

static void write_drive(const struct drive *d, size_t n)
{
	struct arena *a = &d->at.t->mem;
	const char *path = arena_fmt(a, "hardware.%s%zu", d->cd ? "cd_drives.cd" : "hdds.hdd", n);

	if (d->cd) {
		at_put(&d->at, arena_fmt(a, "%s.path", path), d->file);
		return;
	}
	at_put(&d->at, arena_fmt(a, "%s.size", path), size_text(d->size, a));
	at_put(&d->at, arena_fmt(a, "%s.type", path), d->ide ? "sata" : "virtio");
	at_put(&d->at, arena_fmt(a, "%s.name", path), strrchr(d->file, '/') + 1);
	at_put(&d->at, arena_fmt(a, "%s.format", path), d->format);
}

/* Sections are no words for QEMU any more. */
static void take_words(struct translation *t)
{
	struct words left = { 0 };
	size_t next = 0;

	for (size_t i = 0; i < t->args.n; i++) {
		while (next < t->drives.n && (t->drives.v[next].why || t->drives.v[next].first + 1 < i))
			next++;
		if (next == t->drives.n || i < t->drives.v[next].first)
			words_add(&left, &t->mem, t->args.v[i]);
	}
	t->args = left;
}

void drives_settle(struct translation *t)
{
	size_t disks = 0, cds = 0;

	judge(t);
	for (size_t i = 0; i < t->drives.n; i++) {
		const struct drive *d = &t->drives.v[i];

		if (d->why)
			at_warn(&d->at, arena_fmt(&t->mem, "stays an option for QEMU alone: %s", d->why));
		else
			write_drive(d, d->cd ? cds++ : disks++);
	}
	take_words(t);
}
