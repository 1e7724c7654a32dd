#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Sessions of this host as guests: what is asked for, what is refused, and how they end.
# Desktops are in tests/live/host.bats.

load cli

@test "a command runs as a guest, and its status and words are kept" {
	# shellcheck disable=SC2016
	run_berth 0 host run job -d -- sh -c 'echo "two  words" "$1"; exit 5' sh "it's \$HOME"
	prints "'job' is up (berth console job)"
	run_berth 5 host wait job
	run_berth 0 log job
	[ "$output" = "two  words it's \$HOME" ]
	run_berth 0 list --no-titles job
	[[ $output == "job "*" stopped "*" host "*" ended with status 5" ]]
	run_berth 0 up --quiet job
	run_berth 5 host wait job
}

@test "a session is a guest of its own kind: nothing of a machine is shown of it" {
	run_berth 0 host shell desk --quiet -- sh
	run_berth 0 list --json desk
	[ "$(jq -c '.guests[] | [.state, .driver, .cpus, .ram, .address]' <<<"$output")" = '["running","host",null,null,null]' ]
	run_berth 0 sessions --json desk
	[ "$(jq -c '[.sessions[] | [.side, .kind]]' <<<"$output")" = '[["S","console"]]' ]
	run_berth 12 pause desk
	says "host guests cannot be paused"
	run_berth 12 exec desk -- true
	run_berth 12 vnc desk --print
	says "'desk' is a session of this host and has no screen"
	run_berth 12 monitor desk
	run_berth 4 host shell desk -- sh
	says "there is a guest 'desk' already"
	run_berth 0 stop desk
	run_berth 129 host wait desk
	run_berth 0 destroy desk
}

@test "names are found, or numbered" {
	run_berth 0 host shell --quiet -- sh
	run_berth 0 host shell --quiet -- sh
	run_berth 0 host run many --count 3 -- sleep 1000
	prints "'many03' is up"
	run_berth 0 list --running --json
	[ "$(jq -r '.guests[] | select(.driver == "host").name' <<<"$output" | xargs)" = "many01 many02 many03 shell1 shell2" ]
	run_berth 9 host run many --count 4 -- true
	says "there is a guest 'many03' already"
	run_berth 0 stop --yes 'many0[123]'
}

@test "stop --all ends those for which all conditions hold, and no others" {
	left() { "$BERTH" list --running --json | jq -r '.guests[] | select(.note != "alien").name' | xargs; }
	paper web
	run_berth 0 up --quiet web.conf
	run_berth 0 host shell sh1 --quiet -- sh
	run_berth 0 host run run1 -d --quiet -- sleep 1000
	run_berth 0 host run run2 -d --quiet -- sleep 1000
	run_berth 2 stop --all --filter kind=x
	run_berth 2 stop --filter driver=host run1
	says "--filter is for --all"
	run_berth 0 kill --all --filter driver=lxc
	[ "$(left)" = "run1 run2 sh1 web" ]
	run_berth 0 stop --all --filter context=command --filter name!=run2
	[ "$(left)" = "run2 sh1 web" ]
	run_berth 0 as ctys -t cli -a cancel=all,force
	[ "$(left)" = web ]
	run_berth 0 kill --all
	[ -z "$(left)" ]
}

@test "twelve who ask at once get twelve" {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		"$BERTH" host run --quiet -- true 3>&- &
	done
	wait
	[ "$(find guests -mindepth 1 -maxdepth 1 -type d | wc -l)" -eq 12 ]
}

@test "who was late does not take the place of who was first" {
	"$BERTH" host run job -d --sh -- echo second >late.sh
	run_berth 0 host run job -d --quiet -- echo first
	run_berth 0 host wait job
	run sh late.sh
	[ "$status" -ne 0 ]
	[ ! -e guests/job.new ]
	grep -q 'command = echo, first' guests/job/guest.conf
	run_berth 0 log job
	[ "$output" = first ]
}

@test "what was asked for is in a machine file, word by word, and in no shell" {
	# shellcheck disable=SC2016
	run_berth 0 host run job --dry-run -- printf '%s, $(touch x)' "" 'a"b' '#'
	# shellcheck disable=SC2016
	prints '$(touch x)'
	[ ! -e guests ]
	# shellcheck disable=SC2016
	run_berth 0 host run job --quiet -- printf '%s|' '$(touch x)' "" 'a"b, c' "it's" '# "both"'
	run_berth 0 host wait job
	run_berth 0 log job
	# shellcheck disable=SC2016
	[ "$output" = "$(printf '%s|' '$(touch x)' "" 'a"b, c' "it's" '# "both"')" ]
	[ ! -e x ]
	run_berth 10 host run other -- echo $'two\nlines'
	run_berth 10 host run other -- echo '@{plain:config.root_passwd}'
	says "would be taken for a secret"
	run_berth 10 host run other -- echo '%(name)s'
	run_berth 10 host run other -- A=b
	says "command: 'A=b' is not a program"
}

@test "over ssh the words arrive there as they are" {
	mkdir bin
	printf '#!/bin/sh\nprintf "<%%s>" "$@"\n' >bin/ssh
	chmod +x bin/ssh
	PATH=$PWD/bin:$PATH run_berth 0 host run far --quiet --on ada@lab00 -- echo "a  b" "it's"
	run_berth 0 host wait far
	run_berth 0 log far
	[ "$output" = "<-t><--><ada@lab00><echo 'a  b' 'it'\\''s'>" ]
	PATH=$PWD/bin:$PATH run_berth 0 host shell there --quiet --on ada@lab00
	run_berth 0 host wait there
	run_berth 0 log there
	[ "$output" = "<-t><--><ada@lab00>" ]
	DISPLAY=:5 PATH=$PWD/bin:$PATH run_berth 0 host x11 clock --quiet --on lab00 -- xclock
	run_berth 0 host wait clock
	run_berth 0 log clock
	[ "$output" = "<-tX><--><lab00><xclock>" ]
	run_berth 10 host run bad --on -oProxyCommand=x -- true
	says "remote: '-oProxyCommand=x' is not a host that ssh knows"
	run_berth 10 host run bad --on "lab00 x" -- true
	run_berth 10 host run bad --on lab00 --dir /tmp -- true
	says "on another host a session begins in the home directory"
}

@test "a shell is the one its user logs in with, in the environment of a log-in" {
	run_berth 0 host shell desk --dry-run
	prints "berth-attend --session $BERTH_HOME/run/desk env 'HOME=$(getent passwd "$(id -u)" | cut -d : -f 6)'"
	prints " $(getent passwd "$(id -u)" | cut -d : -f 7) -l "
	prints "cd $BERTH_HOME && "
	prints "holding $BERTH_HOME/run/desk.lock"
}

@test "mistakes are named" {
	run_berth 2 host
	run_berth 2 host ssh
	says "'ssh' is none of shell, run, x11, vnc and wait"
	run_berth 2 host run job
	says "it is not said what to run"
	run_berth 2 host run job ls
	says "'ls' is one word too many: what is to run stands behind '--'"
	run_berth 2 host shell --count 0
	says "--count: '0' is no number from 1 to 100"
	run_berth 2 host shell --count 3x
	run_berth 2 host shell --geometry 800x600
	says "are of a desktop"
	run_berth 2 host vnc --count 2 --display :5
	run_berth 10 host vnc --geometry 800
	says "geometry: '800' is not a size (try 1024x768)"
	run_berth 10 host vnc --geometry 0x600
	run_berth 10 host vnc --depth 17
	run_berth 10 host vnc --display lab00:1
	says "display: 'lab00:1' is not an X display"
	run_berth 10 host shell 'a b'
	run_berth 10 host run job --dir /nonexistent/x -- true || [ "$status" -eq 3 ]
	run env -u DISPLAY "$BERTH" host x11 -- xclock
	[ "$status" -eq 12 ]
	[[ $output == *"DISPLAY is not set"* ]]
	run_berth 3 host wait nobody
	machine paper <<-'END'
		[hardware]
		vm_id = paper
	END
	run_berth 0 start --driver null paper.conf
	run_berth 3 host wait paper || [ "$status" -eq 12 ]
}

@test "a machine is no session, and the other way round" {
	machine web <<-'END'
		[hardware]
		vm_id = web
		os = debian-12
		[run]
		driver = host
	END
	run_berth 10 up web.conf
	says "web.conf:3: hardware.os: a session of this host is no machine"
	[ ! -e guests/web ]
	machine cmd <<-'END'
		[run]
		driver = host
		[driver]
		[[host]]
		session = command
	END
	run_berth 10 up cmd.conf
	says "cmd.conf:5: driver.host.command: it is not said what to run"
}

@test "a session that is killed has no status, and can be started again" {
	run_berth 0 host run job -d --quiet -- sleep 1000
	kill -9 "$(sed -n 's/^pid //p' run/job.lock)"
	run_berth 1 host wait job
	says "was killed: nobody knows a status"
	run_berth 0 up --quiet job
	run_berth 0 kill job
	run_berth 4 kill job
}

@test "a session from a file is registered, started and ended like any guest" {
	machine watch <<-'END'
		[run]
		driver = host
		[driver]
		[[host]]
		session = command
		command = sleep, 1000
	END
	run_berth 0 register watch.conf
	run_berth 0 start watch
	run_berth 0 stop watch
	run_berth 0 unregister watch
	[ -e watch.conf ]
}

@test "without a terminal a command says what it says, and its status is ours" {
	run_berth 7 host run job -- sh -c 'echo one; sleep 0.1; echo two; exit 7' </dev/null
	[ "$output" = "$(printf 'one\r\ntwo\r')" ]
	[ -z "$stderr" ]
	run_berth 4 host run job -- true
	run_berth 7 host run job --reuse </dev/null -- true
	run_berth 0 host run --rm -- true
	run_berth 1 host run --rm -- false
	for _ in 1 2 3 4 5; do
		run_berth 3 host run --rm -- sh -c 'echo x; exit 3'
		[ "$output" = "$(printf 'x\r')" ]
	done
	while [ -n "$(find guests -name 'run*' -type d)" ]; do
		sleep 0.01
	done
	paper_guest sheet
	run_berth 12 host run sheet --reuse -- true
	says "'sheet' is no session of this host, but a guest of null"
}

@test "a throwaway session is forgotten when it ends" {
	run_berth 0 host run job -d --rm --quiet -- sleep 1000
	run_berth 0 stop job
	while [ -e guests/job ]; do
		sleep 0.01
	done
	run_berth 3 show job
}
