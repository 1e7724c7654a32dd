/* SPDX-License-Identifier: ISC */
/*
 * Does KVM work here? That /dev/kvm opens says little: there are hosts where it
 * answers every question and no guest reaches its own code. So KVM counts as
 * usable only after a guest (kvm_guest.S) has run under it on this boot, with the
 * same QEMU, the same processor model and the same user that real guests get.
 *
 * The verdict and its reason are remembered in CACHE/kvm.json together with what
 * they were learned from: the boot, the QEMU binary, the device node, the user.
 * Anything of that changes, and the guest runs again.
 */
#ifndef BERTH_PROBE_KVM_H
#define BERTH_PROBE_KVM_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/str.h"

enum { KVM_GUEST_DONE = 0x21 << 1 | 1 };        /* QEMU's exit status when the guest came to its end */

struct kvm_probe {
	const char *device;     /* "/dev/kvm" */
	const char *qemu;       /* path of qemu-system-x86_64; NULL: not installed */
	const char *cache_dir;
	uid_t uid;              /* whom guests run as */
	gid_t gid;
};

/* The verdict, remembered or new; why gets its reason in words, either way. */
bool kvm_probe(const struct kvm_probe *k, struct str *why);

/*
 * Run the guest once, whatever is remembered: `berth doctor`, and the proof that
 * the guest itself is right, under accel "tcg" and cpu "max".
 */
bool kvm_guest_run(const struct kvm_probe *k, const char *accel, const char *cpu, struct str *why);

#endif
