/* SPDX-License-Identifier: ISC */
/*
 * What is seen, judged. "fail" is for what berth cannot work without, "warn" for what
 * will surprise, "note" for what is worth knowing, and something to do is always named.
 */
#include "app/doctor.h"

#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "text/size.h"

enum {
	MB = 1 << 20, LOW_MB = 2048, EMPTY_MB = 64,
	LEAST_FILES = 1024, LEAST_INSTANCES = 128,
	LATE_S = 120, QUARTER_S = 900, DAY_S = 86400,
};

static void say(struct findings *out, enum level l, const char *what, const char *fact, const char *type)
{
	*vec_add(&out->v, &out->mem) = (struct finding){ l, what, fact, type };
}

#define WORDS(...) arena_fmt(&out->mem, __VA_ARGS__)

static void check_qemu(const struct health *h, struct findings *out)
{
	const struct facts *f = h->f;
	const char *version = f->qemu_version ? f->qemu_version : "of an unknown version";

	if (!facts_tool(f, "qemu-system-x86_64"))
		say(out, LEVEL_WARN, "qemu", "not installed: no virtual machines", "apt-get install qemu-system-x86 qemu-utils");
	else if (!facts_tool(f, "qemu-img"))
		say(out, LEVEL_WARN, "qemu", "no qemu-img: no disks can be made", "apt-get install qemu-utils");
	else
		say(out, LEVEL_OK, "qemu", WORDS("QEMU %s", version), NULL);
}

static void check_lxc(const struct health *h, struct findings *out)
{
	if (!facts_tool(h->f, "lxc-start"))
		say(out, LEVEL_NOTE, "lxc", "not installed: no containers of LXC", "apt-get install lxc");
	else
		say(out, LEVEL_OK, "lxc", WORDS("LXC %s", h->lxc_version ? h->lxc_version : "of an unknown version"), NULL);
}

static void check_hypervisors(const struct health *h, struct findings *out)
{
	static const char *const any[] = { "qemu-system-x86_64", "lxc-start", "vzctl", "prlctl" };

	for (size_t i = 0; i < sizeof any / sizeof *any; i++)
		if (facts_tool(h->f, any[i]))
			return;
	say(out, LEVEL_FAIL, "hypervisor", "there is none on this host", "apt-get install qemu-system-x86 qemu-utils");
}

/* What building takes, and the package it comes in. */
static void check_tools(const struct health *h, struct findings *out)
{
	static const char *const rows[][2] = {
		{ "mmdebstrap", "mmdebstrap" }, { "sfdisk", "fdisk" }, { "mke2fs", "e2fsprogs" }, { "debugfs", "e2fsprogs" },
		{ "mkfs.vfat", "dosfstools" }, { "mcopy", "mtools" }, { "grub-mkimage", "grub-common" },
		{ "qemu-storage-daemon", "qemu-system-common" }, { "ssh-keygen", "openssh-client" },
		{ "ssh", "openssh-client" },
	};
	DEFER(str_done) struct str names = { 0 };
	DEFER(str_done) struct str packages = { 0 };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (facts_tool(h->f, rows[i][0]))
			continue;
		str_fmt(&names, " %s", rows[i][0]);
		if (!strstr(str_text(&packages), rows[i][1]))
			str_fmt(&packages, " %s", rows[i][1]);
	}
	if (names.n)
		say(out, LEVEL_WARN, "tools", WORDS("systems cannot be built without%s", names.s),
		    WORDS("apt-get install%s", packages.s));
	else
		say(out, LEVEL_OK, "tools", "all that building takes", NULL);
}

/* The reason ends with what to type, where there is something: "… (add yourself to group kvm: …)". */
static void check_kvm(const struct health *h, struct findings *out)
{
	const char *why = h->f->kvm_why ? h->f->kvm_why : "", *hint = strstr(why, " (");

	if (h->f->kvm)
		say(out, LEVEL_OK, "kvm", WORDS("%s", *why ? why : "works"), NULL);
	else if (hint && str_ends(hint, ")"))
		say(out, LEVEL_WARN, "kvm", WORDS("%.*s", (int)(hint - why), why), WORDS("%.*s", (int)strlen(hint) - 3, hint + 2));
	else
		say(out, LEVEL_NOTE, "kvm", WORDS("processors are emulated: %s", why), NULL);
}

static void check_firmware(const struct health *h, struct findings *out)
{
	if (h->f->ovmf_code)
		say(out, LEVEL_OK, "uefi", h->f->ovmf_code, NULL);
	else
		say(out, LEVEL_NOTE, "uefi", "no firmware: machines boot with BIOS only", "apt-get install ovmf");
}

static void check_fuse(const struct health *h, struct findings *out)
{
	if (h->f->fuse)
		say(out, LEVEL_OK, "fuse", "disks are overlays", NULL);
	else
		say(out, LEVEL_NOTE, "fuse", "/dev/fuse cannot be had: every disk is a full copy", "modprobe fuse");
}

static void check_containers(const struct health *h, struct findings *out)
{
	const struct facts *f = h->f;
	const char *user = f->user ? f->user : "$USER";

	if (!facts_tool(f, "lxc-start"))
		return;
	if (f->uid && !f->id_tools)
		say(out, LEVEL_WARN, "ids", "containers cannot have ids of their own: there is no newuidmap", "apt-get install uidmap");
	else if (f->uid && !f->id_count)
		say(out, LEVEL_WARN, "ids", WORDS("'%s' has no ids for containers in /etc/subuid and /etc/subgid", user),
		    WORDS("usermod --add-subuids 1000000-1065535 --add-subgids 1000000-1065535 %s", user));
	else
		say(out, LEVEL_OK, "ids", f->id_count ? WORDS("containers have %u from %u", f->id_count, f->id_base)
						      : "root's containers take the first range that is free", NULL);
	if (f->uid && !f->own_cgroup && !f->user_manager)
		say(out, LEVEL_WARN, "cgroup", "no control group for the systems of containers", WORDS("loginctl enable-linger %s", user));
	else if (!f->cgroup)
		say(out, LEVEL_NOTE, "cgroup", "containers have no limits: no group of this host is ours to write", NULL);
	else
		say(out, LEVEL_OK, "cgroup", WORDS("limits with version %s", f->cgroup), NULL);
}

static void check_networks(const struct health *h, struct findings *out)
{
	DEFER(str_done) struct str names = { 0 };

	for (size_t i = 0; i < h->f->bridges.n; i++)
		str_fmt(&names, " %s", h->f->bridges.v[i]);
	if (h->f->tun)
		say(out, LEVEL_OK, "tun", "/dev/net/tun opens", NULL);
	else
		say(out, LEVEL_WARN, "tun", "/dev/net/tun does not open: containers have no network of their own", "modprobe tun");
	if (names.n)
		say(out, LEVEL_OK, "bridges", arena_str(&out->mem, names.s + 1), NULL);
	else
		say(out, LEVEL_NOTE, "bridges", "none: interfaces with type = bridge cannot be had", "ip link add br0 type bridge");
}

static bool bridges_of_ours(const struct facts *f)
{
	for (size_t i = 0; i < f->bridges.n; i++)
		if (strcmp(f->bridges.v[i], "docker0") != 0)
			return true;
	return false;
}

static void check_firewall(const struct health *h, struct findings *out)
{
	bool bridge = bridges_of_ours(h->f);

	if (h->firewalld && bridge)
		say(out, LEVEL_NOTE, "firewalld", "runs: it may block what bridges carry",
		    "firewall-cmd --permanent --zone=trusted --add-interface=BRIDGE");
	if (!h->docker || !bridge)
		return;
	if (str_eq(h->forward_policy, "DROP"))
		say(out, LEVEL_WARN, "docker", h->bridge_filter ? "it drops what is forwarded, on bridges too"
								: "it drops what is forwarded between networks",
		    "iptables -I DOCKER-USER -i BRIDGE -j ACCEPT; iptables -I DOCKER-USER -o BRIDGE -j ACCEPT");
	else if (!h->forward_policy)
		say(out, LEVEL_NOTE, "docker", "it may drop what bridges forward; only root can see it", "sudo berth doctor");
}

static void check_space(const struct dir_seen *p, struct findings *out)
{
	const char *left = WORDS("%" PRIu64 " MB are free in %s", p->free_bytes / MB, p->path);

	if (p->free_bytes < (uint64_t)EMPTY_MB * MB)
		say(out, LEVEL_FAIL, p->what, left, WORDS("df -h %s", p->path));
	else if (p->free_bytes < (uint64_t)LOW_MB * MB)
		say(out, LEVEL_WARN, p->what, left, WORDS("df -h %s", p->path));
	else if (p->inodes && p->free_inodes < p->inodes / 100)
		say(out, LEVEL_WARN, p->what, WORDS("less than 1 %% of the inodes are free in %s", p->path), WORDS("df -i %s", p->path));
	else
		say(out, LEVEL_OK, p->what, left, NULL);
}

static void check_places(const struct health *h, struct findings *out)
{
	for (size_t i = 0; i < PLACES; i++) {
		const struct dir_seen *p = &h->places[i];

		if (p->error)
			say(out, LEVEL_FAIL, p->what, WORDS("nothing can be written to %s: %s", p->path, p->error),
			    WORDS("ls -ld %s", p->path));
		else if (p->anybody)
			say(out, LEVEL_FAIL, p->what, WORDS("everybody can write to %s", p->path), WORDS("chmod o-w %s", p->path));
		else if (p->closed)
			say(out, LEVEL_WARN, p->what, WORDS("uid %u, whom guests run as, cannot pass %s", (unsigned)h->f->run_uid, p->closed),
			    WORDS("chmod o+x %s", p->closed));
		else if (i < PLACES - 1)
			check_space(p, out);
	}
}

/* A clock that keeps local time is off by quarters of hours, and no trouble. */
static bool is_zone(int64_t apart)
{
	int64_t rest = apart % QUARTER_S;

	return apart < DAY_S && (rest < LATE_S || rest > QUARTER_S - LATE_S);
}

static void check_clock(const struct health *h, struct findings *out)
{
	int64_t off = h->rtc ? h->now - h->rtc : 0, apart = off < 0 ? -off : off;

	if (h->now < h->built)
		say(out, LEVEL_FAIL, "clock", "it is earlier than when this program was built: certificates and package lists will seem wrong",
		    "timedatectl set-ntp true");
	else if (apart <= LATE_S)
		say(out, LEVEL_OK, "clock", h->rtc ? "the system's and the machine's agree" : "plausible", NULL);
	else if (is_zone(apart))
		say(out, LEVEL_NOTE, "clock", "the machine's keeps local time", "timedatectl set-local-rtc 0");
	else
		say(out, LEVEL_WARN, "clock", WORDS("the system's and the machine's differ by %" PRId64 " s", apart), "hwclock --systohc");
}

static void check_limits(const struct health *h, struct findings *out)
{
	if (h->open_files < LEAST_FILES)
		say(out, LEVEL_WARN, "limits", WORDS("%" PRIu64 " files may be open at once: few guests can be asked together", h->open_files),
		    WORDS("ulimit -n %d", LEAST_FILES));
	else if (h->inotify_instances && h->inotify_instances < LEAST_INSTANCES)
		say(out, LEVEL_WARN, "limits", WORDS("%" PRIu64 " inotify instances: systems in containers run out of them",
						     h->inotify_instances), "sysctl fs.inotify.max_user_instances=1024");
	else
		say(out, LEVEL_OK, "limits", WORDS("%" PRIu64 " open files", h->open_files), NULL);
}

static void check_keepers(const struct health *h, struct findings *out)
{
	for (size_t i = 0; i < h->unkept.n; i++)
		say(out, LEVEL_WARN, "keeper", WORDS("'%s' runs, and will not be started again: its keeper was killed", h->unkept.v[i]),
		    WORDS("setsid -f berth keep --running %s", h->unkept.v[i]));
}

static void (*const checks[])(const struct health *h, struct findings *out) = {
	check_hypervisors, check_qemu, check_kvm, check_firmware, check_lxc, check_containers, check_tools, check_fuse,
	check_networks, check_firewall, check_places, check_clock, check_limits, check_keepers,
};

void doctor_examine(const struct health *h, struct findings *out)
{
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		checks[i](h, out);
}

const char *level_word(enum level l)
{
	switch (l) {
	case LEVEL_OK:   return "ok";
	case LEVEL_NOTE: return "note";
	case LEVEL_WARN: return "warn";
	case LEVEL_FAIL: return "fail";
	}
	return "?";
}

enum level findings_worst(const struct findings *v)
{
	enum level worst = LEVEL_OK;

	for (size_t i = 0; i < v->v.n; i++)
		if (v->v.v[i].level > worst)
			worst = v->v.v[i].level;
	return worst;
}

void findings_done(struct findings *v)
{
	arena_done(&v->mem);
	*v = (struct findings){ 0 };
}
