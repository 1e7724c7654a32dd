#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Hardware that comes and goes with a guest that does not run, other names, throwaway
# guests: what becomes of the machine file, and what cannot be.

load cli

# A guest of QEMU with a disk and a CD drive; its hypervisor never runs here.
box() {
	machine "$1" <<-END
		[hardware]
		vm_id = $1
		ram = 64
		[[hdds]]
		[[[hdd0]]]
		size = 8MB
		[[cd_drives]]
		[[[cd0]]]
		pos = 1:0
		${2:-}
		[run]
		accel = tcg
	END
	"$BERTH" build -q "$1.conf"
}

# The words of the guest's command line that hold TEXT.
starts_with() {
	"$BERTH" start "$1" --dry-run --json | jq -r '.steps[] | select(.kind == "daemon").argv[]' >argv
	grep -e "$2" argv
}

conf() {
	"$BERTH" get guests/web/guest.conf "$1"
}

@test "a new disk is made, recorded and in a slot of its own" {
	box web
	starts_with web 'addr=' | grep -v '^virtio-blk-pci,id=' >before
	run_berth 0 attach web disk 20M
	prints "'web' has 'hdd1' now (berth detach web hdd1)"
	[ "$(qemu-img info --output=json guests/web/hdd1.qcow2 | jq '."virtual-size"')" = 20971520 ]
	[ "$(conf hardware.hdds.hdd1.slot)" = 1 ]
	starts_with web 'virtio-blk-pci,id=plug1,bus=slot1,'
	starts_with web 'addr=' | diff before -
	cmp web.conf <("$BERTH" del web.conf hardware.hdds.hdd1 --dry-run 2>/dev/null || cat web.conf)
}

@test "a disk that is there is used where it is" {
	box web
	qemu-img create -q -f qcow2 data.qcow2 1M
	sum=$(sha256sum data.qcow2)
	run_berth 0 attach web disk data.qcow2
	[ "$(readlink guests/web/hdd1.qcow2)" = "$BERTH_HOME/data.qcow2" ]
	[ "$(conf hardware.hdds.hdd1.source)" = "$BERTH_HOME/data.qcow2" ]
	run_berth 4 attach web disk data.qcow2
	says "'web' has '$BERTH_HOME/data.qcow2' already, as 'hdd1' (berth detach web hdd1)"
	run_berth 0 detach web hdd1
	prints "what is on it is in $BERTH_HOME/data.qcow2"
	[ ! -e guests/web/hdd1.qcow2 ]
	[ "$(sha256sum data.qcow2)" = "$sum" ]
}

@test "a detached disk keeps its file and its name; its slot is free again" {
	box web
	run_berth 0 attach web disk 1M
	run_berth 0 detach web hdd1
	prints "what is on it is in $BERTH_HOME/guests/web/hdd1.qcow2"
	[ -e guests/web/hdd1.qcow2 ]
	run_berth 0 attach web disk 1M
	prints "'hdd2'"
	[ "$(conf hardware.hdds.hdd2.slot)" = 1 ]
	run_berth 0 detach web hdd2
	run_berth 0 attach web disk guests/web/hdd1.qcow2
}

@test "interfaces: a slot, a type, and an address that stays when another goes" {
	box web
	run_berth 0 attach web nic host-only
	run_berth 0 attach web nic bridge=br7 --json
	[ "$(jq -r .device <<<"$output")" = eth1 ]
	[ "$(conf hardware.eths.eth1.bridge)" = br7 ]
	run_berth 0 detach web eth1
	run_berth 0 attach web nic host-only
	mac=$(starts_with web 'bus=slot2' | grep -o 'mac=[^,]*')
	run_berth 0 detach web eth0
	[ "$(starts_with web 'bus=slot2' | grep -o 'mac=[^,]*')" = "$mac" ]
}

@test "eight slots, and what is built in is not taken away" {
	box web
	for _ in 1 2 3 4 5 6 7 8; do
		run_berth 0 attach web nic host-only
	done
	run_berth 6 attach web nic host-only
	says "all 8 hot-plug slots of 'web' are taken (berth detach web DEVICE)"
	run_berth 12 detach web hdd0
	says "'hdd0' is built into 'web': only what was attached can be detached"
	run_berth 3 detach web eth9
	says "'web' has no disk or interface 'eth9'"
}

@test "words that make no sense" {
	box web
	run_berth 2 attach web cpu 4
	says "'cpu' is nothing that can be attached (disk or nic)"
	run_berth 3 attach web disk lots
	says "'lots' is neither a size (try 8G) nor a file that is there"
	run_berth 3 attach web disk ./none.img
	says "there is no file './none.img'"
	run_berth 10 attach web nic wifi
	says "'wifi' is none of"
	run_berth 2 attach web nic nat --format raw
	cp guests/web/guest.conf before
	run_berth 10 attach web disk 1M --format tape
	cmp guests/web/guest.conf before
	[ -z "$(find guests/web -name 'hdd1*' -o -name '*.new')" ]
	paper sheet
	run_berth 0 build sheet.conf
	run_berth 12 attach sheet disk 1M
	says "null guests cannot be extended"
	run_berth 12 cd sheet eject
	run_berth 3 attach box.conf disk 1M
}

@test "a guest that was built before there were slots keeps its hardware" {
	box web
	jq 'del(.slots)' guests/web/record.json >old
	cp old guests/web/record.json
	run_berth 12 attach web disk 1M
	says "'web' was built without hot-plug slots"
	run starts_with web pcie-root-port
	[ "$status" -ne 0 ]
}

@test "a slot holds one device" {
	box web
	run_berth 0 attach web disk 1M
	"$BERTH" add guests/web/guest.conf hardware.eths.eth0.slot=1
	run_berth 10 start web
	says "eth0: slot 1 holds 'hdd1' already"
}

@test "what was implied is still there beside what is attached" {
	box web
	printf '[hardware]\nvm_id = web\nos = debian-12\n' >guests/web/guest.conf
	run_berth 0 attach web disk 1M
	[ "$(conf hardware.hdds.hdd0.size)" = 8G ]
	run_berth 0 attach web nic host-only
	[ "$(conf hardware.eths.eth0.type)" = nat ]
	[ "$(conf hardware.eths.eth1.slot)" = 2 ]
}

@test "a CD is inserted and ejected; the drive is the same with and without" {
	box web
	starts_with web 'ide-cd' >without
	echo image >a,b.iso
	run_berth 0 cd web insert a,b.iso
	[ "$(conf hardware.cd_drives.cd0.path)" = "$BERTH_HOME/a,b.iso" ]
	starts_with web "file.filename=$BERTH_HOME/a,,b.iso"
	starts_with web 'ide-cd' | sed 's/,drive=medium0//' | diff without -
	run_berth 0 cd web eject
	starts_with web 'ide-cd' | diff without -
	run_berth 4 cd web eject
	says "there is no CD in the drive of 'web'"
	run_berth 3 cd web insert none.iso
	run_berth 3 cd web insert a,b.iso --drive cd7
	run_berth 2 cd web insert
	run_berth 2 cd web change a,b.iso
}

@test "a killed attach is no obstacle" {
	box web
	echo junk >guests/web/attach.new
	run_berth 0 attach web disk 1M
	[ ! -e guests/web/attach.new ]
}

@test "their scripts do what the plans say" {
	box web
	"$BERTH" attach web disk 1M --sh >attach.sh
	sh attach.sh
	[ "$(conf hardware.hdds.hdd1.slot)" = 1 ]
	"$BERTH" detach web hdd1 --sh >detach.sh
	sh detach.sh
	run ! conf hardware.hdds.hdd1.slot
	"$BERTH" rename web www --sh >rename.sh
	sh rename.sh
	[ -e guests/www/record.json ]
}

@test "a renamed guest has its hardware and its keys" {
	box web '[[eths]]
[[[eth0]]]
type = nat'
	echo 'web ssh-ed25519 AAAA' >guests/web/known_hosts
	starts_with web 'mac=' >before
	uuid=$("$BERTH" start web --dry-run | grep -o 'uuid [^ ]*')
	run_berth 0 rename web www
	prints "'web' is called 'www' now"
	[ ! -e guests/web ]
	[ "$(jq -r .name guests/www/record.json)" = www ]
	starts_with www 'mac=' | diff before -
	[ "$("$BERTH" start www --dry-run | grep -o 'uuid [^ ]*')" = "$uuid" ]
	[ "$("$BERTH" get guests/www/guest.conf hardware.vm_id)" = www ]
	[ "$(cat guests/www/known_hosts)" = 'www ssh-ed25519 AAAA' ]
	[ -e log/www.log ]
	run_berth 3 rename web www
}

@test "a new name is legal and free, and its guest does not run" {
	paper web
	paper db
	run_berth 0 build -q web.conf
	run_berth 0 build -q db.conf
	run_berth 4 rename web db
	says "there is a guest 'db' already"
	run_berth 4 rename web web
	run_berth 2 rename web a/b
	run_berth 2 rename web db.new
	run_berth 0 start web
	run_berth 1 rename web www
	says "'web' is running (berth kill web)"
	run_berth 0 kill web
	run_berth 0 rename web www
	run_berth 0 start www
	run_berth 0 kill www
	run_berth 0 destroy www
}

@test "a rename that was killed before the end is begun again" {
	box web
	"$BERTH" set -q guests/web/guest.conf hardware.vm_id=www hardware.uuid=24ada1e9-c0be-8408-a859-de67ebf8a7fb
	run_berth 0 start web --dry-run
	run_berth 0 rename web www
	run_berth 0 start www --dry-run
}

is_gone() {
	local end=$((SECONDS + 20))
	while [ -e "guests/$1" ]; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

@test "a throwaway guest is deleted when it ends" {
	paper web
	run_berth 0 up --rm web.conf
	[ "$("$BERTH" list --json | jq -r '.guests[] | select(.name == "web").note')" = throwaway ]
	run_berth 0 up --rm web.conf
	run_berth 0 kill web
	is_gone web
	run_berth 3 start web
}

@test "whose reaper was killed is told, not started, and made anew" {
	paper web
	run_berth 0 up --rm web.conf
	pid=$(pgrep -f "^$(realpath "$BERTH") reap --quiet web$" | while read -r p; do
		grep -qzx "BERTH_HOME=$BERTH_HOME" "/proc/$p/environ" && echo "$p"; done)
	kill -9 "$pid"
	run_berth 0 kill web
	[ -e guests/web ]
	[ "$("$BERTH" list --json | jq -r '.guests[] | select(.name == "web").note')" = "to be deleted" ]
	run_berth 1 start web
	says "'web' was a throwaway guest and has ended (berth destroy web)"
	run_berth 0 up --rm web.conf
	run_berth 0 kill web
	is_gone web
}

@test "a guest that is there is no throwaway" {
	paper web
	run_berth 0 build web.conf
	run_berth 4 up --rm web.conf
	says "'web' is there already, and stays"
	run_berth 1 reap web
	says "'web' is no throwaway guest"
	run_berth 0 up web.conf
	run_berth 4 up --rm web
}

@test "a monitor is a machine's" {
	paper web
	run_berth 0 up web.conf
	run_berth 12 monitor web
}

@test "what a guest that does not run, is not built or is not there is told" {
	machine box <<-'END'
		[hardware]
		ram = 64
		[[cd_drives]]
		[[[cd0]]]
		pos = 1:0
		[run]
		accel = tcg
	END
	for verb in suspend "attach %s disk 1M" "detach %s hdd0" "cd %s eject" "monitor %s stop"; do
		[[ $verb == *%s* ]] || verb+=' %s'
		# shellcheck disable=SC2059,SC2046  # words with the name in them
		run_berth 3 $(printf "$verb" nobody)
		says "there is no guest 'nobody'"
	done
	for verb in "attach box.conf disk 1M" "detach box.conf hdd0" "cd box.conf eject"; do
		# shellcheck disable=SC2086  # words
		run_berth 3 $verb
		says "'box' is not built, so there is no place where the change could be kept (berth build"
	done
	run_berth 1 suspend box.conf
	says "'box' is not running (berth start box)"
	run_berth 1 monitor box.conf stop
	says "'box' is not running (berth start box)"
	run_berth 0 build box.conf
	run_berth 1 suspend box
	says "'box' is not running (berth start box)"
	run_berth 1 monitor box 'info status'
	says "'box' is not running (berth start box)"
	run_berth 3 detach box hdd0
	says "'box' has no disk or interface 'hdd0' ('berth show box' tells all)"
	run_berth 4 cd box eject
	says "there is no CD in the drive of 'box'"
	run_berth 0 attach box disk 1M
	run_berth 0 detach box hdd0
}
