#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Clones, snapshots and exports, with a hypervisor of paper: what is copied, under which
# names, when it cannot be, and what a killed run leaves is no obstacle.

load cli

# A built guest that has written on its paper.
written() {
	paper "$1"
	"$BERTH" build "$1.conf"
	echo "${2:-first}" >"guests/$1/paper"
}

nothing_half_done() {
	[ -z "$(find guests -name '*.new')" ]
}

@test "a clone has the content, and a name and hardware address of its own" {
	written web
	run_berth 0 clone web copy
	prints "'copy' is a clone of 'web' (berth start copy)"
	[ "$(cat guests/copy/paper)" = first ]
	[ "$("$BERTH" get guests/copy/guest.conf hardware.vm_id)" = copy ]
	[ "$(jq -r '.name + " " + .driver' guests/copy/record.json)" = "copy null" ]
	echo second >guests/copy/paper
	[ "$(cat guests/web/paper)" = first ]
	run_berth 0 start copy
	run_berth 0 kill copy
	run_berth 0 destroy web
	run_berth 0 start copy
	nothing_half_done
}

@test "a clone's machine file is the one that was built, edited and not made anew" {
	machine web <<-'END'
		# my web server
		[hardware]
		vm-id = web     # old spelling
		uuid = 11111111-2222-3333-4444-555555555555
		[[eths]]
		[[[eth0]]]
		type = nat
		mac = 52:54:00:11:22:33
		[run]
		driver = null
		[network]
		[[eths]]
		[[[eth0]]]
		address = 10.9.8.7
		[config]
		hostname = www
		root_passwd = hush
	END
	run_berth 0 build web.conf
	echo "[broken" >web.conf
	run_berth 0 clone web copy
	says "the hardware address 52:54:00:11:22:33 of eth0 stays with 'web'; 'copy' gets one of its own"
	says "'web' and 'copy' have the same address 10.9.8.7 on eth0"
	says "'web' and 'copy' have the same hostname 'www'"
	says "the UUID 11111111-2222-3333-4444-555555555555 stays with 'web'; 'copy' gets one of its own"
	grep "# my web server" guests/copy/guest.conf
	run ! grep -E '52:54:00:11:22:33|vm-id|uuid' guests/copy/guest.conf
	[ "$(stat -c %a guests/copy/guest.conf)" = 600 ]
	[ "$(jq -r '.macs[0]' guests/web/record.json)" = 52:54:00:11:22:33 ]
	[ "$(jq -r '.macs[0]' guests/copy/record.json)" != 52:54:00:11:22:33 ]
	run_berth 0 check guests/copy/guest.conf
	run_berth 0 clone --quiet web another
	[ -z "$stderr" ]
}

@test "no plan of a clone shows a secret" {
	machine web <<-'END'
		[hardware]
		vm_id = web
		[run]
		driver = null
		[config]
		root_passwd = hush # hush
	END
	run_berth 0 build web.conf
	for form in "" --sh --json; do
		# shellcheck disable=SC2086  # an empty form is no argument
		run_berth 0 clone web copy --dry-run $form
		[[ $output != *hush* ]]
	done
	[ ! -e guests/copy ]
}

@test "a clone of a clone, and one from a machine file" {
	written web
	run_berth 0 clone web.conf two
	run_berth 0 clone two three
	[ "$(cat guests/three/paper)" = first ]
	[ "$("$BERTH" list --json | jq -c '[.guests[] | select(.note != "alien").name]')" = '["three","two","web"]' ]
}

@test "a clone's name is legal and free" {
	written web
	run_berth 2 clone web -- -x
	says "'-x' is not a name a guest can have"
	run_berth 2 clone web copy.new
	says "'copy.new' is not a name a guest can have"
	run_berth 4 clone web web
	says "there is a guest 'web' already (berth destroy web)"
	written db
	run_berth 4 clone web db
	says "there is a guest 'db' already (berth destroy db)"
	run_berth 3 clone wbe copy
	says "did you mean 'web'?"
}

@test "a snapshot keeps what was, and restore brings it back" {
	written web
	run_berth 0 snapshot web
	prints "'web' is kept as 'snap0' (berth restore web snap0)"
	echo second >guests/web/paper
	run_berth 0 snapshot web before-upgrade
	echo third >guests/web/paper
	run_berth 0 restore web snap0
	[ "$(cat guests/web/paper)" = first ]
	run_berth 0 restore web before-upgrade
	[ "$(cat guests/web/paper)" = second ]
	run_berth 0 restore web before-upgrade
	nothing_half_done
}

@test "a snapshot without a name gets the first free one" {
	written web
	run_berth 0 snapshot web snap1
	for name in snap0 snap2 snap3; do
		run_berth 0 snapshot web --json
		[ "$(jq -r .snapshot <<<"$output")" = $name ]
	done
	run_berth 0 snapshot --delete snap2 web
	run_berth 0 snapshot web
	prints "'snap2'"
}

@test "snapshots are listed, as a table and as data" {
	written web
	run_berth 0 snapshot --list web
	[ "$output" = "NAME  MADE" ]
	run_berth 0 snapshot web
	run_berth 0 snapshot web b
	run_berth 0 snapshot --list web
	[[ ${lines[1]} == "b      20"*Z && ${lines[2]} == "snap0  20"*Z ]]
	run_berth 0 snapshot --list --json web
	[ "$(jq -c '[.schema, .guest, .snapshots[].name]' <<<"$output")" = '["berth.snapshots/1","web","b","snap0"]' ]
	run_berth 0 start web
	run_berth 0 snapshot --list web
}

@test "a snapshot's name is legal and free" {
	written web
	run_berth 0 snapshot web good
	run_berth 4 snapshot web good
	says "'web' has a snapshot 'good' already (berth snapshot --delete good web)"
	for name in a/b 17 good.new .. ""; do
		run_berth 2 snapshot web "$name"
		says "'$name' is not a name a snapshot can have"
	done
	run_berth 0 snapshot web 2026-11-21
}

@test "a snapshot that is not there" {
	written web
	run_berth 3 restore web good
	says "'web' has no snapshot 'good' ('berth snapshot --list web' shows all)"
	run_berth 0 snapshot web good
	run_berth 3 restore web godo
	says "'web' has no snapshot 'godo' (did you mean 'good'?)"
	run_berth 3 snapshot --delete godo web
	says "did you mean 'good'?"
	run_berth 2 restore web ../..
}

@test "snapshots are deleted one by one, and all with the guest" {
	written web
	run_berth 0 snapshot web one
	run_berth 0 snapshot web two
	run_berth 0 snapshot --delete one web
	prints "'web' has no snapshot 'one' any more"
	[ ! -e guests/web/snapshots/one ]
	run_berth 0 restore web two
	run_berth 0 destroy web
	[ ! -e guests/web ]
}

@test "an export is a file of its own, for its owner only" {
	written web
	run_berth 0 export web web.paper --json
	[ "$(jq -r .file <<<"$output")" = "$BERTH_HOME/web.paper" ]
	[ "$(cat web.paper)" = first ]
	[ "$(stat -c %a web.paper)" = 600 ]
	echo mine >web.paper
	run_berth 4 export web web.paper
	says "'web.paper' is there already, and is not overwritten"
	[ "$(cat web.paper)" = mine ]
	run_berth 3 export web nowhere/web.paper
	mkdir mine.new
	run_berth 0 export web mine
	[ -d mine.new ]
	[ -z "$(find . -name 'web.paper.*')" ]
}

@test "a guest that runs is not copied" {
	written web
	run_berth 0 snapshot web good
	run_berth 0 start web
	for words in "clone web copy" "snapshot web" "snapshot web good" "restore web good" "export web file" \
		"snapshot --delete good web"; do
		# shellcheck disable=SC2086  # these are words
		run_berth 1 $words
		says "'web' is running (berth kill web)"
	done
	[ ! -e guests/copy ]
	[ ! -e file ]
}

@test "a guest that is not built has nothing to copy" {
	paper web
	for words in "clone web.conf copy" "snapshot web.conf" "restore web.conf good" "export web.conf file"; do
		# shellcheck disable=SC2086  # these are words
		run_berth 3 $words
		says "'web' is not built yet (berth up"
	done
	run_berth 3 snapshot nobody
	says "there is no guest 'nobody'"
}

@test "words that do not go together" {
	written web
	run_berth 2 snapshot --list --delete one web
	says "--list and --delete exclude each other"
	run_berth 2 snapshot --list web one
	run_berth 2 snapshot --delete one web two
	run_berth 2 clone web
	says "usage: berth clone [OPTION]... GUEST NEW"
	run_berth 2 plan clone web
	says "'clone' needs more than a guest"
}

@test "what a killed run left is no obstacle" {
	written web
	mkdir -p guests/copy.new/junk guests/web/snapshots/snap0.new/junk
	echo junk >guests/web/paper.new
	echo junk >web.paper.berth-new
	run_berth 0 snapshot --list --quiet web
	[ -z "$output" ]
	run_berth 0 list --json
	[ "$(jq -c '[.guests[] | select(.note != "alien").name]' <<<"$output")" = '["web"]' ]
	run_berth 0 clone web copy
	run_berth 0 snapshot web
	prints "'snap0'"
	echo second >guests/web/paper
	run_berth 0 restore web snap0
	[ "$(cat guests/web/paper)" = first ]
	run_berth 0 export web web.paper
	[ "$(cat web.paper)" = first ]
	[ -z "$(find . -name junk -o -name '*.new' -o -name '*berth-new')" ]
}

@test "a deletion that was killed is finished" {
	written web
	run_berth 0 snapshot web good
	mv guests/web/snapshots/good guests/web/snapshots/good.new
	run_berth 3 restore web good
	run_berth 0 snapshot --delete good web
	nothing_half_done
	run_berth 3 snapshot --delete good web
}

@test "a copy that fails leaves what was" {
	written web
	run_berth 0 snapshot web good
	rm guests/web/snapshots/good/paper
	run_berth 1 restore web good
	[ "$(cat guests/web/paper)" = first ]
	rm guests/web/paper
	run_berth 1 clone web copy
	says "clone 'web': "
	run_berth 1 snapshot web bad
	run_berth 1 export web file
	[ ! -e guests/copy ]
	[ ! -e guests/web/snapshots/bad ]
	[ ! -e file ]
	nothing_half_done
}

@test "a guest that is being copied is not started, deleted or copied again" {
	written web
	exec 7>guests/web.lock
	flock 7
	for words in "start web" "clone web copy" "snapshot web" "destroy web"; do
		# shellcheck disable=SC2086  # these are words
		run_berth 6 $words
		says "guests/web.lock: held by"
	done
	exec 7>&-
	run_berth 0 start web
	flock --nonblock guests/web.lock true
}

@test "their scripts do what the plans say" {
	written web
	"$BERTH" snapshot web --sh >snapshot.sh
	sh snapshot.sh
	"$BERTH" clone web copy --sh >clone.sh
	sh clone.sh
	[ "$("$BERTH" get guests/copy/guest.conf hardware.vm_id)" = copy ]
	echo second >guests/web/paper
	"$BERTH" restore web snap0 --sh >restore.sh
	sh restore.sh
	[ "$(cat guests/web/paper)" = first ]
	"$BERTH" export web file --sh >export.sh
	sh export.sh
	[ "$(cat file)" = first ]
	"$BERTH" snapshot --delete snap0 web --sh >forget.sh
	sh forget.sh
	[ ! -e guests/web/snapshots/snap0 ]
	run_berth 0 snapshot web --dry-run --json
	jq -e '.schema == "berth.plan/1"' <<<"$output"
}

# A guest of QEMU with two disks and nothing on them; its hypervisor never runs here.
disks() {
	machine "$1" <<-END
		[hardware]
		vm_id = $1
		ram = 64
		[[hdds]]
		[[[one]]]
		size = 8MB
		[[[two]]]
		size = 8MB
		format = ${2:-qcow2}
		[run]
		accel = tcg
	END
	"$BERTH" build "$1.conf"
}

# disk FILE BYTE: the first block is full of it from now on; holds FILE BYTE: it is.
disk() {
	qemu-io -c "write -q -P $2 0 64k" "guests/$1"
}

holds() {
	qemu-io -r -c "read -q -P $2 0 64k" "guests/$1" >out
	[ ! -s out ]
}

@test "qemu: snapshots are in the disks, of all or none" {
	disks web
	disk web/one.qcow2 1
	disk web/two.qcow2 2
	run_berth 0 snapshot web good
	disk web/one.qcow2 3
	disk web/two.qcow2 4
	holds web/one.qcow2 3
	run_berth 0 restore web good
	holds web/one.qcow2 1
	holds web/two.qcow2 2
	run_berth 0 snapshot --delete good web
	[ -z "$(qemu-img snapshot -l guests/web/one.qcow2)$(qemu-img snapshot -l guests/web/two.qcow2)" ]
	nothing_half_done
}

@test "qemu: a disk that cannot keep snapshots is named" {
	disks web raw
	run_berth 12 snapshot web
	says "disk 'two' of 'web' is raw: only qcow2 disks can keep snapshots"
}

@test "qemu: what a killed snapshot left in a disk is no obstacle" {
	disks web
	qemu-img snapshot -c good guests/web/one.qcow2
	disk web/one.qcow2 1
	mkdir -p guests/web/snapshots/good.new
	run_berth 0 snapshot web good
	[ "$(qemu-img snapshot -l guests/web/one.qcow2 | grep -c ' good ')" = 1 ]
	disk web/one.qcow2 2
	run_berth 0 restore web good
	holds web/one.qcow2 1
}

@test "qemu: a snapshot that fails is in no disk" {
	disks web
	echo broken >guests/web/two.qcow2
	run_berth 1 snapshot web good
	[ -z "$(qemu-img snapshot -l guests/web/one.qcow2)" ]
	[ ! -e guests/web/snapshots/good ]
	nothing_half_done
}

@test "qemu: a half restored guest is not started until it is whole" {
	disks web
	disk web/one.qcow2 1
	run_berth 0 snapshot web good
	disk web/one.qcow2 2
	qemu-img snapshot -d good guests/web/two.qcow2
	run_berth 1 restore web good
	for words in "start web" "up web" "clone web copy" "snapshot web"; do
		# shellcheck disable=SC2086  # these are words
		run_berth 1 $words
		says "restoring 'web' was interrupted (berth restore web good)"
	done
	qemu-img snapshot -c good guests/web/two.qcow2
	run_berth 0 restore web good
	holds web/one.qcow2 1
	run_berth 0 snapshot web
}

@test "qemu: a clone has copies of the disks, and its snapshots" {
	disks web
	disk web/one.qcow2 1
	run_berth 0 snapshot web good
	disk web/one.qcow2 2
	run_berth 0 clone web copy
	disk web/one.qcow2 3
	holds copy/one.qcow2 2
	run_berth 0 restore copy good
	holds copy/one.qcow2 1
	holds web/one.qcow2 3
	[ "$(stat -c '%U %a' guests/copy/guest.conf)" = "$(stat -c '%U %a' guests/web/guest.conf)" ]
	[ "$(stat -c %U guests/copy/one.qcow2)" = "$(stat -c %U guests/web/one.qcow2)" ]
	[ "$(jq -r .machine guests/copy/record.json)" = "$(jq -r .machine guests/web/record.json)" ]
}

@test "qemu: an export holds the machine file and the disks, without bases and snapshots" {
	disks web
	disk web/one.qcow2 1
	qemu-img create -q -f qcow2 -b "$BERTH_HOME/guests/web/one.qcow2" -F qcow2 layer
	mv guests/web/one.qcow2 base
	qemu-img rebase -u -b "$BERTH_HOME/base" -F qcow2 layer
	mv layer guests/web/one.qcow2
	run_berth 0 snapshot web
	mkdir guests/web/export.new
	echo junk >guests/web/export.new/junk
	run_berth 0 export web web.tar
	[ "$(tar -tf web.tar | sort | tr '\n' ' ')" = "./ ./guest.conf ./one.qcow2 ./two.qcow2 " ]
	[ "$(stat -c %a web.tar)" = 600 ]
	nothing_half_done
	mkdir guests/there
	tar -xf web.tar -C guests/there
	rm base
	holds there/one.qcow2 1
	[ -z "$(qemu-img snapshot -l guests/there/one.qcow2)" ]
	[ "$("$BERTH" get guests/there/guest.conf hardware.vm_id)" = web ]
	run_berth 2 export web web.img
	says "ends in .tar, .tar.gz or .tar.zst"
}

@test "qemu: an export to a folder has the same in it, and can be registered" {
	disks web
	disk web/one.qcow2 1
	run_berth 0 export web kept/
	[ "$(find kept -printf '%P %m\n' | sort | tr '\n' ' ')" = \
		" 755 web 700 web/guest.conf 600 web/one.qcow2 644 web/two.qcow2 644 " ]
	nothing_half_done
	holds ../kept/web/one.qcow2 1
	run_berth 4 export web kept
	says "kept/web' is there already, and is not overwritten"
	mkdir other
	run_berth 0 export web other
	run_berth 0 destroy web
	run_berth 0 register other/web/guest.conf
	[ "$(readlink guests/web/one.qcow2)" = "$PWD/other/web/one.qcow2" ]
}

@test "qemu: an export that fails leaves nothing" {
	disks web
	echo broken >guests/web/two.qcow2
	run_berth 1 export web web.tar
	[ -z "$(find . -maxdepth 1 -name 'web.tar*')" ]
	nothing_half_done
}

# A container's folder as a build leaves it, without the container: lxc NAME [CONTENT]
lxc() {
	[ "$(id -u)" -eq 0 ] || skip "files of a container's users are root's to copy"
	machine "$1" <<-END
		[hardware]
		vm_id = $1
		os = debian-12
		[run]
		driver = lxc
		[driver]
		[[lxc]]
		rootfs = ${2:-overlay}
	END
	mkdir -p "guests/$1" tree/etc
	cp "$1.conf" "guests/$1/guest.conf"
	echo '{ "schema": "berth.record/1", "driver": "lxc" }' >"guests/$1/record.json"
	echo tree >tree/etc/issue
	ln -sfn issue tree/etc/issue.net
	if [ "${2:-overlay}" = overlay ]; then
		ln -s "$BERTH_HOME/tree" "guests/$1/base"
		mkdir -p "guests/$1/upper/etc"
		mknod "guests/$1/upper/etc/gone" c 0 0
		echo first >"guests/$1/upper/note"
		chown -R 1000000:1000007 "guests/$1/upper"
	else
		mkdir "guests/$1/rootfs"
		echo first >"guests/$1/rootfs/note"
	fi
}

@test "lxc: a snapshot keeps files with their owners, deleted ones included, and comes back whole" {
	lxc web
	run_berth 0 snapshot web
	echo second >guests/web/upper/note
	rm guests/web/upper/etc/gone
	echo new >guests/web/upper/new
	mkdir guests/web/upper.new
	run_berth 0 restore web snap0
	[ "$(cat guests/web/upper/note)" = first ]
	[ "$(stat -c '%u:%g' guests/web/upper guests/web/upper/note | sort -u)" = 1000000:1000007 ]
	[ -c guests/web/upper/etc/gone ]
	[ ! -e guests/web/upper/new ]
	[ -h guests/web/base ]
	nothing_half_done
}

@test "lxc: a snapshot of a tree of its own" {
	lxc web copy
	run_berth 0 snapshot web
	echo second >guests/web/rootfs/note
	run_berth 0 restore web snap0
	[ "$(cat guests/web/rootfs/note)" = first ]
	run_berth 0 export web web.tar
	[ "$(tar -tf web.tar | sort | tr '\n' ' ')" = "guest.conf rootfs/ rootfs/note " ]
}

@test "lxc: an export holds the layers, as its suffix says" {
	lxc web
	for suffix in tar tar.gz tgz tar.zst; do
		run_berth 0 export web "web.$suffix"
		tar --numeric-owner -tvf "web.$suffix" >list
		grep -E '1000000/1000007 .* upper/note$' list
		grep -E '^c.* upper/etc/gone$' list
		grep -E ' base/etc/issue.net -> issue$' list
		grep -E ' guest.conf$' list
		[ "$(stat -c %a "web.$suffix")" = 600 ]
	done
	run_berth 2 export web web.zip
	says "ends in .tar, .tar.gz or .tar.zst"
	run_berth 12 export web folder/
	says "only machines are exported to a folder"
	nothing_half_done
}

@test "lxc: an export that fails leaves no file" {
	lxc web
	rm guests/web/base
	run_berth 1 export web web.tar
	[ -z "$(find . -maxdepth 1 -name 'web.tar*')" ]
	nothing_half_done
}

@test "lxc: a clone is another one: name, machine-id, network and ssh keys" {
	lxc web
	local map=(-m "u:0:1000000:65536" -m "g:0:1000000:65536")
	lxc-usernsexec "${map[@]}" -- true || skip "no ids for containers on this host (berth build makes some)"
	"$BERTH" set guests/web/guest.conf hardware.eths.eth0.type=nat
	upper=guests/web/upper
	mkdir -p $upper/etc/ssh $upper/etc/systemd/network
	echo web >$upper/etc/hostname
	echo old >$upper/etc/ssh/ssh_host_ed25519_key
	echo mine >$upper/etc/ssh/sshd_config
	echo mine >$upper/etc/passwd
	echo mine >$upper/etc/default
	chown -hR 1000000:1000000 $upper
	"$BERTH" facts --json | jq --arg self "$BERTH" '. + { state: "stopped", id_base: 1000000, id_count: 65536,
		id_tools: true } | .tools += { "lxc-usernsexec": "lxc-usernsexec", berth: $self }' >host.json
	cp guests/web/guest.conf web.conf
	run_berth 0 clone web.conf copy --facts host.json --sh
	echo "$output" >clone.sh
	sh clone.sh
	upper=guests/copy/upper
	[ "$(cat $upper/note)" = first ]
	[ "$(cat $upper/etc/hostname)" = copy ]
	grep -w copy $upper/etc/hosts
	[ "$(wc -c <$upper/etc/machine-id)" = 33 ]
	grep -F "MACAddress=$(jq -r '.macs[0]' guests/copy/record.json)" $upper/etc/systemd/network/10-nic0.network
	[ ! -e $upper/etc/ssh/ssh_host_ed25519_key ]
	[ "$(cat $upper/etc/ssh/sshd_config $upper/etc/passwd $upper/etc/default | sort -u)" = mine ]
	[ -z "$(find guests/copy/upper guests/copy/work -not -uid 1000000)" ]
	[ -c $upper/etc/gone ]
	[ "$(readlink guests/copy/base)" = "$BERTH_HOME/tree" ]
	[ "$("$BERTH" get guests/copy/guest.conf hardware.vm_id)" = copy ]
	[ -z "$(ls cache/stage)" ]
	nothing_half_done
	# What root of a container may do to the one of the host: nothing.
	mkdir victim
	echo alive >victim/ssh_host_rsa_key
	rm -r guests/web/upper/etc/ssh
	ln -s "$BERTH_HOME/victim" guests/web/upper/etc/ssh
	"$BERTH" clone web.conf trap --facts host.json --sh | sh
	[ -h guests/trap/upper/etc/ssh ]
	[ "$(cat victim/ssh_host_rsa_key)" = alive ]
}
