#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# kill -9 at every step of a build: the next run finishes, and the cache is never poisoned.

load live

setup_file() {
	live_setup
	conf crash minimal
	berth build "$BERTH_HOME/crash.conf"
	berth destroy crash
}

teardown_file() {
	live_teardown
}

# Start a build, kill it when it has begun its n-th step; false when it had fewer.
killed_at() {
	local n=$1 trace=$BATS_TEST_TMPDIR/trace
	rm -f "$trace"
	BERTH_TRACE=$trace "$BERTH" build -q "$BERTH_HOME/crash.conf" &
	local pid=$!
	until [ "$(wc -l 2>/dev/null <"$trace")" -ge "$n" ] 2>/dev/null; do
		if ! kill -0 $pid 2>/dev/null; then
			wait $pid
			return 1
		fi
	done
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null || true
}

steps() {
	berth build "$BERTH_HOME/crash.conf" --dry-run --json | jq '.steps | length'
}

finishes() {
	if [ -e "$BERTH_HOME/guests/crash" ]; then
		berth destroy crash
	fi
	berth build -q "$BERTH_HOME/crash.conf"
	[ -s "$BERTH_HOME/guests/crash/record.json" ]
	[ ! -e "$BERTH_HOME/guests/crash.new" ]
	qemu-img check -q "$BERTH_HOME/guests/crash/hdd0.qcow2"
	berth destroy crash
}

@test "with a warm cache, at every step" {
	total=$(steps)
	[ "$total" -gt 5 ]
	for n in $(seq 1 "$total"); do
		killed_at "$n" || true
		finishes
	done
	run ! pgrep -f "qemu-storage-daemon.*$BERTH_HOME"
	run ! grep "$BERTH_HOME" /proc/self/mounts
}

@test "with only the root tree cached, at every step" {
	rm -rf "$BERTH_HOME"/cache/disk "$BERTH_HOME"/cache/boot
	total=$(steps)
	for n in $(seq 1 2 "$total"); do
		killed_at "$n" || true
		run berth build "$BERTH_HOME/crash.conf" -q
		[ "$status" -eq 0 ] || [ "$status" -eq 4 ]
		berth destroy crash
		rm -rf "$BERTH_HOME"/cache/disk "$BERTH_HOME"/cache/boot
	done
}

@test "Ctrl-C leaves the state of a clean stop" {
	# The base disk has to be made again: seconds, in which there is time to interrupt.
	rm -rf "$BERTH_HOME"/cache/disk
	BERTH_TRACE=$BATS_TEST_TMPDIR/int "$BERTH" build -q "$BERTH_HOME/crash.conf" 2>"$BATS_TEST_TMPDIR/err" &
	pid=$!
	until_true 60 grep -qs mke2fs "$BATS_TEST_TMPDIR/int"
	kill -TERM $pid
	wait $pid || true
	[ ! -e "$BERTH_HOME/guests/crash.new" ]
	[ ! -e "$BERTH_HOME/guests/crash" ]
	[ -z "$(ls "$BERTH_HOME"/cache/disk)" ]
	grep interrupted "$BATS_TEST_TMPDIR/err"
	finishes
}

@test "two builds of one guest exclude each other, of two guests do not" {
	conf other minimal
	mkdir -p "$BERTH_HOME/guests"
	exec 9>"$BERTH_HOME/guests/crash.lock"
	flock 9
	run berth build "$BERTH_HOME/crash.conf"
	[ "$status" -eq 6 ]
	berth build -q "$BERTH_HOME/other.conf"
	exec 9>&-
	berth build -q "$BERTH_HOME/crash.conf"
	berth destroy crash other
}

@test "twenty starts at once give exactly one process" {
	berth build -q "$BERTH_HOME/crash.conf"
	for _ in $(seq 20); do
		{ s=0; "$BERTH" start crash 2>>"$BATS_TEST_TMPDIR/said" || s=$?; echo $s >>"$BATS_TEST_TMPDIR/statuses"; } &
	done
	wait
	cat "$BATS_TEST_TMPDIR/said"
	[ "$(grep -cx 0 "$BATS_TEST_TMPDIR/statuses")" -eq 1 ]
	[ "$(grep -cE '^(4|6)$' "$BATS_TEST_TMPDIR/statuses")" -eq 19 ]
	[ "$(pgrep -fc "qemu-system-x86_64 -name crash .*$BERTH_HOME/")" -eq 1 ]
	berth kill crash
}
