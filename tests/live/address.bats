#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# A real QEMU by whatever one remembers of it, running and switched off. There is no system in it.

# shellcheck disable=SC2154  # bats sets stderr
load live

setup_file() {
	live_setup
	mkdir "$BERTH_HOME/pool"
	local n
	for n in 1 2; do
		cat >"$BERTH_HOME/pool/box$n.conf" <<-END
			[hardware]
			vm_id = box$n
			ram = 64
			uuid = 6e4154f1-0cf6-4bf3-a742-00000000000$n
			[[eths]]
			[[[eth0]]]
			hw_addr = 52:54:00:12:34:0$n
			[guest]
			tags = boxes
			[config]
			hostname = box$n.example.org
			[run]
			accel = tcg
			[console]
			vnc = none
			[driver]
			[[qemu]]
			args = -S
		END
	done
	berth build -q "$BERTH_HOME/pool/box1.conf" "$BERTH_HOME/pool/box2.conf"
	berth scan -q "$BERTH_HOME/pool"
}

teardown_file() {
	live_teardown
}

addresses() {
	printf '%s\n' box1 BOX1 l:box1 uuid:6E4154F10CF64BF3A742000000000001 m:52-54-00-12-34-01 t:box1.example.org \
		"i:$BERTH_HOME/guests/box1/guest.conf" f:pool/box1 "l:box*,mac:525400123401" localhost/box1
}

@test "every address of a guest starts it, asks its hypervisor, and ends it" {
	local word
	while read -r word; do
		case $word in
		*'*'*) berth show "$word" | grep -q '^name  *box1$'; continue ;;
		esac
		berth start "$word"
		berth monitor "$word" 'info uuid' | grep -q 000000000001
		berth kill "$word"
		[ "$(berth list --fast --json | jq -r ".guests[0].state")" = stopped ]
	done < <(addresses)
}

@test "a tag starts both, and ends both when that is confirmed" {
	berth start @boxes
	[ "$(berth list --fast --running --quiet | wc -l)" -eq 2 ]
	run ! berth kill 'box*' </dev/null
	[ "$(berth list --fast --running --quiet | wc -l)" -eq 2 ]
	berth kill --yes --jobs 2 'box*' </dev/null
	[ "$(berth list --fast --running --quiet | wc -l)" -eq 0 ]
}

@test "a copy in another folder makes it ambiguous, and is never started by chance" {
	mkdir "$BERTH_HOME/copy"
	cp "$BERTH_HOME/pool/box1.conf" "$BERTH_HOME/copy/"
	berth scan -q "$BERTH_HOME/copy"
	run -11 --separate-stderr berth start mac:525400123401
	[[ $stderr == *"$BERTH_HOME/copy/box1.conf"*"$BERTH_HOME/guests/box1/guest.conf"* || \
		$stderr == *"$BERTH_HOME/guests/box1/guest.conf"*"$BERTH_HOME/copy/box1.conf"* ]]
	berth set "$BERTH_HOME/copy/box1.conf" guest.state=backup
	berth scan -q
	berth start mac:525400123401
	berth kill box1
}
