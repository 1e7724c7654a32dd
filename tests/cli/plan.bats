#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# A plan is shown, as steps, as a script, as data, and then it is what happens.

load cli

@test "a dry run changes nothing" {
	paper web
	run_berth 0 build web.conf --dry-run
	prints "$BERTH_HOME/guests/web"
	# The cache remembers what looking at the host has cost.
	[ -z "$(find . -mindepth 1 -not -name web.conf -not -path './cache*')" ]
}

@test "the script does what the plan says" {
	paper web
	"$BERTH" build web.conf --sh >build.sh
	sh build.sh
	[ -e guests/web ]
	run_berth 4 build web.conf
}

@test "what ran is what was planned" {
	paper web
	run_berth 0 build web.conf
	"$BERTH" start web --dry-run --json | jq -c '.steps[] | select(.argv).argv' >planned
	BERTH_TRACE=$BERTH_HOME/trace run_berth 0 start web
	jq -c 'select(.argv).argv' trace >ran
	[ -s ran ]
	diff planned ran
}

@test "the same facts give the same plan" {
	"$BERTH" facts --json >host.json
	"$BERTH" plan up "$EXAMPLES/hello.conf" --facts host.json >one
	"$BERTH" plan up "$EXAMPLES/hello.conf" --facts host.json >two
	cmp one two
}

@test "facts of another host are for planning only" {
	paper web
	"$BERTH" facts --json >host.json
	run_berth 2 build web.conf --facts host.json
	says "add --dry-run"
	run_berth 0 build web.conf --facts host.json --dry-run
}

@test "facts that are none" {
	paper web
	echo '{ "data_dir": ' >host.json
	run_berth 10 plan up web.conf --facts host.json
	says "host.json:2:"
	echo '{}' >host.json
	run_berth 10 plan up web.conf --facts host.json
	says "data_dir, cache_dir and run_dir must be given"
}

@test "no plan shows a secret" {
	for form in "" --sh --json; do
		# shellcheck disable=SC2086  # an empty form is no argument
		run_berth 0 plan up "$EXAMPLES/hello.conf" $form
		[[ $output != *analytical* && $output != *student* ]]
	done
	prints "crypt:users.users.user0.passwd"
}

@test "a verb that is none" {
	paper web
	run_berth 2 plan dance web.conf
	says "'dance' is no verb"
}

@test "a verb that is none is told before the guest is looked for" {
	run_berth 2 plan foo nobody
	says "'foo' is no verb (up, build, start,"
}

@test "a container that is root of nothing may still delete directories of its tree" {
	"$BERTH" facts --json | jq '. + { state: "stopped", id_base: 1000000, id_count: 65536 } |
		.tools += { "lxc-start": "lxc-start", pasta: "pasta" }' >host.json
	machine box <<-END
		[hardware]
		vm_id = box
		os = debian-12
		[run]
		driver = lxc
	END
	run_berth 0 plan start box.conf --facts host.json
	prints "lxc.rootfs.options = userxattr"
	[ "$(id -u)" -eq 0 ] || return 0
	"$BERTH" set box.conf driver.lxc.privileged=yes hardware.eths.eth0.type=none
	run_berth 0 plan start box.conf --facts host.json
	[[ $output != *userxattr* ]]
}
