#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Containers of an ordinary user: an account of these tests' own, with nothing of root's
# but what a host gives its users: subordinate ids, /dev/net/tun, a control group.

load live

ACCOUNT=berth-live
COMMENT='live tests of berth'
HOME_DIR=/home/$ACCOUNT

# For who is not root setup says it, test by test.
setup_file() {
	if [ "$(id -u)" -eq 0 ]; then
		command -v newuidmap >/dev/null || { echo "newuidmap is missing: apt-get install uidmap"; return 1; }
		# One that an interrupted run left is ours to remove; any other is not.
		! is_ours || remove_account
		useradd -m -c "$COMMENT" -d $HOME_DIR -s /bin/sh $ACCOUNT
		install -m 755 "$BERTH" $HOME_DIR/berth
		open_tun
		give_groups
		box box
		as berth up --quiet box.conf
		as berth wait box --stage ssh --timeout 40
	fi
}

teardown_file() {
	if is_ours; then
		remove_account
	fi
	if [ -e "$BATS_FILE_TMPDIR/holder" ]; then
		kill "$(cat "$BATS_FILE_TMPDIR/holder")"
	fi
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "only root can make an account"
}

is_ours() {
	grep -q "^$ACCOUNT:[^:]*:[^:]*:[^:]*:$COMMENT:" /etc/passwd
}

# The group in every tree of control groups that a container's system or pause needs.
own_groups() {
	local tree
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		echo /sys/fs/cgroup/$ACCOUNT
		return
	fi
	for tree in systemd unified freezer; do
		[ ! -d /sys/fs/cgroup/$tree ] || echo /sys/fs/cgroup/$tree/$ACCOUNT
	done
}

give_groups() {
	local group
	for group in $(own_groups); do
		mkdir -p "$group"
		chown $ACCOUNT: "$group" "$group/cgroup.procs"
		[ ! -e "$group/cgroup.subtree_control" ] || chown $ACCOUNT: "$group/cgroup.subtree_control"
	done
}

# Every udev opens it to all. On a host without one, only the account gets to see one that is open.
open_tun() {
	echo $$ >"$BATS_FILE_TMPDIR/space"
	[ "$(stat -c %a /dev/net/tun)" != 666 ] || return 0
	mkdir "$BATS_FILE_TMPDIR/dev"
	# shellcheck disable=SC2016  # for the shell inside
	unshare --mount --propagation private sh -c 'mount -t tmpfs none "$1" && mknod -m 666 "$1/tun" c 10 200 &&
		mount --bind "$1/tun" /dev/net/tun && touch "$2" && exec sleep 600' \
		sh "$BATS_FILE_TMPDIR/dev" "$BATS_FILE_TMPDIR/ready" </dev/null >/dev/null 2>&1 3>&- &
	echo $! | tee "$BATS_FILE_TMPDIR/holder" >"$BATS_FILE_TMPDIR/space"
	until [ -e "$BATS_FILE_TMPDIR/ready" ]; do
		kill -0 $!
		sleep 0.05
	done
}

remove_account() {
	local name group
	for name in $(as berth list --json | jq -r '.guests[] | select(.note != "alien").name'); do
		as berth kill "$name" 2>/dev/null || true
	done
	userdel -r $ACCOUNT 2>/dev/null
	for group in $(own_groups); do
		[ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} +
	done
}

# as COMMAND...: as the account, in its home and its groups, with nothing of our environment
as() {
	(
		for group in $(own_groups); do
			[ ! -d "$group" ] || echo "$BASHPID" >"$group/cgroup.procs"
		done
		exec nsenter --target "$(cat "$BATS_FILE_TMPDIR/space" 2>/dev/null || echo $$)" --mount --wd=$HOME_DIR \
			timeout 300 setpriv --reuid $ACCOUNT --regid $ACCOUNT --init-groups \
			env -i HOME=$HOME_DIR USER=$ACCOUNT PATH=$HOME_DIR:/usr/local/bin:/usr/bin:/bin "$@" 3>&-
	)
}

# box NAME [PATH=VALUE]...: a small container, all of one template
box() {
	local name=$1
	shift
	container "$name" >"$HOME_DIR/$name.conf"
	chown $ACCOUNT: "$HOME_DIR/$name.conf"
	[ $# -eq 0 ] || as berth set "$name.conf" "$@"
}

state() {
	as berth list --json | jq -r --arg n "$1" '.guests[] | select(.name == $n and .note != "alien").state'
}

console_says() {
	[[ $(as berth log box) == *"$1"* ]]
}

nothing_runs() {
	! pgrep -u $ACCOUNT
}

@test "the user is root inside, the others are the user's own ids" {
	[ "$(as berth exec -n box id -u)" = 0 ]
	[ "$(as berth exec -n box hostname)" = box ]
	# shellcheck disable=SC2016  # awk's own
	[ "$(as berth exec -n box awk 'NR == 1 { print $2 }' /proc/self/uid_map)" = "$(id -u $ACCOUNT)" ]
	[ "$(as berth exec -n box systemctl is-system-running)" = running ]
	[ "$(as berth ssh box -- hostname </dev/null)" = box ]
	[ "$(pgrep -c -u root -f "[l]xc-start -P $HOME_DIR" || true)" = 0 ]
	until_true 20 console_says login:
}

@test "top counts what a container of the user's takes" {
	local top
	top=$(as berth top --json -d 0.2)
	jq -e '.guests[] | select(.name == "box" and (.alien | not)) |
		.state == "running" and .ram == 134217728 and .net_received != null' <<<"$top"
}

@test "files go in and out" {
	head -c 3000000 /dev/urandom >"$HOME_DIR/big"
	chown $ACCOUNT: "$HOME_DIR/big"
	as berth copy big box:/root/
	as berth copy box:/root/big back
	cmp "$HOME_DIR/big" "$HOME_DIR/back"
	[ "$(stat -c %U "$HOME_DIR/back")" = $ACCOUNT ]
}

@test "paused is frozen in the user's own group, and a stop is heard all the same" {
	as berth pause box
	[ "$(state box)" = paused ]
	as berth resume box
	[ "$(as berth exec -n box echo alive)" = alive ]
	as berth reboot box
	as berth wait box --stage ssh --timeout 40
	as berth pause box
	run -0 as berth stop box
	[[ $output != *"did not end by itself"* ]]
	[ "$(state box)" = stopped ]
}

@test "what it has written is kept, put back, cloned and packed" {
	as berth snapshot box one
	run -0 as berth start box
	[[ $output == *"are no limits here"* ]]
	as berth exec -n box touch /home/ada/later
	as berth kill box
	as berth clone --quiet box twin
	as berth restore box one
	as berth start --quiet box
	run as berth exec -n box test -e /home/ada/later
	[ "$status" -eq 1 ]
	as berth start --quiet twin
	as berth wait twin
	as berth exec -n twin test -e /home/ada/later
	[ "$(as berth exec -n twin stat -c %U /home/ada)" = ada ]
	as berth kill twin
	as berth kill box
	as berth export box box.tar
	tar -tf "$HOME_DIR/box.tar" upper/etc/hostname base/bin >/dev/null
	as berth snapshot --delete one box
}

deleted() {
	[ -z "$(find $HOME_DIR/.local/share/berth/guests -maxdepth 1 -name "$1*" ! -name '*.lock')" ]
}

# Its tree has the ids of the container's users, and only newuidmap gives the right to delete that.
@test "a throwaway is deleted when it ends" {
	box once
	as berth up --rm --quiet once.conf
	as berth kill once
	until_true 20 deleted once
}

@test "a bridge is root's to give" {
	box bridged hardware.eths.eth0.type=bridge network.eths.eth0.address=10.0.0.2 network.gateway=10.0.0.1
	run as berth up --quiet bridged.conf
	[ "$status" -eq 5 ]
	[[ $output == *"only root can give"* ]]
}

@test "destroyed is gone, whoever the files belonged to" {
	as berth destroy twin
	as berth destroy box
	[ -z "$(find $HOME_DIR/.local/share/berth/guests -mindepth 1 ! -name '*.lock')" ]
	until_true 5 nothing_runs
}
