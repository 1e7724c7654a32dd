#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The main job on real parts: a machine file becomes a running, reachable Debian.
# shellcheck disable=SC2016  # what stands in single quotes is for the guest, or a pattern

load live

setup_file() {
	live_setup
	conf hello hello "${COMMON[@]}"
	build_shared "$BERTH_HOME/hello.conf"
	berth up "$BERTH_HOME/hello.conf"
}

teardown_file() {
	live_teardown
}

inside() {
	berth exec hello -- "$@"
}

@test "up ends with a guest that runs" {
	[ "$(state hello)" = running ]
	berth list | grep -E '^hello +running +qemu +debian-12 +2 +512M +10\.0\.2\.50'
}

@test "up again changes nothing" {
	berth up "$BERTH_HOME/hello.conf"
	run berth start hello
	[ "$status" -eq 4 ]
	[[ $output == *"'hello' is running already"* ]]
}

@test "the system came up without a failed unit" {
	until_true 60 inside systemctl is-system-running --wait
	[ "$(inside systemctl --failed --no-legend)" = "" ]
}

@test "exec passes arguments, input, output and status" {
	[ "$(inside printf '%s|' 'a b' '$HOME' "it's")" = "a b|\$HOME|it's|" ]
	[ "$(echo from outside | inside cat)" = "from outside" ]
	run inside sh -c 'echo out; echo err >&2; exit 42'
	[ "$status" -eq 42 ]
	run inside no-such-program
	[ "$status" -eq 127 ]
}

@test "host name, users, groups and passwords are as the file says" {
	[ "$(inside hostname)" = hello ]
	[ "$(inside id -un ada)" = ada ]
	inside id -nG ada | grep -w sudo
	inside id -nG ada | grep -w crew
	[ "$(inside stat -c '%U %a' /home/ada)" = "ada 700" ] || [ "$(inside stat -c '%U' /home/ada)" = ada ]
	inside getent shadow ada | grep '^ada:\$y\$'
	inside getent shadow root | grep '^root:\$y\$'
}

@test "address, gateway and resolver are as the file says" {
	inside ip -4 -o address show | grep -w 10.0.2.50/24
	inside ip route show default | grep -w 10.0.2.2
	inside grep -x 'nameserver 10.0.2.3' /etc/resolv.conf
}

@test "the firewall lets the open ports in and nothing else" {
	inside nft list ruleset | grep 'policy drop'
	inside nft list ruleset | grep -w 8080
}

@test "the programs are installed" {
	inside git --version
	inside nmap --version
}

@test "a template's secrets are not shared" {
	[ "$(inside cat /etc/machine-id | wc -c)" -eq 33 ]
	inside ls /etc/ssh/ssh_host_ed25519_key
	[ -d "$(echo "$BERTH_HOME"/cache/tree/*/etc/ssh)" ]
	[ -z "$(find "$BERTH_HOME"/cache/tree -path '*/etc/ssh/ssh_host_*')" ]
}

@test "files go in and come out whole" {
	head -c 3000000 /dev/urandom >"$BATS_TEST_TMPDIR/blob"
	berth copy "$BATS_TEST_TMPDIR/blob" hello:/root/blob
	[ "$(inside sha256sum /root/blob | cut -d' ' -f1)" = "$(sha256sum <"$BATS_TEST_TMPDIR/blob" | cut -d' ' -f1)" ]
	berth copy hello:/root/blob "$BATS_TEST_TMPDIR/back"
	cmp "$BATS_TEST_TMPDIR/blob" "$BATS_TEST_TMPDIR/back"
}

@test "an export would freeze its file systems: the agent is there" {
	berth export hello "$BERTH_HOME/hello.tar" --dry-run | grep -q guest-fsfreeze-freeze
}

@test "ssh works by name" {
	berth wait hello --stage ssh --timeout 120
	[ "$(berth ssh hello -- hostname)" = hello ]
}

@test "a screenshot is a picture" {
	berth screenshot hello -o "$BATS_TEST_TMPDIR/screen.png"
	[ "$(head -c 4 "$BATS_TEST_TMPDIR/screen.png" | tail -c 3)" = PNG ]
}

@test "the console has the history since power-on" {
	berth log hello | grep 'Linux version'
	berth log hello | grep 'hello login:'
}

@test "the password of the file logs in on the console" {
	printf 'ada\n' | berth console hello >"$BATS_TEST_TMPDIR/typed" 2>&1
	until_true 30 sh -c "'$BERTH' log hello | tail -n 3 | grep -q Password:"
	printf 'analytical\n' | berth console hello >>"$BATS_TEST_TMPDIR/typed" 2>&1
	until_true 30 sh -c "'$BERTH' log hello | grep -q 'ada@hello'"
}

@test "pause and resume show in the list" {
	berth pause hello
	[ "$(state hello)" = paused ]
	berth resume hello
	[ "$(state hello)" = running ]
}

@test "no secret is in a log, a plan or a process list" {
	run grep -rE 'analytical|\$y\$' "$BERTH_HOME/log" "$BERTH_HOME/run"
	[ "$status" -eq 1 ]
	run sh -c "'$BERTH' plan up '$EXAMPLES/hello.conf' | grep -E 'analytical'"
	[ "$status" -eq 1 ]
}

@test "the guest's process is not root's, and sandboxed" {
	pid=$(head -n 1 "$BERTH_HOME/run/hello.lock" | grep -oE '[0-9]+' | head -n 1)
	if [ "$(id -u)" -eq 0 ]; then
		! grep -E '^Uid:\s+0' "/proc/$pid/status"
	fi
	grep -E '^NoNewPrivs:\s+1' "/proc/$pid/status"
	grep -E '^Seccomp:\s+2' "/proc/$pid/status"
}

@test "stop asks the guest, and it powers off" {
	berth stop hello
	[ "$(state hello)" = stopped ]
	berth log hello | grep -iE 'power.?down|power off'
	run berth stop hello
	[ "$status" -eq 4 ]
}

@test "the second guest of the kind is an overlay, and the base stays untouched" {
	base=$(ls "$BERTH_HOME"/cache/disk/*.raw)
	before=$(sha256sum "$base")
	conf second hello "${COMMON[@]}" network.eths.eth0.address=10.0.2.51 config.hostname=second
	berth build "$BERTH_HOME/second.conf"
	[ "$(qemu-img info --output=json "$BERTH_HOME"/guests/second/hdd0.qcow2 | jq -r '."backing-filename"')" = "$base" ]
	[ "$(stat -c %s "$BERTH_HOME"/guests/second/hdd0.qcow2)" -lt 20000000 ]
	[ "$(sha256sum "$base")" = "$before" ]
	[ "$(find "$BERTH_HOME"/cache/disk -name '*.raw' | wc -l)" -eq 1 ]
}

@test "with a warm cache, a build needs no network" {
	[ "$(id -u)" -eq 0 ] || skip "only root can take the network away"
	conf offline hello "${COMMON[@]}" config.hostname=offline
	unshare --net "$BERTH" build -q "$BERTH_HOME/offline.conf"
	berth destroy offline
}

@test "what ran is what was printed" {
	conf third hello "${COMMON[@]}" config.hostname=third
	berth build "$BERTH_HOME/third.conf" --dry-run --json >"$BATS_TEST_TMPDIR/plan"
	BERTH_TRACE=$BATS_TEST_TMPDIR/trace berth build "$BERTH_HOME/third.conf"
	jq -c '.steps[] | select(.kind == "run" or .kind == "spawn").argv' "$BATS_TEST_TMPDIR/plan" >"$BATS_TEST_TMPDIR/want"
	jq -c 'select(.argv).argv' "$BATS_TEST_TMPDIR/trace" >"$BATS_TEST_TMPDIR/got"
	[ -s "$BATS_TEST_TMPDIR/got" ]
	# Steps whose guard was there already did not run; everything that ran was printed, in order.
	run diff "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/got"
	[[ $output != *$'\n>'* && $output != '>'* ]]
}

@test "destroy leaves nothing of the guest" {
	berth destroy third
	[ ! -e "$BERTH_HOME/guests/third" ]
	[ ! -e "$BERTH_HOME/guests/third.new" ]
	run berth start third
	[ "$status" -eq 3 ]
}
