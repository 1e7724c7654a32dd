/* SPDX-License-Identifier: ISC */
/*
 * What many guests share: the root tree and the disk made from it. Each is made in
 * a directory of its own beside its final name and published by one rename. A
 * lock lets a second build of the same template wait for the first, and its steps
 * are then skipped because what they make is there.
 */
#include "base/str.h"
#include "driver/image.h"

struct step *tree_run(struct build *b, const char *why, const char *const *argv)
{
	struct words w = { 0 };

	words_extend(&w, &b->p->mem, tree_prefix(b->f));
	words_extend(&w, &b->p->mem, argv);
	return plan_run(b->p, why, argv_of(&w, &b->p->mem));
}

void tree_forget(struct build *b, const char *why, const char *path)
{
	plan_remove_tree(b->f, why, path, b->p);
}

int template_recipe(struct build *b, struct err *e)
{
	struct arena *a = &b->p->mem;
	struct report ignored = { .file = b->g->file };         /* reading the file said it all */
	const char *near = NULL;
	const struct os *os;

	if (!b->g->os)
		return err_set(e, ERR_INVALID, "%s: the guest needs a system: hardware.os = debian-12", b->g->file);
	os = os_find(b->g->os, a, &near);
	if (!os)
		return err_set(e, ERR_INVALID, "%s: hardware.os: '%s' is not known%s%s%s", b->g->file, b->g->os,
			       near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
	b->recipe.os = os;
	b->installer = installer_find(os->installer);
	b->system = system_find(os->family);
	if (!b->installer || !b->system)
		return err_set(e, ERR_UNSUPPORTED, "%s: '%s' cannot be installed from packages; give the first disk a source = IMAGE",
			       b->g->file, os->name);
	b->system->packages(os, b->g, b->s, &b->recipe.packages, a);
	catalog_packages(b->g, os->installer, os->suite, &b->recipe.packages, a, &ignored);
	report_done(&ignored);
	return 0;
}

int template_key(struct build *b, struct err *e)
{
	struct plan *p = b->p;

	if (recipe_key(&b->recipe, b->g, b->f, &p->mem, e) < 0)
		return -1;
	b->tree = plan_fmt(p, "%s/tree/%s", b->f->cache_dir, b->recipe.key);
	stage_paths(b);
	return 0;
}

static bool cached(const struct build *b, const char *kind, const char *name)
{
	return words_has(&b->f->cached, plan_fmt(b->p, "%s/%s", kind, name));
}

static const char *cache(struct build *b, const char *path)
{
	return plan_fmt(b->p, "%s/%s", b->f->cache_dir, path);
}

/* An empty directory for what becomes final; what a killed run left there goes, and so does a failed one. */
static const char *begin(struct build *b, const char *final)
{
	const char *fresh = plan_fmt(b->p, "%s.new", final);

	plan_guard(b->p, final);
	tree_forget(b, "what an interrupted build left", fresh);
	plan_dir(b->p, "a place to make it", fresh, 0755);
	tree_forget(b, "what was made of it", fresh);
	plan_undo(b->p);
	return fresh;
}

static void publish(struct build *b, const char *why, const char *made, const char *final, const char *fresh)
{
	plan_move(b->p, why, made, final);
	plan_guard(b->p, NULL);
	tree_forget(b, "what it was made with", fresh);
}

static void lock(struct build *b, const char *name)
{
	plan_dir(b->p, "a place for locks", cache(b, "lock"), 0755);
	plan_lock(b->p, "one build of this template at a time", cache(b, plan_fmt(b->p, "lock/%s", name)), true);
}

/*
 * The kernel, where the user guests run as can read it. Links that the kernel
 * packages keep: in / on Debian, in /boot on Ubuntu.
 */
static void template_kernel(struct build *b)
{
	const char *from = plan_fmt(b->p, "%s%s", b->tree, str_eq(b->recipe.os->distro, "ubuntu") ? "/boot" : "");
	char *fresh = plan_fmt(b->p, "%s.new", b->boot);

	plan_dir(b->p, "a place for kernels", cache(b, "boot"), 0755);
	plan_guard(b->p, b->boot);
	plan_remove(b->p, "what an interrupted build left", fresh);
	plan_dir(b->p, "a place for its kernel", fresh, 0755);
	plan_run(b->p, "its kernel", ARGV("install", "-m", "0644", plan_fmt(b->p, "%s/vmlinuz", from),
					  plan_fmt(b->p, "%s/vmlinuz", fresh)));
	plan_run(b->p, "its initial ramdisk", ARGV("install", "-m", "0644", plan_fmt(b->p, "%s/initrd.img", from),
						   plan_fmt(b->p, "%s/initrd", fresh)));
	plan_move(b->p, "the kernel is ready", fresh, b->boot);
	plan_guard(b->p, NULL);
}

/* Nobody else may look into trees: they hold programs that run as root, with whatever flaws they have by now. */
static int root_tree(struct build *b, struct err *e)
{
	const char *fresh, *root;

	plan_dir(b->p, "a place for root trees", cache(b, "tree"), 0700);
	fresh = begin(b, b->tree);
	root = plan_fmt(b->p, "%s/root", fresh);
	if (b->installer->tree(&b->recipe, b->g, b->f, root, fresh, b->p, e) < 0)
		return -1;
	publish(b, "the root tree is ready", root, b->tree, fresh);
	return 0;
}

int template_tree(struct build *b, struct err *e)
{
	lock(b, b->recipe.key);
	if (!cached(b, "tree", b->recipe.key) && root_tree(b, e) < 0)
		return -1;
	if (b->recipe.modules.n && !cached(b, "boot", b->recipe.key))
		template_kernel(b);
	return 0;
}

/*
 * A tree whose parts live in different file systems: hard links of the whole, from
 * which every mount point is taken out and left behind as an empty directory.
 */
static const char *split(struct build *b, const char **dirs, const char *fresh)
{
	struct plan *p = b->p;
	const char *root = plan_fmt(p, "%s/root", fresh);

	tree_run(b, "the tree, to be divided", ARGV("cp", "-al", b->tree, root));
	for (size_t i = 0; i < b->mounts.n; i++) {
		const struct mount *m = &b->mounts.v[i];
		const char *at = plan_fmt(p, "%s%s", root, m->path), *out = plan_fmt(p, "%s/tree%zu", fresh, i);

		if (m->disk)
			continue;
		tree_run(b, "it may not have this directory", ARGV("mkdir", "-p", at));
		tree_run(b, plan_fmt(p, "what goes to %s", m->path), ARGV("mv", "-T", at, out));
		tree_run(b, "the mount point", ARGV("mkdir", at));
		tree_run(b, "as it was", ARGV("chmod", plan_fmt(p, "--reference=%s", out), at));
		dirs[m->part] = out;
	}
	return root;
}

static bool is_divided(const struct build *b)
{
	for (size_t i = 0; i < b->mounts.n; i++)
		if (!b->mounts.v[i].disk)
			return true;
	return false;
}

int template_disk(struct build *b, struct err *e)
{
	const struct layout *l = &b->layouts[0];
	const char **dirs = arena_alloc(&b->p->mem, l->parts.n * sizeof *dirs);
	const char *fresh, *file;

	if (cached(b, "disk", plan_fmt(b->p, "%s.raw", b->disk_key)))
		return 0;
	plan_dir(b->p, "a place for base disks", cache(b, "disk"), 0755);
	fresh = begin(b, b->base);
	file = plan_fmt(b->p, "%s/disk.raw", fresh);
	dirs[l->root] = is_divided(b) ? split(b, dirs, fresh) : b->tree;
	fs_disk(b, file, l, dirs, fresh);
	if (loader_install(b, file, fresh, e) < 0)
		return -1;
	publish(b, "the base disk is ready", file, b->base, fresh);
	return 0;
}
