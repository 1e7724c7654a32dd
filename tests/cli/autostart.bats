#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Marks of guests that start with the host.
bats_require_minimum_version 1.5.0

setup() {
	export BERTH_HOME="$BATS_TEST_TMPDIR/home"
	printf '[hardware]\n[run]\ndriver = null\n' >"$BATS_TEST_TMPDIR/a.conf"
	"$BERTH" build "$BATS_TEST_TMPDIR/a.conf"
}

@test "on, off and toggle are what list says" {
	[ -z "$("$BERTH" autostart list)" ]
	"$BERTH" autostart on a
	[ "$("$BERTH" autostart list)" = a ]
	"$BERTH" autostart off a
	[ -z "$("$BERTH" autostart list)" ]
	"$BERTH" autostart toggle a
	[ "$("$BERTH" autostart list)" = a ]
	[ "$("$BERTH" autostart list --json | jq -r '.guests[]')" = a ]
}

@test "what is so already is said, what is not there has no mark" {
	run -4 "$BERTH" autostart off a
	"$BERTH" autostart on a
	run -4 "$BERTH" autostart on a
	run -3 "$BERTH" autostart on b
	run -2 "$BERTH" autostart maybe a
}

@test "a dry run marks nothing; a deleted guest is listed no more" {
	"$BERTH" autostart on a --dry-run
	[ -z "$("$BERTH" autostart list)" ]
	"$BERTH" autostart on a
	"$BERTH" destroy a
	[ -z "$("$BERTH" autostart list)" ]
}
