# SPDX-License-Identifier: ISC
# What the tests of the command line share: a private BERTH_HOME per test, with nothing
# in it, and words for what berth said. Nothing here waits for a clock.
# shellcheck disable=SC2154  # bats sets status, output and stderr
BERTH=${BERTH:-$BATS_TEST_DIRNAME/../../build/src/berth}
EXAMPLES=$BATS_TEST_DIRNAME/../../examples
bats_require_minimum_version 1.5.0

setup() {
	# Sockets live below it, and their paths are short: no long TMPDIR here.
	BERTH_HOME=$(mktemp -d /tmp/berth-cli.XXXXXX)
	chmod 755 "$BERTH_HOME"
	export BERTH_HOME BERTH EXAMPLES
	cd "$BERTH_HOME" || return 1
}

teardown() {
	local lock
	for lock in "$BERTH_HOME"/run/*.lock; do
		[ ! -e "$lock" ] || "$BERTH" kill "$(basename "$lock" .lock)" >/dev/null 2>&1 || true
	done
	cd /
	rm -rf "$BERTH_HOME"
}

# run_berth STATUS ARGUMENT...: it must end with that status; its words are in $output and $stderr.
run_berth() {
	local want=$1
	shift
	run --separate-stderr "$BERTH" "$@"
	if [ "$status" -ne "$want" ]; then
		echo "berth $*: status $status, expected $want"
		echo "$output"
		echo "$stderr"
		return 1
	fi
}

# Run berth as an ordinary user when we are root.
as_nobody() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	else
		"$@"
	fi
}

# says TEXT: berth complained in these words.
says() {
	case $stderr in
	*"$1"*) ;;
	*) echo "not said: $1"; echo "said: $stderr"; return 1 ;;
	esac
}

# prints TEXT: it is part of the answer.
prints() {
	case $output in
	*"$1"*) ;;
	*) echo "not printed: $1"; echo "printed: $output"; return 1 ;;
	esac
}

# machine NAME: a machine file from standard input.
machine() {
	cat >"$BERTH_HOME/$1.conf"
}

# A guest of paper: the null driver needs no hypervisor.
paper() {
	machine "$1" <<-END
		[hardware]
		vm_id = $1
		[run]
		driver = null
	END
}

# paper_guest NAME [LINE OF RUN]...: one that is built
paper_guest() {
	local name=$1
	shift
	paper "$name"
	printf '%s\n' "$@" >>"$name.conf"
	run_berth 0 build "$name.conf"
}
