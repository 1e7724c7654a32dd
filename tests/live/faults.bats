#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Whatever dies, whenever it does: the next command succeeds, nothing is lost, nothing is
# there twice. The plans say where berth can be killed, and berth says which commands
# have plans; a real QEMU with a boot sector and disks of a few megabytes makes every
# case a matter of a tenth of a second. What becomes of a guest's memory when a suspend
# is killed only a guest can tell that counts: life.bats.

load live

setup_file() {
	# Hundreds of writes that wait for the disk prove nothing more than those to memory.
	live_setup /dev/shm
	boot_sector tiny
	truncate -s 1M "$BERTH_HOME/one.iso"
	guest f hardware.hdds.hdd0.source=tiny.img run.stop_delay=20
	guest deaf run.stop_delay=1
	owned
	berth build --quiet "$BERTH_HOME/f.conf"
	berth build --quiet "$BERTH_HOME/deaf.conf"
	qemu-io -c 'write -q -P 0x11 1M 64k' "$BERTH_HOME/guests/f/hdd1.qcow2"
	kept built
	content f | tee "$BERTH_HOME/first.sum"
	prepare
}

# A guest that its owner keeps in a directory of his own, to be registered.
owned() {
	mkdir "$BERTH_HOME/own"
	sed '/hdd1/,/size/d' "$BERTH_HOME/f.conf" >"$BERTH_HOME/own/f.conf"
	qemu-img create -q -f qcow2 "$BERTH_HOME/own/hdd0.qcow2" 1M
	qemu-img create -q -f qcow2 "$BERTH_HOME/data.qcow2" 1M
	chown nobody "$BERTH_HOME"/*.qcow2 "$BERTH_HOME"/own/*.qcow2
}

# kept NAME: the guests as they are now are a beginning for tests, under that name.
kept() {
	cp -a "$BERTH_HOME/guests" "$BERTH_HOME/guests.$1"
}

# What tests begin with.
prepare() {
	berth snapshot --quiet f good
	qemu-io -c 'write -q -P 0x22 1M 64k' "$BERTH_HOME/guests/f/hdd1.qcow2"
	kept changed
	content f >"$BERTH_HOME/second.sum"
	run ! cmp "$BERTH_HOME/first.sum" "$BERTH_HOME/second.sum"
	set_up running f
	berth suspend --quiet f
	kept saved
	set_up running f
	berth snapshot --quiet f good
	berth kill f
	kept remembered
	set_up stopped f
	berth attach --quiet f disk 4M
	kept plugged
	set_up stopped f
	berth cd f insert "$BERTH_HOME/one.iso"
	kept inserted
	set_up absent f
	berth register --quiet "$BERTH_HOME/own/f.conf"
	kept registered
}

teardown_file() {
	live_teardown
}

# Every test begins with both guests built and nothing running.
setup() {
	set_up stopped f
}

teardown() {
	[ -z "${RESETS:-}" ] || kill "$RESETS" || true
	[ ! -s "$BATS_TEST_TMPDIR/bystander" ] || kill "$(cat "$BATS_TEST_TMPDIR/bystander")" || true
}

# guest NAME [PATH=VALUE]...: a machine file with two small disks
guest() {
	local name=$1
	shift
	cat >"$BERTH_HOME/$name.conf" <<-END
		[hardware]
		vm_id = $name
		num_cpu = 1
		ram = 64M
		boot = disk
		[[hdds]]
		[[[hdd0]]]
		size = 1M
		[[[hdd1]]]
		size = 4M
		[[cd_drives]]
		[[[cd0]]]
		pos = 1:0
		[[eths]]
		[[[eth0]]]
		type = nat
		[console]
		vnc = none
		[run]
		accel = tcg
	END
	[ $# -eq 0 ] || berth set "$BERTH_HOME/$name.conf" "$@"
}

# The QEMUs of one guest, or of all.
processes() {
	pgrep -f -- "^[^ ]*qemu-system-x86_64 -name ${1:-[^ ]*} .*$BERTH_HOME/" || true
}

# That many of them, and a process that has been told to end needs a moment for it.
there_are() {
	until_true 10 sh -c "[ \$(pgrep -fc -- '^[^ ]*qemu-system-x86_64 -name $2 .*$BERTH_HOME/') -eq $1 ]"
}

is_free() {
	flock --nonblock "$BERTH_HOME/run/$1.lock" true
}

# set_up HOW GUEST: as on the first day, whatever the case before has left. HOW is a state,
# or what it begins with (prepare), or both: "running", "changed", "running:changed".
set_up() {
	local how=${1%%:*} from=${1##*:} lock
	pkill -9 -f -- "^[^ ]*qemu-system-x86_64 -name [^ ]* .*$BERTH_HOME/" || true
	for lock in "$BERTH_HOME"/run/*.lock; do
		[ ! -e "$lock" ] || flock --wait 10 "$lock" true
	done
	rm -rf "$BERTH_HOME"/guests "$BERTH_HOME"/run "$BERTH_HOME"/*.tar*
	case $from in
	absent)  rm -rf "$BERTH_HOME/keys"; mkdir "$BERTH_HOME/guests" ;;
	stopped | running | awake | paused) cp -a "$BERTH_HOME/guests.built" "$BERTH_HOME/guests" ;;
	*)       cp -a "$BERTH_HOME/guests.$from" "$BERTH_HOME/guests" ;;
	esac
	case $how in
	running) berth start --quiet "$2" ;;
	awake)   berth start --quiet "$2"; berth wait --quiet "$2" --stage login --timeout 20 ;;
	paused)  berth start --quiet "$2"; berth pause "$2" ;;
	esac
}

# What a guest's disks hold.
content() {
	local disk
	for disk in "$BERTH_HOME/guests/$1"/hdd*.qcow2; do
		qemu-img convert -U -O raw "$disk" "$BERTH_HOME/content.raw"
		sha256sum <"$BERTH_HOME/content.raw"
	done
}

seen() {
	local seen
	seen=$(state "$1")
	echo "${seen:-absent}"
}

# goes_on STATUSES BEFORE AFTER SUM WORD...: berth was killed while it did these words. What
# is there is one or the other, the same words again finish the work or say that it is
# done, and then everything is as if nothing had happened.
goes_on() {
	local statuses=$1 before=$2 after=$3 sum=$4 seen lock check
	shift 4
	seen=$(seen f)
	echo "then: $seen"
	[[ $seen == @("$before"|"$after"|stopped|unknown|paused) ]]
	for lock in "$BERTH_HOME"/guests/*.lock; do
		[ ! -e "$lock" ] || flock --nonblock "$lock" true
	done
	run berth "$@" --quiet
	echo "$output"
	[[ $status == @(0|$statuses) ]]
	# What is left to do, it says itself.
	[[ $output != *"(berth resume f)"* ]] || berth resume --quiet f
	[[ $output != *"(berth destroy f)"* ]] || [ "$1" = build ] || berth destroy --quiet f
	[ "$(seen f)" = "$after" ]
	if [[ $after == @(running|paused) ]]; then
		there_are 1 f
		run -1 is_free f
	else
		there_are 0 f
		[ ! -e "$BERTH_HOME/run/f.lock" ] || is_free f
	fi
	[ -z "$(find "$BERTH_HOME" -name '*.new' -o -name '*.berth-new' -o -name restoring)" ]
	[ "$sum" = none ] || content f | cmp - "$BERTH_HOME/$sum.sum"
	check=is_whole_$1
	[[ $2 != --* ]] || check+=$2
	! declare -F "$check" >/dev/null || "$check" "$@"
}

# every_step BEFORE AFTER SUM STATUSES WORD...: berth WORD... on a guest that is BEFORE and
# shall be AFTER, its disks with the content SUM then; killed once it has done no step,
# one, two and so on, until there was nothing left to kill, and killed amidst each step
# that takes its time.
every_step() {
	local before=$1 after=$2 sum=$3 statuses=$4 k=0 n status planned was
	shift 4
	set_up "$before" f
	was=$(seen f)
	planned=$(berth "$@" --dry-run --json | jq '[.steps[] | select(.guard | not)] | length')
	[ "$planned" -gt 0 ]
	while true; do
		set_up "$before" f
		status=0
		BERTH_DIE_AFTER=$k berth "$@" --quiet || status=$?
		[ $status -eq 137 ] || break
		echo "$*: killed after $k steps of about $planned"
		goes_on "$statuses" "$was" "$after" "$sum" "$@"
		k=$((k + 1))
	done
	[ $status -eq 0 ]
	[ $k -gt "$planned" ]
	set_up "$before" f
	for n in $(slow_steps "$@"); do
		set_up "$before" f
		killed_within "$n" "$@"
		echo "$*: killed within step $n of $((k - 1))"
		goes_on "$statuses" "$was" "$after" "$sum" "$@"
	done
}

# The system of a guest would let go of a device when it is asked to; a boot sector does when it is reset.
resets() {
	while sleep 0.02; do
		"$BERTH" reset --quiet f || true
	done 2>/dev/null 3>&- &
	RESETS=$!
}

# asked COMMAND TEXT: the guest's monitor
asked() {
	berth monitor f "$1" | grep -q -- "$2"
}

is_whole_build() {
	qemu-img check -q "$BERTH_HOME/guests/f/hdd0.qcow2"
	[ "$(jq -r .name "$BERTH_HOME/guests/f/record.json")" = f ]
	[ -s "$BERTH_HOME/guests/f/guest.conf" ]
}

is_whole_clone() {
	content copy | cmp - "$BERTH_HOME/first.sum"
	[ "$(jq -r .name "$BERTH_HOME/guests/copy/record.json")" = copy ]
	[ "$(berth list --json | jq '[.guests[] | select(.note != "alien")] | length')" -eq 3 ]
}

is_whole_snapshot() {
	local disk
	for disk in "$BERTH_HOME"/guests/f/hdd*.qcow2; do
		[ "$(qemu-img info -U --output=json "$disk" | jq -c '[.snapshots[].name]')" = '["mine"]' ]
	done
	[ "$(berth snapshot f --list --json | jq -c '[.snapshots[].name]')" = '["mine"]' ]
}

is_whole_snapshot--delete() {
	local disk
	for disk in "$BERTH_HOME"/guests/f/hdd*.qcow2; do
		qemu-img info -U --output=json "$disk" | jq -e '(.snapshots // []) == []' >/dev/null
	done
	[ "$(berth snapshot f --list --json | jq '.snapshots | length')" -eq 0 ]
}

is_whole_export() {
	local parts=$BATS_TEST_TMPDIR/parts
	rm -rf "$parts"
	mkdir "$parts"
	tar -C "$parts" -xf "$BERTH_HOME/f.tar"
	[ -s "$parts/guest.conf" ]
	for disk in "$parts"/hdd*.qcow2; do
		qemu-img convert -O raw "$disk" "$BERTH_HOME/content.raw"
		sha256sum <"$BERTH_HOME/content.raw"
	done | cmp - "$BERTH_HOME/first.sum"
}

is_whole_destroy() {
	[ ! -e "$BERTH_HOME/guests/f" ]
	[ ! -e "$BERTH_HOME/run/f" ]
}

# What a process has read goes with the next resume or start of saved memory, at the latest.
is_whole_start() {
	[ ! -e "$BERTH_HOME/guests/f/saved" ]
}

is_whole_resume() {
	[ ! -e "$BERTH_HOME/guests/f/saved.old" ]
}

is_whole_suspend() {
	qemu-img check -q "$BERTH_HOME/guests/f/saved"
	[ "$(berth list --json | jq '[.guests[] | select(.name == "f" and .note != "alien")] | length')" -eq 1 ]
}

is_whole_rename() {
	[ "$(state g)" = stopped ]
	content g | cmp - "$BERTH_HOME/first.sum"
	[ "$(berth get "$BERTH_HOME/guests/g/guest.conf" hardware.vm_id)" = g ]
	[ "$(jq -r .name "$BERTH_HOME/guests/g/record.json")" = g ]
}

is_whole_register() {
	[ "$(readlink "$BERTH_HOME/guests/f/guest.conf")" = "$BERTH_HOME/own/f.conf" ]
	is_whole_unregister
}

is_whole_unregister() {
	[ -s "$BERTH_HOME/own/f.conf" ]
	qemu-img check -q "$BERTH_HOME/own/hdd0.qcow2"
}

# What the machine file has the guest can be started with, so nothing is there twice.
is_whole_attach() {
	[ "$(state f)" = stopped ] || berth kill --quiet f
	berth start --quiet f
	case $2:$3 in
	f:disk) asked 'info block' '^plug1: ' ;;
	f:nic)  asked 'info network' 'plug1:.*virtio-net' ;;
	esac
}

is_whole_detach() {
	run -1 asked 'info block' plug1
	[ -s "$BERTH_HOME/guests/f/hdd2.qcow2" ]
	run ! grep -q hdd2 "$BERTH_HOME/guests/f/guest.conf"
}

is_whole_cd() {
	if [ "$3" = insert ]; then
		asked 'info block' '/one.iso'
		[ "$(berth get "$BERTH_HOME/guests/f/guest.conf" hardware.cd_drives.cd0.path)" = "$BERTH_HOME/one.iso" ]
	else
		asked 'info block' 'not inserted'
		run ! grep -q one.iso "$BERTH_HOME/guests/f/guest.conf"
	fi
}

# A command with a plan more is a line more:  before  after   disks  or the status  the words

@test "build, killed at every step"         { every_step absent  stopped none   4 build    "$BERTH_HOME/f.conf"; }
@test "start, killed at every step"         { every_step stopped running first  4 start    f; }
@test "start of a saved guest, killed at every step" { every_step saved running first 4 start f; }
@test "stop, killed at every step"          { every_step awake   stopped first  4 stop     f; }
@test "kill, killed at every step"          { every_step running stopped first  4 kill     f; }
@test "reset, killed at every step"         { every_step running running none   0 reset    f; }
@test "reboot, killed at every step"        { every_step running running none   0 reboot   f; }
@test "pause, killed at every step"         { every_step running paused  none   4 pause    f; }
@test "resume, killed at every step"        { every_step paused  running none   4 resume   f; }
@test "suspend, killed at every step"       { every_step running saved   first  4 suspend  f; }
@test "rename, killed at every step"        { every_step stopped absent  none   3 rename   f g; }
@test "clone, killed at every step"         { every_step stopped stopped first  4 clone    f copy; }
@test "snapshot, killed at every step"      { every_step stopped stopped first  4 snapshot f mine; }
@test "snapshot of a running guest, killed at every step" { every_step running running first 4 snapshot f mine; }
@test "restore, killed at every step"       { every_step changed stopped first  4 restore  f good; }
@test "restore with memory, killed at every step" { every_step remembered running first 4 restore f good; }
@test "deleting a snapshot, killed at every step" { every_step changed stopped second 3 snapshot --delete good f; }
@test "deleting a snapshot of a running guest, killed at every step" { every_step running:remembered running first 3 snapshot --delete good f; }
@test "export, killed at every step"        { every_step stopped stopped first  4 export   f "$BERTH_HOME/f.tar"; }
@test "export of a running guest, killed at every step" { every_step running running first 4 export f "$BERTH_HOME/f.tar"; }
@test "attach of a new disk, killed at every step" { every_step running running none 0 attach f disk 1M; }
@test "attach of a disk that is there, killed at every step" { every_step running running none 4 attach f disk "$BERTH_HOME/data.qcow2"; }
@test "attach of an interface, killed at every step" { every_step running running none 0 attach f nic nat; }
@test "detach, killed at every step"        { resets; every_step running:plugged running none 3 detach f hdd2; }
@test "cd insert, killed at every step"     { every_step running running none   0 cd       f insert "$BERTH_HOME/one.iso"; }
@test "cd eject, killed at every step"      { every_step running:inserted running none 4 cd f eject; }
@test "destroy, killed at every step"       { every_step stopped absent  none   3 destroy  f; }
@test "destroy of a running guest, killed at every step" { every_step running absent none 3 destroy f; }
@test "register, killed at every step"      { every_step absent  stopped none   4 register "$BERTH_HOME/own/f.conf"; }
@test "unregister, killed at every step"    { every_step registered absent none 3 unregister f; }

# These take --dry-run, too, and are not above:
#   up      is build and start, plan prints what others do, boot is start many times
#   reap    is destroy, in the process that waits for the end of a throwaway guest
#   ssh     leaves the guest as it is; add, set, del and import write one file, at once
#   autostart makes or removes one empty file
#   net     has no guest: net.bats
#   host    is build and start of a session: host.bats
elsewhere="up plan boot reap ssh add set del import autostart net host"

@test "every verb, and every command that has a plan, is killed at every step here" {
	local word missing=
	for word in $(berth drivers --json | jq -r '.drivers[].verbs') \
		$(berth help --json | jq -r '.commands[] | select(any(.options[]?; .name == "dry-run")).name'); do
		[[ " $elsewhere " == *" $word "* ]] ||
			grep -qE "^@test .*[{;] every_step( +[^ ]+){4} +$word " "$BATS_TEST_FILENAME" || missing+=" $word"
	done
	echo "missing:$missing"
	[ -z "$missing" ]
}

@test "a deaf guest: stop waits for stop_delay, uses force and says so; killed at every step" {
	local k=0 status
	while true; do
		set_up running deaf
		status=0
		BERTH_DIE_AFTER=$k berth stop deaf 2>"$BATS_TEST_TMPDIR/said" || status=$?
		[ $status -eq 137 ] || break
		run berth stop deaf
		[[ $status == @(0|4) ]]
		[ "$(state deaf)" = stopped ]
		there_are 0 deaf
		k=$((k + 1))
	done
	[ $status -eq 0 ]
	# The power button, the wait, and what is done when that is over.
	[ $k -ge 5 ]
	grep "'deaf' did not end by itself in time, and was ended" "$BATS_TEST_TMPDIR/said"
	there_are 0 deaf
}

# slow_qemu: the QEMU of later commands takes its time, and $slow/up is there when it does
slow_qemu() {
	slow=$BERTH_HOME/slow
	mkdir -m 1777 "$slow"
	# shellcheck disable=SC2016  # for the shell that runs it
	printf '#!/bin/sh\ncase $1 in -name) touch "%s/up"; sleep 0.3 ;; esac\nexec %s "$@"\n' \
		"$slow" "$(command -v qemu-system-x86_64)" >"$slow/qemu-system-x86_64"
	chmod 755 "$slow/qemu-system-x86_64"
	PATH=$slow:$PATH
}

@test "a QEMU that outlives its start is waited for until it answers" {
	local pid
	set_up saved f
	slow_qemu
	"$BERTH" start f 2>/dev/null 3>&- &
	pid=$!
	until_true 20 test -e "$slow/up"
	kill -9 $pid
	run -4 berth start f
	[[ $output == *"'f' is paused, not stopped (berth resume f)"* ]]
	berth resume f
	[ "$(state f)" = running ]
	content f | cmp - "$BERTH_HOME/first.sum"
	there_are 1 f
}

@test "kill -9 of QEMU: while it starts, while it runs, while it is asked to stop" {
	local pid k
	for k in 1 2 3 4; do
		set_up stopped f
		"$BERTH" start f 2>"$BATS_TEST_TMPDIR/said" 3>&- &
		pid=$!
		until pkill -9 -f -- "^[^ ]*qemu-system-x86_64 -name f .*$BERTH_HOME/" || ! kill -0 $pid 2>/dev/null; do :; done
		wait $pid || [ $? -eq 1 ]
		there_are 0 f
		[ "$(state f)" = stopped ]
		berth start f
		there_are 1 f
	done
	kill -9 "$(processes f)"
	until_true 5 is_free f
	[ "$(state f)" = stopped ]
	run -4 berth stop f
	run -4 berth kill f
	berth start f
	berth pause f
	kill -9 "$(processes f)"
	until_true 5 is_free f
	run -1 berth resume f
	[[ $output == *"'f' is not running"* ]]
	berth start deaf
	berth set "$BERTH_HOME/guests/deaf/guest.conf" run.stop_delay=60
	BERTH_TRACE=$BATS_TEST_TMPDIR/stop "$BERTH" stop deaf 3>&- &
	pid=$!
	until_true 20 grep -qs '"wait"' "$BATS_TEST_TMPDIR/stop"
	kill -9 "$(processes deaf)"
	wait $pid
	[ "$(state deaf)" = stopped ]
	content f | cmp - "$BERTH_HOME/first.sum"
}

# dies_at TEXT WORD...: QEMU is killed when berth begins the step with that text. It may be
# quicker than the killer, who tries again then.
dies_at() {
	local text=$1 pid line trace=$BATS_TEST_TMPDIR/trace
	shift
	[ -e "$trace" ] || mkfifo "$trace"
	for _ in $(seq 20); do
		set_up running f
		qemu=$(processes f)
		exec 7<>"$trace"
		BERTH_TRACE=$trace "$BERTH" "$@" 2>"$BATS_TEST_TMPDIR/said" 7<&- 3>&- &
		pid=$!
		while read -r -t 30 -u 7 line && [[ $line != *"$text"* ]]; do :; done
		kill -9 "$qemu"
		exec 7<&-
		wait $pid || return 0
	done
	return 1
}

@test "kill -9 of QEMU while it is suspended: it is said, the guest has lost power and nothing else" {
	dies_at '"why":"until that is done"' suspend f
	cat "$BATS_TEST_TMPDIR/said"
	grep "suspend 'f'.*the connection was closed" "$BATS_TEST_TMPDIR/said"
	# Whoever has died is not waited for.
	run ! grep ' after [0-9]* s' "$BATS_TEST_TMPDIR/said"
	[ "$(state f)" = stopped ]
	[ -z "$(find "$BERTH_HOME/guests" -name 'saved*')" ]
	content f | cmp - "$BERTH_HOME/first.sum"
	berth start f
	berth suspend --quiet f
	[ "$(state f)" = saved ]
}

@test "kill -9 of QEMU while it is exported: it is said, and nothing of the file is left" {
	dies_at '"why":"hdd0, whole in itself"' export f "$BERTH_HOME/f.tar"
	grep "export 'f'.*the connection was closed" "$BATS_TEST_TMPDIR/said"
	[ "$(state f)" = stopped ]
	[ -z "$(find "$BERTH_HOME" -maxdepth 1 -name 'f.tar*')" ]
	[ ! -e "$BERTH_HOME/guests/f/export.new" ]
	berth export --quiet f "$BERTH_HOME/f.tar"
	is_whole_export
}

@test "power loss: no process, an empty run directory, and a build and a copy that were under way" {
	set_up running f
	BERTH_DIE_AFTER=8 run "$BERTH" clone deaf half
	[ -e "$BERTH_HOME/guests/half.new" ]
	processes | xargs kill -9
	there_are 0 '[^ ]*'
	rm -r "$BERTH_HOME/run"
	[ "$(state f)" = stopped ]
	berth start f
	there_are 1 f
	berth clone deaf half
	[ ! -e "$BERTH_HOME/guests/half.new" ]
	berth destroy half
	content f | cmp - "$BERTH_HOME/first.sum"
}

@test "twenty starts at once give exactly one process; who comes too late is told who has it" {
	rm -f "$BATS_TEST_TMPDIR"/said "$BATS_TEST_TMPDIR"/statuses
	for _ in $(seq 20); do
		{ s=0; "$BERTH" start f 2>>"$BATS_TEST_TMPDIR/said" || s=$?; echo $s >>"$BATS_TEST_TMPDIR/statuses"; } 3>&- &
	done
	wait
	cat "$BATS_TEST_TMPDIR/said"
	[ "$(grep -cx 0 "$BATS_TEST_TMPDIR/statuses")" -eq 1 ]
	[ "$(grep -cE '^(4|6)$' "$BATS_TEST_TMPDIR/statuses")" -eq 19 ]
	there_are 1 f
	run -4 berth start f
	[[ $output == *"'f' is running already (pid $(processes f))"* ]]
}

@test "a guest is started at one place: a lock that somebody else has is exit 6, and names him" {
	mkdir -p "$BERTH_HOME/run"
	# Taken between the look at the guest and its start: the plan was made while it was free.
	berth start f --sh >"$BATS_TEST_TMPDIR/start.sh"
	exec 9>"$BERTH_HOME/run/f.lock"
	flock 9
	printf 'pid %d
somebody with flock(1)
' $$ >"$BERTH_HOME/run/f.lock"
	run -4 berth start f
	[[ $output == *"(pid $$)"* ]]
	run -6 sh "$BATS_TEST_TMPDIR/start.sh"
	exec 9>&-
	there_are 0 f
	berth start f
	there_are 1 f
}

# The foreign process whose number somebody wrote where ours is expected.
forge() {
	sleep 300 3>&- &
	echo $! >"$BATS_TEST_TMPDIR/bystander"
	printf 'pid %d
started by berth, pid 1
' $! >"$BERTH_HOME/run/$1.lock"
}

lives() {
	kill -0 "$(cat "$BATS_TEST_TMPDIR/bystander")"
}

@test "a number in a file proves nothing: who is named there by mistake is neither killed nor believed" {
	local verb
	set_up running f
	forge f
	# A QEMU that does not answer has to be found and ended by its lock.
	kill -STOP "$(processes f)"
	berth kill f
	there_are 0 f
	lives
	forge f
	[ "$(state f)" = stopped ]
	for verb in stop kill; do
		run -4 berth $verb f
	done
	berth start f
	forge f
	[ "$(state f)" = running ]
	berth destroy f
	there_are 0 f
	lives
}

@test "QEMU that dies at the start is quoted, and nothing is left of it" {
	guest broken run.stop_delay=1
	berth set "$BERTH_HOME/broken.conf" 'driver.qemu.args=-device no-such-device'
	berth build --quiet "$BERTH_HOME/broken.conf"
	run -1 berth start broken
	[[ $output == *"no-such-device"* ]]
	there_are 0 broken
	[ "$(state broken)" = stopped ]
	is_free broken
	berth destroy broken
}

@test "a name of 64 characters is one too many, and of 63 is none" {
	local name
	name=$(printf 'a%062d' 0)
	guest "$name"
	berth build --quiet "$BERTH_HOME/$name.conf"
	berth start "$name"
	berth kill "$name"
	berth destroy "$name"
	sed "s/^vm_id = .*/vm_id = ${name}0/" "$BERTH_HOME/$name.conf" >"$BERTH_HOME/long.conf"
	run -10 berth build "$BERTH_HOME/long.conf"
	[[ $output == *"long.conf:2:"*"${name}0"* ]]
	run -2 berth start "${name}0"
	[ ! -e "$BERTH_HOME/guests/${name}0" ]
}
