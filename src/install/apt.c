/* SPDX-License-Identifier: ISC */
/*
 * Debian and its relatives, through mmdebstrap: one transaction from nothing to a
 * root tree with all its programs. It is given no mirror of its own; the host's
 * source files (or the owner's mirror line) are put into the tree before the first
 * package is fetched, and stay there as the guest's.
 *
 * Files go in through mmdebstrap's "upload" hooks, relative to the scratch
 * directory the program runs in: what the hooks name is ours, never the owner's.
 */
#include <string.h>

#include "base/str.h"
#include "model/install.h"

/* Change it when the same recipe has to make another tree. */
#define FORMAT "apt 3"

/* What a guest with its own kernel needs beside that kernel. */
static const char *const machine_packages[] = {
	"e2fsprogs", "initramfs-tools", "kmod", "lz4", "qemu-guest-agent", "udev", NULL,
};

/* The kernel built for virtual machines has these and few other drivers; all else takes the general one. */
static const char *const cloud_modules[] = {
	"ext4", "nvme", "sd_mod", "virtio_blk", "virtio_pci", "virtio_scsi", NULL,
};

/*
 * Only the listed modules: a ramdisk of a few MB that is unpacked in no time. lz4
 * unpacks several times faster than the usual zstd.
 */
#define INITRAMFS_CONF "MODULES=list\nCOMPRESS=lz4\n"

/*
 * The ramdisk loads the listed modules itself, so udev in it would only settle what
 * is settled: seconds on an emulated processor. dpkg leaves its scripts out. (As
 * mmdebstrap's own --dpkgopt this would send every package through a filter.)
 */
#define DPKG_CONF \
	"path-exclude=/usr/share/initramfs-tools/scripts/init-top/udev\n" \
	"path-exclude=/usr/share/initramfs-tools/scripts/init-bottom/udev\n"

/* Must exist before the uploads. */
#define MAKE_DIRS "mkdir -p \"$1/etc/initramfs-tools/conf.d\" \"$1/etc/dpkg/dpkg.cfg.d\""

/*
 * mmdebstrap copies the host's name and resolver for the time of the installation,
 * and packages make keys and seeds: none of that may be shared by all guests of
 * this tree. The machine-id comes with the guest's settings. e2scrub checks file
 * systems on LVM, which there is none of here, and takes its time to find out.
 */
#define FORGET \
	"cd \"$1\" && rm -f etc/hostname etc/resolv.conf etc/ssh/ssh_host_* var/lib/systemd/random-seed" \
	" etc/systemd/system/*.wants/e2scrub_*" \
	" && : > etc/machine-id"

static bool cloud_kernel_does(const struct recipe *r)
{
	for (size_t i = 0; i < r->modules.n; i++) {
		const char *const *m = cloud_modules;

		while (*m && strcmp(*m, r->modules.v[i]) != 0)
			m++;
		if (!*m)
			return false;
	}
	return true;
}

static const char *kernel_package(const struct recipe *r, struct arena *a)
{
	bool small = cloud_kernel_does(r);

	if (str_eq(r->os->distro, "ubuntu"))
		return small ? "linux-image-virtual" : "linux-image-generic";
	return arena_fmt(a, "linux-image-%s%s", small ? "cloud-" : "", r->os->arch);
}

/* Does text name the suite as a word, alone or as "bookworm-updates"? */
static bool names_suite(const char *text, const char *suite)
{
	size_t n = strlen(suite);

	for (const char *at = strstr(text, suite); at; at = strstr(at + 1, suite)) {
		bool starts = at == text || strchr(" \t\n", at[-1]);

		if (starts && (!at[n] || strchr(" \t\n-/", at[n])))
			return true;
	}
	return false;
}

static bool usable(const struct apt_source *s, const struct os *os)
{
	return names_suite(s->text, os->suite);
}

static int check_sources(const struct recipe *r, const struct guest *g, const struct facts *f, struct err *e)
{
	if (g->mirror)
		return 0;
	for (size_t i = 0; i < f->apt_sources.n; i++)
		if (usable(&f->apt_sources.v[i], r->os))
			return 0;
	return err_set(e, ERR_NOT_FOUND,
		       "%s: no package source of this host has %s; name one: config.mirror = deb URL %s main%s",
		       g->file, r->os->suite, r->os->suite, str_eq(r->os->distro, "ubuntu") ? " universe" : "");
}

static int apt_identity(const struct recipe *r, const struct guest *g, const struct facts *f,
			struct str *out, struct err *e)
{
	if (check_sources(r, g, f, e) < 0)
		return -1;
	str_add(out, FORMAT "\n" INITRAMFS_CONF DPKG_CONF FORGET "\n");
	for (const char *const *m = machine_packages; *m; m++)
		str_fmt(out, "%s ", *m);
	str_fmt(out, "\n%s\n", f->apt_conf ? f->apt_conf : "");
	if (g->mirror)
		str_fmt(out, "%s\n", g->mirror);
	for (size_t i = 0; !g->mirror && i < f->apt_sources.n; i++)
		if (usable(&f->apt_sources.v[i], r->os))
			str_fmt(out, "%s\n%s\n", f->apt_sources.v[i].name, f->apt_sources.v[i].text);
	return 0;
}

/* What the command line and the files beside it are made from. */
struct bootstrap {
	struct plan *p;
	const char *scratch;
	struct words argv;
};

static void word(struct bootstrap *b, const char *text)
{
	words_add(&b->argv, &b->p->mem, text);
}

/* A file of the tree: written into scratch, carried over by a hook. */
static void upload(struct bootstrap *b, const char *file, const char *text, const char *where)
{
	plan_file(b->p, "for the new tree", plan_fmt(b->p, "%s/%s", b->scratch, file), 0644, text);
	word(b, plan_fmt(b->p, "--setup-hook=upload %s %s", file, where));
}

/* Hooks are words split at blanks: a source file whose name has other than plain characters gets one of ours. */
static const char *plain_name(struct plan *p, const char *name, size_t i)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	bool deb822 = str_ends(name, ".sources");

	if (name[strspn(name, plain)] || name[0] == '.')
		return plan_fmt(p, "source%zu.%s", i, deb822 ? "sources" : "list");
	return name;
}

static void upload_sources(struct bootstrap *b, const struct recipe *r, const struct guest *g,
			   const struct facts *f)
{
	static const char dir[] = "/etc/apt/sources.list.d";

	if (g->mirror) {
		upload(b, "source.list", plan_fmt(b->p, "%s\n", g->mirror), "/etc/apt/sources.list.d/mirror.list");
		return;
	}
	for (size_t i = 0; i < f->apt_sources.n; i++) {
		const struct apt_source *s = &f->apt_sources.v[i];

		if (usable(s, r->os))
			upload(b, plan_fmt(b->p, "source%zu", i), s->text,
			       plan_fmt(b->p, "%s/%s", dir, plain_name(b->p, s->name, i)));
	}
}

static void upload_kernel_settings(struct bootstrap *b, const struct recipe *r)
{
	DEFER(str_done) struct str s = { 0 };

	for (size_t i = 0; i < r->modules.n; i++)
		str_fmt(&s, "%s\n", r->modules.v[i]);
	word(b, "--setup-hook=" MAKE_DIRS);
	upload(b, "dpkg.conf", DPKG_CONF, "/etc/dpkg/dpkg.cfg.d/berth");
	upload(b, "initramfs.conf", INITRAMFS_CONF, "/etc/initramfs-tools/conf.d/berth");
	upload(b, "modules", str_text(&s), "/etc/initramfs-tools/modules");
}

static const char *include(struct bootstrap *b, const struct recipe *r)
{
	DEFER(str_done) struct str s = { 0 };

	str_add(&s, "--include=");
	if (r->modules.n) {
		for (const char *const *m = machine_packages; *m; m++)
			str_fmt(&s, "%s,", *m);
		str_fmt(&s, "%s,", kernel_package(r, &b->p->mem));
	}
	for (size_t i = 0; i < r->packages.n; i++)
		str_fmt(&s, "%s,", r->packages.v[i]);
	return plan_fmt(b->p, "%s", str_text(&s));
}

static int apt_tree(const struct recipe *r, const struct guest *g, const struct facts *f,
		    const char *tree, const char *scratch, struct plan *p, struct err *e)
{
	struct bootstrap b = { .p = p, .scratch = scratch };
	struct step *run;

	if (check_sources(r, g, f, e) < 0)
		return -1;
	if (!facts_tool(f, "mmdebstrap"))
		return err_set(e, ERR_NOT_FOUND, "mmdebstrap is missing: apt install mmdebstrap");
	for (const char *const *w = tree_prefix(f); *w; w++)
		word(&b, *w);
	word(&b, "mmdebstrap");
	/* In a namespace it has to expect that no device node can be made. */
	word(&b, f->uid ? "--mode=unshare" : "--mode=root");
	word(&b, "--variant=minbase");
	word(&b, "--skip=check/signed-by");
	word(&b, plan_fmt(p, "--architectures=%s", r->os->arch));
	word(&b, include(&b, r));
	upload_sources(&b, r, g, f);
	if (f->apt_conf && *f->apt_conf)
		upload(&b, "apt.conf", f->apt_conf, "/etc/apt/apt.conf.d/90berth");
	if (r->modules.n)
		upload_kernel_settings(&b, r);
	word(&b, "--customize-hook=" FORGET);
	word(&b, r->os->suite);
	word(&b, tree);
	word(&b, "");           /* no mirror of its own: the uploaded sources are all there is */
	run = plan_run(p, plan_fmt(p, "%s with its programs", r->os->name), argv_of(&b.argv, &p->mem));
	run->cwd = plan_fmt(p, "%s", scratch);
	return 0;
}

/* A template brings sources of its own, which may be gone by now. */
static int apt_sources(const struct recipe *r, const struct guest *g, const struct facts *f,
		       const char *root, struct plan *p, struct err *e)
{
	const char *dir = plan_fmt(p, "%s/etc/apt/sources.list.d", root);

	if (check_sources(r, g, f, e) < 0)
		return -1;
	plan_remove(p, "the template's own package source", plan_fmt(p, "%s/etc/apt/sources.list", root));
	plan_remove(p, "and more of them", dir);
	plan_dir(p, "a place for package sources", dir, 0755);
	if (g->mirror)
		plan_file(p, "its package source", plan_fmt(p, "%s/mirror.list", dir), 0644, plan_fmt(p, "%s\n", g->mirror));
	for (size_t i = 0; !g->mirror && i < f->apt_sources.n; i++)
		if (usable(&f->apt_sources.v[i], r->os))
			plan_file(p, "its package sources, as the host's",
				  plan_fmt(p, "%s/%s", dir, plain_name(p, f->apt_sources.v[i].name, i)), 0644,
				  f->apt_sources.v[i].text);
	if (!f->apt_conf || !*f->apt_conf)
		return 0;
	plan_dir(p, "a place for settings of apt", plan_fmt(p, "%s/etc/apt/apt.conf.d", root), 0755);
	plan_file(p, "how the host reaches its sources", plan_fmt(p, "%s/etc/apt/apt.conf.d/90berth", root), 0644, f->apt_conf);
	return 0;
}

static int inside(const char *why, const char *const *argv, const struct guest *g, const struct facts *f,
		  const struct driver *d, struct plan *p, struct err *e)
{
	const char *const *whole = enter_argv(d, g, f, argv, &p->mem, e);

	if (!whole)
		return -1;
	plan_run(p, why, whole);
	return 0;
}

/* Nobody is there to answer a question, and the answer to the commonest is: the settings that are there stay. */
static int apt_add(const struct recipe *r, const struct guest *g, const struct facts *f,
		   const struct driver *d, struct plan *p, struct err *e)
{
	static const char *const install[] = {
		"env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", "--no-install-recommends",
		"-o", "DPkg::Lock::Timeout=60", "-o", "Dpkg::Options::=--force-confdef",
		"-o", "Dpkg::Options::=--force-confold", NULL,
	};
	struct words w = { 0 };

	if (!r->packages.n)
		return 0;
	words_extend(&w, &p->mem, install);
	for (size_t i = 0; i < r->packages.n; i++)
		words_add(&w, &p->mem, r->packages.v[i]);
	if (inside("what can be installed", ARGV("apt-get", "update"), g, f, d, p, e) < 0 ||
	    inside("its programs", argv_of(&w, &p->mem), g, f, d, p, e) < 0)
		return -1;
	return inside("the packages they came in", ARGV("apt-get", "clean"), g, f, d, p, e);
}

const struct installer installer_apt = {
	.name = "apt",
	.tree = apt_tree,
	.identity = apt_identity,
	.sources = apt_sources,
	.add = apt_add,
};
