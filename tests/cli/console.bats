#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Consoles, screens and who is there: what is said when there is none, or no program to
# show it with. Nothing runs here but a lock.

# shellcheck disable=SC2016  # words for a shell of another
load cli

# A guest of QEMU that runs as far as its lock tells.
guest() {
	mkdir -p guests/web run/web
	printf '[hardware]\nvm_id = web\n' >guests/web/guest.conf
	printf '{ "schema": "berth.record/1", "driver": "qemu" }\n' >guests/web/record.json
	exec 8>run/web.lock
	flock 8
}

teardown() {
	exec 8>&-
	cd /
	rm -rf "$BERTH_HOME"
}

@test "a guest that does not run has no console, screen or keyboard" {
	guest
	exec 8>&-
	for words in 'console web' 'console --in xterm web' 'console --coupled web' 'type web x' 'type -s web x' 'sendkey web ret' \
		'vnc web' 'stop --clients web' 'sessions end web:1'; do
		# shellcheck disable=SC2086
		run_berth 1 $words
		says "'web' is not running (berth start web)"
	done
	run_berth 0 sessions
	[ "$(echo "$output" | wc -l)" -eq 1 ]
	run_berth 3 console nobody
	run_berth 3 sessions nobody
}

@test "options that make no sense are named" {
	guest
	run_berth 2 console --escape x web
	says "--escape: 'x' is no control key (try '^]', ctrl-x or none)"
	run_berth 2 console --escape '^1' web
	run_berth 2 console --escape '' web
	run_berth 2 console --history -1 web
	says "--history: '-1' is no number of lines (and not 'all' or 'none')"
	run_berth 2 console --in vi web
	says "--in: 'vi' is no program that berth can open a window with (xterm, gnome-terminal,"
	run_berth 2 sessions end
	run_berth 2 sessions end web
	says "'web' is no session that can be ended (try tiny:1"
	run_berth 2 stop --clients --all
	run_berth 2 stop --clients --dry-run web
	says "is no plan"
}

@test "a window wants a desktop, and a program that is installed" {
	guest
	mkdir bin
	run -12 --separate-stderr env -u DISPLAY -u WAYLAND_DISPLAY "$BERTH" console --in xterm web
	says "xterm wants a desktop, and neither DISPLAY nor WAYLAND_DISPLAY is set (--in tmux needs none)"
	run -3 --separate-stderr env PATH=/nowhere DISPLAY=:9 "$BERTH" console --in gnome-terminal web
	says "gnome-terminal is missing: apt-get install gnome-terminal"
	run -3 --separate-stderr env PATH=/nowhere "$BERTH" console --in emacs-split web
	says "emacs is missing: apt-get install emacs"
	run -3 --separate-stderr env PATH=/nowhere DISPLAY=:9 "$BERTH" vnc web
	says "vncviewer is missing: apt-get install tigervnc-viewer"
}

@test "a window is given the guest's name and the same call again, word by word" {
	guest
	mkdir bin
	for program in xterm konsole emacs tmux; do
		printf '#!/bin/sh\nprintf "%%s\\n" "$0" "$@"\n' >bin/$program
		chmod 755 bin/$program
	done
	PATH=$BERTH_HOME/bin:$PATH
	unset TMUX
	DISPLAY=:9 "$BERTH" console --in xterm --read-only --escape '^x' --history 9 web >said
	cat >wanted <<-END
		$BERTH_HOME/bin/xterm
		-T
		web
		-e
		env
		BERTH_HOME=$BERTH_HOME
		$(realpath "$BERTH")
		console
		--history=9
		--escape=^x
		--read-only
		web
	END
	diff wanted said
	DISPLAY=:9 "$BERTH" console --in konsole web | grep -x 'tabtitle=web'
	"$BERTH" console --in emacs web | tail -n 6 | head -n 1 | grep -x 'web'
	"$BERTH" console --in tmux web | grep -x new-session
	TMUX=/tmp/x,1,0 "$BERTH" console --in tmux web | grep -x new-window
}

@test "the viewer of a screen is given where it is" {
	guest
	[ "$("$BERTH" vnc --viewer echo web)" = "$BERTH_HOME/run/web/vnc.sock" ]
	run_berth 3 vnc --viewer none web
}

@test "a port leads to a screen that is a socket" {
	guest
	python3 -c 'import socket
s = socket.socket(socket.AF_UNIX)
s.bind("run/web/vnc.sock")
s.listen()
s.accept()[0].sendall(b"RFB 003.008\n")' 3>&- 8>&- &
	until [ -S run/web/vnc.sock ]; do kill -0 $!; done
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	run_berth 2 vnc --listen 0 web
	run_berth 2 vnc --listen 5901x web
	run_berth 2 vnc --listen 5901
	"$BERTH" vnc --quiet --listen "$port" web 3>&- 8>&- &
	relay=$!
	until { exec 7<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; do kill -0 $relay; done
	run_berth 6 vnc --listen "$port" web
	says "port $port of 127.0.0.1 is taken"
	[ "$(head -c 11 <&7)" = "RFB 003.008" ]
	exec 7>&-
	# It is a session like others, but of neither side.
	run_berth 0 sessions --tunnels --json
	[ "$(jq -c '.sessions[] | [.id, .side, .guest, .kind, .pid, .what]' <<<"$output")" = \
		"[\"web:tunnel$port\",\"T\",\"web\",\"screen\",\"$relay\",\"127.0.0.1:$port\"]" ]
	run_berth 0 as ctys -t qemu -a list=tunnel
	[[ $output == *"web:tunnel$port"* ]]
	run_berth 3 sessions end web:tunnel1
	says "there is no session 'web:tunnel1'"
	run_berth 2 sessions end web:tunnel
	run_berth 0 sessions end "web:tunnel$port"
	status=0
	wait $relay || status=$?
	[ "$status" -eq 137 ]
	run_berth 0 sessions --tunnels --no-titles
	[ -z "$output" ]
	run_berth 3 sessions end "web:tunnel$port"
}

@test "a guest whose line nobody serves is told of, with where to look" {
	guest
	run -7 --separate-stderr timeout 20 "$BERTH" type web hello
	says "nobody serves the console of 'web' after 5 s ($BERTH_HOME/run/web/attend.log tells more)"
}
