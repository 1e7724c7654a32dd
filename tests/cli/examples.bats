#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The machine files that teach are right, and keep their promises to their readers.

load cli

@test "every example is without a mistake and without a warning" {
	for file in "$EXAMPLES"/*.conf; do
		run_berth 0 check "$file"
		[ -z "$stderr" ]
	done
}

@test "every key of every example can be explained" {
	for file in "$EXAMPLES"/*.conf; do
		for key in $("$BERTH" get "$file" | sed 's/ = .*//'); do
			run_berth 0 explain "$key"
		done
	done
}

@test "what is read can be written back" {
	for file in "$EXAMPLES"/*.conf; do
		cp "$file" copy.conf
		run_berth 0 set copy.conf hardware.ram="$("$BERTH" get "$file" hardware.ram || echo 512)"
		run_berth 0 check copy.conf
	done
}
