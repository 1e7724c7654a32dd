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

# calm: until nearly nothing has run for a second, or a minute has gone
calm()
{
	before=$(awk '/^cpu / { print $5 }' /proc/stat)
	for _ in $(seq 60); do
		sleep 1
		idle=$(awk '/^cpu / { print $5 }' /proc/stat)
		[ $((idle - before)) -lt $(($(nproc) * $(getconf CLK_TCK) * 9 / 10)) ] || return 0
		before=$idle
	done
	echo "bench: this machine does not come to rest" >&2
}

# title TEXT: a heading, and how busy the machine was when it began
title()
{
	printf '\n### %s\n\n%s processors, load %s, QEMU %s\n\n' "$1" "$(nproc)" \
		"$(cut -d ' ' -f 1-3 /proc/loadavg)" \
		"$(qemu-system-x86_64 --version | sed -n 's/.*version \([0-9.]*\).*/\1/p')"
}

# libvirt_runs: is there a libvirt to compare with? Says below the table why not.
libvirt_runs()
{
	if ! command -v virsh >/dev/null; then
		printf '\nNo virsh in this table: it is not installed (tools/need bench)\n'
	elif ! why=$(virsh -q -c qemu:///system list 2>&1); then
		printf '\nNo virsh in this table: %s\n' "$why"
	else
		return 0
	fi
	return 1
}

# domain NAME MEGABYTES [DISK]: libvirt's words for what berth makes of such a guest
domain()
{
	cat <<-END
		<domain type='qemu'>
		  <name>$1</name>
		  <memory unit='MiB'>$2</memory>
		  <vcpu>1</vcpu>
		  <os><type arch='x86_64' machine='q35'>hvm</type></os>
		  <cpu mode='custom'><model>qemu64</model></cpu>
		  <devices>
		    <serial type='pty'><log file='$BERTH_HOME/$1.log'/></serial>
		    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
		    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
		    <memballoon model='none'/>
		    <controller type='usb' model='none'/>
	END
	[ $# -lt 3 ] || cat <<-END
		    <disk type='file' device='disk'>
		      <driver name='qemu' type='raw' discard='unmap'/>
		      <source file='$3'/>
		      <target dev='vda' bus='virtio'/>
		    </disk>
		    <interface type='user'><model type='virtio'/></interface>
		    <graphics type='vnc'><listen type='socket'/></graphics>
		    <video><model type='vga'/></video>
	END
	printf '  </devices>\n</domain>\n'
}

# idle NAME MEGABYTES [ARGS]: build a guest without disks that does nothing; it waits to be begun, unless ARGS of QEMU say otherwise
idle()
{
	cat >"$BERTH_HOME/idle.conf" <<-END
		[hardware]
		vm_id = $1
		ram = $2
		[run]
		accel = tcg
		[console]
		vnc = none
		[driver]
		[[qemu]]
		args = ${3--S}
	END
	"$berth" build --quiet "$BERTH_HOME/idle.conf" 2>"$BERTH_HOME/said" || { cat "$BERTH_HOME/said" >&2; exit 1; }
}
