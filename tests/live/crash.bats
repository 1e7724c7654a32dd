#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# kill -9 at every step of a build: the next run finishes, and the cache is never poisoned.
# The steps are those of a whole Debian; its tree is a handful of files, because a step can be
# killed in a tenth of a second as well as in a minute.

load live

setup_file() {
	live_setup
	conf crash minimal hardware.hdds.hdd0.size=64M
	conf other minimal hardware.hdds.hdd0.size=64M
	tree
	export PATH=$BERTH_HOME/bin:$PATH
	TREE=$(template_parts "$BERTH_HOME/crash.conf" | grep ^tree/)
	export TREE=$BERTH_HOME/cache/$TREE
	berth build "$BERTH_HOME/crash.conf"
	cmp "$BERTH_HOME/small/vmlinuz" "$TREE/vmlinuz"
	berth destroy crash
}

teardown_file() {
	live_teardown
}

# A system of a few files, and a package tool that installs nothing else.
tree() {
	local small=$BERTH_HOME/small
	mkdir -p "$small"/{boot,dev,etc/systemd/system,home,proc,root,run,srv,sys,tmp,usr/sbin,var/tmp} "$BERTH_HOME/bin"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$small/etc/passwd"
	ln -s ../usr/lib/os-release "$small/etc/os-release"
	head -c 2M /dev/urandom | tee "$small/vmlinuz" "$small/initrd.img" >"$small/usr/sbin/big"
	cat >"$BERTH_HOME/bin/mmdebstrap" <<-END
		#!/bin/sh
		while [ \$# -gt 2 ]; do shift; done
		cp -a "$small" "\$1"
	END
	chmod 755 "$BERTH_HOME/bin/mmdebstrap"
}

no_leftovers() {
	run ! pgrep -f "qemu-storage-daemon.*$BERTH_HOME"
	run ! grep "$BERTH_HOME" /proc/self/mounts
	[ -z "$(find "$BERTH_HOME"/cache "$BERTH_HOME"/guests -maxdepth 2 -name '*.new')" ]
}

# The next build, whatever was killed before, and what it made.
finishes() {
	local disk
	[ ! -e "$BERTH_HOME/guests/crash" ] || berth destroy --quiet crash
	berth build --quiet "$BERTH_HOME/crash.conf"
	[ -s "$BERTH_HOME/guests/crash/record.json" ]
	[ ! -e "$BERTH_HOME/guests/crash.new" ]
	qemu-img check -q "$BERTH_HOME/guests/crash/hdd0.qcow2"
	disk=$(qemu-img info --output=json "$BERTH_HOME/guests/crash/hdd0.qcow2" | jq -r '."backing-filename"')
	e2fsck -fn "$disk?offset=1048576" >/dev/null 2>&1
	debugfs -R 'cat usr/sbin/big' "$disk?offset=1048576" 2>/dev/null | cmp - "$BERTH_HOME/small/usr/sbin/big"
	diff -r --no-dereference "$BERTH_HOME/small" "$TREE"
	cmp "$BERTH_HOME/small/vmlinuz" "$BERTH_HOME/guests/crash/vmlinuz"
	berth destroy --quiet crash
}

# What the cache has of these kinds goes.
forget() {
	local part
	for part; do
		rm -rf "${BERTH_HOME:?}/cache/$part"
	done
}

# However much of the cache is there when a build begins, its steps are a part of these.
@test "at every step, from nothing cached to a guest" {
	local k=0 n status=137
	while [ $status -eq 137 ]; do
		forget tree boot disk
		status=0
		BERTH_DIE_AFTER=$k berth build --quiet "$BERTH_HOME/crash.conf" || status=$?
		echo "killed after $k steps"
		finishes
		k=$((k + 1))
	done
	[ $status -eq 0 ]
	[ $k -gt 40 ]
	forget tree boot disk
	for n in $(slow_steps build "$BERTH_HOME/crash.conf"); do
		[ ! -e "$BERTH_HOME/guests/crash" ] || berth destroy --quiet crash
		forget tree boot disk
		killed_within "$n" build "$BERTH_HOME/crash.conf"
		echo "killed within step $n"
		finishes
	done
	no_leftovers
}

@test "Ctrl-C leaves the state of a clean stop" {
	forget disk
	# One that would go on for ever: there is time to interrupt.
	printf '#!/bin/sh\nexec sleep 60\n' >"$BERTH_HOME/bin/mke2fs"
	chmod 755 "$BERTH_HOME/bin/mke2fs"
	BERTH_TRACE=$BATS_TEST_TMPDIR/int "$BERTH" build -q "$BERTH_HOME/crash.conf" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	pid=$!
	until_true 60 grep -qs mke2fs "$BATS_TEST_TMPDIR/int"
	kill -TERM $pid
	wait $pid || true
	rm "$BERTH_HOME/bin/mke2fs"
	[ ! -e "$BERTH_HOME/guests/crash.new" ]
	[ ! -e "$BERTH_HOME/guests/crash" ]
	[ -z "$(ls "$BERTH_HOME"/cache/disk)" ]
	grep interrupted "$BATS_TEST_TMPDIR/err"
	finishes
}

@test "two builds of one guest exclude each other, of two guests do not" {
	mkdir -p "$BERTH_HOME/guests"
	exec 9>"$BERTH_HOME/guests/crash.lock"
	flock 9
	run berth build "$BERTH_HOME/crash.conf"
	[ "$status" -eq 6 ]
	berth build -q "$BERTH_HOME/other.conf"
	exec 9>&-
	berth build -q "$BERTH_HOME/crash.conf"
	berth destroy crash other
}
