#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The start of all guests that start with the host.
load cli.bash

# guest NAME [LINE OF RUN]...: of paper, and marked
guest() {
	paper_guest "$@"
	run_berth 0 autostart on "$1"
}

# machine_guest NAME [LINE OF RUN]...: one of QEMU with nothing to start from
machine_guest() {
	local name=$1
	shift
	printf '%s\n' '[hardware]' '[run]' 'accel = tcg' "$@" >"$name.conf"
	run_berth 0 build "$name.conf"
	run_berth 0 autostart on "$name"
}

# running NAME...: they are, and no other
running() {
	local now
	now=$("$BERTH" list --json | jq -r '[.guests[] | select(.note == null and .state == "running").name] | join(" ")')
	[ "$now" = "$*" ] || { echo "running: $now"; return 1; }
}

@test "those that are marked start, in their order; the others do not; twice is fine" {
	guest a 'order = 7'
	guest b 'order = 3'
	paper c
	run_berth 0 build c.conf
	run_berth 0 boot --dry-run
	[ "$output" = "berth start b
berth start a" ]
	running
	run_berth 0 boot
	running a b
	run_berth 0 boot
	[ -z "$stderr" ]
	run_berth 0 boot --json
	[ "$(jq -c '[.guests[].started]' <<<"$output")" = '[true,true]' ]
}

@test "nothing to start is no error" {
	run_berth 0 boot
	[ -z "$output$stderr" ]
}

@test "who waits for another starts when that has come so far" {
	machine_guest db 'order = 9'
	guest web 'after = db:process'
	guest last 'after = web, db'
	run_berth 0 boot --dry-run
	prints "berth start web, after db:process"
	run_berth 0 boot -j 1
	running db last web
}

@test "a stage that does not come keeps back who waits for it, and nobody else" {
	machine_guest db
	guest web 'after = db:login'
	guest other
	run_berth 9 boot
	says "on the way to 'login'"
	says "'web' is not started: waiting for 'db:login' was in vain"
	says "boot: 1 of 3 guests failed"
	running db other
}

@test "unknown names, circles and bad files are named, and the others start" {
	guest good
	guest odd 'after = nobody'
	guest a 'after = b'
	guest b 'after = a'
	guest bad
	echo '[hardware' >guests/bad/guest.conf
	run_berth 9 boot
	says "'odd' is not started: run.after: there is no guest 'nobody'"
	says "run.after goes in a circle: a after b after a"
	says "'bad' is not started: "
	running good
}

@test "boot_delay counts for boot alone, and holds up nobody else" {
	guest late 'boot_delay = 1' 'order = 1'
	guest soon
	run_berth 0 boot --dry-run
	prints "berth start late, 1 s later"
	local began=$EPOCHREALTIME
	run_berth 0 boot -j 1
	awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { exit b - a < 1 }'
	running late soon
	[ run/soon.lock -ot run/late.lock ]
}

@test "one boot at a time: the second says who is at it, and waits" {
	guest a
	exec 9>autostart.lock
	echo 'pid 1
berth boot' >&9
	flock 9
	"$BERTH" boot 2>said 3>&- 9>&- &
	until grep -q "waiting for another boot: .*: held by pid 1, berth boot" said; do kill -0 $!; done
	running
	exec 9>&-
	wait $!
	running a
}

@test "of two boots at once one starts every guest, once, and the other waits for it" {
	guest slow 'boot_delay = 1'
	machine_guest other
	"$BERTH" boot 3>&- &
	until ! flock -s -n autostart.lock true; do :; done
	run_berth 0 boot
	says "waiting for another boot: $BERTH_HOME/autostart.lock: held by pid $!, berth boot"
	running other slow
	wait $!
}
