# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# What the benches share: where berth is, a BERTH_HOME of their own, and the circumstances.
# Sourced from the top of the tree, with the build directory as first argument.

build=${1:-build}
berth=$PWD/$build/src/berth
time_to=$PWD/$build/bench/time-to
[ -x "$time_to" ] || { echo "bench: '$build' is no build directory (type 'make')" >&2; exit 1; }

# Guests may run as another user: the directory must be open to all.
BERTH_HOME=$(mktemp -d /tmp/berth-bench.XXXXXX)
export BERTH_HOME
chmod 755 "$BERTH_HOME"

finish()
{
	"$berth" list --fast --quiet --running | while read -r name _; do
		"$berth" kill "$name" >/dev/null || true
	done
	rm -rf "$BERTH_HOME"
}
trap finish EXIT
trap 'exit 1' INT TERM

# title TEXT: a heading, and how busy the machine was when it began
title()
{
	printf '\n### %s\n\n%s processors, load %s, QEMU %s\n\n' "$1" "$(nproc)" \
		"$(cut -d ' ' -f 1-3 /proc/loadavg)" \
		"$(qemu-system-x86_64 --version | sed -n 's/.*version \([0-9.]*\).*/\1/p')"
}
