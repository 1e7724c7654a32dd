# SPDX-License-Identifier: ISC
# Live tests: real package tools, real QEMU, real guests. One BERTH_HOME for a file
# of tests, readable by the user guests run as; everything in it ends with the file.

BERTH=${BERTH:-$BATS_TEST_DIRNAME/../../build/src/berth}
EXAMPLES=$BATS_TEST_DIRNAME/../../examples
bats_require_minimum_version 1.5.0

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
	berth list --json | jq -r --arg n "$1" '.guests[] | select(.name == $n and .note != "alien").state'
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
