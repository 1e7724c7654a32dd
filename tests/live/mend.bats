#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Where two parts of berth meet, between guests with nothing to boot: networks and the start
# of all guests, ports and who takes them first, copies and what was attached.
# What touches networks happens in a network namespace of our own.

# shellcheck disable=SC2016,SC2317  # what stands in single quotes is for another shell

load live

inhost() {
	ip netns exec "$NS" sh -c 'mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200 && exec "$@"' sh "$@"
}

setup_file() {
	live_setup
	[ "$(id -u)" -eq 0 ] || return 0
	export NS=berth-mend-$$
	ip netns add "$NS"
	inhost ip link set lo up
}

teardown_file() {
	local net
	if [ -n "${NS:-}" ]; then
		for net in $(inhost "$BERTH" net list --json | jq -r '.networks[].name'); do
			inhost "$BERTH" net remove "$net" --force || true
		done
		ip netns del "$NS"
	fi
	live_teardown
}

@test "the start of all guests brings their networks up first; one that does not come up keeps back only its own" {
	[ "$(id -u)" -eq 0 ] || skip "only root can make a network namespace"
	local name net
	inhost "$BERTH" net create lab --nat 10.5.0.0/24 --quiet
	inhost "$BERTH" net create far --bridge br-far --quiet
	small_guest joined '[[eths]]' '[[[eth0]]]' 'type = network' 'link = lab'
	small_guest cutoff '[[eths]]' '[[[eth0]]]' 'type = network' 'link = far'
	small_guest alone
	for name in joined cutoff alone; do
		inhost "$BERTH" build -q "$BERTH_HOME/$name.conf"
		berth autostart on "$name"
	done
	# After a reboot the bridges are gone; something else has the name of one.
	for net in bt-lab br-far; do
		ip -n "$NS" link del "$net"
	done
	ip -n "$NS" link add br-far type veth peer name other-end
	run -0 inhost "$BERTH" boot --dry-run
	[[ $output == *"berth net up lab"*"berth start joined"* ]]
	run -9 inhost "$BERTH" boot
	[[ $output == *"'cutoff' is not started: its network 'far' does not come up: far: the interface 'br-far' is no bridge"* ]]
	[ "$(state joined) $(state alone) $(state cutoff)" = "running running stopped" ]
	# Once more is nothing but the one that failed.
	ip -n "$NS" link del br-far
	inhost "$BERTH" boot
	[ "$(state cutoff)" = running ]
	inhost "$BERTH" kill joined cutoff alone
	for name in joined cutoff alone; do
		inhost "$BERTH" destroy "$name"
	done
}

# listen PORT: somebody else does, until stop_listening
listen() {
	rm -f "$BERTH_HOME/taken"
	python3 -c 'import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen()
open(sys.argv[2], "w")
time.sleep(60)' "$1" "$BERTH_HOME/taken" 3>&- &
	listener=$!
	until_true 10 test -e "$BERTH_HOME/taken"
}

stop_listening() {
	kill "$listener"
	wait "$listener" || true
}

# port NAME: where list says that its ssh is; show and ssh have to say the same
port() {
	local seen
	seen=$(berth list --json | jq -r --arg n "$1" '.guests[] | select(.name == $n and .note != "alien").ssh')
	[ "$(berth show "$1" --json | jq -r .ssh)" = "$seen" ] || return 1
	echo "${seen#*:}"
}

# has_port NAME PORT: it is the guest's own process that listens there
has_port() {
	ss -Htlnp "sport = :$2" | grep -F "pid=$(sed -n 's/^pid //p' "$BERTH_HOME/run/$1.lock" | head -n 1),"
}

@test "a port for ssh that somebody else has taken is another one, and all say which" {
	small_guest served '[[eths]]' '[[[eth0]]]' 'type = nat'
	berth build -q "$BERTH_HOME/served.conf"
	own=$(jq .ssh_port "$BERTH_HOME/guests/served/record.json")
	listen "$own"
	berth start served
	moved=$(port served)
	[ "$moved" != "$own" ]
	has_port served "$moved"
	# Whoever comes second writes nothing.
	run -4 berth start served
	[ "$(port served)" = "$moved" ]
	# It keeps it, although the first is free again, until that is taken as well.
	berth kill served
	stop_listening
	berth start served
	[ "$(port served)" = "$moved" ]
	has_port served "$moved"
	berth kill served
	listen "$moved"
	berth start served
	third=$(port served)
	[ "$third" != "$moved" ]
	has_port served "$third"
	stop_listening
	berth kill served
	berth destroy served
}

@test "a clone has copies of the images that were attached, and they are its own" {
	small_guest plugged
	berth build -q "$BERTH_HOME/plugged.conf"
	truncate -s 1M "$BERTH_HOME/shared.img"
	printf original | dd of="$BERTH_HOME/shared.img" conv=notrunc status=none
	chmod 666 "$BERTH_HOME/shared.img"
	berth attach plugged disk "$BERTH_HOME/shared.img"
	berth clone -q plugged twin
	file=$BERTH_HOME/guests/twin/hdd0.raw
	[ ! -L "$file" ]
	[ "$(head -c 8 "$file")" = original ]
	[ "$(stat -c %a "$file")" = 600 ]
	[ "$(berth show twin --json | jq -r '.disks[0]')" = "hdd0 1M virtio" ]
	berth start plugged
	berth start twin
	[ "$(berth monitor twin 'info block' | grep -o "/[^ ]*hdd0.raw")" = "$file" ]
	# What is detached keeps its file.
	berth kill twin
	berth detach twin hdd0
	[ -f "$file" ]
	berth kill plugged
	berth destroy twin
	berth destroy plugged
	[ "$(head -c 8 "$BERTH_HOME/shared.img")" = original ]
}

@test "a clone says how large the disk in an image of another kind is, not how large the file" {
	small_guest imaged
	berth build -q "$BERTH_HOME/imaged.conf"
	for format in vmdk vdi; do
		qemu-img create -q -f $format "$BERTH_HOME/image.$format" 24M
		[ "$(stat -c %s "$BERTH_HOME/image.$format")" -lt 10000000 ]
		chmod 666 "$BERTH_HOME/image.$format"
		berth attach imaged disk "$BERTH_HOME/image.$format"
	done
	berth clone -q imaged copied
	[ "$(berth show copied --json | jq -c .disks)" = '["hdd0 24M virtio","hdd1 24M virtio"]' ]
	berth start copied
	berth kill copied
	rm "$BERTH_HOME/image.vdi"
	echo none >"$BERTH_HOME/image.vdi"
	run -1 berth clone imaged other
	[[ $output == *"$BERTH_HOME/image.vdi: qemu-img does not say how large it is"* ]]
	[ ! -e "$BERTH_HOME/guests/other" ]
	berth destroy copied
	berth destroy imaged
}

# foreign GUEST [OPTION]: a QEMU that berth did not start has the guest's disk, and stands still; its number is in $foreign
foreign() {
	rm -f "$BERTH_HOME/foreign.sock"
	qemu-system-x86_64 -M q35 -S -display none -nodefaults -qmp "unix:$BERTH_HOME/foreign.sock,server=on,wait=off" \
		-blockdev "driver=qcow2,node-name=d,file.driver=file,file.filename=$BERTH_HOME/guests/$1/hdd0.qcow2$2" \
		-device virtio-blk-pci,drive=d 3>&- &
	foreign=$!
	until_true 10 test -S "$BERTH_HOME/foreign.sock"
	# It answers when its disks are open.
	printf '{"execute":"qmp_capabilities"}\n' | socat -t 5 - "UNIX-CONNECT:$BERTH_HOME/foreign.sock" | grep -m 1 return
}

end_foreign() {
	kill "$foreign"
	wait "$foreign" || true
	foreign=
}

teardown() {
	[ -z "${foreign:-}" ] || end_foreign
}

@test "a disk that another's QEMU writes to is neither started from nor copied, and the one who has it is named" {
	local words before
	small_guest used '[[hdds]]' '[[[hdd0]]]' 'size = 16M'
	berth build -q "$BERTH_HOME/used.conf"
	berth snapshot -q used before
	before=$(cd "$BERTH_HOME/guests/used" && find . -type f -exec sha256sum {} + | sort)
	foreign used ''
	for words in "start used" "up $BERTH_HOME/used.conf" "clone used torn" "snapshot used now" "restore used before" \
		"snapshot --delete before used" "export used $BERTH_HOME/torn.tar" "export used $BERTH_HOME/torn/"; do
		# shellcheck disable=SC2086  # these are words
		run -6 berth $words
		[[ $output == *"disk 'hdd0' of 'used': $BERTH_HOME/guests/used/hdd0.qcow2 is in use by pid $foreign (qemu-system-x86)"* ]]
	done
	[ ! -e "$BERTH_HOME/guests/torn" ] && [ ! -e "$BERTH_HOME/torn.tar" ] && [ ! -e "$BERTH_HOME/torn" ]
	[ "$(cd "$BERTH_HOME/guests/used" && find . -type f -exec sha256sum {} + | sort)" = "$before" ]
	end_foreign
	berth start used
	berth kill used
	# Who only reads is in nobody's way but a writer's.
	foreign used ,read-only=on,file.read-only=on
	run -6 berth start used
	[[ $output == *"is in use by pid $foreign "* ]]
	berth clone -q used whole
	end_foreign
	berth destroy whole
	berth destroy used
}

@test "a device that is attached has no copy: the clone is refused" {
	[ "$(id -u)" -eq 0 ] || skip "only root makes devices"
	small_guest wired
	berth build -q "$BERTH_HOME/wired.conf"
	mknod "$BERTH_HOME/device" c 1 5
	berth attach wired disk "$BERTH_HOME/device"
	run -12 berth clone wired second
	[[ $output == *"disk 'hdd0' of 'wired' is $BERTH_HOME/device, of which no clone can have a copy (berth detach wired hdd0)"* ]]
	[ ! -e "$BERTH_HOME/guests/second" ]
	berth detach wired hdd0
	berth clone -q wired second
	berth destroy second
	berth destroy wired
}

@test "from a snapshot of a paused guest it comes back paused" {
	small_guest still '[[hdds]]' '[[[hdd0]]]' 'size = 16M'
	berth up -q "$BERTH_HOME/still.conf"
	berth snapshot -q still running
	berth pause still
	berth snapshot -q still paused
	berth resume still
	berth restore still paused
	[ "$(state still)" = paused ]
	berth restore still running
	[ "$(state still)" = running ]
	berth kill still
	berth restore still paused
	[ "$(state still)" = paused ]
	berth resume still
	[ "$(state still)" = running ]
	berth kill still
	berth destroy still
}

@test "an interface that words for QEMU put on a bridge has a device of root's making, which goes with the guest" {
	[ "$(id -u)" -eq 0 ] || skip "only root can make a network namespace"
	ip -n "$NS" link add br1 type bridge
	small_guest imported
	printf '[driver]\n[[qemu]]\nargs = -netdev, "bridge,id=lan1,br=br1", -device, "virtio-net-pci,netdev=lan1"\n' \
		>>"$BERTH_HOME/imported.conf"
	berth build -q "$BERTH_HOME/imported.conf"
	inhost "$BERTH" start imported
	[ "$(ip -n "$NS" -json link show master br1 | jq length)" = 1 ]
	berth monitor imported 'info network' | grep 'lan1: index=0,type=tap'
	inhost "$BERTH" kill imported
	[ "$(ip -n "$NS" -json link show master br1 | jq length)" = 0 ]
	ip -n "$NS" link del br1
	inhost "$BERTH" destroy imported
}

@test "a machine is exported to a folder while it stands and while it runs, killed at any step as well" {
	local n=0
	small_guest packed '[[hdds]]' '[[[hdd0]]]' 'size = 16M'
	berth build -q "$BERTH_HOME/packed.conf"
	# It is there when all is in it, and not before.
	until [ -e "$BERTH_HOME/out/packed" ]; do
		BERTH_DIE_AFTER=$n run berth export packed "$BERTH_HOME/out/"
		n=$((n + 1))
		[ $n -lt 30 ]
	done
	[ $n -gt 5 ]
	qemu-img check -q "$BERTH_HOME/out/packed/hdd0.qcow2"
	berth start packed
	berth export packed "$BERTH_HOME/live/"
	qemu-img check -q "$BERTH_HOME/live/packed/hdd0.qcow2"
	[ "$(qemu-img info --output=json "$BERTH_HOME/live/packed/hdd0.qcow2" | jq '."virtual-size"')" = 16777216 ]
	cmp "$BERTH_HOME/live/packed/guest.conf" "$BERTH_HOME/out/packed/guest.conf"
	[ -z "$(find "$BERTH_HOME/guests/packed" -name '*new*')" ]
	berth kill packed
	berth destroy packed
}

# on_bridge BRIDGE: how many devices are
on_bridge() {
	ip -n "$NS" -json link show master "$1" | jq length
}

@test "an interface on a bridge comes and goes while the guest runs, with its device" {
	[ "$(id -u)" -eq 0 ] || skip "only root can make a network namespace"
	local pid
	ip -n "$NS" link add br2 type bridge
	inhost "$BERTH" net create home --bridge br-home --quiet
	small_guest grown
	berth build -q "$BERTH_HOME/grown.conf"
	inhost "$BERTH" start grown
	inhost "$BERTH" attach grown nic bridge=br2
	inhost "$BERTH" attach grown nic network=home
	berth monitor grown 'info network' | grep 'plug1: index=0,type=tap'
	[ "$(on_bridge br2) $(on_bridge br-home)" = "1 1" ]
	# The first goes: a reset takes the place of the guest's own driver.
	inhost "$BERTH" detach grown eth0 3>&- &
	pid=$!
	until_true 10 grep -q "let go of 'eth0" "$BERTH_HOME/log/grown.log"
	berth reset grown
	wait $pid
	[ "$(on_bridge br2) $(on_bridge br-home)" = "0 1" ]
	run ! berth get "$BERTH_HOME/guests/grown/guest.conf" hardware.eths.eth0
	# The second stays what it is, and goes with the guest.
	inhost "$BERTH" kill grown
	[ "$(on_bridge br-home)" = 0 ]
	inhost "$BERTH" start grown
	[ "$(on_bridge br-home)" = 1 ]
	# What QEMU refuses leaves nothing behind.
	run -12 inhost "$BERTH" attach grown nic socket=listen:127.0.0.1:4000
	[[ $output == *"an interface of type 'socket' cannot be attached while 'grown' runs (berth stop grown"* ]]
	run -3 inhost "$BERTH" attach grown nic bridge=br9
	[[ $output == *"no bridge 'br9'"* ]]
	[ "$(on_bridge br2)" = 0 ]
	inhost "$BERTH" kill grown
	inhost "$BERTH" destroy grown
	ip -n "$NS" link del br2
	inhost "$BERTH" net remove home
}
