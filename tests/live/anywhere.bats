#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# One machine file under QEMU and in a container: who logs in finds the same machine.
# shellcheck disable=SC2016  # what stands in single quotes is a pattern, or for a shell inside

load live

setup_file() {
	live_setup
	conf machine anywhere "${COMMON[@]}" hardware.boot=disk
	conf box anywhere "${COMMON[@]}" run.driver=lxc
	build_shared "$BERTH_HOME/machine.conf"
	build_shared "$BERTH_HOME/box.conf"
	berth start --quiet box machine
	berth wait --quiet box --stage ssh
	berth wait --quiet machine --stage ssh
}

teardown_file() {
	live_teardown
}

# same COMMAND...: both guests say the same, and they say something
same() {
	local machine box
	machine=$(berth ssh machine -- "$@" </dev/null)
	box=$(berth ssh box -- "$@" </dev/null)
	[ -n "$box" ]
	diff <(echo "$machine") <(echo "$box")
}

@test "names" {
	same hostname -f
	same cat /etc/hostname
	[ "$(berth ssh box -- hostname -f </dev/null)" = anywhere.example.org ]
}

@test "users and groups" {
	same 'getent passwd ada grace root; id ada; id grace; stat -c "%A %U:%G %n" /home/ada /srv/grace'
	same "sort /etc/group | grep -E '^(crew|sudo|ada|grace):'"
	# The hashes differ by their salt: what they are of does not.
	for guest in machine box; do
		berth exec -n $guest sh -c 'getent shadow ada | cut -d: -f2' | grep -q '^\$y\$'
	done
}

@test "addresses and routes" {
	same "ip -4 -o addr show scope global | awk '{ print \$4 }' | sort"
	same "ip -4 route show default | sed 's/ dev .*//'"
	[ "$(berth ssh box -- ip -4 -o addr show scope global </dev/null | awk '{ print $4 }' | sort | xargs)" = \
		"10.0.2.80/24 192.168.77.10/24" ]
}

@test "open ports" {
	diff <(berth exec -n machine nft list ruleset) <(berth exec -n box nft list ruleset)
	berth exec -n box nft list ruleset | grep -q 'udp dport 53 accept'
	same "ss -Hltun | awk '{ print \$1, \$5 }' | sort"
}

@test "resolver" {
	same cat /etc/resolv.conf
	same 'getent hosts anywhere.example.org'
}

@test "the machine booted from its own disk, which is a layer, as itself" {
	berth exec -n machine grep BOOT_IMAGE /proc/cmdline
	qemu-img info -U --output=json "$BERTH_HOME"/guests/machine/hdd0.qcow2 | jq -e '."backing-filename" | startswith($ENV.BERTH_HOME)'
}

@test "programs, but for those that a kernel of one's own needs" {
	for guest in machine box; do
		berth ssh $guest -- "dpkg-query -W -f '\${Package} \${Version}\\n'" </dev/null | sort >"$BATS_TEST_TMPDIR/$guest"
	done
	grep -q '^vim ' "$BATS_TEST_TMPDIR/box"
	grep -q '^netcat-openbsd ' "$BATS_TEST_TMPDIR/box"
	grep -q '^openssh-server ' "$BATS_TEST_TMPDIR/box"
	# Nothing is in the container that is not in the machine ...
	[ -z "$(comm -13 "$BATS_TEST_TMPDIR/machine" "$BATS_TEST_TMPDIR/box")" ]
	# ... and the machine has more only by what its kernel, its disk and its agent want.
	more=$(comm -23 "$BATS_TEST_TMPDIR/machine" "$BATS_TEST_TMPDIR/box" | cut -d ' ' -f 1)
	wanted=$(apt-get -s -o Dir::State::status=/dev/null -o APT::Get::Show-Versions=false --no-install-recommends install \
		e2fsprogs initramfs-tools kmod lz4 qemu-guest-agent udev linux-image-cloud-amd64 | awk '/^Inst/ { print $2 }')
	for package in $more; do
		grep -qx "$package" <<<"$wanted" || [[ $package == linux-image-* ]]
	done
}
