#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Hardware that comes and goes while QEMU runs, as QEMU itself tells. There is no system in
# the guest: a reset lets go of a device where a driver would.

load live

setup_file() {
	live_setup
	cat >"$BERTH_HOME/box.conf" <<-'END'
		[hardware]
		vm_id = box
		ram = 64
		[[cd_drives]]
		[[[cd0]]]
		pos = 1:0
		[run]
		accel = tcg
		[console]
		vnc = none
	END
	truncate -s 1M "$BERTH_HOME/one.iso" "$BERTH_HOME/two.iso"
	berth build -q "$BERTH_HOME/box.conf"
	berth start box
}

teardown_file() {
	live_teardown
}

asked() {
	berth monitor box "$1"
}

# What is on PCI: device by device, where and what.
pci() {
	asked 'info qtree' | grep -E '^ *(dev: (virtio|pcie-root)|addr = |id = )|bus: slot' | grep -v 'dev: virtio-.*-device'
}

again() {
	berth kill box
	berth start box
}

# detached DEVICE: while berth waits for the guest, a reset takes its place.
detached() {
	berth detach box "$1" &
	local pid=$!
	until_true 10 sh -c "grep -q 'let go of .$1' '$BERTH_HOME/log/box.log'"
	berth reset box
	wait $pid
}

@test "a disk is there at once and after the next start, in the same place" {
	berth attach box disk 16M
	asked 'info block' | grep '^plug1: .*/guests/box/hdd0.qcow2 (qcow2)'
	pci >"$BATS_TEST_TMPDIR/before"
	grep -q 'bus: slot1' "$BATS_TEST_TMPDIR/before"
	again
	asked 'info block' | grep '^plug1: .*/guests/box/hdd0.qcow2 (qcow2)'
	pci | grep -A4 'dev: virtio-blk' | grep 'id = "plug1"' || asked 'info qtree' | grep 'dev: virtio-blk-pci, id "plug1"'
}

@test "an interface comes with its network" {
	berth attach box nic host-only
	asked 'info network' | grep 'plug2:.*virtio-net-pci'
	asked 'info network' | grep 'plug2:.*type=user.*restrict=on'
	mac=$(asked 'info network' | grep -o 'macaddr=.*')
	again
	[ "$(asked 'info network' | grep -o 'macaddr=.*')" = "$mac" ]
	asked 'info network' | grep 'plug2:.*type=user'
}

@test "a disk is let go of, and its file stays" {
	detached hdd0
	run asked 'info block'
	[[ $output != *plug1* ]]
	[ -e "$BERTH_HOME/guests/box/hdd0.qcow2" ]
	again
	run asked 'info block'
	[[ $output != *plug1* ]]
}

@test "an interface is let go of, with its network" {
	detached eth0
	[ "$(asked 'info network')" = "" ]
}

@test "a CD is inserted, changed and ejected, whoever started with what" {
	chmod 644 "$BERTH_HOME"/*.iso
	berth cd box insert "$BERTH_HOME/one.iso"
	asked 'info block' | grep "cd0: .*/one.iso\|/one.iso"
	again
	asked 'info block' | grep "/one.iso"
	berth cd box insert "$BERTH_HOME/two.iso"
	asked 'info block' | grep "/two.iso"
	run asked 'info block'
	[[ $output != *one.iso* ]]
	berth cd box eject
	asked 'info block' | grep 'not inserted'
	again
	asked 'info block' | grep 'not inserted'
}

@test "what QEMU may not open is not attached, and nothing of it stays" {
	[ "$(id -u)" -eq 0 ] || skip "an ordinary user's guest may open what he may"
	truncate -s 1M "$BERTH_HOME/secret.raw"
	chmod 600 "$BERTH_HOME/secret.raw"
	before=$(cat "$BERTH_HOME/guests/box/guest.conf")
	run berth attach box disk "$BERTH_HOME/secret.raw"
	[ "$status" -eq 1 ]
	[[ $output == *"secret.raw': Permission denied"* ]]
	run ! grep -q secret "$BERTH_HOME/guests/box/guest.conf"
	[ -z "$(find "$BERTH_HOME/guests/box" -name 'hdd*.raw')" ]
	[ "$(grep -c slot "$BERTH_HOME/guests/box/guest.conf")" -eq "$(grep -c slot <<<"$before")" ]
}

@test "a cable waits until the guest is stopped" {
	run berth attach box nic socket=listen:127.0.0.1:4000
	[ "$status" -eq 12 ]
	[[ $output == *"cannot be attached while 'box' runs (berth stop box"* ]]
}

@test "the script of an attachment does the same" {
	berth attach box disk 8M --sh >"$BATS_TEST_TMPDIR/attach.sh"
	sh "$BATS_TEST_TMPDIR/attach.sh"
	asked 'info block' | grep '^plug1: '
}

@test "the monitor answers, and complains with status 1" {
	[ "$(asked 'info status' | tr -d '\r')" = "VM status: running" ]
	run berth monitor box nonsense
	[ "$status" -eq 1 ]
	[[ $output == *"unknown command: 'nonsense'"* ]]
}

@test "a command works while somebody sits at the prompt; a second one is told who" {
	mkfifo "$BATS_TEST_TMPDIR/keys"
	berth monitor box <"$BATS_TEST_TMPDIR/keys" >"$BATS_TEST_TMPDIR/seen" 3>&- &
	pid=$!
	exec 7>"$BATS_TEST_TMPDIR/keys"
	until_true 10 grep -q '(qemu)' "$BATS_TEST_TMPDIR/seen"
	asked 'info status' | grep running
	run berth monitor box </dev/null
	[ "$status" -eq 6 ]
	[[ $output == *"held by pid"*"berth monitor"* ]]
	printf 'info name\n' >&7
	until_true 10 grep -q '^box' "$BATS_TEST_TMPDIR/seen"
	exec 7>&-
	wait $pid
}
