#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What a list says of guests that run, against what the host says. Nothing boots in them.

load live

setup_file() {
	live_setup
	# Names of their own: other tests of this host have guests, too, and ours are their aliens.
	export BOX=box-$$ ALIEN=alien-$$
	cat >"$BERTH_HOME/box.conf" <<-END
		[hardware]
		vm_id = $BOX
		ram = 64
		uuid = 4d131ea7-2db5-80c3-a135-98cb15cbbb6c
		[[eths]]
		[[[eth0]]]
		mac = 52:54:00:00:00:01
		name = lan
		[run]
		accel = tcg
		[console]
		vnc = tcp
	END
	berth build -q "$BERTH_HOME/box.conf"
	berth start "$BOX"
	qemu-system-x86_64 -name "$ALIEN" -S -nodefaults -display none -accel tcg -m 16 -vnc unix:"$BERTH_HOME/alien.sock" \
		-uuid 11111111-2222-3333-4444-555555555555 -netdev user,id=n -device virtio-net-pci,netdev=n,mac=52:54:00:00:00:02,romfile= \
		-daemonize -pidfile "$BERTH_HOME/alien.pid"
}

teardown_file() {
	kill -9 "$(cat "$BERTH_HOME/alien.pid")"
	live_teardown
}

# field NAME FIELD
field() {
	berth list --no-titles -o "$2" --filter name="$1"
}

@test "the process of a guest, and whose it is" {
	pid=$(field "$BOX" pid)
	grep -qz "$BERTH_HOME" "/proc/$pid/cmdline"
	[ "$(field "$BOX" user,group | tr -s ' ')" = "$(stat -c '%U %G' "/proc/$pid")" ]
	[ "$(field "$BOX" exe)" = "$(readlink "/proc/$pid/exe")" ]
	[ "$(field "$BOX" accel)" = tcg ]
	[ "$(field "$BOX" arch,host | tr -s ' ')" = "$(uname -m) $(uname -n)" ]
	qemu-system-x86_64 --version | grep -F "version $(field "$BOX" release)"
}

@test "what the machine file says" {
	[ "$(berth list --csv --no-titles -o uuid,mac,ifname,id --filter name="$BOX")" = \
		"4d131ea7-2db5-80c3-a135-98cb15cbbb6c,52:54:00:00:00:01,lan,$BERTH_HOME/guests/$BOX/guest.conf"$'\r' ]
}

@test "its screen and its monitor are where the list says" {
	port=$(field "$BOX" cport)
	[ "$(field "$BOX" display)" = ":$((port - 5900))" ]
	[ "$(head -c 3 <"/dev/tcp/127.0.0.1/$port")" = RFB ]
	[ -S "$(field "$BOX" sport)" ]
}

@test "what the command line of an alien says" {
	[ "$(field "$ALIEN" pid)" = "$(cat "$BERTH_HOME/alien.pid")" ]
	[ "$(berth list --csv --no-titles -o uuid,mac,accel,display,id,note --filter name="$ALIEN")" = \
		"11111111-2222-3333-4444-555555555555,52:54:00:00:00:02,tcg,,,alien"$'\r' ]
}

@test "a guest that stopped has no process, and its other fields stay" {
	berth kill "$BOX"
	[ "$(berth list --csv --no-titles -o pid,user,exe,accel,cport,sport,mac,state --filter name="$BOX")" = \
		",,,,,,52:54:00:00:00:01,stopped"$'\r' ]
	berth start "$BOX"
}
