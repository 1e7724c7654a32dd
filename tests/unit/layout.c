/* SPDX-License-Identifier: ISC */
/* Partitions as their owner wrote them, and the table sfdisk is told to write; identifiers are left out here. */
#include "tap.h"

#include <stdlib.h>

#include "model/layout.h"

struct row {
	const char *name;
	const char *firmware, *table;
	unsigned long size_mb;
	const char *parts;      /* "type fs MB mount;": '-' for none, 0 MB for the rest */
	const char *want;       /* "number start size type flag;" in MiB, or the error */
};

#define LINUX "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
#define DATA "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
#define ESP "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"

static const struct row rows[] = {
	{ "nothing written, BIOS: one bootable root", "bios", NULL, 2048, "",
	  "1 1 2047 83 boot;" },
	{ "nothing written, UEFI: a boot partition and the rest", "uefi", NULL, 4096, "",
	  "1 1 512 " ESP ";2 513 3582 " LINUX ";" },
	{ "nothing written, GPT for BIOS", "bios", "gpt", 2048, "",
	  "1 1 2046 " LINUX ";loader;" },
	{ "the thesis: primary, extended, two logical", "bios", NULL, 15360,
	  "primary ntfs 5000 -;extended - 3072 -;logical ntfs 2048 -;logical ntfs 1024 -;",
	  "1 1 5000 07;2 5001 3074 05;5 5002 2048 07;6 7051 1024 07;" },
	{ "filled to the brim: the last one pays for the table", "bios", NULL, 8192,
	  "primary ext4 5000 /;primary swap 3192 -;",
	  "1 1 5000 83 boot;2 5001 3191 82;" },
	{ "to the brim with logical ones: the last of those pays", "bios", NULL, 8192,
	  "primary ext4 5000 /;extended - 3192 -;logical ext4 3000 -;logical ext4 192 -;",
	  "1 1 5000 83 boot;2 5001 3191 05;5 5002 3000 83;6 8003 189 83;" },
	{ "the rest of the extended partition, and behind it", "bios", NULL, 4096,
	  "extended - 1000 -;logical ext4 0 -;primary ext4 0 /;",
	  "1 1 1001 05;5 2 1000 83;2 1002 3094 83 boot;" },
	{ "root is where it is said to be", "bios", NULL, 4096,
	  "primary ext4 1000 /home;primary ext4 0 /;",
	  "1 1 1000 83;2 1001 3095 83 boot;" },
	{ "a logical root has no flag", "bios", NULL, 4096,
	  "extended - 0 -;logical ext4 0 /;",
	  "1 1 4095 05;5 2 4094 83;" },
	{ "GPT leaves the extended one out", "uefi", NULL, 4096,
	  "primary vfat 100 -;extended - 3000 -;logical ext4 1000 /;logical ntfs 500 -;",
	  "1 1 100 " ESP ";2 101 1000 " LINUX ";3 1101 500 " DATA ";" },
	{ "UEFI on an MBR", "uefi", "mbr", 2048,
	  "primary vfat 100 /boot/efi;primary ext4 0 /;",
	  "1 1 100 ef;2 101 1947 83 boot;" },
	{ "too much", "bios", NULL, 4096, "primary ext4 3000 /;primary swap 1100 -;",
	  "t.conf:2:1: p1: 1100 MB do not fit, 1095 MB are left on hdd0" },
	{ "nothing left", "bios", NULL, 4096, "primary ext4 0 /;primary swap 0 -;",
	  "t.conf:2:1: p1: nothing is left for it on hdd0" },
	{ "logical without extended", "bios", NULL, 4096, "logical ext4 100 -;",
	  "t.conf:1:1: p0: a logical partition needs an extended one before it" },
	{ "two extended", "bios", NULL, 4096, "extended - 100 -;extended - 100 -;",
	  "t.conf:2:1: p1: a disk has at most one extended partition" },
	{ "five primary", "bios", NULL, 4096,
	  "primary ext4 9 -;primary ext4 9 -;primary ext4 9 -;primary ext4 9 -;primary ext4 9 -;",
	  "t.conf:3:1: hdd0: an mbr holds 4 primary partitions, not 5 (table = gpt holds more)" },
	{ "too large for an MBR", "bios", NULL, 3u << 20, "",
	  "t.conf:3:1: hdd0: more than 2 TB need table = gpt" },
};

static void add_partitions(struct guest *g, struct disk *d, const char *text)
{
	int n = 0;

	for (; *text; text = strchr(text, ';') + 1, n++) {
		struct partition *p = vec_add(&d->partitions, &g->mem);
		char type[16], fs[16], mount[32];
		unsigned long mb;

		sscanf(text, "%15s %15s %lu %31[^;]", type, fs, &mb, mount);
		p->place = (struct place){ arena_fmt(&g->mem, "p%d", n), n + 1, 1 };
		p->type = arena_str(&g->mem, type);
		p->fs = strcmp(fs, "-") ? arena_str(&g->mem, fs) : NULL;
		p->mount = strcmp(mount, "-") ? arena_str(&g->mem, mount) : NULL;
		p->size = (uint64_t)mb << 20;
	}
}

static char *in_mib(const struct layout *l, struct arena *a)
{
	DEFER(str_done) struct str s = { 0 };

	for (size_t i = 0; i < l->parts.n; i++) {
		const struct part *p = &l->parts.v[i];

		str_fmt(&s, "%d %g %g %s%s;", p->number, (double)p->start / MIB_SECTORS, (double)p->size / MIB_SECTORS,
			p->code, p->boot ? " boot" : "");
	}
	if (l->bios_boot)
		str_add(&s, "loader;");
	return arena_str(a, str_text(&s));
}

static void table(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		struct guest g = { .file = "t.conf", .firmware = r->firmware };
		struct disk d = { .place = { "hdd0", 3, 1 }, .size = (uint64_t)r->size_mb << 20, .table = r->table };
		struct layout l;
		struct err e = { 0 };

		add_partitions(&g, &d, r->parts);
		if (layout_make(&l, &g, &d, true, "seed", &g.mem, &e) < 0)
			is(e.msg, r->want, r->name);
		else
			is(in_mib(&l, &g.mem), r->want, r->name);
		arena_done(&g.mem);
	}
}

/* The whole script, once: a GPT for BIOS has everything a script can have. */
static void whole_script(void)
{
	struct guest g = { .file = "t.conf", .firmware = "bios" };
	struct disk d = { .place = { "hdd0", 3, 1 }, .size = 1024 << 20, .table = "gpt" };
	struct layout l, other;
	struct err e;

	layout_make(&l, &g, &d, true, "seed", &g.mem, &e);
	is(layout_script(&l, &g.mem),
	   "label: gpt\n"
	   "label-id: 1ebffea0-ec32-8791-aedb-8f203beff510\n"
	   "unit: sectors\n"
	   "first-lba: 34\n"
	   "\n"
	   "p1 : start=2048, size=2093056, type=" LINUX ", uuid=4ab4282a-393e-827e-a2cf-116b76bc0de1\n"
	   "p2 : start=34, size=2014, type=21686148-6449-6E6F-744E-656564454649, uuid=dcbd0386-3e20-8e8e-a9c0-d4e4983c36b6\n",
	   "a script, identifiers and all");
	ok(layout_core_sector(&l) == 34, "the loader stands in the partition made for it");
	layout_make(&other, &g, &d, true, "seed", &g.mem, &e);
	is(other.parts.v[0].uuid, l.parts.v[0].uuid, "the same seed, the same identifiers");
	layout_make(&other, &g, &d, true, "another", &g.mem, &e);
	ok(strcmp(other.parts.v[0].uuid, l.parts.v[0].uuid) != 0, "another seed, others");
	layout_make(&other, &g, &d, false, "seed", &g.mem, &e);
	ok(other.parts.n == 0 && other.root == -1, "a disk without a system stays empty");
	arena_done(&g.mem);
}

int main(void)
{
	table();
	whole_script();
	return tap_done();
}
