#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Suspended guests, snapshots and exports of guests that run: of one whose registers hold
# the only copy of what it says next, so that memory that was lost is heard.

load live

setup_file() {
	live_setup
	boot_sector counter
	cat >"$BERTH_HOME/count.conf" <<-END
		[hardware]
		vm_id = count
		ram = 64M
		boot = disk
		[[hdds]]
		[[[hdd0]]]
		source = counter.img
		format = qcow2
		[[[hdd1]]]
		size = 8M
		format = qcow2
		[run]
		accel = tcg
	END
	berth build --quiet "$BERTH_HOME/count.conf"
}

teardown_file() {
	live_teardown
}

setup() {
	berth kill count || true
	berth start --cold count
	says_more 2
}

# The letters of all lives whose log was continued: ":ABCABC:AB" is a life that went back once, and another one.
said() {
	tr -dc ':A-Z\n' <"$BERTH_HOME/run/count/console.log" | sed -n 's/^[^:]*\(:[A-Z:]*\)$/\1/p' | tail -n 1
}

more_than() {
	[ "$(said | wc -c)" -gt "$1" ]
}

says_more() {
	local now
	now=$(said | wc -c)
	until_true 20 more_than $((now + $1 - 1))
}

# The first N letters of a life.
letters() {
	local all=ABCDEFGHIJKLMNOPQRSTUVWXYZ
	while [ "${#all}" -lt "$1" ]; do
		all=$all$all
	done
	echo "${all:0:$1}"
}

in_order() {
	[ "$1" = ":$(letters $((${#1} - 1)))" ]
}

# The letters $3 come after the first $1 of a life, or after some more, up to $2.
goes_on() {
	local n
	for n in $(seq "$1" "$2"); do
		! in_order ":$(letters $((n - 1)))$3" || return 0
	done
	return 1
}

paused_or_saved() {
	[[ $(state count) =~ ^(running|paused|saved)$ ]]
}

@test "a suspended guest goes on where it was" {
	berth suspend --quiet count
	[ "$(state count)" = saved ]
	[ "$(stat -c %a "$BERTH_HOME/guests/count/saved")" = 600 ]
	berth start --quiet count
	says_more 2
	in_order "$(said)"
	[ ! -e "$BERTH_HOME/guests/count/saved" ]
	[ ! -e "$BERTH_HOME/guests/count/saved.old" ]
	berth pause count
	berth suspend --quiet count
	berth resume --quiet count
	[ "$(state count)" = running ]
	says_more 2
	in_order "$(said)"
}

@test "what was paused when it was suspended comes back paused; resume and up let it run" {
	local before
	berth pause count
	before=$(said)
	berth suspend --quiet count
	run -0 berth start count
	[[ $output == *"it was paused when it was suspended, and is again (berth resume)"* ]]
	[ "$(state count) $(said)" = "paused $before" ]
	# Once more, and what has run since is not believed to stand still.
	berth suspend --quiet count
	berth start --quiet count
	[ "$(state count)" = paused ]
	berth resume count
	says_more 2
	berth suspend --quiet count
	run -0 berth start count
	[[ $output != *paused* ]]
	[ "$(state count)" = running ]
	berth pause count
	berth suspend --quiet count
	berth up --quiet --wait process count
	[ "$(state count)" = running ]
	says_more 1
	in_order "$(said)"
	[ -z "$(find "$BERTH_HOME/guests/count" -name 'saved*')" ]
}

@test "whom a killed suspend has paused was running all the same" {
	local n=0 killed=137
	while [ $killed -eq 137 ]; do
		killed=0
		BERTH_DIE_AFTER=$n "$BERTH" suspend --quiet count || killed=$?
		until_true 10 paused_or_saved
		berth suspend --quiet count || [ $? -eq 4 ]
		[ "$(state count)" = saved ]
		berth start --quiet count
		[ "$(state count)" = running ]
		n=$((n + 1))
	done
	[ $n -gt 8 ]
	berth pause count
	n=0 killed=137
	while [ $killed -eq 137 ]; do
		killed=0
		BERTH_DIE_AFTER=$n "$BERTH" suspend --quiet count || killed=$?
		until_true 10 paused_or_saved
		berth suspend --quiet count || [ $? -eq 4 ]
		berth start --quiet count
		[ "$(state count)" = paused ]
		n=$((n + 1))
	done
	[ $n -gt 8 ]
}

@test "what a saved guest does not do, and how to do it" {
	berth suspend --quiet count
	for words in "4 suspend count" "4 stop count" "4 kill count" "1 pause count" "1 reset count" "1 snapshot count" \
		"1 export count $BERTH_HOME/file.tar" "1 clone count other" "4 build $BERTH_HOME/count.conf"; do
		# shellcheck disable=SC2086  # these are words
		run -"${words%% *}" berth ${words#* }
	done
	run -4 berth kill count
	[[ $output == *"'count' is saved, not running (berth start count, or berth start --cold count"* ]]
	berth list --running --json | jq -e '.guests | all(.name != "count" or .note == "alien")'
	berth start --cold --quiet count
	[ ! -e "$BERTH_HOME/guests/count/saved" ]
	says_more 4
	in_order "$(said)"
}

@test "a snapshot of a running guest has its memory, and deleting it leaves nothing" {
	before=$(said)
	berth snapshot --quiet count here
	after=$(said)
	says_more 4
	berth pause count
	old=$(said)
	berth restore --quiet count here
	[ "$(state count)" = running ]
	says_more 3
	now=$(said)
	goes_on "${#before}" "${#after}" "${now#"$old"}"
	run ! in_order "$now"
	berth kill count
	berth restore --quiet count here
	[ "$(state count)" = running ]
	[[ $(berth snapshot --list --quiet count) == here* ]]
	berth snapshot --delete here count
	[ ! -e "$BERTH_HOME/guests/count/snapshots/here" ]
	qemu-img info -U --output=json "$BERTH_HOME/guests/count/hdd0.qcow2" | jq -e '(.snapshots // []) | length == 0'
	run -3 berth restore count here
}

@test "an export of a running guest is whole, and a machine file can take it as its source" {
	# There is no agent to ask.
	[[ $(berth export count "$BERTH_HOME/count.tar" --dry-run) != *fsfreeze* ]]
	berth export --quiet count "$BERTH_HOME/count.tar"
	[ "$(state count)" = running ]
	says_more 1
	mkdir "$BERTH_HOME/back"
	tar -xf "$BERTH_HOME/count.tar" -C "$BERTH_HOME/back"
	for disk in hdd0 hdd1; do
		qemu-img check -q "$BERTH_HOME/back/$disk.qcow2"
	done
	qemu-img compare -q "$BERTH_HOME/back/hdd0.qcow2" "$BERTH_HOME/counter.img"
	sed -e "s/= count$/= again/" -e "s/counter.img/back\/hdd0.qcow2/" "$BERTH_HOME/count.conf" >"$BERTH_HOME/again.conf"
	berth build --quiet "$BERTH_HOME/again.conf"
	berth start again
	until_true 20 grep -q ':AB' "$BERTH_HOME/run/again/console.log"
	berth kill again
	berth destroy again
	run -4 berth export count "$BERTH_HOME/count.tar"
	[ ! -e "$BERTH_HOME/guests/count/export.new" ]
}

@test "an export that fails leaves the guest as it was" {
	run -3 berth export count "$BERTH_HOME/nowhere/count.tar"
	[ "$(state count)" = running ]
	berth export --quiet count "$BERTH_HOME/second.tar"
}

@test "with UEFI" {
	[ -e /usr/share/OVMF/OVMF_VARS_4M.fd ] || [ -e /usr/share/OVMF/OVMF_VARS.fd ] || skip "no OVMF on this host"
	printf '[hardware]\nvm_id = efi\nram = 64M\nfirmware = uefi\n[[hdds]]\n[[[hdd0]]]\nsize = 4M\n[run]\naccel = tcg\n' >"$BERTH_HOME/efi.conf"
	berth build --quiet "$BERTH_HOME/efi.conf"
	berth start efi
	berth snapshot --quiet efi here
	berth suspend --quiet efi
	berth start --quiet efi
	[ "$(state efi)" = running ]
	berth restore --quiet efi here
	[ "$(state efi)" = running ]
	[ "$(stat -c %s "$BERTH_HOME/guests/efi/nvram.fd")" -gt 0 ]
	berth kill efi
	berth destroy efi
}

@test "a script does the same" {
	berth suspend count --dry-run --sh >"$BATS_TEST_TMPDIR/suspend.sh"
	sh "$BATS_TEST_TMPDIR/suspend.sh"
	[ "$(state count)" = saved ]
	berth start count --dry-run --sh >"$BATS_TEST_TMPDIR/start.sh"
	sh "$BATS_TEST_TMPDIR/start.sh"
	[ "$(state count)" = running ]
	says_more 2
	in_order "$(said)"
	berth snapshot count scripted --dry-run --sh >"$BATS_TEST_TMPDIR/snapshot.sh"
	sh "$BATS_TEST_TMPDIR/snapshot.sh"
	berth restore --quiet count scripted
	berth snapshot --delete scripted count
	berth export count "$BERTH_HOME/scripted.tar" --dry-run --sh >"$BATS_TEST_TMPDIR/export.sh"
	sh "$BATS_TEST_TMPDIR/export.sh"
	tar -tf "$BERTH_HOME/scripted.tar" | grep -x ./hdd1.qcow2
}

# Kill berth when it has begun the n-th step of a command.
killed_at() {
	local n=$1 trace=$BATS_TEST_TMPDIR/trace
	shift
	rm -f "$trace"
	BERTH_TRACE=$trace "$BERTH" "$@" --quiet &
	local pid=$!
	until [ "$(wc -l 2>/dev/null <"$trace")" -ge "$n" ] 2>/dev/null; do
		kill -0 $pid 2>/dev/null || break
	done
	kill -9 $pid 2>/dev/null || true
	wait $pid 2>/dev/null || true
}

steps() {
	berth "$@" --dry-run --json | jq '.steps | length'
}

@test "suspend and start, killed at every step: nothing is lost" {
	for n in $(seq 1 "$(steps suspend count)"); do
		killed_at "$n" suspend count
		until_true 10 paused_or_saved
		[ "$(state count)" = running ] || berth resume --quiet count
		[ "$(state count)" = running ]
		says_more 1
		in_order "$(said)"
	done
	berth suspend --quiet count
	for n in $(seq 1 "$(steps start count)"); do
		killed_at "$n" start count
		until_true 10 paused_or_saved
		[ "$(state count)" = running ] || berth resume --quiet count
		says_more 1
		in_order "$(said)"
		berth suspend --quiet count
	done
}

@test "snapshot, restore, delete and export, killed at every step: the next try succeeds" {
	for n in $(seq 1 "$(steps snapshot count k)"); do
		killed_at "$n" snapshot count k
		[ -e "$BERTH_HOME/guests/count/snapshots/k/record.json" ] || berth snapshot --quiet count k
		killed_at $((n % 6 + 1)) snapshot count --delete k
		[ ! -e "$BERTH_HOME/guests/count/snapshots/k" ] || berth snapshot count --delete k
		[[ $(state count) =~ running|paused ]]
		berth resume --quiet count || [ $? -eq 4 ]
	done
	berth snapshot --quiet count k
	for n in $(seq 1 "$(steps restore count k)"); do
		killed_at "$n" restore count k
		berth restore --quiet count k
		[ "$(state count)" = running ]
	done
	berth snapshot count --delete k
	for n in $(seq 1 3 "$(steps export count "$BERTH_HOME/k.tar")"); do
		killed_at "$n" export count "$BERTH_HOME/k.tar"
		[ -e "$BERTH_HOME/k.tar" ] || berth export --quiet count "$BERTH_HOME/k.tar"
		rm "$BERTH_HOME/k.tar"
	done
	[ "$(state count)" = running ]
	qemu-img info -U --output=json "$BERTH_HOME/guests/count/hdd0.qcow2" | jq -e '(.snapshots // []) | length == 0'
}
