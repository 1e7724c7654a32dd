/* SPDX-License-Identifier: ISC */
#include "model/layout.h"

#include <inttypes.h>
#include <string.h>

#include "model/digest.h"

enum { GPT_SECTORS = 34, BIOS_BOOT_START = 34, BIOS_BOOT_SIZE = MIB_SECTORS - BIOS_BOOT_START };

#define ESP_BYTES (512ull << 20)
#define MBR_MAX_SECTORS (1ull << 32)

#define GUID_ESP "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
#define GUID_BIOS_BOOT "21686148-6449-6E6F-744E-656564454649"

static const struct { const char *fs, *mbr, *gpt; } codes[] = {
	{ "ext2", "83", "0FC63DAF-8483-4772-8E79-3D69D8477DE4" },
	{ "ext3", "83", "0FC63DAF-8483-4772-8E79-3D69D8477DE4" },
	{ "ext4", "83", "0FC63DAF-8483-4772-8E79-3D69D8477DE4" },
	{ "swap", "82", "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F" },
	{ "vfat", "0c", "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7" },
	{ "ntfs", "07", "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7" },
};

/* A stretch of free sectors that partitions are cut from. */
struct room {
	uint64_t at, end;
	uint64_t slack;         /* what the table itself takes: a partition may be that much shorter than written */
};

/* What the functions below share while one disk is laid out. */
struct work {
	struct layout *l;
	const struct guest *g;
	const struct disk *d;
	struct room disk, extended;
	int primaries, logicals;
};

static bool is(const char *a, const char *b)
{
	return a && !strcmp(a, b);
}

static bool is_gpt(const struct layout *l)
{
	return is(l->table, "gpt");
}

static const char *type_code(const struct layout *l, const char *fs)
{
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (is(fs, codes[i].fs))
			return is_gpt(l) ? codes[i].gpt : codes[i].mbr;
	return is_gpt(l) ? codes[0].gpt : codes[0].mbr;
}

static int cut(const struct work *w, struct room *r, struct part *p, uint64_t want, struct err *e)
{
	uint64_t left = r->end > r->at ? r->end - r->at : 0;

	p->start = r->at;
	p->size = want ? (want + MIB_SECTORS - 1) / MIB_SECTORS * MIB_SECTORS : left;
	if (p->size > left && p->size - left <= r->slack)
		p->size = left;
	if (!p->size)
		return err_set(e, ERR_INVALID, "%s:%d:%d: %s: nothing is left for it on %s",
			       w->g->file, p->place.line, p->place.col, p->place.name, w->d->place.name);
	if (p->size > left)
		return err_set(e, ERR_INVALID,
			       "%s:%d:%d: %s: %" PRIu64 " MB do not fit, %" PRIu64 " MB are left on %s",
			       w->g->file, p->place.line, p->place.col, p->place.name,
			       p->size / MIB_SECTORS, left / MIB_SECTORS, w->d->place.name);
	r->at = p->start + p->size;
	return 0;
}

static int bad(const struct work *w, const struct partition *in, const char *why, struct err *e)
{
	return err_set(e, ERR_INVALID, "%s:%d:%d: %s: %s",
		       w->g->file, in->place.line, in->place.col, in->place.name, why);
}

/* An extended partition is enlarged by one MiB for every logical one in it: each has its own small table in front. */
static int add_extended(struct work *w, const struct partition *in, struct part *p, struct err *e)
{
	uint64_t want = in->size / SECTOR;

	if (w->extended.end)
		return bad(w, in, "a disk has at most one extended partition", e);
	for (size_t i = 0; want && i < w->d->partitions.n; i++)
		if (is(w->d->partitions.v[i].type, "logical"))
			want += MIB_SECTORS;
	if (cut(w, &w->disk, p, want, e) < 0)
		return -1;
	p->code = "05";
	p->number = ++w->primaries;
	w->extended = (struct room){ p->start, p->start + p->size, w->disk.slack };
	return 0;
}

static int add_logical(struct work *w, const struct partition *in, struct part *p, struct err *e)
{
	if (!w->extended.end)
		return bad(w, in, "a logical partition needs an extended one before it", e);
	w->extended.at += MIB_SECTORS;
	p->number = 5 + w->logicals++;
	return cut(w, &w->extended, p, in->size / SECTOR, e);
}

static int add_part(struct work *w, const struct partition *in, struct arena *a, struct err *e)
{
	struct layout *l = w->l;
	bool extended = is(in->type, "extended");
	struct part *p;

	if (extended && is_gpt(l))
		return 0;
	p = vec_add(&l->parts, a);
	p->place = in->place;
	p->fs = extended ? NULL : in->fs;
	p->mount = in->mount;
	p->code = type_code(l, p->fs);
	if (extended)
		return add_extended(w, in, p, e);
	if (is(in->type, "logical") && !is_gpt(l))
		return add_logical(w, in, p, e);
	p->number = ++w->primaries;
	return cut(w, &w->disk, p, in->size / SECTOR, e);
}

/* What a disk gets whose owner wrote no partitions: one root, and for UEFI the partition it boots from. */
static int add_usual(struct work *w, struct arena *a, struct err *e)
{
	struct partition esp = { .place = { .name = "boot partition" }, .type = "primary", .fs = "vfat",
				 .size = ESP_BYTES, .mount = "/boot/efi" };
	struct partition root = { .place = { .name = "root partition" }, .type = "primary", .fs = "ext4",
				  .mount = "/" };

	esp.place.line = root.place.line = w->d->place.line;
	esp.place.col = root.place.col = w->d->place.col;
	if (is(w->g->firmware, "uefi") && add_part(w, &esp, a, e) < 0)
		return -1;
	return add_part(w, &root, a, e);
}

static int find_root(const struct layout *l)
{
	for (size_t i = 0; i < l->parts.n; i++)
		if (is(l->parts.v[i].mount, "/"))
			return (int)i;
	for (size_t i = 0; i < l->parts.n; i++)
		if (l->parts.v[i].fs && !strncmp(l->parts.v[i].fs, "ext", 3))
			return (int)i;
	return -1;
}

static int find_esp(const struct layout *l)
{
	for (size_t i = 0; i < l->parts.n; i++)
		if (is(l->parts.v[i].mount, "/boot/efi"))
			return (int)i;
	for (size_t i = 0; i < l->parts.n; i++)
		if (is(l->parts.v[i].fs, "vfat"))
			return (int)i;
	return -1;
}

static void mark_system(struct layout *l, const struct guest *g)
{
	bool uefi = is(g->firmware, "uefi");

	l->root = find_root(l);
	l->esp = uefi ? find_esp(l) : -1;
	if (l->esp >= 0)
		l->parts.v[l->esp].code = is_gpt(l) ? GUID_ESP : "ef";
	l->bios_boot = is_gpt(l) && !uefi;
	if (l->root >= 0 && !is_gpt(l))
		l->parts.v[l->root].boot = l->parts.v[l->root].number <= 4;
}

/* The identifiers of the table and of every file system, each in the form its maker and fstab write it. */
static void name_all(struct layout *l, const char *seed, struct arena *a)
{
	char *base = arena_fmt(a, "berth:disk:%s:%s:%" PRIu64, seed, l->table, l->sectors);

	l->id = is_gpt(l) ? digest_uuid(base, a) : arena_fmt(a, "0x%s", digest_hex(base, 8, a));
	for (size_t i = 0; i < l->parts.n; i++) {
		struct part *p = &l->parts.v[i];
		char *text = arena_fmt(a, "%s:%d", base, p->number);

		if (is(p->fs, "vfat"))
			p->uuid = digest_hex(text, 8, a);
		else if (is(p->fs, "ntfs"))
			p->uuid = digest_hex(text, 16, a);
		else
			p->uuid = digest_uuid(text, a);
	}
}

static int check_table(const struct work *w, struct err *e)
{
	const struct disk *d = w->d;

	if (is_gpt(w->l))
		return 0;
	if (w->l->sectors > MBR_MAX_SECTORS)
		return err_set(e, ERR_INVALID, "%s:%d:%d: %s: more than 2 TB need table = gpt",
			       w->g->file, d->place.line, d->place.col, d->place.name);
	if (w->primaries > 4)
		return err_set(e, ERR_INVALID, "%s:%d:%d: %s: an mbr holds 4 primary partitions, not %d (table = gpt holds more)",
			       w->g->file, d->place.line, d->place.col, d->place.name, w->primaries);
	return 0;
}

/* The free room of an empty disk. */
static struct room whole(const struct layout *l, const struct disk *d)
{
	uint64_t end = is_gpt(l) && l->sectors > GPT_SECTORS ? l->sectors - GPT_SECTORS : l->sectors;
	uint64_t slack = is_gpt(l) ? 2 * MIB_SECTORS : MIB_SECTORS;

	for (size_t i = 0; i < d->partitions.n; i++)
		if (is(d->partitions.v[i].type, "logical"))
			slack += MIB_SECTORS;
	return (struct room){ MIB_SECTORS, end / MIB_SECTORS * MIB_SECTORS, slack };
}

int layout_make(struct layout *l, const struct guest *g, const struct disk *d, bool system,
		const char *seed, struct arena *a, struct err *e)
{
	struct work w = { .l = l, .g = g, .d = d };

	*l = (struct layout){ .root = -1, .esp = -1, .sectors = d->size / SECTOR };
	l->table = d->table ? d->table : is(g->firmware, "uefi") ? "gpt" : "mbr";
	w.disk = whole(l, d);
	for (size_t i = 0; i < d->partitions.n; i++)
		if (add_part(&w, &d->partitions.v[i], a, e) < 0)
			return -1;
	if (system && !d->partitions.n && add_usual(&w, a, e) < 0)
		return -1;
	if (check_table(&w, e) < 0)
		return -1;
	if (system)
		mark_system(l, g);
	name_all(l, seed, a);
	return 0;
}

char *layout_script(const struct layout *l, struct arena *a)
{
	DEFER(str_done) struct str s = { 0 };
	int last = 0;

	str_fmt(&s, "label: %s\nlabel-id: %s\nunit: sectors\n", is_gpt(l) ? "gpt" : "dos", l->id);
	if (is_gpt(l))
		str_fmt(&s, "first-lba: %d\n", GPT_SECTORS);
	str_add(&s, "\n");
	for (size_t i = 0; i < l->parts.n; i++) {
		const struct part *p = &l->parts.v[i];

		str_fmt(&s, "p%d : start=%" PRIu64 ", size=%" PRIu64 ", type=%s", p->number, p->start, p->size, p->code);
		if (is_gpt(l))
			str_fmt(&s, ", uuid=%s", digest_uuid(arena_fmt(a, "%s:%d", l->id, p->number), a));
		str_add(&s, p->boot ? ", bootable\n" : "\n");
		last = p->number > last ? p->number : last;
	}
	if (l->bios_boot)
		str_fmt(&s, "p%d : start=%d, size=%d, type=" GUID_BIOS_BOOT ", uuid=%s\n", last + 1,
			BIOS_BOOT_START, BIOS_BOOT_SIZE, digest_uuid(arena_fmt(a, "%s:loader", l->id), a));
	return arena_str(a, str_text(&s));
}

uint64_t layout_core_sector(const struct layout *l)
{
	return l->bios_boot ? BIOS_BOOT_START : 1;
}
