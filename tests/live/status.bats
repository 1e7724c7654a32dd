#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What runs on this host: our guests, one of them deaf, and a QEMU that nobody made with berth.
# shellcheck disable=SC2016  # what stands in single quotes is for jq

load live

setup_file() {
	live_setup
	for name in deaf well; do
		cat >"$BERTH_HOME/$name.conf" <<-END
			[hardware]
			vm_id = $name
			ram = 32
			[run]
			accel = tcg
			[driver]
			[[qemu]]
			args = -S
		END
		berth build --quiet "$BERTH_HOME/$name.conf"
		berth start --quiet $name
	done
	# Its name has to be nobody else's on this host.
	export ALIEN=alien-$$
	qemu-system-x86_64 -nodefaults -display none -S -name "guest=$ALIEN,debug-threads=on" -m 48 -smp cpus=2 3>&- &
	ALIEN_PID=$!
	export ALIEN_PID
	until_true 10 sees "$ALIEN"
}

teardown_file() {
	kill -CONT "$(pid deaf)" || true
	kill "$ALIEN_PID" || true
	live_teardown
}

sees() {
	berth list --json | jq -e --arg n "$1" 'any(.guests[]; .name == $n)' >/dev/null
}

pid() {
	berth list --json | jq -r --arg n "$1" '.guests[] | select(.name == $n and .note != "alien").pid'
}

@test "an alien is listed with what its command line tells" {
	run -0 jq -r --arg n "$ALIEN" '.guests[] | select(.name == $n) | "\(.state) \(.driver) \(.cpus) \(.memory) \(.pid) \(.note)"' \
		<(berth list --json)
	[ "$output" = "running qemu 2 48M $ALIEN_PID alien" ]
	berth list | grep -E "^$ALIEN +running +qemu .* $ALIEN_PID +alien$"
}

@test "ours are no aliens, and have their process ids" {
	[ "$(berth list --json | jq '[.guests[] | select(.name == "well" and .note != "alien")] | length')" = 1 ]
	grep -q qemu-system "/proc/$(pid well)/cmdline"
}

@test "an alien that has ended is gone" {
	qemu-system-x86_64 -M none -display none -S -name "short-$$" 3>&- &
	local pid=$!
	until_true 10 sees "short-$$"
	kill $pid
	wait $pid || true
	run ! sees "short-$$"
}

@test "a QEMU that hangs is unknown, the others are complete" {
	local pid
	pid=$(pid deaf)
	kill -STOP "$pid"
	run -0 timeout -s KILL 5 "$BERTH" list --json
	kill -CONT "$pid"
	[ "$(jq -r '.guests[] | select(.name == "deaf" and .note != "alien").state' <<<"$output")" = unknown ]
	[ "$(jq -r '.guests[] | select(.name == "well" and .note != "alien").state' <<<"$output")" = paused ]
	[ "$(state deaf)" = paused ]
}

@test "a QEMU that is well is taken by its word, one that has given none is asked" {
	local run=$BERTH_HOME/run/word
	printf '[hardware]\nvm_id = word\nram = 32\n[run]\naccel = tcg\n' >"$BERTH_HOME/word.conf"
	berth build --quiet "$BERTH_HOME/word.conf"
	berth start --quiet word
	[ "$(state word)" = running ]
	berth pause word
	[ "$(state word)" = paused ]
	mv "$run/qmp.sock" "$run/away.sock"
	[ "$(state word)" = paused ]
	mv "$run/state.log" "$run/away.log"
	[ "$(state word)" = unknown ]
	mv "$run/away.sock" "$run/qmp.sock"
	[ "$(state word)" = paused ]
	mv "$run/away.log" "$run/state.log"
	berth resume word
	[ "$(state word)" = running ]
	berth kill word
	[ "$(state word)" = stopped ]
}

@test "what a run before has told counts no more" {
	printf '%s\n' '[hardware]' 'vm_id = mum' 'ram = 32' '[run]' 'accel = tcg' '[driver]' '[[qemu]]' \
		'args = -trace, file=/dev/null' >"$BERTH_HOME/mum.conf"
	berth build --quiet "$BERTH_HOME/mum.conf"
	berth start --quiet mum
	berth kill mum
	printf 'runstate_set current_run_state 9 (running) new_state 4 (paused)\n' >"$BERTH_HOME/run/mum/state.log"
	berth start --quiet mum
	[ "$(state mum)" = running ]
	berth kill mum
}

@test "top tells what a virtual machine takes" {
	run -0 berth top --json -d 0.2
	run -0 jq -r '.guests[] | select(.name == "well" and (.alien | not)) |
		"\(.state) \(.cpu >= 0) \(.memory > 1000000) \(.ram) \(.disk_read) \(.net_sent)"' <<<"$output"
	[ "$output" = "paused true true 33554432 0.0 null" ] || [ "$output" = "paused true true 33554432 0 null" ]
}

@test "top goes on without a QEMU that hangs" {
	local pid
	pid=$(pid deaf)
	kill -STOP "$pid"
	run -0 timeout -s KILL 10 "$BERTH" top --json -d 0.1
	kill -CONT "$pid"
	[ "$(jq -r '.guests[] | select(.name == "deaf" and (.alien | not)) | "\(.state) \(.disk_read)"' <<<"$output")" = "unknown null" ]
	[ "$(jq -r '.guests[] | select(.name == "well" and (.alien | not)).disk_read >= 0' <<<"$output")" = true ]
}

@test "top on a terminal leaves when q is pressed" {
	local seen=$BERTH_HOME/seen keys=$BERTH_HOME/pressed
	mkfifo "$keys"
	timeout -s KILL 20 script -qec "'$BERTH' top -d 0.1" "$seen" <"$keys" >/dev/null 3>&- &
	local pid=$!
	exec 9>"$keys"
	until_true 10 grep -q NAME "$seen"
	printf q >&9
	wait $pid
	exec 9>&-
}
