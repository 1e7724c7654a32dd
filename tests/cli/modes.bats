#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The modes of up, what one start has differently, and the ways to end a guest; guests of
# paper, and plans for QEMU.

# shellcheck disable=SC2016  # words for shells of their own
load cli.bash

# A machine for QEMU, of which nothing but plans is made.
box() {
	machine box <<-END
		[hardware]
		vm_id = box
		ram = 64
		[[hdds]]
		[[[hdd0]]]
		size = 16M
		[[[hdd1]]]
		size = 16M
		[[eths]]
		[[[eth0]]]
		type = nat
		[run]
		driver = qemu
	END
	: >rescue.iso
	jq '.state = "stopped" | .built = true' "$BATS_TEST_DIRNAME/../golden/host.json" >host.json
}

# plans STATUS ARGUMENT...: for that host, on which the guest is built
plans() {
	local status=$1 verb=$2
	shift 2
	run_berth "$status" "$verb" -n --facts host.json "$@" box.conf
}

@test "up: modes exclude each other" {
	paper one
	run_berth 2 up --start --connect one.conf
	says "--start and --connect exclude each other"
	run_berth 2 up --reconnect --boot cd one.conf
	says "--reconnect boots nothing, so --boot has no meaning"
	run_berth 2 up --resume --rm one.conf
	says "--resume boots nothing"
	run_berth 2 up --console telepathy one.conf
	says "--console: 'telepathy' is none"
	[ ! -e guests/one ]
}

@test "up --start wants a guest that does not run, up --reuse takes any" {
	paper one
	run_berth 0 up --start one.conf
	run_berth 4 up --start one
	says "'one' is running already"
	run_berth 0 up --reuse one
	run_berth 0 up one
}

@test "up --connect, --reconnect and --resume start nothing" {
	paper one
	run_berth 0 build one.conf
	run_berth 1 up --connect --console none one
	says "'one' is not running, so there is nothing to connect to (berth up one)"
	run_berth 1 up --reconnect --console none one
	run_berth 1 up --resume one
	says "'one' is not running"
	[ ! -e run/one.lock ] || flock -n run/one.lock true
	run_berth 0 start one
	run_berth 4 up --resume one
	says "is not paused"
	run_berth 0 up --connect --console none --json one
	prints '"guest": "one"'
	run_berth 12 up --connect one
	says "null guests cannot be reached"
}

@test "start --boot: what is first in the order is so until QEMU answers" {
	box
	plans 0 start --boot cd:rescue.iso
	prints "file.filename=$BERTH_HOME/rescue.iso"
	prints "ide-cd,id=cd0,bus=ide.5,drive=medium0,bootindex=0"
	prints '"path":"/machine/peripheral/cd0","property":"bootindex","value":3'
	plans 0 start --boot hdd:hdd1
	prints "drive=disk0,bootindex=1,"
	prints "drive=disk1,bootindex=0,id=once,"
	prints '"path":"/machine/peripheral/once","property":"bootindex","value":2'
	plans 0 start --boot pxe
	prints ",bootindex=0,id=once"
	[[ $output != *romfile* ]]
	plans 0 start --boot fdd:rescue.iso
	prints '"property":"bootindexA","value":-1'
	plans 0 start --boot usb:rescue.iso
	prints "usb-storage,id=once,bus=oncebus.0,drive=oncemedium,bootindex=0"
	plans 0 start
	[[ $output != *once* && $output != *qom-set* ]]
}

@test "start --boot: what cannot be booted from" {
	box
	plans 2 start --boot tape
	says "--boot: 'tape' is nothing to boot from (cd, dvd, hdd, usb, fdd, pxe)"
	plans 2 start --boot usb
	says "(try usb:FILE)"
	plans 3 start --boot cd
	says "'box' has no CD drive (try cd:FILE)"
	plans 3 start --boot hdd:hdd9
	says "'box' has no disk 'hdd9'"
	plans 3 start --boot pxe:eth9
	says "'box' has no network interface 'eth9'"
	run_berth 3 up --boot usb:nowhere.img box.conf
	says "there is no file 'nowhere.img'"
	run_berth 0 build --driver null box.conf
	run_berth 12 start --driver null --boot hdd box
	says "null guests start in one way"
}

@test "start --boot: a guest that runs or is saved boots nothing" {
	box
	jq '.state = "running"' host.json >now.json && mv now.json host.json
	plans 4 start --boot hdd
	says "'box' is running already, and boots nothing now (berth stop box)"
	plans 4 up --boot hdd
	jq '.state = "saved" | .saved = true' host.json >now.json && mv now.json host.json
	plans 1 start --boot hdd
	says "goes on where it was (berth start --cold box"
	plans 0 start --cold --boot hdd
}

@test "what was started in another way is not saved" {
	box
	jq '.state = "running" | .once_ran = true' host.json >now.json && mv now.json host.json
	for verb in suspend snapshot; do
		plans 12 $verb
		says "could go on with its memory (berth stop box)"
	done
	plans 0 stop
	jq '.state = "stopped"' host.json >now.json && mv now.json host.json
	plans 0 start
	prints "/run/berth/box.once"
	plans 0 start --boot hdd
	prints "write /run/berth/box.once"
}

@test "start --kernel, --append, --args" {
	box
	plans 0 start --kernel rescue.iso --initrd rescue.iso --append 'quiet a,b=$(touch x)'
	prints "-kernel $BERTH_HOME/rescue.iso -initrd $BERTH_HOME/rescue.iso -append 'quiet a,b=\$(touch x)'"
	plans 0 start --args=-global --args ide-hd.rotation_rate=1
	prints "-global ide-hd.rotation_rate=1 "
	plans 1 start --append single
	says "--append goes with --kernel FILE"
	plans 2 start --initrd rescue.iso
	says "add --kernel FILE"
	plans 2 start --kernel rescue.iso --boot hdd
	says "--kernel and --boot exclude each other"
	run_berth 0 start -n --facts host.json --append single "$EXAMPLES/minimal.conf"
	prints "console=ttyS0 single'"
	[ ! -e x ]
}

@test "up --install: a disk is erased by who says so twice" {
	box
	plans 0 up --install cd:rescue.iso
	[[ $output != *'qemu-img create'* ]]
	plans 0 up --install cd:rescue.iso --stage keep --target hdd1
	[[ $output != *'qemu-img create'* ]]
	plans 0 up --install cd:rescue.iso --stage init --target hdd1
	prints "/guests/box/attach.new /"
	prints "/guests/box/hdd1.qcow2"
	plans 3 up --install cd:rescue.iso --target hdd9
	plans 2 up --install cd:rescue.iso --stage again
	says "'again' is neither 'init' nor 'keep'"
	plans 2 up --stage init
	says "--stage is of an installation"
	plans 2 up --boot hdd --install cd:rescue.iso
	says "--boot and --install exclude each other"
	jq '.registered = true' host.json >now.json && mv now.json host.json
	plans 12 up --install cd:rescue.iso --stage init
	says "is its owner's"
}

@test "up --install asks before a disk is erased, and off a terminal wants --yes" {
	box
	run_berth 0 build -q box.conf
	before=$(stat -c %i guests/box/hdd0.qcow2)
	run_berth 2 up --install cd:rescue.iso --stage init box
	says "erase disk 'hdd0' of 'box' with all that is on it: nobody is there to be asked (add --yes)"
	[ "$(stat -c %i guests/box/hdd0.qcow2)" = "$before" ]
}

@test "stop --delay and --force are told apart" {
	paper one
	run_berth 0 up one.conf
	run_berth 2 stop --delay 3 --force one
	says "one of --delay"
	run_berth 2 stop --clients --force one
	run_berth 2 stop --delay soon one
	says "--delay: 'soon' is no number of seconds"
	run_berth 0 stop --force one
	run_berth 4 stop --force one
	box
	jq '.state = "running"' host.json >now.json && mv now.json host.json
	plans 0 stop --delay 7
	prints "at most 7 s"
	plans 0 stop --delay 0.2
	prints "at most 1 s"
	plans 0 stop --force
	[[ $output != *system_powerdown* ]]
}

@test "stop --all takes its options to those without a power button, too" {
	paper one
	run_berth 0 up one.conf
	run_berth 0 stop --all --delay 5
	flock -n run/one.lock true
}

@test "up: a window of QEMU's own, which may start helpers" {
	paper one
	unset DISPLAY WAYLAND_DISPLAY
	run_berth 12 up one.conf --driver qemu --console gtk
	says "'gtk' wants a desktop"
	run_berth 0 up one.conf --driver qemu --console sdl --dry-run
	[[ $output == *"-display sdl,window-close=off "*spawn=allow* ]]
	run_berth 0 up one.conf --driver qemu --dry-run
	[[ $output == *"-display none "*spawn=deny* ]]
	"$BERTH" set one.conf console.window=gtk console.vnc=none
	run_berth 0 up one.conf --driver qemu --dry-run
	[[ $output == *"-display gtk,window-close=off "*spawn=allow*"-device VGA,"* ]]
	run_berth 12 up one.conf --console gtk
	says "null guests have no window 'gtk' of their own"
}

@test "runlevel: a level, and a guest that can be told" {
	paper one
	run_berth 0 up one.conf
	run_berth 2 runlevel one 9
	says "'9' is no run level (0 to 6, or S)"
	run_berth 2 runlevel one
	run_berth 12 runlevel one 3
}

@test "runlevel: the guest's own init is told" {
	mkdir -p guests/inner run bin
	printf '[hardware]\nvm_id = inner\nos = debian-12\n[run]\ndriver = lxc\n' >guests/inner/guest.conf
	printf '{ "schema": "berth.record/1", "driver": "lxc" }\n' >guests/inner/record.json
	# shellcheck disable=SC2016  # for the shell of that script
	printf '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n' >bin/lxc-attach
	printf '#!/bin/sh\necho "told $*" >told\n[ "$1" != 4 ] || { echo "no level 4" >&2; exit 1; }\n' >bin/telinit
	chmod 755 bin/*
	PATH=$BERTH_HOME/bin:$PATH
	exec 8>run/inner.lock
	flock 8
	run_berth 0 runlevel inner 3
	[ "$(cat told)" = "told 3" ]
	run_berth 1 runlevel inner 4
	says "run level of 'inner'"
	says "no level 4"
	exec 8>&-
}
