/* SPDX-License-Identifier: ISC */
/* The key of a root tree: the same for the same content, another for any other. And what apt is told. */
#include "tap.h"

#include "base/str.h"
#include "model/install.h"

static const struct os bookworm = { .name = "debian-12", .family = "debian", .distro = "debian",
				    .suite = "bookworm", .arch = "amd64", .installer = "apt" };
static const struct os noble = { .name = "ubuntu-24.04", .family = "debian", .distro = "ubuntu",
				 .suite = "noble", .arch = "amd64", .installer = "apt" };

/* One guest on one host, from which each test changes one thing. */
struct scene {
	struct guest g;
	struct facts f;
	struct recipe r;
};

static void set(struct scene *s)
{
	*s = (struct scene){ .g = { .file = "t.conf" }, .f = { .apt_conf = "Acquire::Check-Date \"false\";\n" } };
	*vec_add(&s->f.apt_sources, &s->f.mem) =
		(struct apt_source){ "debian.sources", "Types: deb\nURIs: http://example.org/debian\nSuites: bookworm bookworm-updates\n" };
	*vec_add(&s->f.apt_sources, &s->f.mem) =
		(struct apt_source){ "other.list", "deb http://example.org/other tool-bookworm main\n" };
	*vec_add(&s->f.tools, &s->f.mem) = (struct tool){ "mmdebstrap", "/usr/bin/mmdebstrap" };
	s->r.os = &bookworm;
	words_add(&s->r.packages, &s->g.mem, "openssh-server");
	words_add(&s->r.packages, &s->g.mem, "dbus");
	words_add(&s->r.packages, &s->g.mem, "dbus");
	words_add(&s->r.modules, &s->g.mem, "virtio_blk");
}

static void drop(struct scene *s)
{
	arena_done(&s->g.mem);
	arena_done(&s->f.mem);
}

static const char *key(struct scene *s)
{
	struct err e = { 0 };

	return recipe_key(&s->r, &s->g, &s->f, &s->g.mem, &e) < 0 ? arena_str(&s->g.mem, e.msg) : s->r.key;
}

static void stable(void)
{
	struct scene s, t;

	set(&s);
	is(key(&s), "1112ac155f24858b", "a key that changes makes every host build anew");
	ok(s.r.packages.n == 2 && !strcmp(s.r.packages.v[0], "dbus"), "packages are in order and there once");
	set(&t);
	t.r.packages.v[0] = "dbus";
	t.r.packages.v[1] = "openssh-server";
	is(key(&t), s.r.key, "their order in the file does not matter");
	t.f.apt_sources.v[1].text = "deb http://example.org/changed tool-bookworm main\n";
	is(key(&t), s.r.key, "nor does a source of another suite");
	drop(&s);
	drop(&t);
}

static void sensitive(void)
{
	static const char *const what[] = {
		"another package", "another module", "another source", "another name of it", "another apt setting",
		"a mirror", "another architecture",
	};
	static const struct os i386 = { .name = "debian-12", .family = "debian", .distro = "debian",
					.suite = "bookworm", .arch = "i386", .installer = "apt" };
	struct scene s;

	for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
		const char *before;

		set(&s);
		before = key(&s);
		switch (i) {
		case 0: words_add(&s.r.packages, &s.g.mem, "vim"); break;
		case 1: words_add(&s.r.modules, &s.g.mem, "ahci"); break;
		case 2: s.f.apt_sources.v[0].text = "deb http://example.org/debian bookworm main\n"; break;
		case 3: s.f.apt_sources.v[0].name = "main.sources"; break;
		case 4: s.f.apt_conf = ""; break;
		case 5: s.g.mirror = "deb http://example.org/debian bookworm main"; break;
		case 6: s.r.os = &i386; break;
		}
		ok(strcmp(key(&s), before) != 0 && strlen(key(&s)) == 16, "%s, another key", what[i]);
		drop(&s);
	}
}

static void refused(void)
{
	static const struct os windows = { .name = "windows-7", .family = "windows", .distro = "windows" };
	struct scene s;
	struct plan p = { 0 };
	struct err e = { 0 };

	set(&s);
	s.r.os = &noble;
	is(key(&s), "t.conf: no package source of this host has noble; name one: config.mirror = deb URL noble main universe",
	   "a suite the host knows nothing about");
	s.g.mirror = "deb http://example.org/ubuntu noble main universe";
	ok(strlen(key(&s)) == 16, "a mirror helps");
	s.r.os = &windows;
	is(key(&s), "t.conf: 'windows-7' cannot be installed from packages; give the first disk a source = IMAGE",
	   "what no package tool installs");
	s.r.os = &bookworm;
	s.f.tools.v[0].path = NULL;
	ok(installer_find("apt")->tree(&s.r, &s.g, &s.f, "/t/root", "/t", &p, &e) < 0 && e.kind == ERR_NOT_FOUND,
	   "a missing mmdebstrap is told");
	drop(&s);
	plan_done(&p);
}

/* The words of the one long command, one per line. */
static char *argv_text(const struct plan *p, struct arena *a)
{
	const struct step *last = &p->steps.v[p->steps.n - 1];
	DEFER(str_done) struct str s = { 0 };

	for (const char *const *w = last->argv; *w; w++)
		str_fmt(&s, "%s\n", *w);
	return arena_str(a, str_text(&s));
}

static void command(void)
{
	struct scene s;
	struct plan p = { 0 };
	struct err e = { 0 };

	set(&s);
	key(&s);
	installer_find("apt")->tree(&s.r, &s.g, &s.f, "/t/root", "/t", &p, &e);
	is(argv_text(&p, &s.g.mem),
	   "mmdebstrap\n--mode=root\n--variant=minbase\n--skip=check/signed-by\n--architectures=amd64\n"
	   "--include=e2fsprogs,initramfs-tools,kmod,lz4,qemu-guest-agent,udev,linux-image-cloud-amd64,dbus,openssh-server,\n"
	   "--setup-hook=upload source0 /etc/apt/sources.list.d/debian.sources\n"
	   "--setup-hook=upload apt.conf /etc/apt/apt.conf.d/90berth\n"
	   "--setup-hook=mkdir -p \"$1/etc/initramfs-tools/conf.d\" \"$1/etc/dpkg/dpkg.cfg.d\"\n"
	   "--setup-hook=upload dpkg.conf /etc/dpkg/dpkg.cfg.d/berth\n"
	   "--setup-hook=upload initramfs.conf /etc/initramfs-tools/conf.d/berth\n"
	   "--setup-hook=upload modules /etc/initramfs-tools/modules\n"
	   "--customize-hook=cd \"$1\" && rm -f etc/hostname etc/resolv.conf etc/ssh/ssh_host_* var/lib/systemd/random-seed"
	   " etc/systemd/system/*.wants/e2scrub_* && : > etc/machine-id\n"
	   "bookworm\n/t/root\n\n", "mmdebstrap, word for word");
	words_add(&s.r.modules, &s.g.mem, "ahci");
	s.f.uid = 1000;
	s.f.apt_sources.v[0].name = "my mirror; rm.sources";
	installer_find("apt")->tree(&s.r, &s.g, &s.f, "/t/root", "/t", &p, &e);
	ok(strstr(argv_text(&p, &s.g.mem), ",linux-image-amd64,"), "a driver the small kernel lacks takes the general one");
	ok(str_starts(argv_text(&p, &s.g.mem), "unshare\n--map-root-user\n"), "an ordinary user is root in a namespace");
	ok(strstr(argv_text(&p, &s.g.mem), "upload source0 /etc/apt/sources.list.d/source0.sources\n"),
	   "an unusual file name stays out of a hook");
	drop(&s);
	plan_done(&p);
}

int main(void)
{
	stable();
	sensitive();
	refused();
	command();
	return tap_done();
}
