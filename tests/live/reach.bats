#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Reaching a guest: console, log, wait, screenshot, ssh and the agent's absence, with a
# boot-sector guest under real QEMU that is up in a tenth of a second.

load live

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
		[[eths]]
		[[[eth0]]]
		type = nat
		[users]
		[[users]]
		[[[user0]]]
		name = ada
		[run]
		accel = tcg
		wait_timeout = 20
	END
	berth build --quiet "$BERTH_HOME/tiny.conf"
	berth start tiny
	berth wait tiny --stage login
}

teardown_file() {
	live_teardown
}

# Nothing else tells when what was typed has been echoed.
said() {
	until_true 10 sh -c "'$BERTH' log tiny | grep -q '$1'"
}

@test "each stage up to the login prompt is reached, and no more" {
	for stage in process firmware kernel login; do
		[ "$(berth wait tiny --stage $stage --json | jq -r .guest)" = tiny ]
	done
	[ "$(berth wait tiny --stage kernel --json | jq -r .reached)" = login ]
	run berth wait tiny --stage ssh --timeout 0.5
	[ "$status" -eq 7 ]
	[[ $output == *"'tiny' did not reach 'ssh' within 0.5 s; it came as far as 'login'"* ]]
	[[ $output == *"tiny guest login:"* ]]
	run berth wait tiny --stage lunch
	[ "$status" -eq 2 ]
}

@test "a guest that ends while it is waited for is an error at once, with its last words" {
	"$BERTH" wait tiny --stage network --timeout 100 >"$BATS_TEST_TMPDIR/out" 2>&1 &
	waiter=$!
	until_true 10 sh -c "ls -l /proc/$waiter/fd | grep -q inotify"
	berth kill tiny
	status=0
	wait $waiter || status=$?
	[ "$status" -eq 1 ]
	grep -F "'tiny' ended before it reached 'network'" "$BATS_TEST_TMPDIR/out"
	grep -F "tiny guest login:" "$BATS_TEST_TMPDIR/out"
	berth start tiny
	berth wait tiny --stage login
}

@test "what is piped into the console is typed, and what the guest answers comes out" {
	mkfifo "$BATS_TEST_TMPDIR/keys"
	berth console tiny <"$BATS_TEST_TMPDIR/keys" >"$BATS_TEST_TMPDIR/screen" &
	exec 7>"$BATS_TEST_TMPDIR/keys"
	printf 'hello there' >&7
	said 'hello there'
	exec 7>&-
	wait
	grep -q 'tiny guest login: .*hello there$' "$BATS_TEST_TMPDIR/screen"
	berth console --history all tiny </dev/null | grep -q 'SeaBIOS'
}

@test "on a terminal Ctrl-] leaves, and the terminal is as it was" {
	mkfifo "$BATS_TEST_TMPDIR/keys"
	script -qfec "stty -g >'$BATS_TEST_TMPDIR/before'; '$BERTH' console tiny; stty -g >'$BATS_TEST_TMPDIR/after'" \
		"$BATS_TEST_TMPDIR/screen" <"$BATS_TEST_TMPDIR/keys" >/dev/null &
	exec 7>"$BATS_TEST_TMPDIR/keys"
	until_true 10 grep -q 'Ctrl-] leaves' "$BATS_TEST_TMPDIR/screen"
	until_true 10 grep -q 'tiny guest login' "$BATS_TEST_TMPDIR/screen"
	printf 'on a terminal' >&7
	said 'on a terminal'
	printf '\035' >&7
	until_true 10 test -s "$BATS_TEST_TMPDIR/after"
	exec 7>&-
	wait
	cmp "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	grep -q "detached from 'tiny'" "$BATS_TEST_TMPDIR/screen"
}

@test "the log is plain text, whole or its end, and follows the guest to its end" {
	berth log tiny | grep -q '^SeaBIOS'
	[ "$(berth log tiny | grep -c "$(printf '\033')")" -eq 0 ]
	berth log --raw tiny | grep -q "$(printf '\033')"
	[ "$(berth log -n 1 tiny | wc -l)" -eq 1 ]
	berth log -f tiny >"$BATS_TEST_TMPDIR/followed" &
	follower=$!
	printf 'and then' | berth console tiny
	until_true 10 grep -q 'and then' "$BATS_TEST_TMPDIR/followed"
	berth stop tiny
	wait $follower
	grep -q 'power button, bye' "$BATS_TEST_TMPDIR/followed"
	berth log tiny | grep -q 'power button, bye'
	run berth console tiny
	[ "$status" -eq 1 ]
	[[ $output == *"'tiny' is not running (berth start tiny)"* ]]
	berth start tiny
	berth wait tiny --stage login
}

@test "a screenshot is a PNG of the screen's size" {
	cd "$BATS_TEST_TMPDIR"
	[ "$(berth screenshot tiny)" = tiny.png ]
	[ "$(od -An -tx1 -N8 tiny.png | tr -d ' ')" = 89504e470d0a1a0a ]
	[ "$(od -An -tu1 -j18 -N2 tiny.png)" = "$(printf ' %3d %3d' 2 208)" ]
	berth screenshot tiny -o - | cmp - tiny.png
	[ -z "$(find "$BERTH_HOME/run/tiny" -name 'screen*')" ]
}

@test "without an agent exec says how far the guest has come" {
	run berth exec --timeout 0.3 tiny -- true
	[ "$status" -eq 7 ]
	[[ $output == *"the guest agent of 'tiny' did not answer within 0.3 s"*"as far as 'login'"* ]]
	run berth copy --timeout 0.3 /etc/hostname tiny:/root/
	[ "$status" -eq 7 ]
	run berth copy /etc/hostname /tmp/elsewhere
	[ "$status" -eq 2 ]
}

@test "ssh shows what it would run" {
	run berth ssh --dry-run tiny -- uptime
	[ "$status" -eq 0 ]
	[[ $output == *"ssh -p "*" -i $BERTH_HOME/keys/id_ed25519 -o 'HostKeyAlias=tiny' -o "* ]]
	[[ $output == *"/guests/tiny/known_hosts\"' -o 'HashKnownHosts=no' -o 'StrictHostKeyChecking=accept-new' -l ada 127.0.0.1 uptime"* ]]
	berth ssh --dry-run -l root tiny | grep -q -- '-l root 127.0.0.1'
}
