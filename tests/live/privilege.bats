#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Who may do what, with real processes and three users: root, a member of the group
# "berth", a stranger. They are known, and root's guests are, in a mount namespace of
# these tests' own: nothing of the host's changes.

load live

MEMBER=64101 STRANGER=64102 RUNNER=64103 GROUP=64110

setup_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	live_setup
	{ cat /etc/passwd; printf 'bmember:x:%d:%d::/:/bin/sh\nbstranger:x:%d:%d::/:/bin/sh\nbrunner:x:%d:%d::/:/bin/sh\n' \
		$MEMBER $MEMBER $STRANGER $STRANGER $RUNNER $RUNNER; } >"$BERTH_HOME/passwd"
	{ grep -vE '^(berth|kvm):' /etc/group; printf 'berth:x:%d:bmember\n' $GROUP; } >"$BERTH_HOME/group"
	grep -v '^berth:' "$BERTH_HOME/passwd" >"$BERTH_HOME/passwd.new"
	mv "$BERTH_HOME/passwd.new" "$BERTH_HOME/passwd"
	install -m 755 "$BERTH" "$BERTH_HOME/berth"
	# shellcheck disable=SC2016  # for the shell inside
	unshare --mount --propagation private sh -c 'cd "$1" && for dir in /var/lib /var/cache /run; do
		mount -t tmpfs -o mode=755 tmpfs $dir || exit 1; done &&
		mount --bind passwd /etc/passwd && mount --bind group /etc/group && : >ready && exec sleep 900' \
		sh "$BERTH_HOME" </dev/null >/dev/null 2>&1 3>&- &
	echo $! >"$BERTH_HOME/space"
	until_true 10 test -e "$BERTH_HOME/ready"
	small_guest idle
	small_guest held
	small_guest disk '[[hdds]]' '[[[hdd0]]]' 'size = 16M'
	by root berth up -q "$BERTH_HOME/disk.conf"
	by root berth build -q "$BERTH_HOME/held.conf"
}

teardown_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	local name
	for name in idle held disk; do
		by root berth kill "$name" 2>/dev/null || true
	done
	kill "$(cat "$BERTH_HOME/space")"
	live_teardown
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "only root has users to try"
}

# by root|member|stranger COMMAND...: in the tests' own space, with nothing of our environment
by() {
	local who=$1 ids
	shift
	case $who in
	root) ids=(--reuid 0 --regid 0 --clear-groups) ;;
	member) ids=(--reuid "$MEMBER" --regid "$MEMBER" --groups "$GROUP") ;;
	stranger) ids=(--reuid "$STRANGER" --regid "$STRANGER" --clear-groups) ;;
	esac
	timeout 60 nsenter --target "$(cat "$BERTH_HOME/space")" --mount setpriv "${ids[@]}" \
		env -i HOME="$BERTH_HOME/$who" PATH="$BERTH_HOME:/usr/local/bin:/usr/bin:/bin" "$@" 3>&-
}

# The process of a guest of root's, as its lock tells.
process() {
	by root sed -n 's/^pid //p' "/run/berth/$1.lock" | head -n 1
}

# field NAME PID: a line of /proc/PID/status
field() {
	sed -n "s/^$1:\s*//p" "/proc/$2/status" | tr '\t' ' '
}

@test "root's guests run as nobody, or as whom the file names" {
	by root berth start "$BERTH_HOME/idle.conf"
	[ "$(field Uid "$(process idle)")" = "65534 65534 65534 65534" ]
	[ "$(field Groups "$(process idle)" | tr -d ' ')" = "" ]
	by root berth kill "$BERTH_HOME/idle.conf"
	berth set "$BERTH_HOME/idle.conf" run.run_as=brunner
	by root berth start "$BERTH_HOME/idle.conf"
	[ "$(field Uid "$(process idle)")" = "$RUNNER $RUNNER $RUNNER $RUNNER" ]
	by root berth kill "$BERTH_HOME/idle.conf"
}

@test "as root only when the file says so, and it is said" {
	berth set "$BERTH_HOME/idle.conf" run.run_as=root
	run -0 by root berth start "$BERTH_HOME/idle.conf"
	[[ $output == *"runs as root, as run.run_as wants it"* ]]
	[ "$(field Uid "$(process idle)")" = "0 0 0 0" ]
	[ "$(field NoNewPrivs "$(process idle)")" = 1 ]
	by root berth kill "$BERTH_HOME/idle.conf"
	berth del "$BERTH_HOME/idle.conf" run.run_as
}

@test "an ordinary user's guests run as that user, and nobody else" {
	install -d -m 700 -o $STRANGER "$BERTH_HOME/stranger"
	install -m 644 "$BERTH_HOME/idle.conf" "$BERTH_HOME/own.conf"
	by stranger berth start "$BERTH_HOME/own.conf"
	pid=$(sed -n 's/^pid //p' "$BERTH_HOME/stranger/.cache/berth/run/idle.lock" | head -n 1)
	[ "$(field Uid "$pid")" = "$STRANGER $STRANGER $STRANGER $STRANGER" ]
	by stranger berth kill "$BERTH_HOME/own.conf"
	berth set "$BERTH_HOME/own.conf" run.run_as=bmember
	run -5 by stranger berth start "$BERTH_HOME/own.conf"
	[[ $output == *"only root can run a guest as 'bmember'"* ]]
}

@test "its process has a filter, no rights to gain, and nothing of berth's open" {
	pid=$(process disk)
	[ "$(field Seccomp "$pid")" = 2 ]
	[ "$(field NoNewPrivs "$pid")" = 1 ]
	[ "$(field CapEff "$pid")" = 0000000000000000 ]
	tr '\0' ' ' <"/proc/$pid/cmdline" | grep -F -- '-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny '
	open=$(by root find "/proc/$pid/fd" -type l -printf '%l\n' | grep ^/ | grep -v '^/dev/' | sort -u)
	[ "$open" = "$(printf '%s\n' /run/berth/disk.lock /run/berth/disk/console.log /run/berth/disk/monitor.log \
		/run/berth/disk/qemu.log /run/berth/disk/state.log /var/lib/berth/guests/disk/hdd0.qcow2 | sort)" ]
}

@test "nobody else reads a disk, a machine file, or what a guest says" {
	by root test -s /var/lib/berth/guests/disk/hdd0.qcow2
	[ "$(by root stat -c '%a %u' /var/lib/berth/guests/disk/hdd0.qcow2)" = "600 65534" ]
	for file in guests/disk/hdd0.qcow2 guests/disk/guest.conf guests/disk/record.json; do
		run ! by stranger head -c 1 /var/lib/berth/$file
		[[ $output == *"Permission denied"* ]]
	done
	for file in guests/disk/hdd0.qcow2 guests/disk/guest.conf; do
		run ! by member head -c 1 /var/lib/berth/$file
	done
	run ! by member ls /run/berth/disk
	run ! by stranger ls /var/lib/berth/guests
	run ! by stranger ls /run/berth
	# The user guests run as writes its disk, and not what berth will believe at the next start.
	by root setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'exec 3<>/var/lib/berth/guests/disk/hdd0.qcow2'
	run ! by root setpriv --reuid 65534 --regid 65534 --clear-groups touch /var/lib/berth/guests/disk/new
}

@test "a copy is as closed as its original" {
	by root berth kill disk
	by root berth clone -q disk twin
	[ "$(by root stat -c '%a %u' /var/lib/berth/guests/twin/hdd0.qcow2)" = "600 65534" ]
	run ! by stranger head -c 1 /var/lib/berth/guests/twin/record.json
	by root berth start twin
	by root berth kill twin
	by root berth destroy twin
	by root berth start disk
}

@test "a directory that keeps the guest's user out is named, with what to type" {
	install -d -m 700 "$BERTH_HOME/shut"
	run -5 by root env BERTH_HOME="$BERTH_HOME/shut/b" berth up "$BERTH_HOME/disk.conf"
	[[ $output == *"'nobody', whom the guest runs as, may not enter '$BERTH_HOME/shut' (chmod o+x $BERTH_HOME/shut"* ]]
	[ ! -e "$BERTH_HOME/shut/b/guests/disk" ]
	chmod o+x "$BERTH_HOME/shut"
	by root env BERTH_HOME="$BERTH_HOME/shut/b" berth up -q "$BERTH_HOME/disk.conf"
	by root env BERTH_HOME="$BERTH_HOME/shut/b" berth kill disk
	# Another user than the one it was built for.
	by root chown bmember "$BERTH_HOME/shut/b/guests/disk/hdd0.qcow2"
	run -5 by root env BERTH_HOME="$BERTH_HOME/shut/b" berth start disk
	[[ $output == *"may not read '$BERTH_HOME/shut/b/guests/disk/hdd0.qcow2' (chown nobody "* ]]
}

# seen WHO: the guests and their states, as berth list --system tells that user
seen() {
	by "$1" berth list --system --json | jq -r '.guests[] | select(.note != "alien") | "\(.name) \(.state)"' | tr '\n' ' '
}

@test "the status is for root and members" {
	[ "$(seen root)" = "disk running held stopped " ]
	[ "$(seen member)" = "disk running held stopped " ]
	[ "$(by member env BERTH_SYSTEM=1 berth list --json | jq -r '.guests[] | select(.name == "disk").driver')" = qemu ]
	# Without the option it is one's own guests that are listed.
	[ "$(by member berth list --json | jq '[.guests[] | select(.note != "alien")] | length')" = 0 ]
	run -5 by stranger berth list --system
	[[ $output == *"only members of the group 'berth' may see them (sudo usermod -aG berth "* ]]
}

@test "starting and stopping is root's" {
	for who in member stranger; do
		for verb in start stop kill destroy; do
			run -5 by $who berth $verb --system held
			[[ $output == *"'held' is a guest of root's"*sudo* ]]
		done
		small_guest new
		run -5 by $who berth up --system "$BERTH_HOME/new.conf"
		[[ $output == *"/var/lib/berth: permission denied: only its owner makes and runs guests there"*sudo* ]]
	done
	by root berth start held
	[ "$(seen member)" = "disk running held running " ]
	by root berth kill held
	[ "$(seen member)" = "disk running held stopped " ]
}

@test "autostart is switched on by root, off by members, and neither by strangers" {
	on=/var/lib/berth/autostart off=/var/lib/berth/autostart.off
	by root touch $on/held
	for who in member stranger; do
		run ! by $who touch $on/disk
		run ! by $who rm -f $on/held
	done
	by member ls $on | grep -x held
	run ! by stranger ls $on
	run ! by stranger touch $off/held
	by member touch $off/held
	by root touch $off/disk
	run ! by member rm -f $off/disk
	by root rm $off/disk $off/held $on/held
	# The same with the command.
	by root berth autostart on held
	[ "$(by member berth autostart list --system)" = held ]
	run -5 by stranger berth autostart off --system held
	[[ $output == *"only members of the group 'berth' may see them"* ]]
	by member berth autostart off --system held
	[ -z "$(by root berth autostart list)" ]
	[ "$(by root stat -c %U $off/held)" = bmember ]
	run -5 by member berth autostart on --system held
	[[ $output == *"permission denied"*sudo* ]]
	[ -z "$(by root berth autostart list)" ]
	by root berth autostart toggle held
	[ "$(by member berth autostart list --system)" = held ]
	by root rm $on/held
}

@test "the same by the names of qemu-init, with its statuses" {
	for name in qemud qemud-ast qemud-vnc qemud-reg; do
		ln -sf berth "$BERTH_HOME/$name"
	done
	printf 'NAME=old\nTGTARCH=kvm\nNIC1=0\n' >"$BERTH_HOME/old-qemud.rc"
	for who in root member; do
		run -0 by $who qemud status
		[[ $output == *"held  stopped"* ]]
	done
	run -4 by stranger qemud status
	[[ $output == *"only members of the group 'berth'"* ]]
	for who in member stranger; do
		for call in start stop "start held" "stop held"; do
			# shellcheck disable=SC2086  # one word or two
			run -4 by $who qemud $call
		done
		run -4 by $who qemud-reg register old "$BERTH_HOME"
		run -4 by $who qemud-ast held
		[ "$(by root berth autostart list)" = "" ]
	done
	by root qemud-reg register old "$BERTH_HOME"
	for who in member stranger; do
		run -4 by $who qemud-reg unregister old
	done
	by root qemud-reg unregister old
	by root qemud-ast held
	run -4 by stranger qemud-ast held
	by root test -e /var/lib/berth/autostart/held
	by member qemud-ast held
	[ "$(by root berth autostart list)" = "" ]
	run -4 by member qemud-ast held
	[ "$(by root berth autostart list)" = "" ]
	by root qemud-ast held
	by member berth autostart off --system held
	[ "$(by root berth autostart list)" = "" ]
	by root rm /var/lib/berth/autostart/held /var/lib/berth/autostart.off/held
}

@test "a screen on a port of the loopback, the next one for the next guest" {
	small_guest tv1
	small_guest tv2
	# Whoever has a port already keeps it: the first guest is given the one behind.
	python3 - "$BERTH_HOME/taken" <<-'END' 3>&- &
		import socket, sys, time
		s = socket.socket()
		s.bind(("127.0.0.1", 31100))
		s.listen()
		open(sys.argv[1], "w")
		time.sleep(60)
	END
	holder=$!
	until_true 10 test -e "$BERTH_HOME/taken"
	for name in tv1 tv2; do
		berth set "$BERTH_HOME/$name.conf" console.vnc=tcp console.vnc_base=31100
		by root berth up -q "$BERTH_HOME/$name.conf"
	done
	kill $holder
	[ "$(by root berth vnc tv1)" = 127.0.0.1:31101 ]
	[ "$(by root berth vnc tv2)" = 127.0.0.1:31102 ]
	[ "$(by root berth show tv1 --json | jq -r .vnc)" = 127.0.0.1:31101 ]
	exec 7<>/dev/tcp/127.0.0.1/31101
	read -r -t 10 -u 7 hello
	exec 7>&-
	[[ $hello == "RFB 003."* ]]
	[ "$(ss -Htln 'sport = :31101' | awk '{ print $4 }')" = 127.0.0.1:31101 ]
	# It is the guest's own at the next start, though the first one is free now.
	by root berth kill tv1
	by root berth start tv1
	[ "$(by root berth vnc tv1)" = 127.0.0.1:31101 ]
	by root berth kill tv1
	by root berth set -q /var/lib/berth/guests/tv1/guest.conf console.vnc_port=31102
	run -6 by root berth start tv1
	[[ $output == *"port 31102, for the screen of 'tv1', is taken"* ]]
	by root berth kill tv2
	by root berth destroy tv1
	by root berth destroy tv2
}

@test "a viewer is started where there is a desktop" {
	# shellcheck disable=SC2016  # for the viewer
	printf '#!/bin/sh\nprintf "%%s\\n" "$#" "$1"\n' >"$BERTH_HOME/vncviewer"
	chmod 755 "$BERTH_HOME/vncviewer"
	[ "$(by root env DISPLAY=:0 berth vnc disk)" = $'1\n/run/berth/disk/vnc.sock' ]
	[ "$(by root env DISPLAY=:0 berth vnc disk --print)" = /run/berth/disk/vnc.sock ]
	rm "$BERTH_HOME/vncviewer"
	run -3 by root env DISPLAY=:0 PATH="$BERTH_HOME:/bin/nowhere" "$BERTH_HOME/berth" vnc disk
	[[ $output == *"vncviewer is missing: apt-get install tigervnc-viewer"* ]]
}
