#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# One verb on many guests at once.
load cli.bash

build_all() {
	local name
	for name in "$@"; do
		paper "$name"
		run_berth 0 build "$name.conf"
	done
}

# are "a=running b=stopped": the guests there are, and their states
are() {
	local now
	now=$("$BERTH" list --json | jq -r '[.guests[] | select(.note == null) | "\(.name)=\(.state)"] | join(" ")')
	[ "$now" = "$1" ] || { echo "are: $now"; return 1; }
}

@test "start, stop and kill take many guests at a time" {
	build_all a b c
	run_berth 0 start -j 2 a b c
	are "a=running b=running c=running"
	run_berth 0 kill --jobs 3 a b c
	are "a=stopped b=stopped c=stopped"
}

@test "one bad guest does not stop the others, and is named" {
	build_all a b
	run_berth 9 start -j 3 a nobody b
	says "there is no guest 'nobody'"
	says "start: 1 of 3 guests failed"
	are "a=running b=running"
	run_berth 4 start -j 3 a b
	run_berth 3 start -j 2 nobody noone
}

@test "--all is all that run, however they are to be ended" {
	build_all a b c
	printf '[hardware]\n[run]\naccel = tcg\nstop_delay = 0\n' >machine.conf
	run_berth 0 build machine.conf
	run_berth 0 start -j 4 a b machine
	run_berth 0 stop --all
	are "a=stopped b=stopped c=stopped machine=stopped"
	run_berth 0 stop --all
	run_berth 0 kill --all
	run_berth 0 start c
	run_berth 0 kill --all
	are "a=stopped b=stopped c=stopped machine=stopped"
}

@test "a dry run says what all would do, one after the other, and does nothing" {
	build_all a b
	run_berth 0 start a b
	run_berth 0 kill --all --dry-run
	[ "$(grep -c '^# kill' <<<"$output")" = 2 ]
	are "a=running b=running"
}

@test "all or some, and a number" {
	build_all a
	run_berth 2 stop
	run_berth 2 stop --all a
	run_berth 2 kill -j 0 a
	says "'0' is no number of jobs"
	run_berth 2 start
}
