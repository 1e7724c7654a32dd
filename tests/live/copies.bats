#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Copies of a real container: what came back really came back, and a clone runs beside
# its original as somebody else.

load live

setup_file() {
	live_setup
	container box >"$BERTH_HOME/box.conf"
	build_shared "$BERTH_HOME/box.conf"
	berth start --quiet box
	berth wait --quiet box
	berth exec -n box sh -c 'echo first >/root/note; rm -r /etc/skel; mkdir /etc/skel; until ls /etc/ssh/ssh_host_*; do :; done'
	berth stop box
}

teardown_file() {
	live_teardown
	rm -rf /var/lib/lxc/berth-alien-copy
}

@test "a snapshot is what was: files, and directories of the tree that were deleted" {
	berth snapshot box good
	berth start box
	berth exec -n box sh -c 'echo second >/root/note; echo new >/etc/skel/new; rm -r /etc/ssh'
	berth stop box
	berth restore box good
	berth start box
	[ "$(berth exec -n box cat /root/note)" = first ]
	[ "$(berth exec -n box ls -A /etc/skel)" = "" ]
	berth exec -n box test -f /etc/ssh/sshd_config
	run berth snapshot box
	[ "$status" -eq 1 ]
	[[ $output == *"'box' is running (berth stop box)"* ]]
	berth stop box
}

@test "a clone runs beside its original, as another one with the same content" {
	berth clone box copy
	berth start box
	berth start copy
	berth wait copy --stage ssh
	[ "$(berth exec -n copy hostname)" = copy ]
	[ "$(berth exec -n copy cat /root/note)" = first ]
	[ "$(berth exec -n copy ls -A /etc/skel)" = "" ]
	for file in /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub /sys/class/net/eth0/address; do
		[ "$(berth exec -n copy cat $file)" != "$(berth exec -n box cat $file)" ]
	done
	[ "$(berth exec -n copy systemctl is-system-running --wait)" = running ]
	[ "$(berth exec -n box hostname)" = box ]
	berth stop copy
	berth stop box
	berth destroy copy
	[ ! -e "$BERTH_HOME/guests/copy" ]
}

@test "the name of somebody else's container is none for a clone" {
	alien=/var/lib/lxc/berth-alien-copy
	mkdir -p "$alien/rootfs"
	printf 'lxc.uts.name = alien\nlxc.rootfs.path = dir:%s/rootfs\nlxc.net.0.type = empty\n' "$alien" >"$alien/config"
	run berth clone box berth-alien-copy
	[ "$status" -eq 4 ]
	[[ $output == *"the name 'berth-alien-copy' is taken"* ]]
}

@test "an export has the tree and what was written over it" {
	berth export box "$BERTH_HOME/box.tar.zst"
	tar -tf "$BERTH_HOME/box.tar.zst" >"$BATS_TEST_TMPDIR/list"
	grep -x upper/root/note "$BATS_TEST_TMPDIR/list"
	grep -x base/etc/os-release "$BATS_TEST_TMPDIR/list"
	grep -x guest.conf "$BATS_TEST_TMPDIR/list"
}
