#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Calls of ctys against a real guest, which boots nothing.

load live

setup_file() {
	live_setup
	printf '[hardware]\nvm_id = tst1\nram = 32M\nuuid = 6842caf9-1e3e-4324-9ed5-96b8b9f2c5c2\n[[eths]]\n[[[eth0]]]\nhw_addr = 52:54:00:13:11:40\n[run]\naccel = tcg\n' \
		>"$BERTH_HOME/tst1.conf"
	berth build --quiet "$BERTH_HOME/tst1.conf"
}

teardown_file() {
	live_teardown
}

ctys() {
	"$BERTH" as ctys "$@"
}

@test "create starts it, and says so when it runs" {
	ctys -t qemu -a create=l:tst1,CONSOLE:none
	[ "$(state tst1)" = running ]
	run ctys -t qemu -a create=l:tst1
	[ "$status" -eq 4 ]
	ctys -t qemu -a create=l:tst1,reuse,CONSOLE:none localhost
}

@test "other addresses are the same guest" {
	local address
	for address in l:tst1 u:6842caf91e3e43249ed596b8b9f2c5c2 m:52:54:00:13:11:40; do
		ctys -t qemu -a "create=$address,CONNECT,CONSOLE:none"
	done
	run ctys -t qemu -a create=l:tst,CONNECT,CONSOLE:none
	[ "$status" -eq 3 ]
}

@test "list has it" {
	ctys -a list=label,uuid | grep -q '^tst1 *6842caf9-1e3e-4324-9ed5-96b8b9f2c5c2'
	ctys -t qemu -a list=macro:TAB_CPORT | grep -q '^tst1 '
	"$BERTH" as ctys-vhost -o label -M all tst1 | grep -qx tst1
}

@test "pause and reset" {
	ctys -t qemu -a cancel=l:tst1,PAUSE
	[ "$(state tst1)" = paused ]
	berth resume tst1
	ctys -t qemu -a cancel=FORCE,RESET,u:6842caf91e3e43249ed596b8b9f2c5c2
	[ "$(state tst1)" = running ]
}

@test "cancel ends it, and it can be connected to no more" {
	ctys -t qemu -a cancel=l:tst1,poweroff:0,force
	[ "$(state tst1)" = stopped ]
	run ctys -t qemu -a create=l:tst1,CONNECT,CONSOLE:none
	[ "$status" -ne 0 ]
}

# What this QEMU was started with.
words() {
	tr '\0' '\n' <"/proc/$("$BERTH" list --json tst1 | jq -r '.guests[0].pid')/cmdline"
}

@test "one start in another way: boot medium and arguments are for that one alone" {
	truncate -s 1M "$BERTH_HOME/rescue.iso"
	ctys -t qemu -a "create=l:tst1,BOOTMODE:CD%$BERTH_HOME/rescue.iso,ARGSADD:S%-rtc%base=localtime,CONSOLE:NONE"
	words | grep -q 'rescue.iso'
	words | grep -qx 'base=localtime'
	run ctys -t qemu -a create=l:tst1,REUSE,BOOTMODE:PXE,CONSOLE:NONE
	[ "$status" -ne 0 ]
	ctys -t qemu -a create=l:tst1,RECONNECT,CONSOLE:NONE
	ctys -t qemu -a cancel=l:tst1,POWEROFF:1
	[ "$(state tst1)" = stopped ]
	ctys -t qemu -a create=l:tst1,REUSE
	run words
	[[ $output != *rescue.iso* && $output != *localtime* ]]
	ctys -t qemu -a cancel=l:tst1,FORCE
}

@test "suspend and resume" {
	ctys -t qemu -a create=l:tst1
	ctys -t qemu -a cancel=l:tst1,S4
	[ "$(state tst1)" = saved ]
	ctys -t qemu -a create=l:tst1,RESUME
	[ "$(state tst1)" = running ]
	ctys -t qemu -a cancel=l:tst1,FORCE
	run ctys -t qemu -a create=l:tst1,RESUME
	[ "$status" -ne 0 ]
}

@test "records with titles, of what runs and of what is defined" {
	ctys -t qemu -a create=l:tst1
	[ "$(ctys -a list=machine,title | head -1 | tr -cd ';' | wc -c)" -eq 21 ]
	ctys -t qemu -a list=terse,label,stype,cstype | grep -qx 'tst1;qemu;SERVER'
	ctys -a enumerate=machine,titleidx,b:"$BERTH_HOME" | grep -q '^HOST(1);DRIVER(2);NAME(3);'
	[ "$(ctys -a enumerate=terse,label,mac,sort:label)" = $'tst1;52:54:00:13:11:40\ntst1;52:54:00:13:11:40' ]
	ctys -t qemu -a cancel=l:tst1,FORCE
}

@test "a guest from values alone: its files, then an installation on a disk that is made for it" {
	cd "$BERTH_HOME"
	truncate -s 1M inst.iso
	MEMSIZE=32 ACCELERATOR=QEMU HDDBOOTIMAGE_INST_SIZE=4M INSTCDROM=$PWD/inst.iso "$BERTH" as ctys-createConfVM -t QEMU --label=inst1 --auto-all
	ctys -t qemu -a create=ID:"$PWD"/inst1.ctys,INSTMODE:CD%default%HDD%default%INIT,CONSOLE:NONE
	[ "$(state inst1)" = running ]
	[ "$(stat -c %s guests/inst1/inst1.img)" -eq 4194304 ]
	ctys -t qemu -a cancel=id:"$PWD"/inst1.ctys,poweroff:0,force
	[ "$(state inst1)" = stopped ]
	ctys -t qemu -a create=l:inst1,CONSOLE:NONE,BOOTMODE:HDD
	ctys -t qemu -a cancel=l:inst1,FORCE
}
