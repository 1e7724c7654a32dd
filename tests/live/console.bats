#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Several people at one console, the attendant that makes it possible, and everything
# that may happen to either; a boot-sector guest that echoes is at the other end.

load live
load panes

setup_file() {
	live_setup
	boot_sector tiny
	cat >"$BERTH_HOME/tiny.conf" <<-END
		[hardware]
		vm_id = tiny
		num_cpu = 1
		ram = 64M
		boot = disk
		[[hdds]]
		[[[hdd0]]]
		size = 1M
		source = tiny.img
		bus = virtio
		[run]
		accel = tcg
		wait_timeout = 20
		stop_delay = 10
	END
	berth build --quiet "$BERTH_HOME/tiny.conf"
	up
}

teardown_file() {
	live_teardown
}

teardown() {
	close_panes
}

up() {
	[ "$(state tiny)" = running ] || berth start tiny
	berth wait tiny --stage login
}

attendant() {
	sed -n 's/^pid //p' "$BERTH_HOME/run/tiny/attend.lock"
}

# The number that the attendant gave who sits there in that mode: rw or ro
viewer() {
	berth sessions --json tiny | jq -r --arg mode "$1" '[.sessions[] | select(.side == "C" and .what == $mode)][0].id // empty'
}

clients() {
	berth sessions --clients --json tiny | jq '.sessions | length'
}

no_clients() {
	[ "$(clients)" -eq 0 ]
}

@test "two people at one console see the same, and either types" {
	pane one console tiny
	pane two console --history all tiny
	until_shown one 'tiny guest login:'
	until_shown two 'SeaBIOS'
	keys one 'from-one.'
	until_shown two 'from-one.'
	keys two 'from-two.'
	until_shown one 'from-one.from-two.'
	[ "$(clients)" -eq 2 ]
	keys one 'C-]'
	until_shown one "[detached from 'tiny']"
	until_shown one '(status 0)'
	keys two 'alone'
	until_shown two 'from-two.alone'
	tmux -L "$PANES" kill-session -t two
	until_true 10 no_clients
	[ "$(state tiny)" = running ]
}

@test "who looks on types nothing, and leaves by the key that was chosen" {
	pane one console tiny
	pane two console --read-only --escape ctrl-x --history none tiny
	until_shown one 'login:'
	until_shown two 'to look on; Ctrl-X leaves'
	until_shown two 'login:'
	keys two 'refused'
	keys one 'accepted'
	until_shown two 'accepted'
	keys two 'C-]'
	keys two 'C-x'
	until_shown two '(status 0)'
	[ "$(berth log --raw tiny | grep -c refused)" -eq 0 ]
	[ -z "$(viewer ro)" ]
}

@test "sessions are listed, and ended from another terminal" {
	local id
	pane one console tiny
	pane two console --read-only tiny
	until_shown one 'login:'
	until_shown two 'login:'
	run -0 berth sessions tiny
	[ "$(echo "$output" | grep -c "^tiny:[0-9]*  *C  tiny  *console  $(id -un) .*/dev/pts/")" -eq 2 ]
	echo "$output" | grep "^tiny:console  *S  .* $(attendant) .*/console.sock"
	echo "$output" | grep "^tiny:screen  *S  .*/vnc.sock"
	id=$(viewer ro)
	berth sessions end "$id"
	until_shown two "was ended by $(id -un), pid"
	until_shown two '(status 1)'
	[ "$(clients)" -eq 1 ]
	run -3 berth sessions end "$id"
	[[ $output == *"there is no session '$id'"* ]]
	run -2 berth sessions end tiny:console
	run -9 berth sessions end "$id" "$(viewer rw)"
	until_shown one '(status 1)'
	[ "$(state tiny)" = running ]
}

@test "stop --clients ends all of them, and nothing else" {
	pane one console tiny
	pane two console --read-only tiny
	until_shown one 'login:'
	until_shown two 'login:'
	[ "$(berth stop --clients tiny)" = "2 viewers of 'tiny' ended" ]
	until_shown one '(status 1)'
	until_shown two '(status 1)'
	[ "$(berth stop --clients tiny)" = "0 viewers of 'tiny' ended" ]
	[ "$(state tiny)" = running ]
}

@test "the attendant is small, closed to others, and there once" {
	local pid
	pid=$(attendant)
	[ "$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")" -le 2048 ]
	[ "$(stat -c %a "$BERTH_HOME/run/tiny/console.sock")" = 600 ]
	[ "$(stat -c %u "/proc/$pid")" = "$(stat -c %u "$BERTH_HOME/run/tiny")" ]
	run ! flock -n "$BERTH_HOME/run/tiny/attend.lock" true
	[ "$(find "/proc/$pid/fd" -lname "$BERTH_HOME/run/tiny.lock" | wc -l)" -eq 0 ]
}

@test "an attendant that was killed is replaced, and nothing is lost" {
	local old
	old=$(attendant)
	pane one console tiny
	until_shown one 'login:'
	kill -KILL "$old"
	until_shown one "the attendant of 'tiny' has ended (berth console tiny goes on)"
	until_shown one '(status 1)'
	berth type tiny 'unseen,'
	pane two console tiny
	until_shown two 'unseen,'
	keys two 'seen'
	until_shown two 'unseen,seen'
	[ "$(attendant)" != "$old" ]
	# Two that come at once start one.
	kill -KILL "$(attendant)"
	until_shown two '(status 1)'
	berth console tiny </dev/null >/dev/null &
	berth console tiny </dev/null >/dev/null
	wait
	[ "$(pgrep -cf "[b]erth-attend $BERTH_HOME/run/tiny\$")" -eq 1 ]
}

@test "the session survives a reset, and ends with the guest" {
	pane one console --history all tiny
	until_shown one 'login:'
	keys one 'before the reset'
	until_shown one 'before the reset'
	berth reset tiny
	until_true 10 sh -c "'$BERTH' log tiny | grep -c 'tiny guest login' | grep -qx 2"
	keys one 'after'
	until_shown one 'login: after'
	berth stop tiny
	until_shown one 'power button, bye'
	until_shown one "['tiny' has ended]"
	until_shown one '(status 0)'
	run -1 berth console tiny
	[[ $output == *"'tiny' is not running (berth start tiny)"* ]]
	up
}

@test "a guest that was saved goes on with its console's history" {
	berth type tiny 'kept'
	until_true 10 sh -c "'$BERTH' log tiny | grep -q kept"
	berth suspend tiny
	until_true 10 test ! -e "$BERTH_HOME/run/tiny/console.sock"
	berth start tiny
	pane one console --history all tiny
	until_shown one 'kept'
	keys one ' on'
	until_shown one 'kept on'
}

@test "a terminal that vanishes ends its session and not the guest, unless they are coupled" {
	pane one console tiny
	until_shown one 'login:'
	tmux -L "$PANES" kill-session -t one
	until_true 10 no_clients
	[ "$(state tiny)" = running ]
	pane two console --coupled tiny
	until_shown two 'login:'
	tmux -L "$PANES" kill-session -t two
	until_true 20 sh -c "'$BERTH' list --json | jq -e '.guests[] | select(.name == \"tiny\" and .state == \"stopped\")'"
	berth log tiny | grep -q 'power button, bye'
	up
}

@test "a window of tmux has the guest's name and its console" {
	tmux -L "$PANES" -f /dev/null new-session -d -s win -x 120 -y 24 "'$BERTH' console --in tmux tiny; exec tail -f /dev/null"
	until_true 10 sh -c "tmux -L '$PANES' list-windows -t win -F '#W' | grep -qx tiny"
	until_shown win:tiny 'login:'
	keys win:tiny 'C-]'
	until_true 10 sh -c "! tmux -L '$PANES' list-windows -t win -F '#W' | grep -qx tiny"
}

@test "what is typed at the console is echoed, at the screen it is in the keyboard's buffer" {
	berth type tiny typed in words
	until_true 10 sh -c "'$BERTH' log tiny | grep -q 'typed in words'"
	run -12 berth type --screen tiny 'ä'
	berth type --screen tiny 'Hi'
	berth sendkey tiny enter shift-7
	# Where a BIOS keeps them: character and scan code of four keys.
	berth monitor tiny 'xp /4xh 0x41e' | grep -q '0x2348 0x1769 0x1c0d 0x0826'
	run -10 berth sendkey tiny a ctrl-alt-delet
	[[ $output == *"QEMU has no key 'delet' (did you mean 'delete'?)"* ]]
	berth monitor tiny 'xp /1xh 0x426' | grep -q ': 0x0000'
	berth sendkey tiny ctrl-alt-del
	until_true 10 sh -c "'$BERTH' log tiny | grep -c 'tiny guest login' | grep -qx 2"
}

@test "the screen is a server of VNC, and who looks at it is listed" {
	mkfifo "$BATS_TEST_TMPDIR/keys"
	socat - "UNIX-CONNECT:$BERTH_HOME/run/tiny/vnc.sock" <"$BATS_TEST_TMPDIR/keys" >"$BATS_TEST_TMPDIR/said" &
	exec 7>"$BATS_TEST_TMPDIR/keys"
	until_true 10 grep -q 'RFB 003.008' "$BATS_TEST_TMPDIR/said"
	berth sessions tiny | grep '^tiny:screen1  *C  '
	run -12 berth sessions end tiny:screen1
	exec 7>&-
	wait
	[ "$(berth vnc --viewer echo tiny)" = "$BERTH_HOME/run/tiny/vnc.sock" ]
}

@test "a guest that hangs, or an attendant, keeps the list of sessions for a second at most each" {
	local pid
	pid=$(attendant)
	kill -STOP "$pid"
	run -0 timeout 5 "$BERTH" sessions
	kill -CONT "$pid"
	[[ $output == *tiny:screen* ]]
	[[ $output != *tiny:console* ]]
}

@test "a window of QEMU's own, on a desktop, and no second start for it" {
	local window=$BATS_TEST_TMPDIR/display
	[ "$(id -u)" -eq 0 ] || skip "only root has a guest that runs as root, whose desktop this is"
	berth kill --quiet tiny || true
	Xvnc -displayfd 3 -SecurityTypes None -localhost 3>"$window" 2>/dev/null &
	until_true 10 test -s "$window"
	DISPLAY=:$(cat "$window")
	export DISPLAY
	berth set "$BERTH_HOME/tiny.conf" hardware.vm_id=shown run.run_as=root
	for kind in gtk sdl; do
		berth up --quiet "$BERTH_HOME/tiny.conf" --console $kind --wait process
		until_true 10 sh -c 'xwininfo -root -tree | grep -F "QEMU (shown"'
		run -4 --separate-stderr "$BERTH" up shown --console $kind
		berth kill --quiet shown
	done
	kill %1
	berth set "$BERTH_HOME/tiny.conf" hardware.vm_id=tiny
	berth del "$BERTH_HOME/tiny.conf" run.run_as
}
