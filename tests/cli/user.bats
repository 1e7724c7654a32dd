#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What is planned for an ordinary user: the host of the golden plans, as one sees it.

load cli

# The host by now, as a user sees it: user [FILTER]
user() {
	jq '.uid = 1000 | .gid = 1000 | .run_uid = 1000 | .run_gid = 1000 | .cgroup = null | .id_base = 100000 |
		.user = "ada" | .own_cgroup = true | .tun = true'" ${1:+| $1}" \
		"$BATS_TEST_DIRNAME/../golden/host.json" >host.json
}

# box NAME [PATH=VALUE]...: a container's machine file
box() {
	local name=$1
	shift
	machine "$name" <<-END
		[hardware]
		vm_id = $name
		os = debian-12
		[[eths]]
		[[[eth0]]]
		type = nat
		[run]
		driver = lxc
	END
	[ $# -eq 0 ] || "$BERTH" set "$name.conf" "$@"
}

# plan STATUS VERB: of web.conf
plan() {
	run_berth "$1" plan "$2" web.conf --facts host.json
}

@test "files of the guest's users are deleted by their root, the others as ever" {
	box web
	user '.state = "stopped"'
	plan 0 destroy
	prints 'unshare --map-root-user --map-auto -- rm -rf --one-file-system -- /var/lib/berth/guests/web.new'
	user '.state = "stopped" | .id_count = 0'
	plan 0 destroy
	prints 'rm -rf /var/lib/berth/guests/web.new'
}

@test "what a restore replaces is deleted before, and until it is there the guest is marked" {
	box web
	user '.state = "stopped"'
	run_berth 0 plan restore web.conf --facts host.json --json
	run jq -r '[.steps[] | select(.kind == "move" or (.path // "" | endswith("/restoring")) or
		(.argv // [] | index("rm") and index("/var/lib/berth/guests/web/upper"))) | .kind] | join(" ")' <<<"$output"
	[ "$output" = "file run move remove" ]
}

@test "what is missing is said before anything is made, with what root has to type" {
	box web
	user '.id_count = 0'
	plan 5 up
	says "'ada' has no ids for users of containers (as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ada)"
	user '.id_tools = false'
	plan 3 up
	says "apt-get install uidmap"
	user '.tun = false'
	plan 5 up
	says "chmod 0666 /dev/net/tun"
	user '.own_cgroup = false'
	plan 5 up
	says "'ada' has no control group"
	says "loginctl enable-linger ada"
	user .
	plan 0 up
}

@test "a network of the host's is root's to give" {
	box web hardware.eths.eth0.type=bridge network.eths.eth0.address=10.0.0.2 network.gateway=10.0.0.1
	user .
	plan 5 up
	says "only root can give a container a network of type bridge (type = nat needs no rights)"
}

@test "systemd is asked for a group where it runs for the user" {
	box web
	user '.state = "stopped" | .own_cgroup = false | .user_manager = true'
	plan 0 start
	prints "env 'XDG_RUNTIME_DIR=/run/user/1000' systemd-run --user --scope --quiet --collect --property=Delegate=yes -- "
	user '.state = "stopped"'
	plan 0 start
	[[ $output != *systemd-run* ]]
}

@test "limits that nobody enforces are said" {
	box web
	user '.state = "stopped"'
	plan 0 start
	prints 'hardware.ram and hardware.num_cpu are no limits here'
	[[ $output != *lxc.cgroup* ]]
	user '.state = "stopped" | .cgroup = "2"'
	plan 0 start
	[[ $output != *"no limits"* ]]
}
