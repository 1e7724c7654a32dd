#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The doubles of OpenVZ keep the command-line contract of vzctl 4.11 and prlctl 9: every
# output and exit status a driver may rely on, with a tree of one program that boots in
# no time. Root only: the containers are real.
# shellcheck disable=SC2154  # bats sets status, output and stderr
bats_require_minimum_version 1.5.0

# A CT id that is nobody's on this host: devices and namespaces are named after it.
ID=4711
MISSING='Directory /proc/vz not found, assuming non-OpenVZ kernel'

setup_file() {
	BASE=$(mktemp -d /tmp/berth-doubles.XXXXXX)
	export BASE
	export VZ_DIR=$BASE/vz VZ_ETC=$BASE/etc VZ_DOUBLE_KERNEL=openvz PATH=$BATS_TEST_DIRNAME:$PATH
	[ "$(id -u)" -eq 0 ] && command -v busybox >/dev/null || return 0
	mkdir -p "$VZ_DIR/template/cache"
	tree
	tar -C "$BASE/tree" -cJf "$VZ_DIR/template/cache/tiny.tar.xz" .
	rm "$BASE/tree/sbin/init"
	tar -C "$BASE/tree" -czf "$VZ_DIR/template/cache/headless.tar.gz" .
	dd if=/dev/urandom of="$BASE/tree/big" bs=1M count=4 status=none
	tar -C "$BASE/tree" -cjf "$VZ_DIR/template/cache/big.tar.bz2" .
}

# busybox, its names, and an init that waits for the order to end.
tree() {
	local applet
	mkdir -p "$BASE"/tree/{bin,sbin,proc,sys,dev,etc,root,tmp}
	cp "$(command -v busybox)" "$BASE/tree/bin/busybox"
	for applet in sh cat env false grep hostname ip ls readlink sleep true; do
		ln -s busybox "$BASE/tree/bin/$applet"
	done
	cat >"$BASE/tree/sbin/init" <<-'END'
		#!/bin/sh
		trap 'echo halted >/tmp/end; exit 0' TERM
		echo "$container" >/tmp/up
		while :; do sleep 1000 & wait; done
	END
	cat >"$BASE/tree/bin/chpasswd" <<-'END'
		#!/bin/sh
		IFS=: read -r user password
		grep -q "^$user:" /etc/passwd && echo "$user:\$set-${#password}" >/etc/shadow
	END
	chmod 755 "$BASE/tree/sbin/init" "$BASE/tree/bin/chpasswd"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$BASE/tree/etc/passwd"
	echo 'root:*:1::::::' >"$BASE/tree/etc/shadow"
}

teardown_file() {
	rm -rf "$BASE"
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "containers need root"
	command -v busybox >/dev/null || skip "no busybox on this host (package busybox-static)"
	if [ -e /sys/class/net/veth$ID.0 ] || [ -e /sys/class/net/venet0.$ID ]; then
		skip "CT id $ID is in use on this host"
	fi
}

teardown() {
	local id
	[ -n "${VZ_DIR:-}" ] || return 0
	rm -f "$VZ_DIR"/lock/*.lck
	for id in $(vzlist -a1 2>/dev/null); do
		vzctl stop "$id" --fast || true
		vzctl umount "$id" || true
		vzctl destroy "$id" || true
	done >/dev/null 2>&1
	rm -f "$VZ_ETC"/conf/*.destroyed "$VZ_DIR"/dump/*
}

# vz STATUS PROGRAM ARGUMENT...: it must end with that status
vz() {
	local want=$1
	shift
	run --separate-stderr timeout 60 "$@" </dev/null
	[ "$status" -eq "$want" ] || { echo "$*: status $status, expected $want: $output / $stderr"; return 1; }
}

# out LINE...: exactly these lines were printed; err: complained
out() {
	[ "$output" = "$(printf '%s\n' "$@")" ] || { echo "printed: $output"; return 1; }
}

err() {
	[ "$stderr" = "$(printf '%s\n' "$@")" ] || { echo "complained: $stderr"; return 1; }
}

new() {
	vz 0 vzctl create $ID --ostemplate tiny "$@"
}

conf() {
	grep -qxF "$1" "$VZ_ETC/conf/$ID.conf" || { echo "not there: $1"; cat "$VZ_ETC/conf/$ID.conf"; return 1; }
}

# What a container leaves on the host while it is there.
traces() {
	ip -o link | grep -oE "(veth$ID\.[0-9]+|venet0\.$ID)" || true
	ip route | grep "venet0\.$ID" || true
	grep "$VZ_DIR" /proc/self/mounts || true
	ls -d /var/run/netns/$ID /sys/fs/cgroup/vz-$ID /sys/fs/cgroup/*/vz-$ID "$VZ_DIR/private/$ID" "$VZ_DIR/root/$ID" \
		"$VZ_DIR/state/$ID.json" "$VZ_DIR/lock/$ID.lck" 2>/dev/null || true
}

@test "a kernel that is not OpenVZ's is said first, unless quiet" {
	unset VZ_DOUBLE_KERNEL
	vz 0 vzctl status $ID
	out "$MISSING" "CTID $ID deleted unmounted down"
	vz 0 vzctl --quiet status $ID
	out "CTID $ID deleted unmounted down"
	vz 0 vzctl --version
	out "vzctl version 4.11.1"
}

@test "mistakes on the command line" {
	vz 20 vzctl
	vz 20 vzctl frob
	err "Bad command: frob"
	vz 21 vzctl start
	err "CT ID missing"
	for command in start stop destroy mount umount set exec exec2 enter restart suspend; do
		vz 14 vzctl $command $ID
		err "Container config file does not exist"
	done
}

@test "create: its words, its files, and what it refuses" {
	vz 0 vzctl create $ID --ostemplate tiny --name alpha --hostname alpha.example --ipadd 10.97.50.101
	out "Name alpha assigned" "Creating container private area (tiny)" "Performing postcreate actions" \
		"CT configuration saved to $VZ_ETC/conf/$ID.conf" "Container private area was created"
	conf 'OSTEMPLATE="tiny"'
	conf 'ORIGIN_SAMPLE="vswap-256m"'
	conf 'PHYSPAGES="0:256M"'
	# shellcheck disable=SC2016
	conf "VE_ROOT=\"$VZ_DIR/root/\$VEID\""
	[ -x "$VZ_DIR/private/$ID/bin/busybox" ]
	vz 44 vzctl create $ID --ostemplate tiny
	err "Warning: CT config file already exists, not applying a default config sample." \
		"Private area already exists in $VZ_DIR/private/$ID" "Creation of container private area failed"
	vz 91 vzctl create 4712 --ostemplate nope
	err "Cached OS template $VZ_DIR/template/cache/nope.tar[.gz|.bz2|.xz] not found" \
		"Creation of container private area failed"
	[ ! -e "$VZ_ETC/conf/4712.conf" ]
	grep -qE "^[-0-9]{10}T[:0-9]{8}\+0000 vzctl : CT $ID : Performing postcreate actions$" "$VZ_DIR/vzctl.log"
}

@test "create: a full disk leaves nothing behind" {
	mkdir -p "$BASE/small"
	mount -t tmpfs -o size=2m tmpfs "$BASE/small"
	run --separate-stderr vzctl create $ID --ostemplate big --private "$BASE/small/$ID"
	rest=$(ls "$BASE/small")
	umount "$BASE/small"
	[ "$status" -eq 46 ]
	[ -z "$rest" ]
	[ ! -e "$VZ_ETC/conf/$ID.conf" ]
}

@test "start, status, stop, destroy: and nothing is left" {
	new --ipadd 10.97.50.101 --hostname alpha.example
	vz 0 vzctl set $ID --netif_add eth0 --save
	vz 0 vzctl start $ID
	out "Starting container..." "Container is mounted" "Adding IP address(es): 10.97.50.101" \
		"Container start in progress..."
	vz 0 vzctl status $ID
	out "CTID $ID exist mounted running"
	vz 32 vzctl start $ID
	err "Container is already running"
	vz 32 vzctl destroy $ID
	err "Container is currently running. Stop it first."
	[ "$(traces | wc -l)" -gt 6 ]
	vz 0 vzctl stop $ID
	out "Stopping container ..." "Container was stopped" "Container is unmounted"
	[ "$(cat "$VZ_DIR/private/$ID/tmp/end")" = halted ]
	[ "$(cat "$VZ_DIR/private/$ID/tmp/up")" = openvz ]
	vz 0 vzctl status $ID
	out "CTID $ID exist unmounted down"
	vz 0 vzctl stop $ID
	out "Unable to stop: container is not running"
	vz 0 vzctl destroy $ID
	out "Destroying container private area: $VZ_DIR/private/$ID" "Container private area was destroyed"
	[ -e "$VZ_ETC/conf/$ID.conf.destroyed" ]
	[ -z "$(traces)" ] || { traces; false; }
}

@test "stop --fast kills, restart says both" {
	new
	vz 0 vzctl start $ID
	vz 0 vzctl restart $ID
	out "Restarting container" "Stopping container ..." "Container was stopped" "Container is unmounted" \
		"Starting container..." "Container is mounted" "Container start in progress..."
	rm -f "$VZ_DIR/private/$ID/tmp/end"
	vz 0 vzctl stop $ID --fast
	out "Killing container ..." "Container was stopped" "Container is unmounted"
	[ ! -e "$VZ_DIR/private/$ID/tmp/end" ]
}

@test "an init that does not listen is killed when its time is up" {
	new
	printf '#!/bin/sh\ntrap : TERM\nwhile :; do sleep 1000 & wait; done\n' >"$VZ_DIR/private/$ID/sbin/init"
	vz 0 vzctl set $ID --stop-timeout 1 --save
	vz 0 vzctl start $ID
	vz 0 vzctl stop $ID
	out "Stopping container ..." "Container was stopped" "Container is unmounted"
}

@test "a container whose init is gone is down, and a pid that was its own is not it" {
	new
	vz 0 vzctl start $ID
	kill -KILL "$(jq .pid "$VZ_DIR/state/$ID.json")"
	until vzctl status $ID | grep -q 'mounted down$'; do :; done
	jq --argjson pid $$ '.pid = $pid' "$VZ_DIR/state/$ID.json" >"$BASE/state"
	mv "$BASE/state" "$VZ_DIR/state/$ID.json"
	vz 0 vzctl status $ID
	out "CTID $ID exist mounted down"
	vz 0 vzctl start $ID
	vz 0 vzctl exec2 $ID true
}

@test "start refuses: disabled, another's files, no init" {
	new
	vz 0 vzctl set $ID --disabled yes --save
	vz 105 vzctl start $ID
	err "Container start disabled"
	vz 0 vzctl start $ID --force
	vz 0 vzctl stop $ID --fast
	vz 0 vzctl destroy $ID
	new --local_uid 100000 --local_gid 100000
	vz 47 vzctl start $ID
	err "Container private area is owned by 0:0, but configuration file says we should run with 100000:100000." \
		"Refusing to run."
	vz 0 vzctl destroy $ID
	vz 0 vzctl create $ID --ostemplate headless
	vz 47 vzctl start $ID
	vz 0 vzctl status $ID
	out "CTID $ID exist unmounted down"
	VZ_DOUBLE_INIT='sleep' vz 0 vzctl start $ID
	vz 0 vzctl stop $ID
}

@test "mount and umount" {
	new
	vz 40 vzctl umount $ID
	err "CT is not mounted"
	vz 0 vzctl mount $ID
	out "Container is mounted"
	vz 0 vzctl mount $ID
	out "Container is already mounted"
	vz 0 vzctl status $ID
	out "CTID $ID exist mounted down"
	vz 0 vzctl umount $ID
	out "Container is unmounted"
}

@test "exec and exec2: words, environment, input and status" {
	new
	vz 8 vzctl exec $ID true
	err "Container is not running"
	vz 31 vzctl exec2 $ID true
	err "Container is not running"
	vz 0 vzctl start $ID
	vz 7 vzctl exec2 $ID exit 7
	vz 8 vzctl exec $ID exit 7
	run -127 vzctl exec2 $ID no-such-program
	# shellcheck disable=SC2016  # the container's shell adds
	SECRET=1 vz 0 vzctl exec2 $ID 'env; echo $((1 +' '1))'
	[[ $output == *"HOME=/"* && $output == *"TERM=linux"* && $output == *"PATH="* && $output == *2 ]]
	[[ $output != *SECRET* ]]
	[ "$(echo text | vzctl exec2 $ID cat)" = text ]
	run vzctl exec2 $ID - <<<'exit 5'
	[ "$status" -eq 5 ]
	for space in pid mnt uts ipc net; do
		[ "$(vzctl exec2 $ID readlink /proc/self/ns/$space)" != "$(readlink /proc/self/ns/$space)" ]
	done
}

@test "what has no namespace is out of reach" {
	new
	vz 0 vzctl start $ID
	run ! vzctl exec2 $ID 'echo 40000 >/proc/sys/kernel/pid_max'
	vz 0 vzctl exec2 $ID 'cat /proc/self/status'
	powers=0x$(awk '$1 == "CapEff:" { print $2 }' <<<"$output")
	[ $((powers >> 16 & 1)) -eq 0 ]
	[ $((powers >> 25 & 1)) -eq 0 ]
	vz 0 vzctl exec2 $ID 'echo 1 >/proc/sys/net/ipv4/conf/all/forwarding'
}

@test "enter and runscript" {
	new
	echo 'exit 4' >"$BASE/script"
	vz 31 vzctl enter $ID --exec true
	vz 4 vzctl runscript $ID "$BASE/script"
	vz 0 vzctl status $ID
	out "CTID $ID exist unmounted down"
	vz 0 vzctl start $ID
	vz 4 vzctl runscript $ID "$BASE/script"
	vz 0 vzctl enter $ID --exec 'echo in; exit 9'
	out "entered into CT $ID" in "exited from CT $ID"
	vz 3 vzctl enter $ID
	err "Unable to open pty: No such device" "enter into CT $ID failed"
}

@test "set: memory in pages, disk space in KiB, the rest as it is" {
	new
	vz 0 vzctl set $ID --physpages 0:32M --privvmpages 1G --diskspace 2G:2.2G --numproc 50:60 --cpus 2 --onboot yes \
		--nameserver 192.0.2.1 --nameserver 192.0.2.2 --name beta --save
	out "Name beta assigned" "CT configuration saved to $VZ_ETC/conf/$ID.conf"
	conf 'PHYSPAGES="0:8192"'
	conf 'PRIVVMPAGES="262144:262144"'
	conf 'DISKSPACE="2097152:2306867"'
	conf 'NUMPROC="50:60"'
	conf 'CPUS="2"'
	conf 'ONBOOT="yes"'
	conf 'NAMESERVER="192.0.2.1 192.0.2.2"'
	vz 0 vzctl set beta --ram 512M --swap 1G --save
	conf 'PHYSPAGES="0:131072"'
	conf 'SWAPPAGES="0:262144"'
	vz 0 vzctl set $ID --cpus 3
	conf 'CPUS="2"'
	vz 0 vzctl start beta
	vz 0 vzctl set beta --ram 256M
	out "UB limits were set successfully"
}

@test "set: what it refuses" {
	new
	vz 21 vzctl set $ID --numproc abc --save
	err "Bad parameter for --numproc: abc"
	vz 21 vzctl set $ID --bogus 1 --save
	err "vzctl: unrecognized option '--bogus'"
	VZ_DOUBLE_VSWAP=no vz 3 vzctl set $ID --ram 1G --save
	err "Error: kernel does not support vswap, unable to use --ram/--swap parameters" "Error parsing options"
	vz 0 vzctl start $ID
	vz 0 vzctl quotaoff $ID
	vz 62 vzctl set $ID --diskspace 1G --save
	err "Error: Unable to apply new quota values: quota not running" \
		"Error: failed to apply some parameters, not saving configuration file!"
	conf 'DISKSPACE="2G:2.2G"'
}

@test "set --userpasswd: never saved, also on a stopped container" {
	new
	vz 0 vzctl set $ID --userpasswd root:sesame --save
	grep -qx 'root:.set-6' "$VZ_DIR/private/$ID/etc/shadow"
	run ! grep -r sesame "$VZ_ETC" "$VZ_DIR/vzctl.log" "$VZ_DIR/private/$ID/etc"
	vz 0 vzctl status $ID
	out "CTID $ID exist unmounted down"
	vz 74 vzctl set $ID --userpasswd nobody-of-that-name:x
	[[ $stderr == "Password change failed" ]]
}

@test "netif_add: a pair of devices, now and at every start" {
	new
	vz 0 vzctl start $ID
	vz 0 vzctl set $ID --netif_add eth0 --save
	grep -qE '^NETIF="ifname=eth0,mac=00:18:51(:[0-9a-f]{2}){3},host_ifname=veth4711.0,host_mac=00:18:51.{9}"$' \
		"$VZ_ETC/conf/$ID.conf"
	mac=$(sed -nE 's/^NETIF=.*,mac=([^,]*).*/\1/p' "$VZ_ETC/conf/$ID.conf")
	[ -e /sys/class/net/veth$ID.0 ]
	vzctl exec2 $ID ip link show eth0 | grep -q "$mac"
	vz 0 vzctl restart $ID
	vzctl exec2 $ID ip link show eth0 | grep -q "$mac"
	vz 0 vzctl set $ID --netif_del eth0 --save
	[ ! -e /sys/class/net/veth$ID.0 ]
	conf 'NETIF=""'
}

@test "ipadd: an address on venet0 that the host reaches" {
	new
	vz 0 vzctl start $ID
	vz 0 vzctl set $ID --ipadd 10.97.50.101 --save
	out "Adding IP address(es): 10.97.50.101" "CT configuration saved to $VZ_ETC/conf/$ID.conf"
	conf 'IP_ADDRESS="10.97.50.101"'
	vzctl exec2 $ID ip addr show venet0 | grep -q 'inet 10.97.50.101/32'
	vzctl exec2 $ID ip route | grep -q '^default dev venet0'
	ip route | grep -q "^10.97.50.101 dev venet0.$ID"
	busybox ping -c 1 -W 5 10.97.50.101
	vz 0 vzctl set $ID --ipdel all --save
	conf 'IP_ADDRESS=""'
	vz 0 ip route
	[[ $output != *10.97.50.101* ]]
}

@test "suspend and resume fail as they do without checkpoints" {
	new
	vz 31 vzctl suspend $ID
	vz 0 vzctl start $ID
	vz 16 vzctl suspend $ID
	err "Failed to checkpoint the Container"
	vz 17 vzctl resume $ID
	: >"$VZ_DIR/dump/Dump.$ID"
	vz 0 vzctl status $ID
	out "CTID $ID exist mounted running suspended"
}

@test "the lock: a living holder keeps it, a dead one's is removed" {
	new
	printf '%s\nstarting\n' $$ >"$VZ_DIR/lock/$ID.lck"
	vz 9 vzctl start $ID
	[[ $stderr == "Locked by: pid $$, cmdline "*"Container already locked" ]]
	vz 0 vzctl status $ID
	printf '4194999\nstarting\n' >"$VZ_DIR/lock/$ID.lck"
	vz 0 vzctl start $ID
	[ ! -e "$VZ_DIR/lock/$ID.lck" ]
}

@test "action scripts: on the host for mount, inside for start; one that fails stops it" {
	new
	# shellcheck disable=SC2016  # the script's shell knows VEID
	printf '#!/bin/sh\necho "$VEID" >%s/mounted\n' "$BASE" >"$VZ_ETC/conf/$ID.mount"
	echo 'echo inside >/tmp/started' >"$VZ_ETC/conf/$ID.start"
	chmod 755 "$VZ_ETC/conf/$ID.mount"
	vz 0 vzctl start $ID
	[ "$(cat "$BASE/mounted")" = $ID ]
	[ "$(cat "$VZ_DIR/private/$ID/tmp/started")" = inside ]
	vz 0 vzctl stop $ID
	printf '#!/bin/sh\nexit 1\n' >"$VZ_ETC/conf/$ID.mount"
	vz 79 vzctl start $ID
	rm -f "$VZ_ETC/conf/$ID.mount" "$VZ_ETC/conf/$ID.start"
}

@test "vzlist: columns, filters, JSON" {
	vz 1 vzlist
	err "Container(s) not found"
	vz 1 vzlist -j
	out "[]"
	new --name alpha --hostname alpha.example --ipadd 10.97.50.101
	vz 0 vzlist
	out "      CTID      NPROC STATUS    IP_ADDR         HOSTNAME"
	vz 0 vzlist -a
	out "      CTID      NPROC STATUS    IP_ADDR         HOSTNAME" \
		"      4711          - stopped   10.97.50.101    alpha.example"
	vz 0 vzlist -aHn
	out "     alpha          - stopped   10.97.50.101    alpha.example"
	vz 0 vzlist -S1
	out "      4711"
	vz 0 vzctl start $ID
	vz 0 vzlist -H -o status,ctid,numproc.m
	[[ $output == "running         4711 "*[1-9] ]]
	vz 0 vzlist -a -j
	[[ $output == "[
  {
    \"ctid\": 4711,
    \"veid\": 4711,"*"\"limit\": 9223372036854775807,"* ]]
	[ "$(jq -r '.[0] | [.ctid, .name, .status, .ip[0], .cpuunits, .onboot, .vswap] | @csv' <<<"$output")" = \
		'4711,"alpha","running","10.97.50.101",1000,,true' ]
	vz 1 vzlist -a -o bogus
}

@test "prlctl: the life of a container, in its words" {
	vz 0 prlctl create web --vmtype ct --ostemplate tiny
	out "Creating the CT..." "The CT has been successfully created."
	vz 0 prlctl status web
	out "CT web exist stopped"
	VZ_DOUBLE_WARN=1 vz 0 prlctl start web
	out "Starting the CT..." "The CT has been successfully started."
	[[ $stderr == "WARNING: You are using a deprecated CLI component"*"Please use virsh instead" ]]
	VZ_DOUBLE_WARN=1 vz 4 prlctl exec web exit 4
	err ""
	vz 32 prlctl start web
	err "Failed to start the CT: Container is already running"
	vz 0 prlctl pause web
	vz 0 prlctl status web
	out "CT web exist paused"
	vz 254 prlctl exec web true
	vz 0 prlctl resume web
	out "Resuming the CT..." "The CT has been successfully resumed."
	vz 0 prlctl stop web --kill
	out "Stopping the CT..." "The CT has been forcibly stopped."
	vz 0 prlctl stop web
	vz 0 prlctl delete web
	out "Removing the CT..." "The CT has been successfully removed."
	vz 0 prlctl status web
	out "VM web deleted"
}

@test "prlctl: set, list, list -i" {
	uuid=35e3f6b2-68ea-4a9d-a867-1f76f6d5504b
	vz 0 prlctl create web --vmtype ct -t tiny --uuid "{$uuid}"
	vz 0 prlctl set web --memsize 512 --cpus 2 --hostname web.example --autostart on
	vz 0 prlctl set $uuid --device-add net --type routed --ipadd 10.97.50.9/24
	out "Configuring the CT..." "The CT has been successfully configured."
	vz 0 prlctl list
	out "UUID                                    STATUS       IP_ADDR         T  NAME"
	vz 0 prlctl list -a
	out "UUID                                    STATUS       IP_ADDR         T  NAME" \
		"{$uuid}  stopped      10.97.50.9/24   CT web"
	vz 0 prlctl list -a -j -o uuid,status,name
	[ "$(jq -r '.[0] | [.uuid, .status, .name] | join(" ")' <<<"$output")" = "$uuid stopped web" ]
	vz 1 prlctl list -o bogus
	err "Unknown field: bogus"
	vz 0 prlctl list -i -j web
	[ "$(jq -r '.[0] | [.ID, .State, .Hardware.memory.size, .Autostart, .Hardware.cpu.cpus] | join(" ")' <<<"$output")" = \
		"{$uuid} stopped 512Mb on 2" ]
	vz 0 prlctl list -i web
	[[ $output == "INFO"*"Name: web"* ]]
	vz 0 prlctl set web --device-set hdd0 --size 3G
	grep -qxF 'DISKSPACE="3145728:3145728"' "$VZ_ETC/conf/$uuid.conf"
	vz 0 prlctl set web --device-add net --type routed --ipadd 10.97.50.10/24
	vz 0 prlctl start web
	ip route | grep -q '^10.97.50.10 dev venet0.35e3f6b2'
	vz 0 vzctl status $uuid
	out "CTID $uuid exist mounted running"
	vz 0 prlctl stop web
	vz 0 prlctl mount web
	[ -e "$VZ_DIR/root/$uuid/bin/busybox" ]
	vz 0 prlctl umount web
	[ -e "$VZ_DIR/private/$uuid/bin/busybox" ]
	vz 0 vzlist -aH -o ctid,status
	out "$uuid stopped"
}
