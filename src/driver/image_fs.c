/* SPDX-License-Identifier: ISC */
/*
 * File systems inside a disk file, made in place or beside it, as an ordinary user
 * and without loop devices: mke2fs and mkfs.vfat take an offset; for swap and ntfs a
 * file of the partition's size is made and its used blocks are copied in.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "driver/image.h"

bool fs_is_ext(const struct part *part)
{
	return part->fs && str_starts(part->fs, "ext");
}

char *fs_name(const struct layout *l, int part, struct arena *a)
{
	const struct part *p = &l->parts.v[part];
	char *id = arena_str(a, p->uuid);

	if (part == l->root)
		return arena_str(a, "LABEL=root");
	if (str_eq(p->fs, "vfat") || str_eq(p->fs, "ntfs"))
		for (char *c = id; *c; c++)
			*c = (char)toupper(*c);
	if (str_eq(p->fs, "vfat"))
		return arena_fmt(a, "UUID=%.4s-%s", id, id + 4);
	return arena_fmt(a, "UUID=%s", id);
}

static void make_ext(struct build *b, const char *file, const struct part *part, const char *label, const char *dir)
{
	struct plan *p = b->p;
	struct words w = { 0 };
	const char *const fixed[] = {
		tool(b, "mke2fs"), "-q", "-t", part->fs, "-U", part->uuid, "-L", label,
		"-E", plan_fmt(p, "offset=%" PRIu64 ",root_owner=0:0,assume_storage_prezeroed=1", part->start * SECTOR), NULL,
	};

	words_extend(&w, &p->mem, fixed);
	if (dir) {
		words_add(&w, &p->mem, "-d");
		words_add(&w, &p->mem, dir);
	}
	words_add(&w, &p->mem, file);
	words_add(&w, &p->mem, plan_fmt(p, "%" PRIu64 "k", part->size / 2));
	tree_run(b, plan_fmt(p, "partition %d: %s%s%s", part->number, part->fs, part->mount ? " for " : "",
			     part->mount ? part->mount : ""), argv_of(&w, &p->mem));
}

/* FAT's width, by size: left to itself mkfs.vfat judges by the whole file, not by the partition. */
static const char *fat_bits(const struct part *part)
{
	uint64_t mib = part->size / MIB_SECTORS;

	return mib < 16 ? "12" : mib < 512 ? "16" : "32";
}

static void make_vfat(struct build *b, const char *file, const struct part *part)
{
	struct plan *p = b->p;
	char *start = plan_fmt(p, "%" PRIu64, part->start);

	plan_run(p, plan_fmt(p, "partition %d: vfat", part->number),
		 ARGV(tool(b, "mkfs.vfat"), "--invariant", "-F", fat_bits(part), "--offset", start, "-h", start, "-i", part->uuid,
		      file, plan_fmt(p, "%" PRIu64, part->size / 2)));
}

/* Only blocks that hold something are copied: the target is known to be zeros. */
static void copy_in(struct build *b, const char *from, const char *file, const struct part *part)
{
	struct plan *p = b->p;

	plan_run(p, plan_fmt(p, "partition %d takes its place", part->number),
		 ARGV(tool(b, "qemu-img"), "convert", "-n", "--target-is-zero", "-f", "raw", from, "--target-image-opts",
		      plan_fmt(p, "driver=raw,offset=%" PRIu64 ",size=%" PRIu64 ",file.driver=file,file.filename=%s",
			       part->start * SECTOR, part->size * SECTOR, file)));
	plan_remove(p, "its own file", from);
}

static void make_beside(struct build *b, const char *file, const struct part *part, const char *scratch)
{
	struct plan *p = b->p;
	char *from = plan_fmt(p, "%s/part%d", scratch, part->number);
	char *why = plan_fmt(p, "partition %d: %s", part->number, part->fs);

	plan_run(p, plan_fmt(p, "partition %d, as a file", part->number),
		 ARGV("truncate", "-s", plan_fmt(p, "%" PRIu64, part->size * SECTOR), from));
	if (str_eq(part->fs, "swap")) {
		plan_run(p, why, ARGV(tool(b, "mkswap"), "-q", "-U", part->uuid, from));
	} else {
		plan_run(p, why, ARGV(tool(b, "mkntfs"), "-F", "-Q", "-q", "-H", "255", "-S", "63",
				      "-p", plan_fmt(p, "%" PRIu64, part->start), from));
		plan_run(p, "its serial number", ARGV(tool(b, "ntfslabel"), "-q", plan_fmt(p, "--new-serial=%s", part->uuid), from));
	}
	copy_in(b, from, file, part);
}

static void make_table(struct build *b, const char *file, const struct layout *l)
{
	struct plan *p = b->p;
	struct step *s;

	plan_run(p, "an empty disk", ARGV("truncate", "-s", plan_fmt(p, "%" PRIu64, l->sectors * SECTOR), file));
	s = plan_run(p, plan_fmt(p, "its %s partition table", l->table),
		     ARGV(tool(b, "sfdisk"), "-q", "--no-reread", "--no-tell-kernel", file));
	s->stdin_text = layout_script(l, &p->mem);
}

void fs_disk(struct build *b, const char *file, const struct layout *l, const char *const *dirs,
	     const char *scratch)
{
	make_table(b, file, l);
	for (size_t i = 0; i < l->parts.n; i++) {
		const struct part *part = &l->parts.v[i];

		if (!part->fs)
			continue;
		if (fs_is_ext(part))
			make_ext(b, file, part, (int)i == l->root ? "root" : "", dirs ? dirs[i] : NULL);
		else if (str_eq(part->fs, "vfat"))
			make_vfat(b, file, part);
		else
			make_beside(b, file, part, scratch);
	}
}
