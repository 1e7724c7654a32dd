#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What berth says of a host, and of one that cannot have guests.

load cli

@test "every line has a level, a subject and a fact" {
	run --separate-stderr "$BERTH" doctor
	[ "$status" -le 1 ]
	[ "${#lines[@]}" -gt 8 ]
	run -1 grep -vE '^(ok  |note|warn|fail)  [a-z]+: .+' <<<"$output"
}

@test "data is the same, and the status follows from the worst" {
	run --separate-stderr "$BERTH" doctor --json
	[ "$(jq -r .schema <<<"$output")" = berth.doctor/1 ]
	[ "$(jq '[.findings[] | select(.level == "fail")] | length > 0' <<<"$output")" = "$([ "$status" -eq 0 ] && echo false || echo true)" ]
	[ "$(jq '[.findings[] | select(.what == "kvm")] | length' <<<"$output")" = 1 ]
}

@test "nothing is made by looking" {
	"$BERTH" doctor || true
	[ ! -e guests ]
	[ ! -e run ]
}

@test "quiet leaves out what is well" {
	run --separate-stderr "$BERTH" doctor --quiet
	run -1 grep "^ok " <<<"$output"
}

@test "a directory that cannot be written fails, with what to type" {
	: >file
	BERTH_HOME=$BERTH_HOME/file run_berth 1 doctor
	prints "fail  guests: nothing can be written to $BERTH_HOME/file: "
	prints "(ls -ld $BERTH_HOME/file)"
}

@test "a directory that everybody can write fails" {
	mkdir run
	chmod 777 run
	run_berth 1 doctor
	prints "fail  sockets: everybody can write to $BERTH_HOME/run (chmod o-w $BERTH_HOME/run)"
}

@test "no hypervisor at all" {
	mkdir none
	run --separate-stderr env PATH="$BERTH_HOME/none" "$BERTH" doctor
	[ "$status" -eq 1 ]
	prints "fail  hypervisor: "
	prints "(apt-get install qemu-system-x86 qemu-utils)"
}
