/* SPDX-License-Identifier: ISC */
/*
 * The root file system of a container: a layer over the same tree that QEMU guests of
 * this kind are made from, with the guest's own settings in the layer. Nothing is
 * mounted for that: what settings write is the layer.
 *
 * Root's containers have other ids than the host. For them the tree is kept a second
 * time with its owners moved, CACHE/container/KEY.BASE, because no overlay of
 * Linux 6.1 moves them on the way. tar does it: packed by the owner, unpacked
 * by root of the container's own range.
 */
#include <inttypes.h>

#include "base/str.h"
#include "driver/host_key.h"
#include "driver/image.h"
#include "driver/lxc.h"
#include "model/netplan.h"

/* A step of the container's root. Its own directory is the only one it needs to see on the way. */
static void as_its_root(struct build *b, const char *why, const char *const *argv, const char *cwd)
{
	struct words w = { 0 };

	words_add(&w, &b->p->mem, tool(b, "lxc-usernsexec"));
	for (const char *kind = "ug"; *kind; kind++) {
		words_add(&w, &b->p->mem, "-m");
		words_add(&w, &b->p->mem, plan_fmt(b->p, "%c:0:%" PRIu32 ":%d", *kind, b->f->id_base, LXC_IDS));
	}
	words_add(&w, &b->p->mem, "--");
	words_extend(&w, &b->p->mem, argv);
	plan_run(b->p, why, argv_of(&w, &b->p->mem))->cwd = cwd;
}

static void its_dir(struct build *b, const char *why, const char *path)
{
	struct step *s = plan_dir(b->p, why, path, 0755);

	if (lxc_is_shifted(b->g, b->f))
		s->uid = s->gid = b->f->id_base;
}

/* What is in from, into the directory name of dir, with owners moved into the container's range. */
static void shift(struct build *b, const char *why, const char *from, const char *dir, const char *name)
{
	const char *tar = plan_fmt(b->p, "%s.tar", name);

	plan_run(b->p, plan_fmt(b->p, "%s, packed", why),
		 ARGV("tar", "--xattrs", "--xattrs-include=*", "--exclude=./dev/*", "--numeric-owner", "-C", from, "-cf",
		      plan_fmt(b->p, "%s/%s", dir, tar), "."));
	as_its_root(b, plan_fmt(b->p, "%s, with the container's owners", why),
		    ARGV("tar", "--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf", tar, "-C", name), dir);
	plan_remove(b->p, "the pack", plan_fmt(b->p, "%s/%s", dir, tar));
}

/* The host's /etc/subuid has to allow what newuidmap is asked for, root's requests included. */
static void range(struct build *b)
{
	const struct facts *f = b->f;
	const char *span = plan_fmt(b->p, "%" PRIu32 "-%" PRIu32, f->id_base, f->id_base + LXC_IDS - 1);

	if (!f->id_count && f->id_tools && !f->uid)
		plan_run(b->p, "ids for containers, which nobody else has",
			 ARGV("usermod", "--add-subuids", span, "--add-subgids", span, "root"));
}

static const char *shifted_tree(struct build *b)
{
	struct plan *p = b->p;
	const char *name = plan_fmt(p, "%s.%" PRIu32, b->recipe.key, b->f->id_base);
	const char *final = plan_fmt(p, "%s/container/%s", b->f->cache_dir, name), *fresh = plan_fmt(p, "%s.new", final);
	struct folder_access who = lxc_access(b->g, b->f);
	struct step *s;

	if (words_has(&b->f->cached, plan_fmt(p, "container/%s", name)))
		return final;
	s = plan_dir(p, "a place for containers' trees", plan_fmt(p, "%s/container", b->f->cache_dir), who.mode);
	s->gid = who.gid;
	plan_guard(p, final);
	plan_remove(p, "what an interrupted build left", fresh);
	plan_dir(p, "a place to make it", fresh, 0755);
	plan_remove(p, "what was made of it", fresh);
	plan_undo(p);
	its_dir(b, "the tree with the container's owners", plan_fmt(p, "%s/root", fresh));
	shift(b, "the tree", b->tree, fresh, "root");
	plan_move(p, "the tree is ready", plan_fmt(p, "%s/root", fresh), final);
	plan_guard(p, NULL);
	plan_remove(p, "what it was made with", fresh);
	return final;
}

static void add_settings(struct build *b, const char *name)
{
	const char *into = plan_fmt(b->p, "%s/%s", b->work, name);

	if (lxc_is_shifted(b->g, b->f))
		shift(b, "the guest's own files", b->stage, b->work, name);
	else
		tree_run(b, "the guest's own files", ARGV("cp", "-a", "--remove-destination", "-T", b->stage, into));
}

static void layer(struct build *b, const char *base)
{
	its_dir(b, "where the kernel works on it", plan_fmt(b->p, "%s/work", b->work));
	plan_link(b->p, "what it is a layer over", plan_fmt(b->p, "%s/base", b->work), base);
}

/* Root gathers the guest's own files where they stay, and moves their owners there. */
static int settings_as_root(struct build *b, const char *base, struct err *e)
{
	bool copied = str_eq(b->g->lxc.rootfs, "copy");

	if (!copied)
		b->stages = b->stage = plan_fmt(b->p, "%s/upper", b->work);
	if (stage_settings(b, e) < 0)
		return -1;
	if (lxc_is_shifted(b->g, b->f))
		plan_shift(b->p, "their owners are the container's", b->stage, b->f->id_base);
	if (!copied) {
		layer(b, base);
		return 0;
	}
	tree_run(b, "a tree of its own", ARGV("cp", "-a", "--reflink=auto", "-T", base, plan_fmt(b->p, "%s/rootfs", b->work)));
	tree_run(b, "with its own files", ARGV("cp", "-a", "--remove-destination", "-T", b->stage,
					       plan_fmt(b->p, "%s/rootfs", b->work)));
	stage_clear(b);
	return 0;
}

static int settings_as_user(struct build *b, const char *base, struct err *e)
{
	const char *root = plan_fmt(b->p, "%s/%s", b->work, lxc_content(b->g));

	if (stage_settings(b, e) < 0)
		return -1;
	if (str_eq(b->g->lxc.rootfs, "copy"))
		tree_run(b, "a tree of its own", ARGV("cp", "-a", "--reflink=auto", "-T", base, root));
	else
		layer(b, base);
	tree_run(b, "the guest's own files", ARGV("cp", "-a", "--remove-destination", "-T", b->stage, root));
	stage_clear(b);
	return 0;
}

static int steps(struct build *b, struct err *e)
{
	const char *base = b->tree;

	if (template_tree(b, e) < 0)
		return -1;
	if (lxc_is_shifted(b->g, b->f)) {
		range(b);
		base = shifted_tree(b);
	}
	if ((b->f->uid ? settings_as_user : settings_as_root)(b, base, e) < 0)
		return -1;
	return b->missing ? err_set(e, ERR_NOT_FOUND, "%s", b->missing) : 0;
}

const char *lxc_content(const struct guest *g)
{
	return str_eq(g->lxc.rootfs, "copy") ? "rootfs" : "upper";
}

/*
 * What the original has been given since it was built stays; only what makes it
 * another one is written anew. Its root may have put links anywhere, to files of the
 * host as well: find follows none on its way.
 */
static int become_another(struct build *b, struct err *e)
{
	const char *root = lxc_content(b->g);

	if (stage_identity(b, e) < 0)
		return -1;
	for (const char *const *file = b->system->own; *file; file++)
		tree_run(b, "without what every guest makes for itself",
			 ARGV("find", ".", "-path", plan_fmt(b->p, "./%s", *file), "-delete"))->cwd =
			plan_fmt(b->p, "%s/%s", b->work, root);
	add_settings(b, root);
	stage_clear(b);
	return b->missing ? err_set(e, ERR_NOT_FOUND, "%s", b->missing) : 0;
}

int lxc_root_clone(const struct guest *g, const struct facts *f, const char *work, struct plan *p, struct err *e)
{
	struct surroundings around = { .resolver = network_resolver(g, f, &p->mem), .container = true };
	struct build b = { .g = g, .f = f, .s = &around, .work = work, .p = p };
	const char *from = guest_folder(f, f->other, &p->mem);

	if (lxc_user_builds(g, f, e) < 0 || template_recipe(&b, e) < 0)
		return -1;
	stage_paths(&b);
	tree_run(&b, "its content", ARGV("cp", "-a", "--reflink=auto", "-T", plan_fmt(p, "%s/%s", from, lxc_content(g)),
					 plan_fmt(p, "%s/%s", work, lxc_content(g))));
	if (!str_eq(g->lxc.rootfs, "copy")) {
		its_dir(&b, "where the kernel works on it", plan_fmt(p, "%s/work", work));
		plan_run(p, "what it is a layer over", ARGV("cp", "-a", plan_fmt(p, "%s/base", from), plan_fmt(p, "%s/base", work)));
	}
	return become_another(&b, e);
}

int lxc_root(const struct guest *g, const struct facts *f, const char *work, struct plan *p, struct err *e)
{
	struct surroundings around = {
		.resolver = network_resolver(g, f, &p->mem),
		.container = true,
		.ssh_public_key = host_key(f, p),
	};
	struct build b = { .g = g, .f = f, .s = &around, .work = work, .p = p };

	if (lxc_user_builds(g, f, e) < 0 || template_recipe(&b, e) < 0 || template_key(&b, e) < 0)
		return -1;
	return steps(&b, e);
}
