#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Containers of OpenVZ, in both dialects, on the doubles of its tools: real containers
# from a template of one program, whose package tool only notes what it is told.
# shellcheck disable=SC2154  # bats sets status, output and stderr
# shellcheck disable=SC2016  # what is not expanded here is for a shell inside

load live

setup_file() {
	live_setup
	export VZ_DIR=$BERTH_HOME/vz VZ_ETC=$BERTH_HOME/etc PATH=$BATS_TEST_DIRNAME/../doubles:$PATH
	[ "$(id -u)" -eq 0 ] && command -v busybox >/dev/null || return 0
	tree
	mkdir -p "$VZ_DIR/template/cache" "$BERTH_HOME/mirror/precreated/contrib"
	tar -C "$BERTH_HOME/tree" -czf "$BERTH_HOME/mirror/precreated/contrib/debian-12-x86_64.tar.gz" .
	box box
	berth up --quiet "$BERTH_HOME/box.conf"
}

teardown_file() {
	live_teardown
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "containers need root"
	command -v busybox >/dev/null || skip "no busybox on this host (package busybox-static)"
}

# busybox, its names, a package tool of paper, and an init that waits for the order to end.
tree() {
	local applet root=$BERTH_HOME/tree
	mkdir -p "$root"/{bin,sbin,proc,sys,dev,root,tmp,home,etc/skel,etc/apt/sources.list.d}
	cp "$(command -v busybox)" "$root/bin/busybox"
	for applet in sh cat env false hostname id ip kill ls printf sleep true; do
		ln -s busybox "$root/bin/$applet"
	done
	printf '#!/bin/sh\ntrap "exit 0" TERM\nwhile :; do sleep 1000 & wait; done\n' >"$root/sbin/init"
	printf '#!/bin/sh\necho "$DEBIAN_FRONTEND apt-get $*" >>/root/packages\n' >"$root/bin/apt-get"
	chmod 755 "$root/sbin/init" "$root/bin/apt-get"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
	echo 'root:*:1::::::' >"$root/etc/shadow"
	printf 'root:x:0:\nsudo:x:27:\n' >"$root/etc/group"
	printf 'root:*::\nsudo:*::\n' >"$root/etc/gshadow"
	echo 'deb http://gone.example.org/debian old main' | tee "$root/etc/apt/sources.list" >"$root/etc/apt/sources.list.d/old.list"
}

# box NAME [PATH=VALUE]...: a small container
box() {
	local name=$1
	shift
	cat >"$BERTH_HOME/$name.conf" <<-END
		[hardware]
		vm_id = $name
		os = debian-12
		ram = 128M
		[[eths]]
		[[[eth0]]]
		type = venet
		[network]
		[[eths]]
		[[[eth0]]]
		address = 10.83.9.5
		[[nameservers]]
		nameserver0 = 10.83.9.53
		[users]
		[[users]]
		[[[user0]]]
		name = ada
		passwd = lovelace
		groups = sudo
		[config]
		mirror = deb http://mirror.example.org/debian bookworm main
		[[repos]]
		repo0 = deb http://more.example.org/debian bookworm main
		[services]
		sshd = 1
		[run]
		driver = openvz
		[driver]
		[[openvz]]
		dialect = vzctl
		root = $VZ_DIR
		conf = $VZ_ETC/conf
		mirrors = file://$BERTH_HOME/nowhere, file://$BERTH_HOME/mirror
	END
	[ $# -eq 0 ] || berth set "$BERTH_HOME/$name.conf" "$@"
}

state_of() {
	berth list --json | jq -r --arg name "$1" '.guests[] | select(.name == $name and .driver == "openvz").state'
}

# What a container's tool calls it.
number_of() {
	vzlist -a -H -o ctid -N "$1" | tr -d ' '
}

@test "a missing template comes from the second mirror's third directory, with its sum" {
	[ -s "$VZ_DIR/template/cache/debian-12-x86_64.tar.gz" ]
	cd "$VZ_DIR/template/cache"
	sha256sum --check --status debian-12-x86_64.tar.gz.sha256
	[ ! -e debian-12-x86_64.new ]
}

@test "settings are in it, and its programs were asked of its own package tool" {
	run berth exec box -- cat /etc/hostname /etc/apt/sources.list.d/mirror.list
	[ "$output" = "box
deb http://mirror.example.org/debian bookworm main" ]
	run berth exec box -- cat /root/packages
	[[ $output == *"apt-get update"* ]]
	[[ $output == *"noninteractive apt-get install"*openssh-server* ]]
	run berth exec box -- cat /etc/apt/sources.list /etc/apt/sources.list.d/old.list
	[[ $output != *gone.example.org* ]]
	run berth exec box -- cat /etc/apt/sources.list.d/repos.list
	[ "$output" = "deb http://more.example.org/debian bookworm main" ]
	run berth exec box -- id ada
	[[ $output == *"27(sudo)"* ]]
	run berth exec box -- cat /etc/shadow
	[[ $output == *'ada:$y$'* ]]
}

@test "its name servers are its own, after every start" {
	run berth exec box -- cat /etc/resolv.conf
	[ "$output" = "nameserver 10.83.9.53" ]
}

@test "words arrive as they are, streams and status pass" {
	run berth exec box -- printf '<%s>' 'a b' "it's" '$HOME' '' '*' '`id`'
	[ "$output" = "<a b><it's><\$HOME><><*><\`id\`>" ]
	run --separate-stderr berth exec box -- sh -c 'cat; echo no >&2; exit 7' <<<yes
	[ "$status" -eq 7 ]
	[ "$output" = yes ]
	[ "$stderr" = no ]
}

@test "a file goes in and comes back" {
	head -c 100000 /dev/urandom >"$BERTH_HOME/blob"
	berth copy "$BERTH_HOME/blob" box:/root/blob
	berth copy box:/root/blob "$BERTH_HOME/blob2"
	cmp "$BERTH_HOME/blob" "$BERTH_HOME/blob2"
}

@test "list asks OpenVZ, also for those that nobody made with berth" {
	[ "$(state_of box)" = running ]
	vzctl --quiet create 4713 --ostemplate debian-12-x86_64 --name stranger
	run berth list --json
	[ "$(jq -r '.guests[] | select(.name == "stranger") | .driver + " " + .state + " " + .note' <<<"$output")" = "openvz stopped alien" ]
	box stranger
	run berth build --quiet "$BERTH_HOME/stranger.conf"
	[ "$status" -eq 4 ]
	vzctl --quiet destroy 4713
}

@test "stop, start, reboot, kill" {
	berth stop --quiet box
	[ "$(state_of box)" = stopped ]
	run berth exec box -- true
	[ "$status" -ne 0 ]
	berth start --quiet box
	[ "$(state_of box)" = running ]
	berth reboot --quiet box
	[ "$(state_of box)" = running ]
	berth kill --quiet box
	[ "$(state_of box)" = stopped ]
	berth start --quiet box
}

@test "vzctl has no pause, and berth says which tool has" {
	run --separate-stderr berth pause box
	[ "$status" -eq 12 ]
	[[ $stderr == *prlctl* ]]
}

@test "what a container stopped behind berth's back is, is seen" {
	vzctl --quiet stop "$(number_of box)" --fast
	[ "$(state_of box)" = stopped ]
	berth start --quiet box
}

@test "an export is the root file system, its settings and the machine file" {
	berth stop --quiet box
	berth export --quiet box "$BERTH_HOME/box.tar"
	run tar -tf "$BERTH_HOME/box.tar"
	[ "$output" = "fs.tar.gz
$(number_of box).conf
guest.conf" ]
	[ "$(stat -c %a "$BERTH_HOME/box.tar")" = 600 ]
	run bash -c 'tar -xOf "$1" fs.tar.gz | tar -xzO ./etc/hostname' - "$BERTH_HOME/box.tar"
	[ "$output" = box ]
	[ ! -e "$BERTH_HOME/cache/export/box" ]
	berth start --quiet box
}

@test "a cable to the host: route and forwarding, after every start" {
	box cable hardware.eths.eth0.type=veth network.eths.eth0.address=10.83.9.6
	berth up --quiet "$BERTH_HOME/cable.conf"
	local dev
	dev=veth$(number_of cable).0
	for verb in none reboot; do
		[ $verb = none ] || berth $verb --quiet cable
		[[ $(ip route show 10.83.9.6) == *"dev $dev"* ]]
		[ "$(cat "/proc/sys/net/ipv4/conf/$dev/proxy_arp")" = 1 ]
		[ "$(cat "/proc/sys/net/ipv4/conf/$dev/forwarding")" = 1 ]
	done
	run berth exec cable -- ip link show eth0
	[[ $output == *52:54:00* ]]
	berth destroy --quiet cable
	[ ! -e "/sys/class/net/$dev" ]
}

@test "a template that is not what was fetched is not used" {
	local file=$VZ_DIR/template/cache/debian-12-x86_64.tar.gz
	cp "$file" "$BERTH_HOME/kept"
	echo changed >>"$file"
	box other network.eths.eth0.address=10.83.9.7
	run --separate-stderr berth build --quiet "$BERTH_HOME/other.conf"
	[ "$status" -eq 1 ]
	[[ $stderr == *"is not what was fetched once"* ]]
	mv "$BERTH_HOME/kept" "$file"
}

@test "no mirror has it: not found, and nothing is left" {
	box nowhere "driver.openvz.mirrors=file://$BERTH_HOME/nowhere" hardware.os=debian-11 \
		'config.mirror=deb http://mirror.example.org/debian bullseye main'
	run --separate-stderr berth build --quiet "$BERTH_HOME/nowhere.conf"
	[ "$status" -eq 3 ]
	[[ $stderr == *"template 'debian-11-x86_64' is in none of file://$BERTH_HOME/nowhere"* ]]
	[ ! -e "$VZ_DIR/template/cache/debian-11-x86_64.new" ]
	[ ! -e "$BERTH_HOME/guests/nowhere.new" ]
	[ -z "$(number_of nowhere)" ]
}

@test "a build that fails half way leaves no container" {
	box half network.eths.eth0.address=10.83.9.8 hardware.eths.eth0.type=bridge hardware.eths.eth0.bridge=lo
	run berth build --quiet "$BERTH_HOME/half.conf"
	[ "$status" -eq 3 ]
	box half network.eths.eth0.address=10.83.9.8 users.users.user0.groups=nosuchgroup
	run berth build --quiet "$BERTH_HOME/half.conf"
	[ "$status" -ne 0 ]
	[ -z "$(number_of half)" ]
	[ ! -e "$BERTH_HOME/guests/half.new" ]
}

@test "a template with a link that leads out of it is refused" {
	mkdir -p "$BERTH_HOME/outside" "$BERTH_HOME/mirror/precreated"
	mv "$BERTH_HOME/tree/etc" "$BERTH_HOME/tree.etc"
	ln -s "$BERTH_HOME/outside" "$BERTH_HOME/tree/etc"
	tar -C "$BERTH_HOME/tree" -czf "$BERTH_HOME/mirror/precreated/debian-13-x86_64.tar.gz" .
	rm "$BERTH_HOME/tree/etc"
	mv "$BERTH_HOME/tree.etc" "$BERTH_HOME/tree/etc"
	box hostile hardware.os=debian-13 network.eths.eth0.address=10.83.9.10 \
		'config.mirror=deb http://mirror.example.org/debian trixie main'
	run --separate-stderr berth build --quiet "$BERTH_HOME/hostile.conf"
	[ "$status" -eq 1 ]
	[[ $stderr == *"'etc' of the template is a link"* ]]
	[ -z "$(ls -A "$BERTH_HOME/outside")" ]
	[ -z "$(number_of hostile)" ]
}

@test "one that was deleted without berth is only defined, and can be destroyed" {
	box gone network.eths.eth0.address=10.83.9.11
	berth build --quiet "$BERTH_HOME/gone.conf"
	vzctl --quiet destroy "$(number_of gone)"
	[ "$(state_of gone)" = defined ]
	run berth start gone
	[ "$status" -eq 3 ]
	berth destroy --quiet gone
	[ -z "$(state_of gone)" ]
}

@test "the newer dialect: prlctl" {
	box seven network.eths.eth0.address=10.83.9.9 driver.openvz.dialect=auto
	berth up --quiet "$BERTH_HOME/seven.conf"
	[ "$(state_of seven)" = running ]
	run berth exec seven -- printf '<%s>' 'a b' "it's"
	[ "$output" = "<a b><it's>" ]
	berth pause --quiet seven
	[ "$(state_of seven)" = paused ]
	berth resume --quiet seven
	[ "$(state_of seven)" = running ]
	berth stop --quiet seven
	berth export --quiet seven "$BERTH_HOME/seven.tar.gz"
	run tar -tzf "$BERTH_HOME/seven.tar.gz"
	[[ $output == fs.tar.gz* ]]
	berth start --quiet seven
	run berth exec seven -- cat /etc/resolv.conf
	[ "$output" = "nameserver 10.83.9.53" ]
	berth destroy --quiet seven
	[ -z "$(state_of seven)" ]
}

@test "destroyed, it is gone everywhere" {
	local number
	number=$(number_of box)
	berth destroy --quiet box
	[ ! -e "$VZ_DIR/private/$number" ]
	[ ! -e "$BERTH_HOME/guests/box" ]
	[ -z "$(state_of box)" ]
}
