#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Whatever dies, whenever it does: the next command succeeds, nothing is lost, nothing is
# there twice. The plans say where berth can be killed; a real QEMU with a boot sector
# and disks of a few megabytes makes every case a matter of a tenth of a second.

load live

setup_file() {
	# Hundreds of writes that wait for the disk prove nothing more than those to memory.
	live_setup /dev/shm
	cc -c -o "$BERTH_HOME/tiny.o" "$BATS_TEST_DIRNAME/tiny_guest.S"
	objcopy -O binary -j .rodata "$BERTH_HOME/tiny.o" "$BERTH_HOME/tiny.img"
	truncate -s 1M "$BERTH_HOME/tiny.img"
	guest f hardware.hdds.hdd0.source=tiny.img run.stop_delay=20
	guest deaf run.stop_delay=1
	berth build --quiet "$BERTH_HOME/f.conf"
	berth build --quiet "$BERTH_HOME/deaf.conf"
	qemu-io -c 'write -q -P 0x11 1M 64k' "$BERTH_HOME/guests/f/hdd1.qcow2"
	cp -a "$BERTH_HOME/guests" "$BERTH_HOME/guests.stopped"
	berth snapshot --quiet f good
	qemu-io -c 'write -q -P 0x22 1M 64k' "$BERTH_HOME/guests/f/hdd1.qcow2"
	cp -a "$BERTH_HOME/guests" "$BERTH_HOME/guests.changed"
	setup
	content f | tee "$BERTH_HOME/first.sum"
	set_up changed f
	content f >"$BERTH_HOME/second.sum"
	! cmp "$BERTH_HOME/first.sum" "$BERTH_HOME/second.sum"
}

teardown_file() {
	live_teardown
}

# Every test begins with both guests built and nothing running.
setup() {
	set_up stopped f
}

teardown() {
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

# set_up HOW GUEST: as on the first day, whatever the case before has left.
set_up() {
	local pid
	for pid in $(processes); do
		kill -9 "$pid"
	done
	there_are 0 '[^ ]*'
	rm -rf "$BERTH_HOME"/guests "$BERTH_HOME"/run "$BERTH_HOME"/*.tar*
	case $1 in
	absent)  rm -rf "$BERTH_HOME/keys"; mkdir "$BERTH_HOME/guests" ;;
	changed) cp -a "$BERTH_HOME/guests.changed" "$BERTH_HOME/guests" ;;
	*)       cp -a "$BERTH_HOME/guests.stopped" "$BERTH_HOME/guests" ;;
	esac
	[ "$1" != running ] || berth start --quiet "$2"
	[ "$1" != running ] || [ "$2" != f ] || berth wait --quiet f --stage login --timeout 20
}

# What a guest's disks hold.
content() {
	local disk
	for disk in "$BERTH_HOME/guests/$1"/hdd*.qcow2; do
		qemu-img convert -U -O raw "$disk" "$BERTH_HOME/content.raw"
		sha256sum <"$BERTH_HOME/content.raw"
	done
}

# goes_on STATUSES BEFORE AFTER SUM WORD...: berth was killed while it did these words. What
# is there is one or the other, the same words again finish the work or say that it is
# done, and then everything is as if nothing had happened.
goes_on() {
	local statuses=$1 before=$2 after=$3 sum=$4 status=0 seen
	shift 4
	seen=$(state f)
	echo "then: ${seen:-absent}"
	[[ ${seen:-absent} == @("$before"|"$after"|stopped|unknown) ]]
	for lock in "$BERTH_HOME"/guests/*.lock; do
		[ ! -e "$lock" ] || flock --nonblock "$lock" true
	done
	berth "$@" --quiet || status=$?
	[[ $status == @(0|$statuses) ]]
	seen=$(state f)
	[ "${seen:-absent}" = "$after" ]
	if [ "$after" = running ]; then
		there_are 1 f
		run -1 is_free f
	else
		there_are 0 f
		[ ! -e "$BERTH_HOME/run/f.lock" ] || is_free f
	fi
	[ -z "$(find "$BERTH_HOME" -name '*.new' -o -name '*.berth-new' -o -name restoring)" ]
	[ "$sum" = none ] || content f | cmp - "$BERTH_HOME/$sum.sum"
	! declare -F "is_whole_$1" >/dev/null || "is_whole_$1"
}

# every_step BEFORE AFTER SUM STATUSES WORD...: berth WORD... on a guest that is BEFORE and
# shall be AFTER, its disks with the content SUM then; killed once it has done no step,
# one, two and so on, until there was nothing left to kill, and killed amidst each step.
every_step() {
	local before=$1 after=$2 sum=$3 statuses=$4 k=0 n status planned
	local was=$before
	shift 4
	[ "$before" != changed ] || was=stopped
	set_up "$before" f
	planned=$(berth "$@" --dry-run --json | jq '[.steps[] | select(.guard | not)] | length')
	[ "$planned" -gt 0 ]
	while true; do
		set_up "$before" f
		status=0
		BERTH_DIE_AFTER=$k berth "$@" --quiet || status=$?
		[ $status -eq 137 ] || break
		echo "$1: killed after $k steps of about $planned"
		goes_on "$statuses" "$was" "$after" "$sum" "$@"
		k=$((k + 1))
	done
	[ $status -eq 0 ]
	[ $k -gt "$planned" ]
	for n in $(seq $((k - 1))); do
		set_up "$before" f
		killed_within "$n" "$@"
		echo "$1: killed within step $n of $((k - 1))"
		goes_on "$statuses" "$was" "$after" "$sum" "$@"
	done
}

# killed_within N WORD...: by the first one to see that the Nth step begins
killed_within() {
	local n=$1 pid trace=$BATS_TEST_TMPDIR/trace
	shift
	[ -e "$trace" ] || mkfifo "$trace"
	exec 7<>"$trace"
	BERTH_TRACE=$trace "$BERTH" "$@" --quiet 7<&- 3>&- &
	pid=$!
	for _ in $(seq "$n"); do
		read -r -t 30 -u 7 _
	done
	kill -9 $pid || true
	wait $pid || true
	exec 7<&-
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
		[ "$(qemu-img info --output=json "$disk" | jq -c '[.snapshots[].name]')" = '["mine"]' ]
	done
	[ "$(berth snapshot f --list --json | jq -c '[.snapshots[].name]')" = '["mine"]' ]
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

# A verb more is a line more:                 before  after   disks  or the status  the words

@test "build, killed at every step"         { every_step absent  stopped none   4 build    "$BERTH_HOME/f.conf"; }
@test "start, killed at every step"         { every_step stopped running first  4 start    f; }
@test "stop, killed at every step"          { every_step running stopped first  4 stop     f; }
@test "kill, killed at every step"          { every_step running stopped first  4 kill     f; }
@test "clone, killed at every step"         { every_step stopped stopped first  4 clone    f copy; }
@test "snapshot, killed at every step"      { every_step stopped stopped first  4 snapshot f mine; }
@test "restore, killed at every step"       { every_step changed stopped first  4 restore  f good; }
@test "export, killed at every step"        { every_step stopped stopped first  4 export   f "$BERTH_HOME/f.tar"; }
@test "destroy, killed at every step"       { every_step stopped absent  none   3 destroy  f; }
@test "destroy of a running guest, killed at every step" { every_step running absent none 3 destroy f; }

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
' $$ >"$BERTH_HOME/run/f.lock.holder"
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
' $! >"$BERTH_HOME/run/$1.lock.holder"
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
