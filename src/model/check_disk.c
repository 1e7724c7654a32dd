/* SPDX-License-Identifier: ISC */
/*
 * Disks, and the arithmetic of their partitions. Sizes count as layout.h lays them
 * out: in whole MiB, the first MiB being the table's. What the table and the logical
 * partitions take for themselves may make the last partition that much smaller, so
 * partitions that fill a disk to the brim are fine.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "model/check.h"
#include "model/os.h"
#include "text/size.h"

#define MIB ((uint64_t)1 << 20)
#define MBR_MAX (MIB << 21)

/* The partitions of one disk, as they are counted. */
struct sum {
	const struct guest *g;
	const struct disk *d;
	struct report *r;
	bool gpt;
	int primaries, logicals;
	uint64_t primary_size, logical_size;            /* of those with a size */
	uint64_t last_primary, last_logical;
	const struct partition *extended;
	const struct partition *primary_rest, *logical_rest;
};

static bool is(const char *a, const char *b)
{
	return str_eq(a, b);
}

static uint64_t whole_mib(uint64_t bytes)
{
	return (bytes + MIB - 1) / MIB * MIB;
}

static struct place part_place(const struct sum *s, const struct partition *p, const char *key)
{
	return check_place(s->g, &p->place, "hardware.hdds.%s.partitions.%s.%s", s->d->place.name, p->place.name, key);
}

static void part_error(const struct sum *s, const struct partition *p, const char *what)
{
	report_error(s->r, p->place.line, p->place.col, "%s: %s", p->place.name, what);
}

/* Nothing has a place behind a partition that takes the rest. */
static void check_rest(const struct sum *s, const struct partition *rest, const struct partition *p)
{
	if (rest)
		report_error(s->r, p->place.line, p->place.col, "%s: nothing is left for it: '%s' has no size and takes the rest",
			     p->place.name, rest->place.name);
}

static void add_primary(struct sum *s, const struct partition *p)
{
	check_rest(s, s->primary_rest, p);
	s->primaries++;
	s->primary_size += whole_mib(p->size);
	s->last_primary = p->size;
	if (!p->size)
		s->primary_rest = p;
	if (!s->gpt && s->primaries == 5)
		part_error(s, p, "an mbr holds at most 4 primary partitions (make one of them extended, or add 'table = gpt' to the disk)");
}

static void add_extended(struct sum *s, const struct partition *p)
{
	if (s->gpt) {
		report_warning(s->r, p->place.line, p->place.col, "%s: a gpt has no extended partitions, left out", p->place.name);
		return;
	}
	if (s->extended) {
		report_error(s->r, p->place.line, p->place.col, "%s: a disk has one extended partition, and '%s' is it",
			     p->place.name, s->extended->place.name);
		return;
	}
	s->extended = p;
	add_primary(s, p);
}

static void add_logical(struct sum *s, const struct partition *p)
{
	if (!s->extended) {
		part_error(s, p, "a logical partition lies in an extended one, which must stand before it (add 'type = extended')");
		return;
	}
	check_rest(s, s->logical_rest, p);
	s->logicals++;
	s->logical_size += whole_mib(p->size);
	s->last_logical = p->size;
	if (!p->size)
		s->logical_rest = p;
}

static void check_fs(const struct sum *s, const struct partition *p)
{
	struct place at = part_place(s, p, "fs");

	if (is(p->type, "extended") && p->fs)
		report_warning(s->r, at.line, at.col, "%s: an extended partition has no file system, fs is ignored", p->place.name);
	else if (!is(p->type, "extended") && !p->fs)
		report_error(s->r, at.line, at.col, "%s: fs is missing (add 'fs = ext4')", p->place.name);
}

static void check_mount(const struct sum *s, const struct partition *p)
{
	struct place at = part_place(s, p, "mount");

	if (!p->mount)
		return;
	if (!check_path(p->mount))
		report_error(s->r, at.line, at.col, "mount: '%s' is not a path from '/' (try /home)", p->mount);
	else if (!p->fs || is(p->fs, "swap"))
		report_warning(s->r, at.line, at.col, "%s: there is nothing to mount here, mount is ignored", p->place.name);
}

static void check_partition(struct sum *s, const struct partition *p)
{
	struct place at = part_place(s, p, "size");

	if (p->size && p->size < MIB)
		report_error(s->r, at.line, at.col, "%s: a partition has at least 1M (a bare number is MB)", p->place.name);
	check_fs(s, p);
	check_mount(s, p);
	if (is(p->type, "extended"))
		add_extended(s, p);
	else if (is(p->type, "logical") && !s->gpt)
		add_logical(s, p);
	else
		add_primary(s, p);
}

static void check_extended(const struct sum *s)
{
	uint64_t size = s->extended ? whole_mib(s->extended->size) : 0;
	struct place at;

	if (!size || s->logical_size < size || (s->logical_size == size && !s->logical_rest))
		return;
	at = part_place(s, s->extended, "size");
	report_error(s->r, at.line, at.col, "%s: its logical partitions need %s, it has %s (make it larger or them smaller)",
		     s->extended->place.name, size_text(s->logical_size + (s->logical_rest ? MIB : 0), &s->r->mem),
		     size_text(size, &s->r->mem));
}

/* Does something take what the others leave? An extended rest does so only for a logical one in it. */
static bool has_rest(const struct sum *s)
{
	if (s->primary_rest && s->primary_rest == s->extended && s->logicals)
		return s->logical_rest;
	return s->primary_rest;
}

/* Do they fit together with what the tables take, if need be from the last of them? */
static bool sum_fits(const struct sum *s, uint64_t need, uint64_t tables)
{
	uint64_t size = s->d->size / MIB * MIB, lacking = need + tables > size ? need + tables - size : 0;
	bool in_extended = s->extended && s->primary_rest == s->extended;

	if (has_rest(s))
		return need + tables < size;
	return lacking <= tables && (!lacking || lacking < (in_extended ? s->last_logical : s->last_primary));
}

static void check_sum(const struct sum *s)
{
	uint64_t tables = (s->gpt ? 2 : 1) * MIB + (uint64_t)s->logicals * MIB, need = s->primary_size;
	struct place at;

	if (s->extended && !s->extended->size)
		need += s->logical_size;
	if (sum_fits(s, need, tables))
		return;
	at = check_place(s->g, &s->d->place, "hardware.hdds.%s.size", s->d->place.name);
	report_error(s->r, at.line, at.col, "%s: its partitions need %s, it has %s (make it %s or a partition smaller)",
		     s->d->place.name, size_text(need + tables, &s->r->mem), size_text(s->d->size, &s->r->mem),
		     size_text(need + tables + (has_rest(s) ? MIB : 0), &s->r->mem));
}

static void check_partitions(const struct guest *g, const struct disk *d, struct report *r)
{
	struct sum s = { .g = g, .d = d, .r = r };

	s.gpt = d->table ? is(d->table, "gpt") : is(g->firmware, "uefi");
	for (size_t i = 0; i < d->partitions.n; i++)
		check_partition(&s, &d->partitions.v[i]);
	check_extended(&s);
	if (d->size && d->partitions.n)
		check_sum(&s);
	if (!s.gpt && d->size > MBR_MAX)
		report_error(r, d->place.line, d->place.col, "%s: an mbr ends at 2T (add 'table = gpt')", d->place.name);
}

static void check_size(const struct guest *g, const struct disk *d, struct report *r)
{
	struct place at = check_place(g, NULL, "hardware.hdds.%s.size", d->place.name);

	if (!d->size && !d->source && !at.line)
		report_error(r, d->place.line, d->place.col, "%s: size is missing (add 'size = 8G', or 'source = ...' for an image)",
			     d->place.name);
}

static void check_file(const struct guest *g, const struct disk *d, struct report *r)
{
	static const char *const ours[] = {
		"guest.conf", "record.json", "nvram.fd", "known_hosts", "vmlinuz", "initrd", "system.new", NULL,
	};
	struct place at = check_place(g, &d->place, "hardware.hdds.%s.name", d->place.name);

	if (d->file && !guest_name_ok(d->file))
		report_error(r, at.line, at.col, "name: '%s' is not a file name in the guest's folder (try %s.qcow2)",
			     d->file, d->place.name);
	for (const char *const *own = ours; d->file && *own; own++)
		if (is(*own, d->file))
			report_error(r, at.line, at.col, "name: '%s' is a file of berth's own (try %s.qcow2)", d->file,
				     d->place.name);
	for (const struct disk *o = g->disks.v; d->file && o < d; o++)
		if (is(o->file, d->file))
			report_error(r, at.line, at.col, "name: '%s' is the file of '%s' already", d->file, o->place.name);
}

/* Mounts of all disks together; the system sees one tree. */
static void check_mounts(const struct guest *g, const struct disk *d, const struct partition *p, struct report *r)
{
	for (const struct disk *od = g->disks.v; p->mount && od <= d; od++)
		for (size_t i = 0; i < od->partitions.n && &od->partitions.v[i] != p; i++)
			if (is(od->partitions.v[i].mount, p->mount))
				report_error(r, p->place.line, p->place.col, "%s: '%s' is where '%s' is mounted already",
					     p->place.name, p->mount, od->partitions.v[i].place.name);
}

static bool has_fs(const struct disk *d, const char *start)
{
	for (size_t i = 0; i < d->partitions.n; i++)
		if (d->partitions.v[i].fs && str_starts(d->partitions.v[i].fs, start))
			return true;
	return false;
}

/* The first disk carries the system, when it is one that berth installs. */
static void check_system_disk(const struct guest *g, struct report *r)
{
	DEFER(arena_done) struct arena a = { 0 };
	const struct disk *d = g->disks.v;
	const char *near;
	const struct os *os = g->os ? os_find(g->os, &a, &near) : NULL;

	if (!os || !os->installer || !g->disks.n || !d->partitions.n)
		return;
	if (!has_fs(d, "ext"))
		report_error(r, d->place.line, d->place.col, "%s: no partition can hold the system (add one with 'fs = ext4')", d->place.name);
	if (is(g->firmware, "uefi") && is(g->boot, "disk") && !has_fs(d, "vfat"))
		report_error(r, d->place.line, d->place.col,
			     "%s: uefi has no partition to start from (add one with 'fs = vfat' and 'mount = /boot/efi')", d->place.name);
}

/* Something that has a position on a bus, be it a disk or a CD drive. */
struct seat {
	const char *name, *bus, *pos;
	struct place at;
};

static struct seat disk_seat(const struct guest *g, size_t i)
{
	const struct disk *d = &g->disks.v[i];

	return (struct seat){ d->place.name, d->bus, d->pos,
			      check_place(g, &d->place, "hardware.hdds.%s.pos", d->place.name) };
}

static struct seat cdrom_seat(const struct guest *g, size_t i)
{
	const struct cdrom *c = &g->cdroms.v[i];

	return (struct seat){ c->place.name, "ide", c->pos,
			      check_place(g, &c->place, "hardware.cd_drives.%s.pos", c->place.name) };
}

static struct seat seat(const struct guest *g, size_t i)
{
	return i < g->disks.n ? disk_seat(g, i) : cdrom_seat(g, i - g->disks.n);
}

static bool is_position(const char *pos, bool ide)
{
	char *end;
	long controller = strtol(pos, &end, 10), port;

	if (!isdigit((unsigned char)*pos) || *end != ':' || !isdigit((unsigned char)end[1]))
		return false;
	port = strtol(end + 1, &end, 10);
	return !*end && controller <= (ide ? 1 : 3) && port <= (ide ? 1 : 63);
}

static void check_seat(const struct guest *g, size_t i, struct report *r)
{
	struct seat mine = seat(g, i);

	if (!mine.pos)
		return;
	if (!is_position(mine.pos, is(mine.bus, "ide"))) {
		report_error(r, mine.at.line, mine.at.col, "pos: '%s' is not a position on %s (try 0:1)", mine.pos, mine.bus);
		return;
	}
	for (size_t j = 0; j < i; j++) {
		struct seat other = seat(g, j);

		if (is(other.bus, mine.bus) && is(other.pos, mine.pos))
			report_error(r, mine.at.line, mine.at.col, "pos: '%s' on %s is taken by '%s'", mine.pos, mine.bus, other.name);
	}
}

void check_disks(const struct guest *g, struct report *r)
{
	for (size_t i = 0; i < g->disks.n; i++) {
		const struct disk *d = &g->disks.v[i];

		check_size(g, d, r);
		check_file(g, d, r);
		check_partitions(g, d, r);
		for (size_t j = 0; j < d->partitions.n; j++)
			check_mounts(g, d, &d->partitions.v[j], r);
	}
	check_system_disk(g, r);
	for (size_t i = 0; i < g->disks.n + g->cdroms.n; i++)
		check_seat(g, i, r);
}
