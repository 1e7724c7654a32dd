#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The files for init systems, with the berth that is tested in them.
load cli.bash

setup() {
	BERTH_HOME=$(mktemp -d /tmp/berth-cli.XXXXXX)
	chmod 755 "$BERTH_HOME"
	export BERTH_HOME BERTH
	cd "$BERTH_HOME" || return 1
	local file name
	for file in "$BATS_TEST_DIRNAME"/../../data/init/*.in; do
		name=$(basename "$file" .in)
		sed "s|@BERTH@|$BERTH|" "$file" >"$name"
	done
	paper a
	run_berth 0 build a.conf
	run_berth 0 autostart on a
}

state() {
	"$BERTH" list --json | jq -r '.guests[] | select(.name == "a").state'
}

@test "the scripts are without a flaw" {
	sh -n berth.sysv
	sh -n berth.openrc
	shellcheck --shell=sh berth.sysv berth.openrc
}

@test "the units are what systemd takes" {
	if [ -z "$(command -v systemd-analyze)" ]; then
		# tools/packages names it, so that CI has no reason to skip.
		[ "${CI:-}" != true ] || return 1
		skip "systemd-analyze is not installed"
	fi
	cp berth@.service berth@a.service
	run systemd-analyze verify --man=no ./berth.service ./berth@a.service
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output != *berth* ]]
}

@test "sysv: start, status, stop" {
	sh berth.sysv start
	[ "$(state)" = running ]
	sh berth.sysv status | grep -w a
	sh berth.sysv restart
	[ "$(state)" = running ]
	sh berth.sysv stop
	[ "$(state)" = stopped ]
	run -2 sh berth.sysv dance
}

# openrc FUNCTION: as openrc-run calls it
openrc() {
	sh -c 'ebegin() { :; }; eend() { return "$1"; }; . ./berth.openrc; "$1"' sh "$1"
}

@test "OpenRC: start and stop; that one guest is bad does not count as stopped" {
	paper b
	echo 'after = nobody' >>b.conf
	run_berth 0 build b.conf
	run_berth 0 autostart on b
	openrc start
	[ "$(state)" = running ]
	openrc stop
	[ "$(state)" = stopped ]
}
