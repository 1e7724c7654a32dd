/* SPDX-License-Identifier: ISC */
/*
 * A guest's settings, from files in a directory into file systems inside a disk.
 *
 * The stage is a directory that stands for the guest's root: what the settings
 * change is copied there from the tree, what they make is made there. Then find
 * writes a script for debugfs out of it, file by file with owner and mode, and
 * debugfs carries it out inside the disk. A layered disk is shown to debugfs as a
 * plain file through FUSE by qemu-storage-daemon.
 *
 * The stage is below the cache directory and not in the guest's folder: an ordinary
 * user of the host cannot delete what the guest's users own there without help.
 *
 * debugfs always ends with status 0; its complaints are known by how they begin.
 * That a file to be replaced or a directory to be made is there or not is no
 * complaint of ours.
 */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "driver/folder.h"
#include "driver/image.h"

enum { EXPORT_TIMEOUT_MS = 30 * 1000 };

/*
 * What find prints per entry; %P is its path below the stage, %m its permissions in
 * three digits, or four when the first is not 0. The type bits stand in front.
 */
#define OWNER "sif \"%P\" uid %U\nsif \"%P\" gid %G\n"
#define FOR_TOP "sif / mode 04%m\n"
#define FOR_STICKY_DIR "mkdir \"%P\"\nsif \"%P\" mode 04%m\n" OWNER
#define FOR_DIR "mkdir \"%P\"\nsif \"%P\" mode 040%m\n" OWNER
#define FOR_LINK "rm \"%P\"\nsymlink \"%P\" \"%l\"\n" OWNER
#define FOR_FILE "rm \"%%P\"\nwrite \"%s/%%P\" \"%%P\"\nsif \"%%P\" mode 0100%%m\n" \
	"sif \"%%P\" uid %%U\nsif \"%%P\" gid %%G\n"

static const char *const complaints[] = {
	"write:", "symlink:", "sif:", "mkdir: Could not", "debugfs: Bad magic", "debugfs: No such file", "debugfs: Command not found",
	NULL,
};

static void copy_wanted(struct build *b)
{
	struct plan *p = b->p;
	struct words w = { 0 };

	if (!b->g->users.n && !b->g->groups.n && !b->g->root_passwd)
		return;
	words_add(&w, &p->mem, "cp");
	words_add(&w, &p->mem, "-a");
	words_add(&w, &p->mem, "--parents");
	words_add(&w, &p->mem, "-t");
	words_add(&w, &p->mem, b->stage);
	for (const char *const *file = b->system->wants; *file; file++)
		words_add(&w, &p->mem, *file);
	tree_run(b, "files of the tree that settings change", argv_of(&w, &p->mem))->cwd = b->tree;
}

static void fstab_line(struct str *s, const struct layout *l, int i, bool first_disk, struct arena *a)
{
	const struct part *part = &l->parts.v[i];
	const char *name = fs_name(l, i, a), *also = first_disk ? "" : ",nofail";
	const char *mount = i == l->root ? "/" : part->mount;

	if (str_eq(part->fs, "swap"))
		str_fmt(s, "%s none swap sw%s 0 0\n", name, also);
	else if (i == l->root)
		str_fmt(s, "%s / %s errors=remount-ro 0 1\n", name, part->fs);
	else if (mount && str_eq(part->fs, "vfat"))
		str_fmt(s, "%s %s vfat umask=0077%s 0 0\n", name, mount, also);
	else if (mount && str_eq(part->fs, "ntfs"))
		str_fmt(s, "%s %s ntfs-3g defaults%s 0 0\n", name, mount, also);
	else if (mount)
		str_fmt(s, "%s %s %s defaults%s 0 2\n", name, mount, part->fs, also);
}

static void fstab(struct build *b)
{
	DEFER(str_done) struct str s = { 0 };

	for (size_t d = 0; d < b->g->disks.n; d++)
		for (size_t i = 0; i < b->layouts[d].parts.n; i++)
			fstab_line(&s, &b->layouts[d], (int)i, !d, &b->p->mem);
	plan_file(b->p, "what is mounted where", plan_fmt(b->p, "%s/etc/fstab", b->stage), 0644, str_text(&s));
}

static void menu(struct build *b)
{
	char *dir = plan_fmt(b->p, "%s/boot/grub", b->stage);

	if (str_eq(loader_kind(b), "none"))
		return;
	plan_dir(b->p, "a place for the boot menu", dir, 0755);
	plan_file(b->p, "the boot menu", plan_fmt(b->p, "%s/grub.cfg", dir), 0644, loader_menu());
}

static void mount_points(struct build *b)
{
	for (size_t d = 0; d < b->g->disks.n; d++)
		for (size_t i = 0; i < b->layouts[d].parts.n; i++) {
			const char *mount = b->layouts[d].parts.v[i].mount;

			if (mount && mount[0] == '/' && mount[1])
				tree_run(b, plan_fmt(b->p, "mount point %s", mount),
					 ARGV("mkdir", "-p", plan_fmt(b->p, "%s%s", b->stage, mount)));
		}
}

static size_t depth(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += *path == '/';
	return n;
}

/*
 * A file system of another disk is not made from the tree: what the tree has there
 * joins the guest's own files. find, because the tree need not have anything there.
 */
static void bring_content(struct build *b, const struct mount *m)
{
	struct plan *p = b->p;
	const char *slash = strrchr(m->path, '/'), *level = plan_fmt(p, "%zu", depth(m->path));

	tree_run(b, plan_fmt(p, "what the tree has in %s", m->path),
		 ARGV("find", b->tree, "-mindepth", level, "-maxdepth", level, "-path", plan_fmt(p, "%s%s", b->tree, m->path),
		      "-exec", "cp", "-an", "-t",
		      plan_fmt(p, "%s%.*s", b->stage, (int)(slash - m->path), m->path), "{}", "+"));
}

/* The deepest come first, so that none takes another away. */
static void divide(struct build *b)
{
	for (size_t i = 0; i < b->mounts.n; i++) {
		const struct mount *m = &b->mounts.v[i];
		const char *at = plan_fmt(b->p, "%s%s", b->stage, m->path);

		if (m->disk)
			bring_content(b, m);
		if (str_eq(m->path, "/tmp") || str_eq(m->path, "/var/tmp"))
			tree_run(b, "everybody's directory", ARGV("chmod", "1777", at));
		tree_run(b, plan_fmt(b->p, "files for %s", m->path), ARGV("mv", "-T", at, m->stage));
		tree_run(b, "the mount point", ARGV("mkdir", at));
	}
}

void stage_paths(struct build *b)
{
	b->stages = plan_fmt(b->p, "%s/stage/%s", b->f->cache_dir, b->g->name);
	b->stage = plan_fmt(b->p, "%s/root", b->stages);
}

static void begin(struct build *b)
{
	plan_dir(b->p, "a place for stages", plan_fmt(b->p, "%s/stage", b->f->cache_dir), 0700);
	tree_forget(b, "what an interrupted build left", b->stages);
	plan_dir(b->p, "a stage for this guest's own files", b->stage, 0755);
	tree_forget(b, "the stage", b->stages);
	plan_undo(b->p);
}

int stage_settings(struct build *b, struct err *e)
{
	begin(b);
	copy_wanted(b);
	return b->system->settings(b->g, b->f, b->s, b->stage, tree_prefix(b->f), b->p, e);
}

int stage_identity(struct build *b, struct err *e)
{
	begin(b);
	return b->system->identity(b->g, b->f, b->s, b->stage, tree_prefix(b->f), b->p, e);
}

int stage_gather(struct build *b, struct err *e)
{
	if (stage_settings(b, e) < 0)
		return -1;
	fstab(b);
	menu(b);
	mount_points(b);
	divide(b);
	return 0;
}

/* The script for debugfs, from what is on a stage. */
static void script(struct build *b, const char *stage, const char *file)
{
	struct step *s = tree_run(b, "how they get into the disk",
		ARGV("find", stage,
		     "(", "-path", stage, "-perm", "-1000", "-printf", FOR_TOP, ")",
		     "-o", "-path", stage,
		     "-o", "(", "-type", "d", "-perm", "/7000", "-printf", FOR_STICKY_DIR, ")",
		     "-o", "(", "-type", "d", "-printf", FOR_DIR, ")",
		     "-o", "(", "-type", "l", "-printf", FOR_LINK, ")",
		     "-o", "(", "-type", "f", "-printf", plan_fmt(b->p, FOR_FILE, stage), ")"));

	s->stdout_path = file;
}

static void write_stage(struct build *b, const char *stage, const struct part *part, const char *device)
{
	const char *commands = plan_fmt(b->p, "%s/debugfs.cmd", b->stages);
	struct step *s;

	script(b, stage, commands);
	s = tree_run(b, plan_fmt(b->p, "the guest's own files into partition %d", part->number),
		     ARGV(tool(b, "debugfs"), "-w", "-f", commands,
			  plan_fmt(b->p, "%s?offset=%" PRIu64, device, part->start * SECTOR)));
	s->fail_lines = complaints;
}

static void write_stages(struct build *b, const char *device)
{
	const struct layout *l = &b->layouts[0];

	write_stage(b, b->stage, &l->parts.v[l->root], device);
	for (size_t i = 0; i < b->mounts.n; i++)
		if (!b->mounts.v[i].disk)
			write_stage(b, b->mounts.v[i].stage, &l->parts.v[b->mounts.v[i].part], device);
}

/* The disk as a plain file, as long as the daemon runs. */
static void write_layered(struct build *b, const char *file)
{
	struct plan *p = b->p;
	const char *shown = plan_fmt(p, "%s/shown.raw", b->work);
	const char *socket = plan_fmt(p, "%s/%s.disk", b->f->run_dir, b->g->name);

	folder_run_dir(b->f, p);
	plan_remove(p, "what an interrupted build left", socket);
	plan_file(p, "where the disk will show", shown, 0600, "");
	plan_spawn(p, "the disk, shown as a plain file",
		   ARGV(tool(b, "qemu-storage-daemon"),
			"--blockdev", plan_fmt(p, "driver=qcow2,node-name=disk,file.driver=file,file.filename=%s", file),
			"--export", plan_fmt(p, "type=fuse,id=shown,node-name=disk,mountpoint=%s,writable=on", shown),
			"--chardev", plan_fmt(p, "socket,id=control,path=%s,server=on,wait=off", socket),
			"--monitor", "chardev=control"));
	/* Its greeting has to be read: the daemon of QEMU 7.2 may crash when who connects leaves before. */
	plan_wait(p, "until it shows", WAIT_QMP, socket, EXPORT_TIMEOUT_MS);
	write_stages(b, shown);
	plan_qmp(p, "the disk is complete", socket, "{\"execute\":\"quit\"}");
	plan_wait(p, "until all is written", WAIT_SPAWN, NULL, EXPORT_TIMEOUT_MS);
	plan_remove(p, "where it was shown", shown);
	plan_remove(p, "its socket", socket);
}

void stage_into_disk(struct build *b, const char *file, bool layered)
{
	if (layered)
		write_layered(b, file);
	else
		write_stages(b, file);
}

void stage_clear(struct build *b)
{
	tree_forget(b, "the stage", b->stages);
}
