/* SPDX-License-Identifier: ISC */
/* A healthy host, made by hand, and one thing at a time that ails it. */
#include "tap.h"

#include "app/doctor.h"
#include "base/str.h"

static const char *const programs[] = {
	"qemu-system-x86_64", "qemu-img", "lxc-start", "mmdebstrap", "sfdisk", "mke2fs", "debugfs", "mkfs.vfat", "mcopy",
	"grub-mkimage", "qemu-storage-daemon", "ssh-keygen", "ssh",
};

static const struct dir_seen fine = { .what = "guests", .path = "/d", .there = true, .free_bytes = 9ull << 30,
				      .inodes = 1000, .free_inodes = 900 };

static void well(struct facts *f, struct health *h)
{
	*f = (struct facts){ .uid = 1000, .run_uid = 1000, .user = "ada", .qemu_version = "7.2", .kvm = true, .kvm_why = "it ran",
			     .fuse = true, .ovmf_code = "/code.fd", .cgroup = "2", .own_cgroup = true, .tun = true,
			     .id_base = 1000000, .id_count = 65536, .id_tools = true };
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		*vec_add(&f->tools, &f->mem) = (struct tool){ programs[i], "/usr/bin/x" };
	words_add(&f->bridges, &f->mem, "br0");
	*h = (struct health){ .f = f, .places = { fine, fine, fine }, .now = 2000000000, .built = 1900000000, .rtc = 2000000001,
			      .open_files = 1024, .inotify_instances = 128 };
}

static void lose(struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->tools.n; i++)
		if (!strcmp(f->tools.v[i].name, name))
			f->tools.v[i].path = NULL;
}

static void nothing(struct facts *f, struct health *h) { }
static void no_qemu(struct facts *f, struct health *h) { lose(f, "qemu-system-x86_64"); }
static void no_disks(struct facts *f, struct health *h) { lose(f, "qemu-img"); }
static void no_lxc(struct facts *f, struct health *h) { lose(f, "lxc-start"); }
static void no_any(struct facts *f, struct health *h) { no_qemu(f, h); no_lxc(f, h); }
static void no_tools(struct facts *f, struct health *h) { lose(f, "mke2fs"); lose(f, "debugfs"); lose(f, "ssh"); }
static void emulated(struct facts *f, struct health *h) { f->kvm = false; f->kvm_why = "the guest never ran"; }
static void locked(struct facts *f, struct health *h) { f->kvm = false; f->kvm_why = "/dev/kvm: closed (add yourself)"; }
static void no_ovmf(struct facts *f, struct health *h) { f->ovmf_code = NULL; }
static void no_fuse(struct facts *f, struct health *h) { f->fuse = false; }
static void no_uidmap(struct facts *f, struct health *h) { f->id_tools = false; }
static void no_ids(struct facts *f, struct health *h) { f->id_count = 0; }
static void no_group(struct facts *f, struct health *h) { f->own_cgroup = false; }
static void no_limits(struct facts *f, struct health *h) { f->cgroup = NULL; }
static void no_tun(struct facts *f, struct health *h) { f->tun = false; }
static void no_bridge(struct facts *f, struct health *h) { f->bridges.n = 0; }
static void docker(struct facts *f, struct health *h) { h->docker = true; h->forward_policy = "DROP"; }
static void docker_unseen(struct facts *f, struct health *h) { h->docker = true; }
static void docker_open(struct facts *f, struct health *h) { h->docker = true; h->forward_policy = "ACCEPT"; }
static void docker_alone(struct facts *f, struct health *h) { docker(f, h); f->bridges.v[0] = "docker0"; }
static void firewalld(struct facts *f, struct health *h) { h->firewalld = true; }
static void closed(struct facts *f, struct health *h) { h->places[0].error = "/d: Permission denied"; }
static void open_to_all(struct facts *f, struct health *h) { h->places[2].anybody = true; }
static void on_the_way(struct facts *f, struct health *h) { h->places[1].closed = "/root"; }
static void little(struct facts *f, struct health *h) { h->places[0].free_bytes = 500ull << 20; }
static void full(struct facts *f, struct health *h) { h->places[0].free_bytes = 1 << 20; }
static void no_inodes(struct facts *f, struct health *h) { h->places[1].free_inodes = 9; }
static void uncounted(struct facts *f, struct health *h) { h->places[1].inodes = h->places[1].free_inodes = 0; }
static void past(struct facts *f, struct health *h) { h->now = h->rtc = h->built - 1; }
static void zone(struct facts *f, struct health *h) { h->rtc += 5 * 3600 + 2700; }
static void apart(struct facts *f, struct health *h) { h->rtc -= 400; }
static void no_rtc(struct facts *f, struct health *h) { h->rtc = 0; }
static void few_files(struct facts *f, struct health *h) { h->open_files = 256; }
static void few_instances(struct facts *f, struct health *h) { h->inotify_instances = 16; }

static const struct { const char *name; void (*ail)(struct facts *f, struct health *h); const char *want; } rows[] = {
	{ "well", nothing, "" },
	{ "no QEMU", no_qemu, "warn qemu (apt-get install qemu-system-x86 qemu-utils)\n" },
	{ "no qemu-img", no_disks, "warn qemu (apt-get install qemu-utils)\n" },
	{ "no LXC", no_lxc, "note lxc (apt-get install lxc)\n" },
	{ "no hypervisor", no_any, "fail hypervisor (apt-get install qemu-system-x86 qemu-utils)\n"
				   "warn qemu (apt-get install qemu-system-x86 qemu-utils)\nnote lxc (apt-get install lxc)\n" },
	{ "a package is named once", no_tools, "warn tools (apt-get install e2fsprogs openssh-client)\n" },
	{ "KVM that does not run", emulated, "note kvm\n" },
	{ "KVM that is closed", locked, "warn kvm (add yourself)\n" },
	{ "no UEFI", no_ovmf, "note uefi (apt-get install ovmf)\n" },
	{ "no FUSE", no_fuse, "note fuse (modprobe fuse)\n" },
	{ "no newuidmap", no_uidmap, "warn ids (apt-get install uidmap)\n" },
	{ "no ids", no_ids, "warn ids (usermod --add-subuids 1000000-1065535 --add-subgids 1000000-1065535 ada)\n" },
	{ "no group", no_group, "warn cgroup (loginctl enable-linger ada)\n" },
	{ "no limits", no_limits, "note cgroup\n" },
	{ "no tun", no_tun, "warn tun (modprobe tun)\n" },
	{ "no bridge", no_bridge, "note bridges (ip link add br0 type bridge)\n" },
	{ "Docker drops", docker,
	  "warn docker (iptables -I DOCKER-USER -i BRIDGE -j ACCEPT; iptables -I DOCKER-USER -o BRIDGE -j ACCEPT)\n" },
	{ "Docker, and we cannot see", docker_unseen, "note docker (sudo berth doctor)\n" },
	{ "Docker lets pass", docker_open, "" },
	{ "Docker has the only bridge", docker_alone, "" },
	{ "firewalld", firewalld, "note firewalld (firewall-cmd --permanent --zone=trusted --add-interface=BRIDGE)\n" },
	{ "not writable", closed, "fail guests (ls -ld /d)\n" },
	{ "writable for all", open_to_all, "fail guests (chmod o-w /d)\n" },
	{ "closed on the way", on_the_way, "warn guests (chmod o+x /root)\n" },
	{ "little space", little, "warn guests (df -h /d)\n" },
	{ "no space", full, "fail guests (df -h /d)\n" },
	{ "no inodes", no_inodes, "warn guests (df -i /d)\n" },
	{ "inodes are not counted", uncounted, "" },
	{ "a clock of the past", past, "fail clock (timedatectl set-ntp true)\n" },
	{ "local time", zone, "note clock (timedatectl set-local-rtc 0)\n" },
	{ "two clocks", apart, "warn clock (hwclock --systohc)\n" },
	{ "one clock", no_rtc, "" },
	{ "few files", few_files, "warn limits (ulimit -n 1024)\n" },
	{ "few inotify instances", few_instances, "warn limits (sysctl fs.inotify.max_user_instances=1024)\n" },
};

/* All but what is well, without the words. */
static void examine(size_t row)
{
	DEFER(findings_done) struct findings found = { 0 };
	DEFER(facts_done) struct facts f = { 0 };
	DEFER(str_done) struct str got = { 0 };
	struct health h;

	well(&f, &h);
	rows[row].ail(&f, &h);
	doctor_examine(&h, &found);
	for (size_t i = 0; i < found.v.n; i++) {
		const struct finding *x = &found.v.v[i];

		if (x->level == LEVEL_OK)
			continue;
		str_fmt(&got, "%s %s", level_word(x->level), x->what);
		str_fmt(&got, x->type ? " (%s)\n" : "\n", x->type);
	}
	is(str_text(&got), rows[row].want, rows[row].name);
}

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		examine(i);
	return tap_done();
}
