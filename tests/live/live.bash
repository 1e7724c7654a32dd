# SPDX-License-Identifier: ISC
# Live tests: real package tools, real QEMU, real guests. One BERTH_HOME for a file
# of tests, readable by the user guests run as; everything in it ends with the file.

BERTH=${BERTH:-$BATS_TEST_DIRNAME/../../build/src/berth}
EXAMPLES=$BATS_TEST_DIRNAME/../../examples
bats_require_minimum_version 1.5.0

# The programs of both 'hello' and 'anywhere': with them, one template serves both.
# shellcheck disable=SC2034  # for the files of tests
COMMON=(devel.git=1 devel.vim=1 network.nmap=1 network.netcat=1)

# live_setup [DIRECTORY]: everything below that one
live_setup() {
	BERTH_HOME=$(mktemp -d "${1:-/tmp}/berth-live.XXXXXX")
	chmod 755 "$BERTH_HOME"
	export BERTH BERTH_HOME EXAMPLES
}

live_teardown() {
	local name
	for name in $("$BERTH" list --json | jq -r '.guests[] | select(.note != "alien" and .state != "stopped").name'); do
		"$BERTH" kill "$name" || true
	done
	rm -rf "$BERTH_HOME"
}

berth() {
	"$BERTH" "$@"
}

# at_once COMMAND WORD...: the command for each of the words, all at the same time
at_once() {
	local command=$1 word pid pids=()
	shift
	for word; do
		"$command" "$word" </dev/null 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
}

# build_shared CONF...: build these guests from templates that all tests of a build directory
# share. Who needs them first makes them; all get hard links, so whatever a test does to its
# cache, it does to its own. Kept for a day: a template holds the newest packages of its time.
build_shared() {
	SHARED=$(realpath "${BERTH%/*}/..")/live-cache
	mkdir -p "$SHARED/$(date +%F)"
	chmod 700 "$SHARED"
	find "$SHARED" -mindepth 1 -maxdepth 1 ! -name "$(date +%F)" -exec rm -rf {} +
	SHARED+=/$(date +%F)
	at_once build_one_shared "$@"
}

# A part of the cache, "tree/KEY", is kept as tree/KEY/tree/KEY: whole and in one move, with the modes of what is above it.
build_one_shared() {
	local part parts=
	[ "$(id -u)" -ne 0 ] || parts=$(template_parts "$1")    # others cannot link what containers own
	(
		flock 8
		for part in $parts; do
			[ -e "$BERTH_HOME/cache/$part" ] || [ ! -e "$SHARED/$part" ] ||
				link_part "$part" "$SHARED/$part" "$BERTH_HOME/cache"
		done
		berth build --quiet "$1" 8>&-
		for part in $parts; do
			[ -e "$SHARED/$part" ] || {
				rm -rf "$SHARED/$part.new"
				link_part "$part" "$BERTH_HOME/cache" "$SHARED/$part.new"
				mv "$SHARED/$part.new" "$SHARED/$part"
			}
		done
	) 8>"$SHARED/${parts##*/}.lock"
}

# template_parts CONF: the kernel, disk and root tree that its build makes: paths below a cache, the tree last
template_parts() {
	berth build "$1" --dry-run |
		grep -oE '/cache/((tree|boot)/[0-9a-f]{16}|container/[0-9a-f]{16}\.[0-9]+|disk/[0-9a-f]{16}\.raw)' |
		cut -d / -f 3- | sort -u
}

# link_part PART FROM TO: with the directories above it; hard links, or copies where there can be none
link_part() {
	local how=--link
	mkdir -p "$3"
	[ "$(stat -c %d "$2")" = "$(stat -c %d "$3")" ] || how=--reflink=auto
	(cd "$2" && cp -a $how --parents -t "$3" "$1")
}

# A copy of an example under another name: conf NAME FROM [PATH=VALUE]...
conf() {
	local name=$1 from=$2
	shift 2
	cp "$EXAMPLES/$from.conf" "$BERTH_HOME/$name.conf"
	berth set "$BERTH_HOME/$name.conf" hardware.vm_id="$name" "$@"
}

# container NAME: the text of a small container, of a template that these tests share
container() {
	local name=$1
	cat <<-END
		[hardware]
		vm_id = $name
		os = debian-12
		num_cpu = 1
		ram = 128M
		[[eths]]
		[[[eth0]]]
		type = nat
		[users]
		[[users]]
		[[[user0]]]
		name = ada
		passwd = lovelace
		[services]
		sshd = 1
		[run]
		driver = lxc
		stop_delay = 20
	END
}

# until_true SECONDS COMMAND...: poll a condition; the deadline is there for a broken machine.
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

state() {
	berth list --no-titles -o state --filter "name=$1" --filter 'note!=alien'
}

# boot_sector NAME: the disk NAME.img, which boots into NAME_guest.S
boot_sector() {
	cc -c -o "$BERTH_HOME/$1.o" "$BATS_TEST_DIRNAME/$1_guest.S"
	objcopy -O binary -j .rodata "$BERTH_HOME/$1.o" "$BERTH_HOME/$1.img"
	truncate -s 1M "$BERTH_HOME/$1.img"
}

# small_guest NAME [LINE]...: nothing to boot; the lines belong to [hardware]
small_guest() {
	local name=$1
	shift
	{
		printf '[hardware]\nvm_id = %s\nnum_cpu = 1\nram = 32M\n' "$name"
		[ $# -eq 0 ] || printf '%s\n' "$@"
		printf '[run]\naccel = tcg\nstop_delay = 1\n'
	} >"$BERTH_HOME/$name.conf"
}

# slow_steps WORD...: berth does that; which of the steps are not over before anybody can see them?
slow_steps() {
	local steps=$BATS_TEST_TMPDIR/steps
	rm -f "$steps"
	BERTH_TRACE=$steps berth "$@" --quiet
	jq -s 'to_entries[] | select(.value.kind | IN("run", "spawn", "daemon", "copy", "wait")).key + 1' "$steps"
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
