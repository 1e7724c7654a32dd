#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The command line itself: what berth says about itself, and about what it does not understand.

load cli

@test "without a command berth says where to look" {
	run_berth 2
	says "berth: what shall be done? (see 'berth help')"
}

@test "help lists every command in its group" {
	run_berth 0 help
	prints "usage: berth COMMAND"
	prints "Guests"
	prints "  up           build the guest if needed"
	run_berth 0 --help
	prints "usage: berth COMMAND"
}

@test "every command explains itself" {
	for name in $("$BERTH" help | awk '/^  [a-z]/ { print $1 }'); do
		run_berth 0 help "$name"
		prints "usage: berth $name"
		prints "Example:"
		run_berth 0 "$name" --help
		prints "usage: berth $name"
	done
}

@test "what berth only calls itself is a command, and listed nowhere" {
	run_berth 0 reap --help
	prints "usage: berth reap"
	run_berth 2 rea
	says "'rea' is no command"
	run_berth 0 help --json
	[ "$(jq '[.commands[] | select(.name == "reap")] | length' <<<"$output")" = 0 ]
	run_berth 0 help
	[[ $output != *reap* ]]
	for script in "$(dirname "$BERTH")"/../doc/*; do
		[ ! -f "$script" ] || run ! grep -w 'reap' "$script"
	done
}

@test "the version, for people and for programs" {
	run_berth 0 --version
	[[ $output =~ ^berth\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	run_berth 0 version --json
	[ "$(jq -r .schema <<<"$output")" = berth.version/1 ]
}

@test "a unique beginning of a command is enough" {
	run_berth 0 vers
	run_berth 11 st web
	says "'st' could be start or stop"
	run_berth 11 re
	says "'re' could be "
	says " or "
	run_berth 2 ""
	says "'' is no command"
}

@test "an unknown command brings the nearest one to mind" {
	run_berth 2 strat
	says "'strat' is no command (did you mean 'berth start'?)"
}

@test "an unknown option names the command" {
	run_berth 2 list --colour
	says "'--colour' is no option of berth list (see 'berth help list')"
	run_berth 2 plan --driver
	says "option '--driver' needs a value"
}

@test "too few and too many arguments show the usage" {
	run_berth 2 up
	says "usage: berth up [OPTION]... FILE|GUEST"
	run_berth 2 version web
	says "usage: berth version"
}

@test "help for nothing there is" {
	run_berth 3 help nonsense
	says "'nonsense' is no command"
}

@test "output that cannot be written is a failure" {
	[ -e /dev/full ] || skip "no /dev/full"
	run --separate-stderr sh -c "'$BERTH' help >/dev/full"
	[ "$status" -eq 1 ]
	says "standard output"
}

@test "drivers are listed with their verbs" {
	run_berth 0 drivers
	prints "qemu"
	prints "no hypervisor at all"
	run_berth 0 drivers --json
	jq -e '.drivers[] | select(.driver == "null")' <<<"$output"
}

@test "the tables in the README are those of the program" {
	"$BATS_TEST_DIRNAME/../../tools/tables" --check "${BERTH}-docgen"
}

@test "help is data with --json" {
	run_berth 0 help --json
	[ "$(jq -r .schema <<<"$output")" = berth.help/1 ]
	[ "$(jq -r '.commands[] | select(.name == "up") | .group' <<<"$output")" = Guests ]
	jq -e '.commands | all(.name and .group and .summary and (.args | type == "string") and (.options | length > 0))' <<<"$output"
	jq -e '.commands[] | select(.name == "log").options[] | select(.name == "lines") | .letter == "n" and .arg == "N"' <<<"$output"
	run_berth 0 help set --json
	[ "$(jq -r '.commands | map(.name) | join(" ")' <<<"$output")" = set ]
	run_berth 0 set --help --json
	[ "$(jq -r '.commands[0].name' <<<"$output")" = set ]
}
