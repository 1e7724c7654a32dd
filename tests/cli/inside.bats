#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Into a container, without one: an lxc-attach of ours runs the command on this host, and
# this test holds the lock that says the guest runs.

# shellcheck disable=SC2016,SC2154  # words for a shell in the guest; bats sets stderr
load cli

inner() {
	mkdir -p guests/inner run/inner bin
	printf '[hardware]\nvm_id = inner\nos = debian-12\n[run]\ndriver = lxc\n' >guests/inner/guest.conf
	printf '{ "schema": "berth.record/1", "driver": "lxc" }\n' >guests/inner/record.json
	printf 'one\ntwo\ninner login: ' >run/inner/console.log
	cat >bin/lxc-attach <<-'END'
		#!/bin/sh
		[ "$1 $3 $4" = "-P -n inner" ] || exit 99
		while [ "$1" != -- ]; do shift; done
		shift
		exec "$@"
	END
	printf '#!/bin/sh\necho "attached: $*" >>"$BERTH_HOME/run/inner/console.log"\nstty raw -echo; exec cat >>"$BERTH_HOME/run/inner/console.log"\n' >bin/lxc-console
	chmod 755 bin/*
	PATH=$BERTH_HOME/bin:$PATH
	exec 8>run/inner.lock
	flock 8
}

# The guest has ended. teardown must not find it running, either.
ended() {
	exec 8>&-
}

teardown() {
	ended
	cd /
	rm -rf "$BERTH_HOME"
}

@test "exec is the command: its words, streams and status" {
	inner
	run_berth 0 exec inner printf '%s|' 'two words' '$HOME' "'"
	[ "$output" = "two words|\$HOME|'|" ]
	run_berth 7 exec inner -- sh -c 'echo out; echo err >&2; exit 7'
	[ "$output,$stderr" = out,err ]
	[ "$(printf 'a  b' | "$BERTH" exec inner cat)" = 'a  b' ]
	[ -z "$(printf 'a  b' | "$BERTH" exec -n inner cat)" ]
	[ "$("$BERTH" exec -n --env A='dark blue' -e B=2 inner sh -c 'echo "$A $B"')" = 'dark blue 2' ]
}

@test "exec becomes the program: no process of ours stays, no signal is ignored" {
	inner
	"$BERTH" exec -n inner sh -c 'echo $$; grep SigIgn /proc/$$/status' >said &
	pid=$!
	wait $pid
	[ "$(sed -n 1p said)" = $pid ]
	[ $((0x$(sed -n 's/^SigIgn:\t//p' said) & 0x1000)) -eq 0 ]
}

@test "exec --json keeps what was said, of any size" {
	inner
	run_berth 3 exec --json -n inner sh -c 'echo out; echo err >&2; exit 3'
	[ "$(echo "$output" | jq -c '[.guest, .status, .stdout, .stderr, .truncated]')" = '["inner",3,"out\n","err\n",false]' ]
	head -c 20000000 /dev/zero | tr '\0' x >big
	[ "$("$BERTH" exec --json inner cat <big | jq '.stdout | length')" -eq 20000000 ]
}

@test "files and directories go in and out" {
	inner
	mkdir -p in/deep out
	head -c 3000000 /dev/urandom >in/deep/big
	chmod 640 in/deep/big
	"$BERTH" copy in/deep/big "inner:$BERTH_HOME/out/"
	cmp in/deep/big out/big
	[ "$(stat -c %a out/big)" = 640 ]
	"$BERTH" copy "inner:$BERTH_HOME/in" "$BERTH_HOME/out/tree"
	cmp in/deep/big out/tree/deep/big
	run_berth 1 copy "inner:$BERTH_HOME/none" out
	says 'No such file or directory'
}

@test "who does not run is not entered" {
	inner
	ended
	for words in 'exec inner true' 'copy /etc/hostname inner:/tmp/' 'console inner' 'wait inner'; do
		# shellcheck disable=SC2086
		run_berth 1 $words
		says "'inner' is not running (berth start inner)"
	done
}

@test "a program that is missing on this host is named" {
	inner
	run --separate-stderr env PATH=/nowhere "$BERTH" exec inner true
	[ "$status" -eq 3 ]
	says lxc-attach
}

@test "the console is shown by its log, and typed at by the program that attaches to it" {
	inner
	printf 'typed' | "$BERTH" console --history all inner >said
	grep -q two said
	grep -q "attached: -P $BERTH_HOME/guests -n inner -t 0" said
	grep -q '^typed$' said
	"$BERTH" sessions | grep 'inner:console  S  inner  console'
}

@test "the log is there, and followed until the container ends" {
	inner
	[ "$("$BERTH" log -n 1 inner)" = 'inner login: ' ]
	"$BERTH" log -f -n 0 inner >said 8>&- &
	follower=$!
	until find /proc/$follower/fd -lname '*inotify*' | grep -q .; do :; done
	echo 'last words' >>run/inner/console.log
	until grep -q 'last words' said; do :; done
	ended
	wait $follower
	ended
	[ "$("$BERTH" log -n 1 inner)" = 'inner login: last words' ]
}

@test "it is waited for from inside" {
	inner
	printf '#!/bin/sh\n[ "$*" = is-system-running ] && echo degraded; exit 1\n' >bin/systemctl
	chmod 755 bin/systemctl
	run_berth 0 wait inner --stage process
	run_berth 0 wait inner --json
	[ "$(echo "$output" | jq -r .reached)" = login ]
	printf '#!/bin/sh\necho starting; exit 1\n' >bin/systemctl
	run_berth 7 wait inner --timeout 0.3
	says "it came as far as 'kernel'"
	says 'inner login:'
}
