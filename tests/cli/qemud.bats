#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# berth by the names of qemu-init's programs; tests/unit/calls.c has every form of a call.
load cli

# qemu_init NAME...: guests as qemu-init has them, in one folder, a disk each, registered in this order
qemu_init() {
	mkdir -p etc vm
	local name
	for name in "$@"; do
		printf 'NAME=%s\nTGTARCH=qemu-system-x86_64\nKVM=0\nRAM=64\nNIC1=0\n' "$name" >"vm/$name-qemud.rc"
		printf 'DSK1=%s.qcow2\n' "$name" >"vm/$name-qemu.cfg"
		qemu-img create -q -f qcow2 "vm/$name.qcow2" 1M
		chmod 666 "vm/$name.qcow2"
		printf '%s\t%s\n' "$name" "$PWD/vm" >>etc/registered
	done
}

# as STATUS PROGRAM ARGUMENT...: called by that name, it must end with that status
as() {
	local want=$1 program=$2
	shift 2
	ln -sf "$BERTH" "$program"
	run --separate-stderr "./$program" "$@"
	[ "$status" -eq "$want" ] || {
		echo "$program $*: status $status, expected $want"
		echo "$output"
		echo "$stderr"
		return 1
	}
}

@test "a host of qemu-init is imported: registered, marked, in its order, and nothing of it is changed" {
	qemu_init web1 db mail
	printf 'mail\ngone\n' >etc/autostart
	echo 50400 >etc/vncoffset
	local before
	before=$(sha256sum etc/* vm/*-qemu* vm/*.qcow2)
	run_berth 0 import etc
	prints "mail is registered and starts with the host"
	says "autostart:2:1: warning: 'gone' is not registered"
	[ "$(sha256sum etc/* vm/*-qemu* vm/*.qcow2)" = "$before" ]
	[ "$(readlink guests/web1/guest.conf)" = "$PWD/vm/web1.conf" ]
	[ "$(readlink guests/web1/web1.qcow2)" = "$PWD/vm/web1.qcow2" ]
	[ "$("$BERTH" autostart list)" = mail ]
	as 0 qemud status
	[ "$output" = $'web1  stopped\ndb    stopped\nmail  stopped' ]
	run_berth 0 get vm/mail.conf run.order
	[ "$output" = 3 ]
	run_berth 0 get vm/mail.conf console.vnc_base
	[ "$output" = 50400 ]
}

@test "root's guests run as the owner of their folder, unless they say as whom" {
	[ "$(id -u)" -eq 0 ] || skip "only root runs guests as others"
	qemu_init web1 db
	echo RUNAS=daemon >>vm/db-qemud.rc
	chown nobody vm
	run_berth 0 import -q etc
	run_berth 0 get vm/web1.conf run.run_as
	[ "$output" = nobody ]
	run_berth 0 get vm/db.conf run.run_as
	[ "$output" = daemon ]
}

@test "what is done already stays, what a killed import left is done" {
	qemu_init web1 db
	echo db >etc/autostart
	run_berth 0 import etc
	echo '# mine' >>vm/web1.conf
	run_berth 0 autostart off db
	rm -r guests/web1
	run_berth 0 import etc
	prints "vm/web1.conf: is there already, and stays as it is"
	[ -L guests/web1/guest.conf ]
	grep -qx '# mine' vm/web1.conf
	[ -z "$("$BERTH" autostart list)" ]
	rm autostart/db autostart.off/db
	run_berth 0 import etc
	[ "$("$BERTH" autostart list)" = db ]
}

@test "one bad guest does not stop the others" {
	qemu_init web1 db
	rm vm/web1-qemud.rc
	run_berth 9 import etc
	says "web1-qemud.rc: No such file or directory"
	says "import: 1 of 2 guests failed"
	[ -L guests/db/guest.conf ]
	echo nonsense >etc/registered
	run_berth 10 import etc
	says "etc/registered:1:1: expected a name and the absolute path of its folder"
}

@test "a dry run shows the machine files and what would be done" {
	qemu_init web1
	echo web1 >etc/autostart
	run_berth 0 import --dry-run etc
	prints "vm_id = web1"
	prints "# then: berth register --quiet $PWD/vm/web1.conf"
	prints "# then: berth autostart on $PWD/vm/web1.conf"
	[ ! -e vm/web1.conf ] && [ ! -e guests ]
}

@test "start, stop and status, with the statuses of qemu-init" {
	qemu_init web1 db
	as 0 qemud start                        # nothing is registered: silently nothing
	[ -z "$output$stderr" ]
	run_berth 0 import -q etc
	as 0 qemud start                        # nothing is marked
	[ -z "$output$stderr" ]
	as 0 qemud start web1
	as 1 qemud start web1
	says "qemud: 'web1' is running already"
	as 0 qemud status
	[ "$output" = $'web1  running\ndb    stopped' ]
	as 0 qemud status db
	[ "$output" = "db  stopped" ]
	as 0 qemud status --json
	[ "$(jq -r '.guests[0].state' <<<"$output")" = running ]
	as 3 qemud stop db
	says "qemud: 'db' is not running"
	as 5 qemud stop gone
	as 5 qemud status gone
	as 2 qemud
	as 2 qemud restart
	says "usage: qemud start"
	run_berth 0 kill web1
}

@test "qemud start is for those that are marked; boot_delay is for it alone" {
	qemu_init web1 db
	echo BOOTDELAY=1 >>vm/db-qemud.rc
	echo db >etc/autostart
	run_berth 0 import -q etc
	as 0 qemud start --dry-run
	[ "$output" = "berth start db, 1 s later" ]
	as 0 qemud start
	as 0 qemud start                        # runs already: what was wanted
	as 0 qemud status
	[ "$output" = $'web1  stopped\ndb    running' ]
	run_berth 0 kill db
}

@test "qemud stop ends what runs, marked or not" {
	qemu_init web1 db mail
	run_berth 0 import -q etc
	for name in web1 mail; do
		run_berth 0 set vm/$name.conf run.stop_delay=1
		run_berth 0 start $name
	done
	as 0 qemud stop
	says "'web1' did not end by itself in time"
	as 0 qemud status
	[ "$output" = $'web1  stopped\ndb    stopped\nmail  stopped' ]
	as 0 qemud stop
}

@test "qemud-ast toggles" {
	qemu_init web1
	run_berth 0 import -q etc
	as 0 qemud-ast web1
	[ "$("$BERTH" autostart list)" = web1 ]
	as 0 qemud-ast web1
	[ -z "$("$BERTH" autostart list)" ]
	as 5 qemud-ast gone
	as 2 qemud-ast
}

@test "qemud-vnc tells where screens are, and shows one" {
	qemu_init web1 db
	echo 50410 >etc/vncoffset
	run_berth 0 import -q etc
	run_berth 0 start web1 db
	as 0 qemud-vnc
	[[ $output =~ web1\ +127\.0\.0\.1:504[0-9]+ ]]
	as 0 qemud-vnc --bad
	[[ $output =~ db\ +127\.0\.0\.1:504[0-9]+ ]]
	printf '#!/bin/sh\necho "$@"\n' >vncviewer
	chmod 755 vncviewer
	DISPLAY=:0 PATH=$PWD:$PATH as 0 qemud-vnc db
	[[ $output =~ ^127\.0\.0\.1::504[0-9]+$ ]]
	as 0 qemud-vnc -w
	[ -z "$output$stderr" ]
	[[ $(cat vncstatus) =~ ^db\ +127\.0\.0\.1:504[0-9]+$'\n'web1\ +127\.0\.0\.1:504[0-9]+$ ]]
	run_berth 4 vnc --listen 5901 db
	says "the screen of 'db' is at 127.0.0.1:504"
	as 0 qemud-vnc -V db
	[[ $output == "berth "* ]]
	run_berth 0 kill web1 db
	as 3 qemud-vnc db
	as 0 qemud-vnc -w
	[ ! -s vncstatus ]
}

@test "registering and forgetting by qemu-init's names" {
	qemu_init web1
	as 0 qemud-reg register web1 vm
	[ "$(readlink guests/web1/guest.conf)" = "$PWD/vm/web1.conf" ]
	as 0 qemu-adm register web1 "$PWD/vm"   # it is so already
	as 2 qemud-reg register web10 vm
	as 5 qemud-reg register nobody vm
	as 0 qemud-reg list
	[ "$output" = "web1  stopped" ]
	run_berth 0 start web1
	as 1 qemud-reg unregister web1
	as 0 qemu-cmd web1 'info status'
	prints "VM status: running"
	run_berth 0 kill web1
	as 0 qemu-adm unregister web1
	[ -e vm/web1.qcow2 ] && [ -e vm/web1.conf ] && [ ! -e guests/web1 ]
}

@test "berth as says the same, and which programs it can be" {
	run_berth 0 as qemud status
	run_berth 2 as qemud
	says "qemud: usage: qemud start"
	run_berth 2 as emacs
	says "'emacs' is no program that berth can be (qemud, qemud-ast,"
	run_berth 2 as
	# What is installed is what there is.
	run_berth 2 as emacs
	names=$(sed 's/.*(\(.*\))/\1/; s/,//g' <<<"$stderr")
	for name in $names; do
		grep -q "'$name'" "$BATS_TEST_DIRNAME/../../src/front/meson.build"
	done
}
