#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Guests of qemu-init become machine files.

load cli

DATA=$BATS_TEST_DIRNAME/../data/qemu-init
HOST=$BATS_TEST_DIRNAME/../golden/host.json

# web1 with the images that it names: those that are sections of its machine file, and the others.
web1() {
	cp "$DATA"/web1-* .
	qemu-img create -q -f qcow2 web1.qcow2 1G
	truncate -s 10M logs.img
}

@test "a guest's two files become a machine file beside them" {
	web1
	run_berth 0 import web1-qemud.rc
	says "'berth register $PWD/web1.conf', for 'berth up' would make new ones"
	prints "$PWD/web1.conf"
	says "web1-qemu.cfg:4:1: warning: DSK4: is left out"
	run_berth 0 check web1.conf
	run_berth 0 get web1.conf hardware.ram
	[ "$output" = 4GB ]
	run_berth 0 get web1.conf run.stop_delay
	[ "$output" = 90 ]
}

@test "the plan has the command line that the two files meant" {
	web1
	run_berth 0 import -q web1-qemud.rc
	run_berth 3 plan start web1.conf --facts "$HOST"
	says "web1.conf:32: driver.qemu.args: this host has no bridge 'br1'"
	jq '.bridges += ["br1"]' "$HOST" >host.json
	run_berth 0 plan start web1.conf --facts host.json
	prints "-smp 2 -m 4096M"
	prints "-device ide-hd,bus=ide.1,drive=disk1,"
	prints "file.filename=/iso/debian.iso"
	prints "-drive 'file=$PWD/my scratch.raw,format=raw,if=virtio'"
	prints "-netdev tap,id=net0,"
	prints "master br0 up"
	# QEMU's sandbox lets it start no helper: the second interface has a device of its own, as the first.
	prints "-netdev tap,id=lan1,ifname=tap"
	prints "master br1 up"
	prints "-kernel $PWD/vmlinuz -boot 'order=c'"
}

@test "nothing in the files is run" {
	cp "$DATA"/evil-* .
	run_berth 0 import evil-qemud.rc
	run_berth 0 get evil.conf hardware.eths.eth0.bridge
	[ "$output" = 'br0;touch' ]
	run_berth 3 plan start evil.conf --facts "$HOST"
	says "ip link add 'br0;touch' type bridge"
	jq '.bridges += ["br0;touch"]' "$HOST" >host.json
	run_berth 0 plan start evil.conf --facts host.json
	prints "'\$(touch x);\`touch x\`'"
	run_berth 0 plan start --sh evil.conf --facts host.json
	[ -z "$(find . -name 'x*')" ]
}

@test "a machine file that is there stays" {
	cp "$DATA"/minimal-qemud.rc .
	echo mine >minimal.conf
	run_berth 4 import minimal-qemud.rc
	says "'$PWD/minimal.conf' is there already"
	[ "$(cat minimal.conf)" = mine ]
	run_berth 0 import --force minimal-qemud.rc
	run_berth 0 check minimal.conf
}

@test "elsewhere, and nowhere" {
	cp "$DATA"/minimal-qemud.rc .
	run_berth 0 import -o - minimal-qemud.rc
	prints "vm_id = minimal"
	run_berth 0 import --dry-run minimal-qemud.rc
	prints "vm_id = minimal"
	[ ! -e minimal.conf ]
	run_berth 0 import -o other.conf minimal-qemud.rc
	run_berth 0 check other.conf
	[ ! -e minimal.conf ]
}

@test "every guest of a folder, in spite of a bad one" {
	mkdir guests
	cp "$DATA"/*-qemud.rc guests
	run_berth 0 import guests
	[ -e guests/web1.conf ] && [ -e guests/minimal.conf ] && [ -e guests/evil.conf ]
	rm guests/*.conf
	echo RAM=4Q >guests/bad-qemud.rc
	run_berth 9 import guests
	says "guests/bad-qemud.rc:1:5: RAM: '4Q' is not a size"
	says "import: 1 of 4 guests failed"
	[ -e guests/web1.conf ] && [ ! -e guests/bad.conf ]
}

@test "every guest that was registered" {
	mkdir a b
	cp "$DATA"/minimal-qemud.rc a
	cp "$DATA"/web1-* b
	printf '# guests\n\nminimal\t%s/a\nweb1 %s/b \n' "$PWD" "$PWD" >registered
	run_berth 0 import registered
	[ -e a/minimal.conf ] && [ -e b/web1.conf ]
	printf 'gone\t/nowhere\nweb1 b\n' >registered
	run_berth 1 import registered
	says "/nowhere/gone-qemud.rc"
	says "registered:2:1: expected a name and the absolute path of its folder"
	run_berth 2 import -o x.conf registered
}

@test "an image that cannot be read stays an option, and nothing is lost" {
	cp "$DATA"/web1-* .
	run_berth 0 import web1-qemud.rc
	says "web1-qemu.cfg:2:1: warning: DSK1: stays an option for QEMU alone: its image is not there"
	jq '.bridges += ["br1"]' "$HOST" >host.json
	run_berth 0 plan start web1.conf --facts host.json
	prints "-drive 'file=$PWD/web1.qcow2,snapshot=off,format=qcow2' -drive 'file=$PWD/logs.img,snapshot=off' -drive"
	mkfifo pipe.img
	printf 'NAME=p\nTGTARCH=kvm\nDSK1=pipe.img\n' >p-qemud.rc
	run timeout -s KILL 20 "$BERTH" import p-qemud.rc
	[ "$status" -eq 0 ]
}

@test "what an image is, is told by its first bytes" {
	web1
	mv logs.img raw
	qemu-img create -q -f qcow2 logs.img 20M
	run_berth 0 import -q web1-qemud.rc
	run_berth 0 get web1.conf hardware.hdds.hdd1.size
	[ "$output" = 20M ]
	run_berth 0 get web1.conf hardware.hdds.hdd1.format
	[ "$output" = qcow2 ]
	qemu-img create -q -f vmdk logs.img 20M
	run_berth 0 import -f web1-qemud.rc
	says "DSK2: stays an option for QEMU alone"
}

@test "mistakes" {
	mkdir empty
	run_berth 3 import nowhere-qemud.rc
	run_berth 3 import empty
	says "'empty' holds no file called NAME-qemud.rc"
	touch web.rc bad-qemud.rc
	run_berth 2 import web.rc
	says "'web.rc' is not called NAME-qemud.rc"
	run_berth 2 import -o x.conf empty
	run_berth 10 import bad-qemud.rc
	says "bad-qemud.rc: NAME is missing"
	says "bad-qemud.rc: TGTARCH is missing"
	[ ! -e bad.conf ]
}
