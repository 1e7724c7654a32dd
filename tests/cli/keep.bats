#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Hooks around start and stop, and guests that are started again when they end.
load cli.bash

# A hook that notes how it was called in a file that everybody may write.
make_hook() {
	install -m 666 /dev/null told
	cat >hook <<-END
		#!/bin/sh
		echo "\$BERTH_NAME \$BERTH_VERB \$(id -u) \$(pwd)=\$BERTH_FOLDER \$(printf '<%s>' "\$@")" >>"$BERTH_HOME/told"
	END
	chmod 755 hook
}

until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

# process NAME LOCK: who signed for it
process() {
	sed -n 's/^pid //p' "run/$1.$2"
}

# One of ours, and nothing else of this host.
seen() {
	"$BERTH" list --json | jq -r --arg n "$1" '.guests[] | select(.name == $n and .note != "alien") | "\(.state) \(.note)"'
}

is() {
	[ "$(seen "$1")" = "$2" ]
}

# Runs, as another process than that.
runs_anew() {
	is "$1" "running null" && [ "$(process "$1" lock)" != "$2" ]
}

# kept NAME: its keeper is there. A shared lock, which is a question and in nobody's way.
kept() {
	[ -e "run/$1.keep" ] && ! flock -s -n "run/$1.keep" true
}

gone() {
	! kept "$1"
}

teardown() {
	local name
	for name in $("$BERTH" list --json | jq -r '.guests[] | select(.note != "alien").name'); do
		"$BERTH" kill "$name" >/dev/null 2>&1 || true
	done
	cd /
	rm -rf "$BERTH_HOME"
}

@test "hooks run as the guest's user, in its folder, with their words as they are" {
	make_hook
	user=$(id -un)
	[ "$user" != root ] || user=daemon
	paper_guest a "run_as = $user" "pre_start = $BERTH_HOME/hook, before, 'a, b'" "post_start = $BERTH_HOME/hook"
	run_berth 0 start a
	uid=$(id -u "$user")
	printf 'a start %s %s=%s %s\n' "$uid" "$PWD/guests/a" "$PWD/guests/a" '<before><a, b>' \
		"$uid" "$PWD/guests/a" "$PWD/guests/a" '<>' >want
	diff want told
}

@test "what is printed is what runs, also as a script" {
	make_hook
	paper_guest a "pre_start = $BERTH_HOME/hook, it's" "post_start = $BERTH_HOME/no-such-hook"
	run_berth 0 start a --dry-run
	prints "cd $PWD/guests/a && env 'BERTH_NAME=a' 'BERTH_FOLDER=$PWD/guests/a' 'BERTH_VERB=start' $PWD/hook 'it'\\''s'"
	prints "may fail, and says so"
	[ ! -s told ]
	run_berth 0 start a --sh
	run --separate-stderr sh -c "$output"
	[ "$status" -eq 0 ]
	says "what comes after its start: failed (status 127)"
	[ "$(wc -l <told)" = 1 ]
	is a "running null"
}

@test "a hook that fails before the start prevents it, one after it is told" {
	paper_guest a "pre_start = /bin/sh, -c, 'echo the share is away >&2; exit 3'"
	run_berth 1 start a
	says "start 'a': what comes before its start: env: the share is away (status 3)"
	is a "stopped null"
	paper_guest b "post_start = /bin/sh, -c, 'echo nobody listens; exit 3'"
	run_berth 0 start b
	says "'b': what comes after its start: env: nobody listens (status 3)"
	is b "running null"
}

@test "a hook is the absolute path of a program" {
	paper a
	echo 'pre_stop = rm, -rf' >>a.conf
	run_berth 10 check a.conf
	says "a.conf:5:1: pre_stop: 'rm' is not the absolute path of a program (arguments follow it, after commas)" ||
		prints "pre_stop: 'rm' is not the absolute path of a program (arguments follow it, after commas)"
}

@test "a guest that dies is started again, and not when it is killed" {
	paper_guest a 'restart = always' 'restart_delay = 0'
	run_berth 0 start a
	until_true 10 kept a
	first=$(process a lock)
	kill -KILL "$first"
	until_true 10 runs_anew a "$first"
	run_berth 0 kill a
	is a "stopped null"
	gone a
	[ ! -e run/a.keep ]
	grep "'a' has ended .*: started again at once" log/a.log
}

@test "kill also ends the wait for the next start" {
	paper_guest a 'restart = always' 'restart_delay = 1h' 'restart_max_delay = 1h'
	run_berth 0 start a
	until_true 10 kept a
	kill -KILL "$(process a lock)"
	until_true 10 is a "stopped restarts"
	run_berth 0 kill a
	is a "stopped null"
	gone a
	run_berth 4 kill a
}

@test "stop --all also ends the wait for the next start" {
	paper_guest a 'restart = always' 'restart_delay = 1h' 'restart_max_delay = 1h'
	run_berth 0 start a
	until_true 10 kept a
	kill -KILL "$(process a lock)"
	until_true 10 is a "stopped restarts"
	run_berth 0 stop --all
	is a "stopped null"
	gone a
}

@test "too many starts are the last" {
	paper_guest a 'restart = always' 'restart_delay = 0' 'restart_limit = 1'
	run_berth 0 start a
	until_true 10 kept a
	first=$(process a lock)
	kill -KILL "$first"
	until_true 10 runs_anew a "$first"
	kill -KILL "$(process a lock)"
	until_true 10 gone a
	is a "stopped null"
	grep "keep 'a': it has ended once more (nobody knows why), and is left alone: run.restart_limit is 1 within 600 s" log/a.log
	run_berth 0 start a
	until_true 10 kept a
}

@test "a start that fails is tried again, and counted" {
	paper_guest a 'restart = always' 'restart_delay = 0' 'restart_limit = 2' "pre_start = /bin/sh, -c, 'test -e $BERTH_HOME/fine'"
	touch fine
	run_berth 0 start a
	until_true 10 kept a
	rm fine
	kill -KILL "$(process a lock)"
	until_true 10 gone a
	[ "$(grep -c "^berth: start 'a': what comes before its start" log/a.log)" = 2 ]
	grep "keep 'a': it has ended once more (it could not be started), .*: run.restart_limit is 2 within 600 s" log/a.log
}

@test "a keeper that is killed leaves the guest, and is missed" {
	paper_guest a 'restart = always' 'restart_delay = 0'
	run_berth 0 start a
	until_true 10 kept a
	kill -KILL "$(process a keep)"
	until_true 10 gone a
	is a "running not kept"
	run "$BERTH" doctor
	prints "keeper: 'a' runs, and will not be started again: its keeper was killed (setsid -f berth keep --running a)"
	setsid -f "$BERTH" keep --running a
	until_true 10 kept a
	is a "running null"
	run_berth 6 keep a
	says "run/a.keep: held by pid"
	run_berth 0 kill a
	run_berth 0 keep --running a
	is a "stopped null"
}

@test "in the foreground it starts the guest, tells systemd, and stops it when it is asked to" {
	paper_guest a 'restart = always' 'restart_delay = 0'
	NOTIFY_SOCKET=$BERTH_HOME/notify
	socat -u "UNIX-RECV:$NOTIFY_SOCKET" "CREATE:heard" &
	listener=$!
	until_true 10 [ -S "$NOTIFY_SOCKET" ]
	NOTIFY_SOCKET=$NOTIFY_SOCKET "$BERTH" keep a 3>&- &
	keeper=$!
	until_true 10 grep -q READY=1 heard
	is a "running null"
	first=$(process a lock)
	kill -KILL "$first"
	until_true 10 runs_anew a "$first"
	kill "$keeper"
	wait "$keeper"
	is a "stopped null"
	grep -x "STATUS='a' has ended (nobody knows why): started again at once" heard
	grep -x STOPPING=1 heard
	grep -x EXTEND_TIMEOUT_USEC=90000000 heard
	kill "$listener"
}

@test "systemd may listen on an abstract socket" {
	paper_guest a
	name=berth-keep-$$
	socat -u "ABSTRACT-RECV:$name" CREATE:heard &
	listener=$!
	until_true 10 grep -q "@$name" /proc/net/unix
	NOTIFY_SOCKET=@$name "$BERTH" keep a 3>&- &
	until_true 10 grep -q READY=1 heard
	kill "$listener"
	run_berth 0 kill a
	wait $!
}

@test "a guest that is not to be started again takes its keeper with it" {
	paper_guest a
	"$BERTH" keep a 3>&- &
	keeper=$!
	until_true 10 kept a
	until_true 10 is a "running null"
	kill -KILL "$(process a lock)"
	wait "$keeper"
	is a "stopped null"
}

@test "what cannot be started is not tried again" {
	run_berth 3 keep nobody
	paper_guest a "pre_start = /bin/false"
	run_berth 1 keep a
	says "what comes before its start"
	[ ! -e run/a.keep ]
	run_berth 2 keep a --wait lunch
	says "'lunch' is no stage"
	run_berth 2 start a --wait login --timeout soon
	says "'soon' is no number of seconds"
}

@test "who cannot tell a crash does not pretend" {
	paper_guest a 'restart = on-crash'
	run_berth 12 start a
	says "run.restart: null does not tell a crash from a power-off (try 'always')"
	printf '[hardware]\nos = debian-12\n[run]\nrestart = always\n' >b.conf
	run_berth 12 plan start b.conf --driver openvz
	says "run.restart: openvz guests are started again by openvz itself, or not at all"
}

@test "all stop in the opposite order of their start" {
	paper_guest a 'order = 1'
	paper_guest b 'order = 2' 'after = d'
	paper_guest c 'order = 9'
	paper_guest d 'order = 5' 'after = a:ssh'
	paper_guest e 'order = 7' 'after = nobody'
	paper_guest idle 'order = 3' 'after = e'
	run_berth 0 start a b c d e
	run_berth 0 stop --all --dry-run
	[ "$(sed -n 's/^# kill \(.*\) on null/\1/p' <<<"$output" | xargs)" = "c e b d a" ]
	run_berth 0 stop --all
	is a "stopped null"
	is d "stopped null"
}
