#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What one start boots from, as the firmware sees it, and the modes of up. Every medium is
# a boot sector that says a mark on the serial line; all but the disks' then press reset, so
# the console tells what was booted first, and what after that.

# shellcheck disable=SC2016,SC2154  # words for a shell of its own; bats sets stderr
load live

# sector MARK [reset]: its code, a boot sector without its last two bytes
sector() {
	# mov dx, 0x3f8; mov al, MARK; out dx, al
	printf '\272\370\003\260%s\356' "$1"
	# mov al, 0xfe; out 0x64, al
	[ -z "${2:-}" ] || printf '\260\376\346\144'
	# cli; hlt; back to it
	printf '\372\364\353\375'
}

# disk FILE MARK [reset]
disk() {
	truncate -s 1474560 "$1"
	sector "$2" "${3:-}" | dd of="$1" conv=notrunc status=none
	at "$1" 510 '\125\252'
}

# at FILE OFFSET BYTES
at() {
	# shellcheck disable=SC2059  # bytes are written as octal escapes
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# cd_image FILE MARK: no more of ISO 9660 than firmware reads: boot record, catalogue, image
cd_image() {
	truncate -s 64K "$1"
	at "$1" 34816 '\000CD001\001EL TORITO SPECIFICATION'
	at "$1" $((34816 + 71)) '\023'
	at "$1" 38912 '\001'
	at "$1" $((38912 + 30)) '\125\252\210'
	at "$1" $((38912 + 38)) '\001\000\024'
	sector "$2" reset | dd of="$1" bs=2048 seek=20 conv=notrunc status=none
}

setup_file() {
	live_setup
	cd "$BERTH_HOME" || return 1
	disk d.img '@'
	disk e.img '='
	disk u.img '+' reset
	disk f.img '%' reset
	cd_image c.iso '#'
	cat >box.conf <<-'END'
		[hardware]
		vm_id = box
		ram = 64
		boot = disk
		[[hdds]]
		[[[hdd0]]]
		size = 2M
		source = d.img
		[[[hdd1]]]
		size = 2M
		source = e.img
		[[eths]]
		[[[eth0]]]
		type = nat
		[run]
		accel = tcg
		[console]
		vnc = none
	END
	berth build -q box.conf
}

teardown_file() {
	live_teardown
}

setup() {
	cd "$BERTH_HOME" || return 1
}

teardown() {
	berth kill box 2>/dev/null || true
}

# said MARKS: what came out of the line, of all that are marks; the firmware talks there, too
said() {
	[ "$(tr -dc '@=+%#' <run/box/console.log | head -c ${#1})" = "$1" ]
}

# boots MARKS ARGUMENT...
boots() {
	local marks=$1
	shift
	berth start "$@" box
	until_true 8 said "$marks" || {
		cat -v run/box/console.log
		return 1
	}
	berth kill box
}

@test "from a disk, as the machine file says" {
	boots '@'
}

@test "from a CD, once: after its reset, and with the next start, the disk has its turn" {
	boots '#@' --boot cd:c.iso
	boots '@'
}

@test "from a USB stick, once" {
	boots '+@' --boot usb:u.img
}

@test "from a floppy, once" {
	boots '%@' --boot fdd:f.img
}

@test "from the second disk, and after a reset from the first" {
	berth start --boot hdd:hdd1 box
	until_true 8 said '='
	berth reset box
	until_true 8 said '=@'
}

@test "over the network: the interface has its own firmware" {
	berth start --boot pxe --args=-S box
	berth monitor box 'info qtree' | grep -A 30 'id "once"' | grep -q 'romfile = "efi-virtio.rom"'
}

@test "neither machine file nor disks remember" {
	run -1 grep -E 'c.iso|u.img' guests/box/guest.conf guests/box/record.json
}

@test "an installation keeps the disk, or begins with an empty one" {
	berth up --install cd:c.iso --wait process box
	until_true 8 said '#@'
	berth kill box
	berth up --install cd:c.iso --stage init --target hdd0 --yes --wait process box
	# Nothing is on the disk, so it is the CD's turn again.
	until_true 8 said '##'
	berth kill box
	qemu-img compare -f qcow2 -F raw guests/box/hdd0.qcow2 /dev/zero 2>/dev/null ||
		qemu-img map -f qcow2 --output json guests/box/hdd0.qcow2 | jq -e 'all(.[]; .data == false)'
	[ "$(stat -c %a guests/box/hdd0.qcow2)" = 600 ]
}

@test "what was started in another way is not saved; the next start is like any" {
	berth start --boot usb:u.img --args=-S box
	run -12 --separate-stderr berth suspend box
	run -12 --separate-stderr berth snapshot box first
	berth kill box
	berth start box
	berth suspend box
	berth start box
	[ "$(state box)" = running ]
}

@test "up --start, --resume and --connect know how the guest is" {
	berth start --boot hdd:hdd1 box
	run -4 --separate-stderr berth up --start box
	# shellcheck disable=SC2154  # bats sets it
	[[ $stderr == *"'box' is running already"* ]]
	run -4 berth up --resume box
	berth pause box
	berth up --resume --wait process box
	[ "$(state box)" = running ]
	: | berth up --connect --quiet box
}

@test "up --reconnect ends those who are there, and the guest goes on" {
	berth start box
	pid=$(berth list --json | jq '.guests[] | select(.name == "box" and .note != "alien").pid')
	mkfifo line
	berth console box <line >/dev/null 2>told &
	viewer=$!
	exec 7>line
	until_true 10 sh -c '"$BERTH" sessions --clients --json | jq -e ".sessions | length == 1"'
	run -0 --separate-stderr berth up --reconnect --console none box
	[[ $stderr == *"1 viewer of 'box' ended"* ]]
	wait $viewer || status=$?    # not by 'run', whose shell has no such child
	[ "$status" -eq 1 ]
	exec 7>&-
	[ "$(berth list --json | jq '.guests[] | select(.name == "box" and .note != "alien").pid')" = "$pid" ]
}

@test "stop --delay waits as long as that, and --force not at all" {
	berth start box
	run -0 --separate-stderr berth stop --delay 1 box
	[[ $stderr == *"did not end by itself in time"* ]]
	berth start box
	run -0 --separate-stderr berth stop --force box
	[ -z "$stderr" ]
	[ "$(state box)" != running ]
}
