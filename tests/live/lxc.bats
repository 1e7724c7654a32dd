#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Containers under real LXC, from one template: life cycle, ways in, limits, networks,
# and every way it goes wrong.
# shellcheck disable=SC2016  # what stands in single quotes is for a shell or a program inside

load live

setup_file() {
	live_setup
	ip link add berth-br type bridge
	ip addr add 10.83.7.1/24 dev berth-br
	ip link set berth-br up
	box box
	build_shared "$BERTH_HOME/box.conf"
	berth up --quiet "$BERTH_HOME/box.conf"
	berth wait box
}

teardown_file() {
	live_teardown
	rm -rf /var/lib/lxc/berth-alien
	ip link del berth-br
}

# box NAME [PATH=VALUE]...: a small container, all of one template
box() {
	local name=$1
	shift
	container "$name" >"$BERTH_HOME/$name.conf"
	[ $# -eq 0 ] || berth set "$BERTH_HOME/$name.conf" "$@"
}

# A box on the bridge: bridged NAME ADDRESS [PATH=VALUE]...
bridged() {
	local name=$1 address=$2
	shift 2
	box "$name" hardware.eths.eth0.type=bridge hardware.eths.eth0.bridge=berth-br \
		network.eths.eth0.address="$address" network.gateway=10.83.7.1 "$@"
}

# Programs that were started for a guest: the brackets keep pgrep from finding itself.
nothing_runs() {
	! pgrep -f "[b]erth-live${BERTH_HOME#*berth-live}.*$1"
}

# What a guest left on the host besides what is told: leftovers NAME
leftovers() {
	find "$BERTH_HOME/guests" "$BERTH_HOME/run" "$BERTH_HOME/cache/stage" -maxdepth 1 -name "$1*" \
		! -name '*.lock' 2>/dev/null
	pgrep -af "[b]erth-live${BERTH_HOME#*berth-live}.*$1" || true
}

@test "a container is up in its own settings, as root of nothing on the host" {
	[ "$(state box)" = running ]
	[ "$(berth exec box hostname)" = box ]
	[ "$(berth exec box id -un 1000)" = ada ]
	[ "$(berth exec box systemctl is-system-running)" = running ]
	run -0 berth exec box cat /proc/self/uid_map
	[ "$(echo "$output" | awk '{ print $1, $3 }')" = "0 65536" ]
	[ "$(echo "$output" | awk '{ print $2 }')" -ge 1000000 ]
}

@test "what is setuid in a container is out of reach for everybody else" {
	local dir
	[ -u "$BERTH_HOME/guests/box/base/usr/bin/passwd" ]
	for dir in "$BERTH_HOME/guests/box/" "$(readlink "$BERTH_HOME/guests/box/base")/"; do
		run setpriv --reuid=65534 --regid=65534 --clear-groups ls "$dir"
		[ "$status" -ne 0 ]
	done
}

@test "exec passes words, streams and status" {
	run berth exec box sh -c 'exit 7'
	[ "$status" -eq 7 ]
	run -127 berth exec box no-such-program
	run berth exec box sh -c 'kill -9 $$'
	[ "$status" -eq 137 ]
	[ "$(printf 'a  b\n*' | berth exec box cat)" = "$(printf 'a  b\n*')" ]
	[ "$(berth exec -n box printf '%s|' 'two words' '$HOME' "'")" = "two words|\$HOME|'|" ]
	[ "$(berth exec --env COLOUR='dark blue' -n box sh -c 'echo "$COLOUR"')" = 'dark blue' ]
	[ "$(berth exec --json -n box sh -c 'echo out; echo err >&2; exit 3' | jq -c '[.status, .stdout, .stderr]')" = \
		'[3,"out\n","err\n"]' ]
}

@test "files and directories go in and out" {
	head -c 3000000 /dev/urandom >"$BATS_TEST_TMPDIR/big"
	chmod 640 "$BATS_TEST_TMPDIR/big"
	berth copy "$BATS_TEST_TMPDIR/big" box:/root/
	[ "$(berth exec -n box stat -c %a:%U /root/big)" = 640:root ]
	berth copy box:/root/big "$BATS_TEST_TMPDIR/back"
	cmp "$BATS_TEST_TMPDIR/big" "$BATS_TEST_TMPDIR/back"
	berth copy box:/etc/ssh "$BATS_TEST_TMPDIR/ssh"
	[ -f "$BATS_TEST_TMPDIR/ssh/sshd_config" ]
	run berth copy box:/no/such "$BATS_TEST_TMPDIR/"
	[ "$status" -ne 0 ]
}

@test "ssh gets in through the forwarded port, and the console's history is kept" {
	berth wait box --stage ssh --timeout 30
	[ "$(berth ssh box -- hostname </dev/null)" = box ]
	until_true 30 sh -c "'$BERTH' log box | grep -q login:"
	run berth screenshot box
	[ "$status" -eq 12 ]
}

@test "processors and memory are what the file says, seen from inside" {
	[ "$(berth exec -n box nproc)" -eq 1 ]
	run berth exec -n box sh -c 'head -c 400M /dev/zero | tail -c 300M | wc -c'
	[ "$output" != 314572800 ]
	[ "$(berth exec -n box echo alive)" = alive ]
}

@test "top counts what a container takes, and what goes through its own network" {
	local pid
	berth top --json -d 1 >"$BERTH_HOME/top.json" 3>&- &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		berth exec box true
	done
	wait $pid
	jq -e '.guests[] | select(.name == "box" and (.alien | not)) |
		.cpu > 0 and .memory > 1000000 and .ram == 134217728 and .net_received != null' "$BERTH_HOME/top.json"
}

@test "paused is frozen, says so, and goes on" {
	berth pause box
	[ "$(state box)" = paused ]
	run timeout 20 "$BERTH" exec box true
	[ "$status" -eq 1 ]
	[[ $output == *"'box' is paused (berth resume box)"* ]]
	run berth pause box
	[ "$status" -eq 4 ]
	berth resume box
	[ "$(state box)" = running ]
	[ "$(berth exec -n box echo alive)" = alive ]
}

@test "stop, start, reboot and kill end where they should" {
	box cycle
	berth up --quiet "$BERTH_HOME/cycle.conf"
	berth wait cycle
	init=$(berth exec -n cycle cat /proc/sys/kernel/random/boot_id /proc/1/stat | md5sum)
	berth reboot cycle
	until_true 20 sh -c "'$BERTH' exec -n cycle cat /proc/sys/kernel/random/boot_id /proc/1/stat | md5sum | grep -qv '$init'"
	berth wait cycle --stage ssh --timeout 30
	berth stop cycle
	[ "$(state cycle)" = stopped ]
	run berth stop cycle
	[ "$status" -eq 4 ]
	berth start cycle
	run berth start cycle
	[ "$status" -eq 4 ]
	berth kill cycle
	[ "$(state cycle)" = stopped ]
	berth destroy cycle
	[ -z "$(leftovers cycle)" ]
}

@test "a container that powers itself off leaves nothing running" {
	box off
	berth up --quiet "$BERTH_HOME/off.conf"
	berth wait off
	berth exec -n off systemctl poweroff
	until_true 20 sh -c "[ \"\$('$BERTH' list --json | jq -r '.guests[] | select(.name == \"off\").state')\" = stopped ]"
	until_true 5 nothing_runs off
	berth destroy off
}

@test "a container that ignores being asked is ended in its time" {
	box deaf run.stop_delay=1 driver.lxc.config='lxc.init.cmd = /bin/sleep 1000'
	berth up --quiet "$BERTH_HOME/deaf.conf"
	run -0 berth stop deaf
	[[ $output == *"'deaf' did not end by itself in time, and was ended"* ]]
	[ "$(state deaf)" = stopped ]
	berth destroy deaf
}

# monitor COMMAND: pgrep or pkill on the lxc-start of the guest "quick", which becomes the container's monitor
# and calls itself so.
monitor() {
	"$@" -f "^([^ ]*lxc-start -P|.lxc monitor.) $BERTH_HOME/guests (-n )?quick"
}

# be HOW: the guest "quick" is stopped, running or paused; it has no system in it, and halts at once.
be() {
	if [ ! -e "$BERTH_HOME/quick.conf" ]; then
		box quick
		printf '[driver]\n[[lxc]]\nconfig = "lxc.init.cmd = /bin/sleep 1000", "lxc.signal.halt = SIGKILL"\n' >>"$BERTH_HOME/quick.conf"
	fi
	[ -e "$BERTH_HOME/guests/quick" ] || berth build --quiet "$BERTH_HOME/quick.conf"
	case $1 in
	stopped) berth kill --quiet quick ;;
	*)       berth start --quiet quick ;;
	esac || [ $? -eq 4 ]
	case $1 in
	running) berth resume quick ;;
	paused)  berth pause quick ;;
	esac || [ $? -eq 4 ]
}

# every_step BEFORE AFTER STATUS WORD: berth WORD quick, killed after no step, one, two and so on
every_step() {
	local k=0 killed=137 again
	while [ $killed -eq 137 ]; do
		be "$1"
		killed=0
		BERTH_DIE_AFTER=$k timeout -s KILL 60 "$BERTH" "$4" quick --quiet || killed=$?
		[[ $killed == @(0|137) ]]
		echo "$4: killed after $k steps, then: $(state quick)"
		again=0
		[ $killed -eq 0 ] || timeout -s KILL 60 "$BERTH" "$4" quick --quiet || again=$?
		[[ $again == @(0|$3) ]]
		[ "$(state quick)" = "$2" ]
		[ "$2" = running ] || [ "$2" = paused ] || until_true 5 nothing_runs quick
		k=$((k + 1))
	done
	[ $k -gt 1 ]
}

# What a container whose monitor was killed outright leaves: its network, which holds no lock and no port of anybody else's.
@test "kill -9 of the monitor: it is stopped, starts again where it was, and can be destroyed" {
	be running
	local port
	port=$(jq .ssh_port "$BERTH_HOME/guests/quick/record.json")
	monitor pkill -KILL
	until_true 5 eval '[ "$(state quick)" = stopped ]'
	run -4 berth stop quick
	berth start --quiet quick
	[ "$(state quick)" = running ]
	[ "$(berth exec -n quick echo alive)" = alive ]
	[ "$(berth list --json | jq -r '.guests[] | select(.name == "quick").ssh')" = "127.0.0.1:$port" ]
	berth pause quick
	[ "$(state quick)" = paused ]
	berth resume quick
	monitor pkill -KILL
	until_true 5 eval '[ "$(state quick)" = stopped ]'
	berth destroy quick
	until_true 5 nothing_runs quick
	[ -z "$(leftovers quick)" ]
}

@test "kill -9 of the monitor of a paused container: what is frozen and killed ends with the next start, stop or destroy" {
	local verb after
	for verb in start stop kill destroy; do
		be paused
		monitor pkill -KILL
		until_true 5 eval '! monitor pgrep'
		berth $verb --quiet quick
		case $verb in
		start)   after=running ;;
		destroy) after= ;;
		*)       after=stopped ;;
		esac
		[ "$(state quick)" = "$after" ]
	done
	until_true 5 nothing_runs quick
	[ -z "$(leftovers quick)" ]
}

@test "berth killed at every step: the same again ends as if nothing had been" {
	every_step stopped running 4 start
	[ "$(monitor pgrep -c)" -eq 1 ]
	every_step running paused  4 pause
	every_step paused  running 4 resume
	every_step running stopped 4 stop
	every_step running stopped 4 kill
	every_step running ''      3 destroy
	[ -z "$(leftovers quick)" ]
}

@test "guests on one bridge reach each other by their addresses" {
	bridged one 10.83.7.11
	bridged two 10.83.7.12 hardware.eths.eth0.hw_addr=52:54:00:77:00:02
	berth up --quiet "$BERTH_HOME/one.conf"
	berth up --quiet "$BERTH_HOME/two.conf"
	berth wait one
	berth wait two --stage ssh
	berth exec -n one bash -c 'exec 3<>/dev/tcp/10.83.7.12/22'
	[ "$(berth exec -n two cat /sys/class/net/eth0/address)" = 52:54:00:77:00:02 ]
	[ "$(berth ssh two -- hostname </dev/null)" = two ]
}

@test "an address that a running guest has is refused, with its name" {
	bridged three 10.83.7.11
	run berth up --quiet "$BERTH_HOME/three.conf"
	[ "$status" -eq 6 ]
	[[ $output == *"10.83.7.11"*"'one'"* ]]
	berth destroy three 2>/dev/null || true
	[ -z "$(leftovers three)" ]
}

@test "a bridge that is not there is an error that says what to type" {
	bridged lost 10.83.7.15 hardware.eths.eth0.bridge=nobridge
	run berth up --quiet "$BERTH_HOME/lost.conf"
	[ "$status" -eq 3 ]
	[[ $output == *"no bridge 'nobridge' (ip link add nobridge type bridge; ip link set nobridge up)"* ]]
}

@test "an unknown system is an error before anything is made" {
	box odd hardware.os=debian-99
	run berth up --quiet "$BERTH_HOME/odd.conf"
	[ "$status" -eq 10 ]
	[[ $output == *"'debian-99'"* ]]
	[ -z "$(leftovers odd)" ]
}

@test "when lxc-start gives up, its reason is ours, and nothing is left" {
	box broken driver.lxc.config='lxc.rootfs.path = dir:/no/such/tree'
	run berth up --quiet "$BERTH_HOME/broken.conf"
	[ "$status" -eq 1 ]
	[[ $output == *"/no/such/tree"* ]]
	[ "$(state broken)" = stopped ]
	nothing_runs broken
	berth destroy broken
	[ -z "$(leftovers broken)" ]
}

@test "a full disk is said, and leaves nothing behind" {
	box full
	mkdir -p "$BERTH_HOME/guests"
	home=$BERTH_HOME
	mkdir "$home/small" && chmod 755 "$home/small"
	mount -t tmpfs -o size=48k,mode=755 none "$home/small"
	mkdir "$home/small/cache"
	mount --bind "$home/cache" "$home/small/cache"
	BERTH_HOME=$home/small run berth up --quiet "$home/full.conf"
	left=$(find "$home/small/guests" -mindepth 1 ! -name '*.lock')
	umount "$home/small/cache" "$home/small"
	[ "$status" -eq 1 ]
	[[ $output == *"No space left on device"* || $output == *"upper.tar: Wrote only "* ]]
	[ -z "$left" ]
}

@test "a container of somebody else is listed as alien, and its name is taken" {
	alien=/var/lib/lxc/berth-alien
	mkdir -p "$alien/rootfs"
	printf 'lxc.uts.name = berth-alien\nlxc.rootfs.path = dir:%s/rootfs\nlxc.net.0.type = empty\n' "$alien" >"$alien/config"
	run -0 berth list
	[[ $output == *berth-alien*stopped*lxc*alien* ]]
	[ "$(berth list --json | jq -r '.guests[] | select(.name == "berth-alien").note')" = alien ]
	box berth-alien
	run berth build --quiet "$BERTH_HOME/berth-alien.conf"
	[ "$status" -eq 4 ]
	[[ $output == *"'berth-alien'"* ]]
	[ -z "$(leftovers berth-alien)" ]
}

@test "a tree of its own and root of the host, when the file says so" {
	bridged heavy 10.83.7.20 driver.lxc.rootfs=copy driver.lxc.privileged=yes
	berth up --quiet "$BERTH_HOME/heavy.conf"
	berth wait heavy
	[ "$(berth exec -n heavy awk '{ print $2 }' /proc/self/uid_map)" = 0 ]
	[ "$(stat -c %u "$BERTH_HOME/guests/heavy/rootfs/etc/hostname")" = 0 ]
	[ "$(berth exec -n heavy hostname)" = heavy ]
	berth kill heavy
	berth destroy heavy
	box greedy driver.lxc.privileged=yes
	run berth up --quiet "$BERTH_HOME/greedy.conf"
	[ "$status" -eq 12 ]
	[ -z "$(leftovers greedy)" ]
}
