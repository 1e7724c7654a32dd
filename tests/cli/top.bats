#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What guests use, without a terminal.

load cli

@test "a table has a line for who runs, and none for who does not" {
	paper web
	paper idle
	run_berth 0 build web.conf
	run_berth 0 build idle.conf
	run_berth 0 start web
	run_berth 0 top -d 0.1
	grep -E '^NAME +STATE +DRIVER +CPU% +MEMORY' <<<"$output"
	grep -E '^web +running +null +-' <<<"$output"
	run -1 grep '^idle ' <<<"$output"
}

@test "data is an object on each line" {
	paper web
	run_berth 0 build web.conf
	run_berth 0 start web
	run_berth 0 top --json -n 3 -d 0.1
	[ "${#lines[@]}" -eq 3 ]
	for line in "${lines[@]}"; do
		[ "$(jq -r '.schema, (.guests[] | select(.name == "web" and (.alien | not)) | .cpu)' <<<"$line")" = $'berth.top/1\nnull' ]
	done
}

@test "numbers that are none" {
	run_berth 2 top -n 0
	says "--count: '0' is no number of tables"
	run_berth 2 top -d soon
	says "--delay: 'soon' is no number of seconds"
	run_berth 2 top -d 0
	run_berth 2 top -d nan
}
