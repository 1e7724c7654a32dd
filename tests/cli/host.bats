#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# A host that does not play along: what is missing, locked, full, unreachable or not ours
# is named, with its status, and nothing is left half done.

load cli

# A machine without an operating system: disks and settings, but nothing to install.
empty() {
	machine "$1" <<-END
		[hardware]
		vm_id = $1
		ram = 64
		[[hdds]]
		[[[hdd0]]]
		size = 16MB
		[run]
		accel = tcg
	END
}

# Put a program before QEMU's own in the search path; its text comes from standard input.
instead_of_qemu() {
	mkdir -p bin
	cat >bin/qemu-system-x86_64
	chmod 755 bin bin/qemu-system-x86_64
	PATH=$BERTH_HOME/bin:$PATH
}

@test "QEMU dies at the start: its own words, and nothing runs" {
	instead_of_qemu <<-'END'
		#!/bin/sh
		case $* in *--version*) echo "QEMU emulator version 7.2.0"; exit 0 ;; esac
		echo "qemu-system-x86_64: no such machine as that" >&2
		exit 1
	END
	empty web
	run_berth 0 build web.conf
	run_berth 1 start web
	says "no such machine as that"
	[ "$("$BERTH" list --json | jq -r '.guests[] | select(.name == "web").state')" = stopped ]
	run_berth 4 kill web
}

@test "QEMU is not installed" {
	empty web
	"$BERTH" facts --json | jq '.tools."qemu-system-x86_64" = null' >host.json
	run_berth 3 plan start web.conf --facts host.json
	says "qemu-system-x86_64 is not installed (apt-get install"
}

@test "mmdebstrap is not installed" {
	machine deb <<-'END'
		[hardware]
		os = debian-12
	END
	"$BERTH" facts --json | jq '.tools.mmdebstrap = null | .cached = []' >host.json
	run_berth 3 plan build deb.conf --facts host.json
	says "mmdebstrap is missing"
}

@test "no UEFI firmware" {
	empty web
	"$BERTH" set web.conf hardware.firmware=uefi
	"$BERTH" facts --json | jq '.ovmf_code = null' >host.json
	run_berth 3 plan start web.conf --facts host.json
	says "apt-get install ovmf"
}

@test "the mirror does not answer: status, reason, and nothing is left" {
	machine deb <<-'END'
		[hardware]
		os = debian-12
		[config]
		mirror = "deb [trusted=yes] http://127.0.0.1:9/debian bookworm main"
	END
	run_berth 1 build deb.conf --quiet
	says "build 'deb'"
	[ ! -e guests/deb ]
	[ ! -e guests/deb.new ]
	[ -z "$(ls cache/tree 2>/dev/null)" ]
}

@test "another build of the same guest is under way" {
	empty web
	mkdir -p guests
	exec 9>guests/web.lock
	flock 9
	run_berth 6 build web.conf
	says "web"
	exec 9>&-
	run_berth 0 build web.conf
}

@test "the guest's lock is held by somebody else" {
	empty web
	run_berth 0 build web.conf
	mkdir -p run/web
	exec 9>run/web.lock
	flock 9
	run_berth 4 start web
	exec 9>&-
}

@test "the image is locked by somebody else's QEMU" {
	empty web
	run_berth 0 build web.conf
	qemu-system-x86_64 -M none -S -display none -qmp unix:other.sock,server=on,wait=off \
		-blockdev driver=qcow2,node-name=d,file.driver=file,file.filename=guests/web/hdd0.qcow2 3>&- &
	other=$!
	until [ -S other.sock ] || ! kill -0 $other; do :; done
	run_berth 6 start web
	says "guests/web/hdd0.qcow2 is in use by pid $other (qemu-system"
	run_berth 6 snapshot web
	says "guests/web/hdd0.qcow2 is in use by pid $other (qemu-system"
	kill $other
}

@test "no space: the build fails whole" {
	[ "$(id -u)" -eq 0 ] || skip "only root can mount a small file system"
	machine web <<-'END'
		[hardware]
		ram = 64
		[[hdds]]
		[[[hdd0]]]
		size = 640MB
		format = raw
		[[[[partitions]]]]
		[[[[[p0]]]]]
		fs = ext4
	END
	mkdir small
	run --separate-stderr unshare --mount sh -c "mount -t tmpfs -o size=128k none small &&
		cd small && BERTH_HOME=\$PWD '$BERTH' build ../web.conf; status=\$?
		ls guests/web guests/web.new 2>/dev/null; exit \$status"
	[ "$status" -eq 1 ]
	says "No space left on device"
	[ -z "$output" ]
}

@test "a folder that cannot be written" {
	empty web
	mkdir elsewhere
	# The tree may lie in a home that nobody else may enter: /root, on a fresh machine.
	install -m 0755 "$BERTH" berth
	run --separate-stderr as_nobody env BERTH_HOME="$BERTH_HOME/elsewhere" "$BERTH_HOME/berth" build web.conf
	if [ "$(id -u)" -eq 0 ]; then
		[ "$status" -eq 5 ]
		says "ermission denied"
	else
		[ "$status" -eq 0 ]
	fi
	: >file
	BERTH_HOME=$BERTH_HOME/file run --separate-stderr "$BERTH" build web.conf
	[ "$status" -ne 0 ]
	says "file"
}

@test "a directory whose sockets would have too long a name" {
	long=$BERTH_HOME/$(printf '%060d' 0)
	mkdir "$long"
	BERTH_HOME=$long run_berth 10 list
	says "too long for sockets"
}

@test "a name that another machine file has taken" {
	empty web
	run_berth 0 build web.conf
	cp web.conf other.conf
	run_berth 4 build other.conf
	says "'web' is built already"
}
