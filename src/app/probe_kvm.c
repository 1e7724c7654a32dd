/* SPDX-License-Identifier: ISC */
#include "app/probe_kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/plan.h"
#include "sys/file.h"
#include "sys/intr.h"
#include "sys/proc.h"

enum { LIMIT_MS = 3000, SECTOR = 512, DISK_BYTES = 1 << 20 };

extern const char kvm_guest[];          /* kvm_guest.S: one sector; nothing where it was not written for */

/* What one run of the guest left behind. */
struct run {
	struct str errors;      /* what QEMU said */
	char stages[16];        /* what the guest said: a letter for every stage it reached */
	int status;
	bool late;              /* neither ended nor failed in time, and was killed */
};

static void run_done(struct run *r)
{
	str_done(&r->errors);
}

/* The boot sector in a file without a name; the BIOS wants a disk of plausible size. */
static int guest_disk(void)
{
	int fd = memfd_create("kvm-guest", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (ftruncate(fd, DISK_BYTES) < 0 || pwrite(fd, kvm_guest, SECTOR, 0) != SECTOR) {
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * Read what QEMU says until it ends, or there is no point in waiting: after an
 * internal error of KVM the process lives on with a guest that never moves again.
 */
static void listen_to(int pipe_fd, struct run *r)
{
	long deadline = deadline_ms(LIMIT_MS);
	struct pollfd p = { .fd = pipe_fd, .events = POLLIN };
	char buf[4096];
	ssize_t n;

	while (intr_poll(&p, 1, left_ms(deadline)) > 0) {
		n = read(pipe_fd, buf, sizeof buf);
		if (n <= 0)
			return;
		str_addn(&r->errors, buf, (size_t)n);
		if (strstr(str_text(&r->errors), "KVM internal error"))
			return;
	}
	r->late = true;
}

static int guest_start(const struct kvm_probe *k, const char *accel, const char *cpu,
		       const struct proc_opts *o, int *pidfd, struct err *e)
{
	DEFER(str_done) struct str drive = { 0 };

	str_fmt(&drive, "file=/proc/self/fd/%d,format=raw,readonly=on,if=none,id=boot", o->keep_fd);
	return proc_start(ARGV(k->qemu, "-accel", accel, "-cpu", cpu, "-M", "q35", "-m", "16",
			       "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
			       "-drive", drive.s, "-device", "virtio-blk-pci,drive=boot", "-debugcon", "stdio",
			       "-device", "isa-debug-exit,iobase=0xf4,iosize=1"), o, pidfd, e);
}

static int guest_attend(const struct kvm_probe *k, const char *accel, const char *cpu,
			struct run *r, struct err *e)
{
	DEFER(close_fd) int disk = guest_disk();
	DEFER(close_fd) int stages = memfd_create("kvm-guest-stages", MFD_CLOEXEC);
	DEFER(close_fd) int ours = -1;
	DEFER(close_fd) int pidfd = -1;
	struct proc_opts o = { .in = -1, .out = stages, .keep_fd = disk, .die_with_parent = true,
			       .drop = true, .uid = k->uid, .gid = k->gid };
	int ends[2];
	pid_t pid;

	if (disk < 0 || stages < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(e, errno, "making the probe guest");
	ours = ends[0];
	o.err = ends[1];
	pid = guest_start(k, accel, cpu, &o, &pidfd, e);
	close(ends[1]);
	if (pid < 0)
		return -1;
	listen_to(ours, r);
	pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	r->status = proc_wait(pid, pidfd, -1, e);
	if (pread(stages, r->stages, sizeof r->stages - 1, 0) < 0)
		return err_errno(e, errno, "reading what the probe guest said");
	return 0;
}

/* The place of a failure, from the last letter the guest wrote. */
static const char *stage_words(const char *stages)
{
	switch (*stages ? stages[strlen(stages) - 1] : 0) {
	case 'R': return "in real mode";
	case 'P': return "in protected mode";
	case 'L': return "in 64-bit mode, at cmpxchg16b";
	case 'X': return "in 64-bit mode, at fxsave";
	case 'F': return "in 64-bit mode, at xsave";
	case 'D': return "at its end";
	}
	return "before its first instruction";
}

/* The first line of QEMU's that is no warning, without the program's name. */
static char *first_error(const char *said)
{
	for (const char *line = said; *line;) {
		size_t n = strcspn(line, "\n");
		const char *text = memmem(line, n, "qemu-system-", strlen("qemu-system-"));
		const char *colon = text == line ? memmem(line, n, ": ", 2) : NULL;

		text = colon ? colon + 2 : line;
		if (n && !memmem(line, n, "warning:", strlen("warning:")))
			return strndup(text, n - (size_t)(text - line));
		line += n + (line[n] == '\n');
	}
	return NULL;
}

static void run_words(const struct run *r, struct str *why)
{
	DEFER(free_str) char *error = first_error(str_text(&r->errors));

	str_fmt(why, "a probe guest failed %s", stage_words(r->stages));
	if (error)
		str_fmt(why, ": %s", error);
	else if (r->late)
		str_fmt(why, ": no sign of life for %d seconds", LIMIT_MS / 1000);
	else
		str_fmt(why, ": it reset itself (status %d)", r->status);
}

bool kvm_guest_run(const struct kvm_probe *k, const char *accel, const char *cpu, struct str *why)
{
	DEFER(run_done) struct run r = { 0 };
	struct err e = { 0 };

	if (guest_attend(k, accel, cpu, &r, &e) < 0) {
		str_add(why, e.msg);
		return false;
	}
	if (r.status != KVM_GUEST_DONE) {
		run_words(&r, why);
		return false;
	}
	str_add(why, "a probe guest has run to its end on this boot");
	return true;
}

/*
 * Could we open it ourselves? Asked first because it costs nothing and because a
 * missing permission deserves a better answer than QEMU's.
 */
static bool device_ok(const char *device, struct str *why)
{
	DEFER(close_fd) int fd = open(device, O_RDWR | O_CLOEXEC);
	struct stat st;
	struct group *g;

	if (fd >= 0)
		return true;
	if (errno == ENOENT) {
		str_fmt(why, "there is no %s: no virtualization in this processor, or switched off, or no kvm module",
			device);
		return false;
	}
	if (errno != EACCES || stat(device, &st) < 0) {
		str_fmt(why, "%s: %s", device, strerror(errno));
		return false;
	}
	str_fmt(why, "%s: permission denied", device);
	g = st.st_mode & S_IWGRP && st.st_gid ? getgrgid(st.st_gid) : NULL;
	if (g)
		str_fmt(why, " (add yourself to group %s: sudo usermod -aG %s $USER, then log in again)",
			g->gr_name, g->gr_name);
	return false;
}

static json_int_t stamp(struct timespec t)
{
	return (json_int_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/*
 * What a verdict depends on. The change time of the device node stands for its
 * permissions and for the kvm module having been loaded afresh.
 */
static json_t *circumstances(const struct kvm_probe *k)
{
	DEFER(free_str) char *boot = file_read("/proc/sys/kernel/random/boot_id", 100, NULL, &(struct err){ 0 });
	struct stat qemu, device;

	if (!boot || stat(k->qemu, &qemu) < 0 || stat(k->device, &device) < 0)
		return NULL;
	boot[strcspn(boot, "\n")] = 0;
	return json_pack("{ss ss sI sI sI sI}", "boot", boot, "qemu", k->qemu, "qemu_mtime", stamp(qemu.st_mtim),
			 "device_ctime", stamp(device.st_ctim), "uid", (json_int_t)k->uid, "gid", (json_int_t)k->gid);
}

/* The remembered verdict: 1, 0, or -1 when there is none for these circumstances. */
static int recall(const char *path, const json_t *circ, struct str *why)
{
	json_t *o = json_load_file(path, 0, NULL);
	const char *words = json_string_value(json_object_get(o, "why"));
	int verdict = -1;

	if (words && json_equal(json_object_get(o, "asked"), circ)) {
		verdict = json_is_true(json_object_get(o, "usable"));
		str_add(why, words);
	}
	json_decref(o);
	return verdict;
}

/* Where the cache cannot be written the probe is merely repeated; that is no reason to fail. */
static void remember(const struct kvm_probe *k, const char *path, const json_t *circ, bool usable, const char *why)
{
	json_t *o = json_pack("{sO sb ss}", "asked", circ, "usable", usable, "why", why);
	DEFER(free_str) char *text = json_dumps(o, JSON_INDENT(2));
	struct err e = { 0 };

	if (text && !dir_make(k->cache_dir, 0755, &e))
		file_write(path, text, strlen(text), 0644, &e);
	json_decref(o);
}

static bool recall_or_run(const struct kvm_probe *k, struct str *why)
{
	DEFER(str_done) struct str path = { 0 };
	json_t *circ = circumstances(k);
	int verdict;

	str_fmt(&path, "%s/kvm.json", k->cache_dir);
	verdict = circ ? recall(path.s, circ, why) : -1;
	if (verdict < 0) {
		verdict = kvm_guest_run(k, "kvm", "host", why);
		if (circ)
			remember(k, path.s, circ, verdict, str_text(why));
	}
	json_decref(circ);
	return verdict;
}

bool kvm_probe(const struct kvm_probe *k, struct str *why)
{
#ifndef __x86_64__
	str_add(why, "not probed on this architecture");
	return false;
#endif
	if (!device_ok(k->device, why))
		return false;
	if (!k->qemu) {
		str_add(why, "qemu-system-x86_64 is not installed");
		return false;
	}
	return recall_or_run(k, why);
}
