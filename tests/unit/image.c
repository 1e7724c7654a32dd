/* SPDX-License-Identifier: ISC */
/* Plans for disks: what is shared, what is published, and what each kind of disk is made with. */
#include "tap.h"

#include "base/str.h"
#include "model/image.h"

struct scene {
	struct guest g;
	struct facts f;
	struct report r;
	struct plan p;
	struct err e;
	int status;
};

#define SYSTEM "[hardware]\nvm_id = web\nos = debian-12\n"
#define DISK0 "[[hdds]]\n[[[hdd0]]]\nsize = 4G\n"

static void host(struct scene *s)
{
	static const char *const tools[] = {
		"debugfs", "grub-mkimage", "mcopy", "mke2fs", "mkfs.vfat", "mkntfs", "mkswap", "mmd", "mmdebstrap", "ntfslabel",
		"qemu-img", "qemu-storage-daemon", "sfdisk", "useradd", "groupadd",
	};
	struct facts *f = &s->f;

	f->data_dir = "/d";
	f->cache_dir = "/c";
	f->run_dir = "/r";
	f->fuse = true;
	for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
		*vec_add(&f->tools, &f->mem) = (struct tool){ tools[i], tools[i] };
	*vec_add(&f->apt_sources, &f->mem) = (struct apt_source){ "a.list", "deb http://example.org/ bookworm main\n" };
}

static void build(struct scene *s, const char *text)
{
	s->r.file = "web.conf";
	s->status = guest_parse(&s->g, "web.conf", text, strlen(text), &s->r, &s->e);
	if (!s->status)
		s->status = image_build(&s->g, &s->f, "/w", NULL, &s->p, &s->e);
}

static void drop(struct scene *s)
{
	plan_done(&s->p);
	guest_done(&s->g);
	report_done(&s->r);
	arena_done(&s->f.mem);
	*s = (struct scene){ 0 };
}

static void fresh(struct scene *s, const char *text)
{
	host(s);
	build(s, text);
}

/* The commands whose first words are these, a line each. */
static const char *commands(struct scene *s, const char *first)
{
	DEFER(str_done) struct str all = { 0 };

	for (size_t i = 0; i < s->p.steps.n; i++) {
		DEFER(str_done) struct str line = { 0 };
		const char *const *w = s->p.steps.v[i].argv;

		for (; w && *w; w++)
			str_fmt(&line, "%s%s", *w, w[1] ? " " : "");
		if (line.n && str_starts(line.s, first))
			str_fmt(&all, "%s\n", line.s);
	}
	return plan_fmt(&s->p, "%s", str_text(&all));
}

/* A guarded group begins by clearing what a killed run left and ends by renaming something to the guarded path. */
static void published_by_one_rename(void)
{
	struct scene s = { 0 };
	size_t groups = 0;

	fresh(&s, SYSTEM DISK0);
	for (size_t i = 0; i < s.p.steps.n; i++) {
		const struct step *step = &s.p.steps.v[i], *before = i ? step - 1 : NULL;
		const struct step *next = i + 1 < s.p.steps.n ? step + 1 : NULL;

		if (!step->guard)
			continue;
		if (!before || !before->guard || strcmp(before->guard, step->guard) != 0) {
			groups++;
			ok(step->kind == STEP_REMOVE && strcmp(step->path, plan_fmt(&s.p, "%s.new", step->guard)) == 0,
			   "%s: begins with a clean place", step->guard);
		}
		if (!next || !next->guard || strcmp(next->guard, step->guard) != 0)
			ok(step->kind == STEP_MOVE && !strcmp(step->target, step->guard), "%s: ends with its name", step->guard);
	}
	ok(groups == 3, "a tree, its kernel and a disk are shared");
	drop(&s);
}

static void cached(void)
{
	struct scene s = { 0 };
	const char *tree = NULL, *disk = NULL;
	struct arena a = { 0 };

	fresh(&s, SYSTEM DISK0);
	for (size_t i = 0; i < s.p.steps.n; i++) {
		const struct step *step = &s.p.steps.v[i];

		if (step->kind == STEP_MOVE && str_starts(step->target, "/c/tree/"))
			tree = arena_str(&a, step->target + 3);
		if (step->kind == STEP_MOVE && str_starts(step->target, "/c/disk/"))
			disk = arena_str(&a, step->target + 3);
	}
	ok(tree && disk, "both have a name in the cache");
	drop(&s);
	host(&s);
	words_add(&s.f.cached, &s.f.mem, tree);
	words_add(&s.f.cached, &s.f.mem, disk);
	build(&s, SYSTEM DISK0);
	is(commands(&s, "mmdebstrap"), "", "what is in the cache is not installed again");
	is(commands(&s, "mke2fs"), "", "nor formatted");
	is(commands(&s, "qemu-img"), plan_fmt(&s.p, "qemu-img create -q -f qcow2 -b /c/%s -F raw /w/hdd0.qcow2\n", disk),
	   "only a layer is made");
	drop(&s);
	arena_done(&a);
}

static void first_disk(void)
{
	struct scene s = { 0 };

	fresh(&s, SYSTEM DISK0 "format = vmdk\n");
	is(commands(&s, "qemu-img convert"), "qemu-img convert -f qcow2 -O vmdk /w/system.new /w/hdd0.vmdk\n",
	   "another format is a copy of the layer");
	drop(&s);
	host(&s);
	s.f.fuse = false;
	build(&s, SYSTEM DISK0 "format = raw\n");
	is(commands(&s, "qemu-img"), "", "without FUSE a raw disk is a copy of the base disk");
	ok(strstr(commands(&s, "debugfs"), "/w/hdd0.raw?offset=1048576\n"), "that is written into as it is");
	is(commands(&s, "qemu-storage-daemon"), "", "and nothing is exported");
	drop(&s);
	fresh(&s, SYSTEM "boot = disk\n" DISK0);
	ok(strstr(commands(&s, "grub-mkimage"), "-O i386-pc"), "boot = disk has a loader");
	drop(&s);
	fresh(&s, SYSTEM "boot = disk\nfirmware = uefi\n" DISK0);
	ok(strstr(commands(&s, "grub-mkimage"), "-O x86_64-efi") && strstr(commands(&s, "mcopy"), "disk.raw@@1048576 "),
	   "UEFI has its own");
	drop(&s);
}

static void other_disks(void)
{
	struct scene s = { 0 };

	fresh(&s, "[hardware]\nvm_id = web\n" DISK0 "[[[hdd1]]]\nsize = 1G\nname = x.vdi\n");
	is(commands(&s, "qemu-img"),
	   "qemu-img create -q -f qcow2 /w/hdd0.qcow2 4294967296\nqemu-img create -q -f vdi /w/x.vdi 1073741824\n",
	   "without an os and partitions disks are empty");
	ok(s.p.steps.n == 2, "and that is all");
	drop(&s);
	fresh(&s, "[hardware]\nvm_id = web\n[[hdds]]\n[[[hdd0]]]\nsize = 1G\n[[[[partitions]]]]\n[[[[[p0]]]]]\nfs = ntfs\nsize = 500\n");
	is(commands(&s, "qemu-img"),
	   "qemu-img convert -n --target-is-zero -f raw /w/part1 --target-image-opts "
	   "driver=raw,offset=1048576,size=524288000,file.driver=file,file.filename=/w/disk0.new\n"
	   "qemu-img convert -f raw -O qcow2 /w/disk0.new /w/hdd0.qcow2\n", "partitions are made in a plain file first");
	drop(&s);
	fresh(&s, SYSTEM "[[hdds]]\n[[[hdd0]]]\nsource = /i/a.qcow2\nsize = 9G\n[[[hdd1]]]\nsource = b.img\nformat = raw\n");
	is(commands(&s, ""),
	   "qemu-img create -q -f qcow2 -b /i/a.qcow2 -F qcow2 /w/hdd0.qcow2\n"
	   "qemu-img resize -q -f qcow2 /w/hdd0.qcow2 9663676416\n"
	   "qemu-img convert -O raw ./b.img /w/hdd1.raw\n", "a source is layered over or copied, and not looked into");
	drop(&s);
}

static void refused(void)
{
	struct scene s = { 0 };

	fresh(&s, SYSTEM "boot = disk\n" DISK0 "[[[[partitions]]]]\n[[[[[p0]]]]]\nfs = ext4\nsize = 99\nmount = /boot\n"
	      "[[[[[p1]]]]]\nfs = ext4\nmount = /\n");
	ok(s.status < 0 && s.e.kind == ERR_UNSUPPORTED, "what the loader cannot do is refused");
	is(s.e.msg, "web.conf:9: boot = disk needs /boot on the root file system", "with its place");
	drop(&s);
	host(&s);
	s.f.tools.v[0].path = NULL;
	build(&s, SYSTEM DISK0);
	ok(s.e.kind == ERR_NOT_FOUND, "a missing program is found missing before anything is done");
	is(s.e.msg, "debugfs is missing: apt-get install e2fsprogs", "with what to type");
	drop(&s);
}

int main(void)
{
	published_by_one_rename();
	cached();
	first_disk();
	other_disks();
	refused();
	return tap_done();
}
