/* SPDX-License-Identifier: ISC */
/*
 * The KVM probe: its guest under emulation, where it must come to its end, and its
 * verdicts with a device that is missing, closed, or answered for by a stand-in
 * for QEMU that counts how often it is asked.
 */
#include "tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/probe_kvm.h"
#include "base/arena.h"
#include "sys/file.h"

static struct arena mem;
static char home[] = "/tmp/berth-kvm-XXXXXX";

static char *in_home(const char *name)
{
	return arena_fmt(&mem, "%s/%s", home, name);
}

static void put(const char *path, const char *text, mode_t mode)
{
	struct err e = { 0 };

	ok(file_write(path, text, strlen(text), mode, &e) == 0, "%s is written %s", path, e.msg);
}

/* A QEMU that notes the call, says something and ends with a status. */
static struct kvm_probe stand_in(const char *says, int status)
{
	struct kvm_probe k = { .device = in_home("device"), .qemu = in_home("qemu"), .cache_dir = in_home("cache"),
			       .uid = geteuid(), .gid = getegid() };

	put(k.qemu, arena_fmt(&mem, "#!/bin/sh\necho call >>%s\n%s\nexit %d\n", in_home("calls"), says, status), 0755);
	put(k.device, "", 0600);
	return k;
}

static size_t calls(void)
{
	size_t n = 0;
	char *text = file_read(in_home("calls"), 10000, &n, &(struct err){ 0 });

	free(text);
	return n / strlen("call\n");
}

static void emulated(void)
{
	struct kvm_probe k = { .qemu = "/usr/bin/qemu-system-x86_64", .uid = geteuid(), .gid = getegid() };
	DEFER(str_done) struct str why = { 0 };

	ok(kvm_guest_run(&k, "tcg", "max", &why), "the guest comes to its end on an emulated 'max'");
	tap_note("why", str_text(&why));
	str_clear(&why);
	ok(kvm_guest_run(&k, "tcg", "qemu64", &why), "and on one without XSAVE");
	tap_note("why", str_text(&why));
	str_clear(&why);
	ok(!kvm_guest_run(&k, "tcg", "qemu64,-lm", &why), "but not where there is no 64-bit mode");
	is(str_text(&why), "a probe guest failed in protected mode: it reset itself (status 0)", "and the place is named");
}

static void no_device(void)
{
	struct kvm_probe k = stand_in("", KVM_GUEST_DONE);
	DEFER(str_done) struct str why = { 0 };

	k.device = in_home("nothing");
	ok(!kvm_probe(&k, &why), "no device, no KVM");
	ok(str_starts(str_text(&why), "there is no ") && strstr(why.s, "switched off"), "%s", str_text(&why));
	ok(calls() == 0, "QEMU was not asked");
}

/* Runs as nobody when we are root, for whom every file is open. */
static void closed_device(void)
{
	struct kvm_probe k = stand_in("", KVM_GUEST_DONE);
	pid_t pid;
	int status;

	ok(chmod(home, 0755) == 0 && chown(k.device, geteuid(), geteuid() ? getegid() : 6) == 0 &&
	   chmod(k.device, 0060) == 0, "a device for a group only");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		DEFER(str_done) struct str why = { 0 };

		if (!geteuid() && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(1);
		_exit(kvm_probe(&k, &why) || !strstr(str_text(&why), "permission denied (add yourself to group "));
	}
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && !WEXITSTATUS(status), "a closed device names the group to join");
}

static void remembered(void)
{
	struct kvm_probe k = stand_in("printf RPLXFD", KVM_GUEST_DONE);
	DEFER(str_done) struct str first = { 0 }, second = { 0 };

	ok(kvm_probe(&k, &first), "a guest that came to its end means yes");
	ok(kvm_probe(&k, &second), "asked again");
	is(str_text(&second), str_text(&first), "the same words");
	ok(calls() == 1, "QEMU ran once for both");
	put(k.qemu, "#!/bin/sh\nprintf RPL; echo 'qemu-system-x86_64: warning: old' >&2\n"
		    "echo 'KVM internal error. Suberror: 1' >&2; exec sleep 60\n", 0755);
	str_clear(&second);
	ok(!kvm_probe(&k, &second), "another QEMU is asked afresh");
	is(str_text(&second), "a probe guest failed in 64-bit mode, at cmpxchg16b: KVM internal error. Suberror: 1",
	   "and its reason is given");
	str_clear(&second);
	ok(!kvm_probe(&k, &second) && strstr(str_text(&second), "Suberror: 1"), "no is remembered as well");
	put(in_home("cache/kvm.json"), "{\"asked\": tru", 0644);
	ok(!kvm_probe(&k, &second), "a damaged memory is no memory");
}

static void aborted(void)
{
	struct kvm_probe k = stand_in("echo 'qemu-system-x86_64: error: failed to set MSR 0x10a to 0x69' >&2; kill -ABRT $$", 0);
	DEFER(str_done) struct str why = { 0 };

	ok(!kvm_probe(&k, &why), "a QEMU that aborts means no");
	is(str_text(&why), "a probe guest failed before its first instruction: error: failed to set MSR 0x10a to 0x69",
	   "with QEMU's own reason");
}

int main(void)
{
	struct err e = { 0 };

	ok(mkdtemp(home) != NULL, "a place for the test");
	emulated();
	no_device();
	closed_device();
	remembered();
	aborted();
	ok(tree_remove(home, &e) == 0, "tidied up %s", e.msg);
	arena_done(&mem);
	return tap_done();
}
