#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Guests that are started again: what is a crash is QEMU's to say, and what was asked for is not one.

load live

setup_file() {
	live_setup
	boot_sector tiny
	# mov $0, %al; out %al, $0xf4; hlt: with a debug-exit device there, QEMU just ends.
	{ printf '\260\000\346\364\364'; head -c 505 /dev/zero; printf '\125\252'; } >"$BERTH_HOME/crash.img"
	truncate -s 1M "$BERTH_HOME/crash.img"
	install -m 666 /dev/null "$BERTH_HOME/told"
	cat >"$BERTH_HOME/hook" <<-END
		#!/bin/sh
		echo "\$1 \$(id -un) \$BERTH_VERB" >>"$BERTH_HOME/told"
	END
	chmod 755 "$BERTH_HOME/hook"
	machine tiny tiny.img 'restart = on-crash' 'restart_delay = 0'
	machine always tiny.img 'restart = always' 'restart_delay = 0'
	machine loop crash.img 'restart = on-crash' 'restart_delay = 0' 'restart_limit = 1' \
		'[driver]' '[[qemu]]' 'args = -device, "isa-debug-exit,iobase=0xf4"'
}

teardown_file() {
	live_teardown
}

teardown() {
	local name
	for name in tiny always loop; do
		berth kill "$name" || true
	done
}

# machine NAME IMAGE [LINE]...: with that boot sector; the lines begin in [run]
machine() {
	local name=$1 image=$2
	shift 2
	{
		printf '[hardware]\nvm_id = %s\nram = 64M\nboot = disk\n[[hdds]]\n[[[hdd0]]]\nsource = %s\nformat = raw\n' "$name" "$image"
		printf '[console]\nvnc = none\n[run]\naccel = tcg\nstop_delay = 20\n'
		printf '%s\n' "$@"
	} >"$BERTH_HOME/$name.conf"
	berth build --quiet "$BERTH_HOME/$name.conf"
}

# process NAME LOCK: who signed for it
process() {
	sed -n 's/^pid //p' "$BERTH_HOME/run/$1.$2"
}

# up NAME: it runs, it is ready, and its keeper is there
up() {
	berth start --quiet --wait login --timeout 30 "$1"
	until_true 10 kept "$1"
}

kept() {
	[ -e "$BERTH_HOME/run/$1.keep" ] && ! flock -s -n "$BERTH_HOME/run/$1.keep" true
}

gone() {
	! kept "$1"
}

boots() {
	grep -aqs 'tiny guest login' "$BERTH_HOME/run/tiny/console.log"
}

runs_anew() {
	[ "$(state "$1")" = running ] && [ "$(process "$1" lock)" != "$2" ]
}

# ended NAME: it has, and its keeper, too
ended() {
	[ "$(state "$1")" = stopped ] && gone "$1"
}

# The button, pressed by somebody who is not berth: for it, the guest powers itself off.
power_off() {
	berth monitor "$1" system_powerdown
}

@test "a crash is repaired" {
	up tiny
	first=$(process tiny lock)
	kill -KILL "$first"
	until_true 20 runs_anew tiny "$first"
	berth wait --quiet tiny --stage login --timeout 30
	kept tiny
	grep "'tiny' has ended (it died): started again at once" "$BERTH_HOME/log/tiny.log"
}

@test "what was asked for is not: stop, kill, suspend, quit" {
	for words in "stop tiny" "kill tiny" "suspend tiny"; do
		up tiny
		# shellcheck disable=SC2086  # these are words
		berth $words --quiet
		gone tiny
		[[ $(state tiny) =~ ^(stopped|saved)$ ]]
	done
	berth resume --quiet tiny
	until_true 10 kept tiny
	berth monitor tiny quit || true
	until_true 20 ended tiny
	grep "'tiny' has ended (host-qmp-quit), and is not started again" "$BERTH_HOME/log/tiny.log"
}

@test "a guest that powers itself off stays off, unless it is always to run" {
	up tiny
	power_off tiny
	until_true 20 ended tiny
	grep "'tiny' has ended (guest-shutdown), and is not started again (run.restart = on-crash)" "$BERTH_HOME/log/tiny.log"
	up always
	first=$(process always lock)
	power_off always
	until_true 20 runs_anew always "$first"
	berth wait --quiet always --stage login --timeout 30
	berth stop --quiet always
	ended always
}

@test "one that crashes again and again is given up, with a word" {
	berth start --quiet loop
	until_true 30 grep -q "keep 'loop': it has ended once more (it died), and is left alone: run.restart_limit is 1" \
		"$BERTH_HOME/log/loop.log"
	until_true 10 ended loop
	[ "$(grep -c '^# the virtual machine' "$BERTH_HOME/log/loop.log")" = 2 ]
}

@test "without its keeper a guest goes on, and is taken over by the next" {
	up tiny
	first=$(process tiny lock)
	kill -KILL "$(process tiny keep)"
	until_true 10 gone tiny
	[ "$(berth list --json | jq -r '.guests[] | select(.name == "tiny" and .note != "alien").note')" = "not kept" ]
	[ "$(process tiny lock)" = "$first" ]
	"$BERTH" keep tiny 3>&- &
	keeper=$!
	until_true 10 kept tiny
	# That it powers itself off is heard by the new one as by the old.
	power_off tiny
	wait "$keeper"
	[ "$(state tiny)" = stopped ]
}

@test "SIGTERM to a keeper is a stop: the guest is asked" {
	rm -f "$BERTH_HOME/run/tiny/console.log"
	"$BERTH" keep tiny --wait login 3>&- &
	keeper=$!
	until_true 20 kept tiny
	until_true 20 boots
	kill "$keeper"
	wait "$keeper"
	[ "$(state tiny)" = stopped ]
	grep -a 'power button, bye' "$BERTH_HOME/run/tiny/console.log"
}

@test "a keeper that waits in vain for its stage stops the guest" {
	run -1 "$BERTH" keep loop --wait login --timeout 30
	until_true 10 ended loop
	run -7 "$BERTH" keep tiny --wait network --timeout 3
	ended tiny
}

@test "start --wait is start, then wait" {
	run -7 "$BERTH" start --wait network --timeout 3 tiny
	[[ $output == *"'tiny'"*"'login'"* ]]
	[ "$(state tiny)" = running ]
	run -4 "$BERTH" start --wait login tiny
	kept tiny
}

@test "hooks run as the guest's user around its life" {
	local user
	user=$(id -un)
	[ "$user" != root ] || user=daemon
	machine hooked tiny.img "run_as = $user" "pre_start = $BERTH_HOME/hook, 1" "post_start = $BERTH_HOME/hook, 2" \
		"pre_stop = $BERTH_HOME/hook, 3" "post_stop = $BERTH_HOME/hook, 4"
	up_and_down() {
		berth start --quiet --wait login --timeout 30 hooked
		berth "$1" --quiet hooked
	}
	up_and_down stop
	diff <(printf '%s\n' "1 $user start" "2 $user start" "3 $user stop" "4 $user stop") "$BERTH_HOME/told"
	: >"$BERTH_HOME/told"
	up_and_down kill
	diff <(printf '%s\n' "1 $user start" "2 $user start") "$BERTH_HOME/told"
}

# How many steps a plan has.
steps() {
	berth plan --json "$@" | jq '.steps | length'
}

@test "start and stop that are killed at any step: the next command finds its way" {
	local k
	for k in $(seq "$(steps start tiny)"); do
		BERTH_DIE_AFTER=$k run "$BERTH" start --quiet tiny
		run "$BERTH" start --quiet tiny
		[ "$status" -eq 0 ] || [ "$status" -eq 4 ]
		berth kill --quiet tiny
		until_true 10 ended tiny
	done
	for k in $(seq "$(steps kill always)"); do
		berth start --quiet always
		until_true 10 kept always
		BERTH_DIE_AFTER=$k run "$BERTH" kill --quiet always
		run "$BERTH" kill --quiet always
		[ "$status" -eq 0 ] || [ "$status" -eq 4 ]
		until_true 10 ended always
	done
}
