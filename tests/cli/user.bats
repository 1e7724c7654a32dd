#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What is planned for an ordinary user: the host of the golden plans, as one sees it.

load cli

# The host by now, as a user sees it: user [FILTER]
user() {
	jq '.uid = 1000 | .gid = 1000 | .run_uid = 1000 | .run_gid = 1000 | .cgroup = null | .id_base = 100000'" ${1:+| $1}" \
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
