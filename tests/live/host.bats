#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Sessions of this host: shells that several people share, desktops with a real X server,
# and what is left when any of it is killed.

load live
load panes

setup_file() {
	live_setup
}

teardown_file() {
	live_teardown
}

teardown() {
	close_panes
	for record in "$BERTH_HOME"/guests/*/record.json; do
		[ ! -e "$record" ] || berth destroy --quiet "$(basename "$(dirname "$record")")" || true
	done
	[ -z "${LAB:-}" ] || lab_gone
}

holder() {
	sed -n 's/^pid //p' "$BERTH_HOME/run/$1.lock"
}

is_stopped() {
	[ "$(state "$1")" = stopped ]
}

is_gone() {
	[ -z "$(state "$1")" ]
}

is_ready() {
	berth log "$1" | grep -q ready
}

is_alone() {
	berth sessions --json --clients "$1" | jq -e '.sessions == []' >/dev/null
}

# The name and the size of a desktop, as a viewer is told them: shaking hands in RFB 3.8.
greeting() {
	python3 - "$(berth vnc --print "$1")" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.settimeout(10)
		s.connect(sys.argv[1])
		def take(n):
		    b = b""
		    while len(b) < n:
		        b += s.recv(n - len(b)) or sys.exit("hung up")
		    return b
		version = take(12)
		s.send(version)
		assert 1 in take(take(1)[0])
		s.send(b"\x01")
		assert take(4) == bytes(4)
		s.send(b"\x00")
		head = take(24)
		name = take(int.from_bytes(head[20:], "big"))
		size = [int.from_bytes(head[i:i + 2], "big") for i in (0, 2)]
		print(version.decode().strip(), "%dx%d" % tuple(size), head[4], name.decode())
	END
}

display() {
	sed -n 's/^started //p' "$BERTH_HOME/run/$1/session"
}

# xclient NAME COMMAND...: as a program on that desktop
xclient() {
	local name=$1
	shift
	env DISPLAY="$(display "$name")" XAUTHORITY="$BERTH_HOME/run/$name/Xauthority" "$@"
}

@test "a shell on a terminal is shared: what one types, both see" {
	pane one host shell desk -- bash --norc
	until_shown one "[console of 'desk'; Ctrl-] leaves]"
	pane two console desk
	pane three console --read-only desk
	# shellcheck disable=SC2016
	keys one 'echo $((40 + 2))-from-one; tty' Enter
	until_shown two 42-from-one
	until_shown two /dev/pts/
	until_shown three 42-from-one
	# shellcheck disable=SC2016
	keys two 'echo $((40 + 3))-from-two' Enter
	until_shown one 43-from-two
	[ "$(berth sessions --json desk | jq -c '[.sessions[] | select(.side == "C").what] | sort')" = '["ro","rw","rw"]' ]
	keys two C-]
	until_shown two "(status 0)"
	berth sessions end "$(berth sessions --json desk | jq -r '.sessions[] | select(.what == "ro").id')"
	until_shown three "was ended by"
	[ "$(state desk)" = running ]
	keys one 'exit 6' Enter
	until_shown one "['desk' has ended with status 6]"
	until_shown one "(status 6)"
	[ "$(state desk)" = stopped ]
	berth destroy desk
}

@test "the terminal is a real one: its size, job control, and what is left behind when it goes" {
	pane one host shell desk -- bash --norc
	until_shown one "Ctrl-] leaves"
	keys one 'stty size; echo "[$?]"' Enter
	until_shown one "24 120"
	keys one 'sleep 1000' Enter
	keys one C-z
	until_shown one "Stopped"
	tmux -L "$PANES" kill-session -t one
	until_true 5 is_alone desk
	[ "$(state desk)" = running ]
	pid=$(pgrep -P "$(holder desk)")
	berth stop desk
	[ ! -e "/proc/$pid" ]
	[ "$(state desk)" = stopped ]
	berth destroy desk
}

@test "three desktops are three displays, of the size that was asked for" {
	berth host vnc desk --count 3 --geometry 800x600 -- xterm
	for i in 1 2 3; do
		[ "$(greeting desk0$i)" = "RFB 003.008 800x600 32 desk0$i" ]
		xclient desk0$i xdpyinfo >"$BATS_TEST_TMPDIR/dpy"
		grep -q 'dimensions: *800x600 ' "$BATS_TEST_TMPDIR/dpy"
		until_true 10 xclient desk0$i sh -c 'xlsclients | grep -q xterm'
	done
	[ "$(display desk01; display desk02; display desk03)" = "$(for i in 1 2 3; do display desk0$i; done | sort -u)" ]
	[ "$(berth vnc --json | jq '[.screens[] | select(.screen | endswith("/vnc.sock"))] | length')" -eq 3 ]
	[ "$(berth sessions --json | jq -c '[.sessions[] | select(.kind == "screen").guest] | sort')" = '["desk01","desk02","desk03"]' ]
	[ "$(berth list -o display,pid,user --json desk01 | jq -r '.guests[0] | map(tostring) | join(" ")')" = "$(display desk01) $(holder desk01) $(id -un)" ]
	# Nobody gets in over a network, or without the key.
	run ! bash -c "ss -ltnpH | grep -i vnc"
	run ! env DISPLAY="$(display desk01)" XAUTHORITY=/dev/null xdpyinfo
	[ "$(stat -c %a "$BERTH_HOME/run/desk01/vnc.sock")" = 600 ]
	[ "$(stat -c %a "$BERTH_HOME/run/desk01/Xauthority")" = 600 ]
	berth stop desk01
	run ! xclient desk01 xdpyinfo
	berth destroy --yes 'desk0[123]'
	[ "$(berth list --json | jq '[.guests[] | select(.driver == "host")] | length')" -eq 0 ]
}

@test "several viewers share a desktop" {
	berth host vnc desk --quiet -- xterm
	exec 8> >(socat -u - UNIX-CONNECT:"$BERTH_HOME/run/desk/vnc.sock")
	[ "$(greeting desk)" = "RFB 003.008 1024x768 32 desk" ]
	[ "$(greeting desk)" = "RFB 003.008 1024x768 32 desk" ]
	exec 8>&-
	berth destroy desk
}

@test "a display that is taken is told, and nothing is left of the attempt" {
	berth host vnc first --quiet -- xterm
	run berth host vnc second --display "$(display first)" -- xterm
	[ "$status" -eq 1 ]
	[[ $output == *"an X server isn't already running"* ]]
	[ "$(state second)" = stopped ] || [ -z "$(state second)" ]
	run ! pgrep -f -- "-desktop second "
	[ "$(greeting first)" = "RFB 003.008 1024x768 32 first" ]
	berth destroy first
	berth destroy second || true
}

@test "a desktop ends with its program, and its program with the desktop" {
	berth host vnc desk --quiet -- sh -c 'read -r _; exit 3'
	berth type desk --enter x
	run berth host wait desk
	[ "$status" -eq 3 ]
	run ! pgrep -f -- "-desktop desk "
	berth up --quiet desk
	pkill -9 -P "$(holder desk)" Xtigervnc
	run berth host wait desk
	# Its terminal was hung up: it may have taken that for the end of what is typed.
	[[ $status == @(129|3) ]]
	[ "$(state desk)" = stopped ]
	berth destroy desk
}

@test "kill -9 of an attendant takes session, X server and program along" {
	berth host vnc desk --quiet -- sh -c 'trap "" HUP TERM; echo ready; while :; do sleep 1; done'
	program=$(pgrep -P "$(holder desk)" -f trap)
	kill -9 "$(holder desk)"
	until_true 5 is_stopped desk
	until_true 5 test ! -e "/proc/$program/exe"
	run ! pgrep -f -- "-desktop desk "
	run berth host wait desk
	[ "$status" -eq 1 ]
	# What it has left on its display keeps nobody from taking that.
	berth up --quiet desk
	[ "$(greeting desk)" = "RFB 003.008 1024x768 32 desk" ]
	until_true 10 is_ready desk
	# It does not listen, so it is ended.
	berth set "$BERTH_HOME/guests/desk/guest.conf" run.stop_delay=1
	run berth stop desk
	[[ $output == *"did not end by itself in time"* ]]
	berth destroy desk
}

@test "berth host is killed at every step, and the next one finishes the work" {
	local k=0 status
	while true; do
		status=0
		BERTH_DIE_AFTER=$k berth host run f -d --quiet -- sleep 1000 || status=$?
		[ $status -eq 137 ] || break
		[[ $(state f) == @(|stopped|running) ]]
		for lock in "$BERTH_HOME"/guests/*.lock; do
			[ ! -e "$lock" ] || flock --nonblock "$lock" true
		done
		# It is there, or can be made.
		berth up --quiet f 2>/dev/null || berth host run f -d --quiet -- sleep 1000
		[ "$(state f)" = running ]
		[ "$(pgrep -c -f -- "--session $BERTH_HOME/run/f ")" -eq 1 ]
		berth destroy --quiet f
		k=$((k + 1))
	done
	[ $status -eq 0 ]
	[ $k -ge 12 ]
	for verb in stop kill destroy; do
		k=0
		while true; do
			berth up --quiet f 2>/dev/null || berth host run f -d --quiet -- sleep 1000
			status=0
			BERTH_DIE_AFTER=$k berth $verb --quiet f || status=$?
			[ $status -eq 137 ] || break
			run berth $verb --quiet f
			[[ $status == @(0|3|4) ]]
			run ! pgrep -f -- "--session $BERTH_HOME/run/f "
			k=$((k + 1))
		done
		[ $status -eq 0 ]
	done
}

@test "root's sessions of others run as these" {
	[ "$(id -u)" -eq 0 ] || skip "only root starts sessions for others"
	cat >"$BERTH_HOME/other.conf" <<-'END'
		[run]
		driver = host
		run_as = daemon
		[driver]
		[[host]]
		session = command
		command = sh, -c, 'id -un; id -gn; echo "$HOME $USER"; pwd; sleep 1000'
	END
	berth up --quiet "$BERTH_HOME/other.conf"
	until_true 5 bash -c "'$BERTH' log other | grep -q /"
	[ "$(berth log other | tr -d '\r' | xargs)" = "daemon daemon /usr/sbin daemon /usr/sbin" ]
	berth set "$BERTH_HOME/other.conf" driver.host.session=shell
	berth del "$BERTH_HOME/other.conf" driver.host.command
	berth destroy other
	run berth up "$BERTH_HOME/other.conf"
	[ "$status" -eq 5 ]
	[[ $output == *"'daemon', whom guests run as, has no login shell"* ]]
}

@test "calls of ctys for shells and desktops become sessions of this host" {
	run berth as ctys -t cli -a create=cmd:uname%-s
	[ "$status" -eq 0 ]
	[ "$output" = "$(printf 'Linux\r')" ]
	run berth as ctys -t cli -a create=cmd:false
	[ "$status" -eq 1 ]
	berth as ctys -t vnc -r 640x480 -a create=bulk:2,l:tst,console:none
	[ "$(greeting tst000)" = "RFB 003.008 640x480 32 tst000" ]
	[ "$(greeting tst001)" = "RFB 003.008 640x480 32 tst001" ]
	[ "$(berth as ctys -t vnc -a list=label,machine | wc -l)" -eq 2 ]
	berth as ctys -t vnc -a cancel=l:tst000,l:tst001
	# Sessions of ctys are gone when they have ended.
	until_true 5 is_gone tst000
	until_true 5 is_gone tst001
}

@test "a script that berth prints makes the same session" {
	berth host run job -d --sh -- sh -c 'sleep 0.2; exit 3' >"$BERTH_HOME/job.sh"
	sh "$BERTH_HOME/job.sh"
	run berth host wait job
	[ "$status" -eq 3 ]
	berth destroy job
}

# An account of a test, with a key to itself over an sshd of the test's own: host "there".
lab_user() {
	local home=$BERTH_HOME/lab port
	LAB=berth-lab-$$
	useradd -m -k /dev/null -d "$home" -s /bin/bash -p '*' "$LAB"
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	mkdir -p "$home/.ssh" /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f "$home/.ssh/id_ed25519"
	ssh-keygen -q -t ed25519 -N '' -f "$BATS_TEST_TMPDIR/host"
	cp "$home/.ssh/id_ed25519.pub" "$home/.ssh/authorized_keys"
	echo "[127.0.0.1]:$port $(cut -d ' ' -f 1,2 "$BATS_TEST_TMPDIR/host.pub")" >"$home/.ssh/known_hosts"
	printf 'Host there\n\tHostName 127.0.0.1\n\tPort %s\n\tUser %s\n' "$port" "$LAB" >"$home/.ssh/config"
	chown -R "$LAB:" "$home"
	chmod 700 "$home" "$home/.ssh"
	printf '%s\n' "ListenAddress 127.0.0.1:$port" "HostKey $BATS_TEST_TMPDIR/host" 'UsePAM no' 'X11Forwarding yes' \
		"PidFile $BATS_TEST_TMPDIR/sshd.pid" >"$BATS_TEST_TMPDIR/sshd_config"
	/usr/sbin/sshd -f "$BATS_TEST_TMPDIR/sshd_config" -E "$BATS_TEST_TMPDIR/sshd.log"
	until_true 10 sh -c "ssh-keyscan -p $port 127.0.0.1 2>/dev/null | grep -q ed25519"
}

lab_gone() {
	kill "$(cat "$BATS_TEST_TMPDIR/sshd.pid")"
	until_true 10 sh -c "pkill -9 -u $LAB; ! pgrep -u $LAB"
	userdel -r "$LAB" 2>/dev/null
}

# far NAME SESSION [COMMAND]: one that runs over there, as who may log in there
far() {
	local name=$1
	printf '[hardware]\nvm_id = %s\n[run]\ndriver = host\nrun_as = %s\n[driver]\n[[host]]\nsession = %s\nremote = there\n' \
		"$name" "$LAB" "$2" >"$BERTH_HOME/$name.conf"
	[ $# -eq 2 ] || echo "command = $3" >>"$BERTH_HOME/$name.conf"
	berth up --quiet "$BERTH_HOME/$name.conf"
}

@test "over ssh: words arrive as they are, a shell is shared, a desktop shows what runs there" {
	[ "$(id -u)" -eq 0 ] || skip "only root can make an account and an sshd for it"
	lab_user
	# shellcheck disable=SC2016
	far words command 'printf, "[%s]", "a  b", "$HOME", "$(id)", "*"'
	berth host wait words
	# shellcheck disable=SC2016
	berth log words | grep -F '[a  b][$HOME][$(id)][*]'
	far shell shell
	pane one console shell
	pane two console shell
	# shellcheck disable=SC2016
	keys one 'echo "via $SSH_CONNECTION" | cut -d " " -f 1,2' Enter
	until_shown two "via 127.0.0.1"
	keys two 'exit 5' Enter
	until_shown one "['shell' has ended with status 5]"
	far screen vnc xterm
	until_true 20 xclient screen sh -c 'xlsclients | grep xterm'
	pgrep -u "$LAB" -f "^sshd: $LAB@pts" >/dev/null
	berth stop screen
}
