#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Guests whose machine file and disks stay where their owner has them.
load cli.bash

# Two guests in one folder, a disk each.
machines() {
	mkdir machines
	local name
	for name in one two; do
		printf '[hardware]\n[[hdds]]\n[[[hdd0]]]\nsize = 1MB\nname = %s.qcow2\n[run]\naccel = tcg\n' $name \
			>machines/$name.conf
		qemu-img create -q -f qcow2 machines/$name.qcow2 1M
		chmod 666 machines/$name.qcow2
	done
}

@test "two guests of one folder are registered, run and are forgotten; nothing of theirs is touched" {
	machines
	local before
	before=$(sha256sum machines/*)
	run_berth 0 register machines/one.conf machines/two.conf
	[ "$(readlink guests/one/guest.conf)" = "$BERTH_HOME/machines/one.conf" ]
	[ "$(readlink guests/two/two.qcow2)" = "$BERTH_HOME/machines/two.qcow2" ]
	[ "$(jq -r .registered guests/one/record.json)" = "$BERTH_HOME/machines/one.conf" ]
	run_berth 0 start one
	run_berth 1 unregister one
	says "'one' is running (berth stop one)"
	run_berth 0 kill one
	run_berth 0 unregister one
	run_berth 0 unregister two
	[ ! -e guests/one ] && [ ! -e guests/two ]
	[ "$(sha256sum machines/*)" = "$before" ]
}

@test "who else may change what runs is told, with what to type" {
	machines
	local home
	home=$(realpath "$BERTH_HOME")
	run_berth 0 register machines/one.conf
	[ -z "$stderr" ]
	chmod 666 machines/two.conf
	run_berth 0 register machines/two.conf
	says "'two': everybody may write to $home/machines/two.conf, and so decide what runs here as '"
	says "(chmod go-w $home/machines/two.conf)"
	run_berth 0 unregister two
	chmod 644 machines/two.conf
	chmod 757 machines
	run_berth 0 register machines/two.conf
	says "everybody may write to $home/machines, "
	run_berth 0 unregister two
	# In a directory such as /tmp nobody touches what is another's.
	chmod 1777 machines
	run_berth 0 register machines/two.conf
	[ -z "$stderr" ]
	run_berth 0 unregister two
	chmod 755 machines
	chmod 775 "$BERTH_HOME"
	run_berth 0 register --dry-run --json machines/two.conf
	[ "$(id -gn)" != "$(id -un)" ] || [ "$(jq .note <<<"$output")" = null ]
	[ "$(id -u)" -eq 0 ] || return 0
	chgrp nogroup "$BERTH_HOME"
	run_berth 0 register machines/two.conf
	says "group 'nogroup' may write to $home, "
	says "(chmod g-w $home)"
	run_berth 0 unregister two
	run_berth 0 register --quiet machines/two.conf
	[ -z "$stderr" ]
}

@test "destroy does not touch what is registered, unregister not what is built" {
	machines
	paper built
	run_berth 0 build built.conf
	run_berth 3 unregister built
	says "berth destroy built"
	run_berth 0 register machines/one.conf
	run_berth 4 register machines/one.conf
	run_berth 4 destroy one
	says "berth unregister one"
	[ -e machines/one.qcow2 ]
}

@test "a disk that is not there is named, and nothing is registered" {
	machines
	rm machines/one.qcow2
	run_berth 3 register machines/one.conf
	says "$BERTH_HOME/machines/one.qcow2, which is not there"
	run_berth 3 show one
}

@test "a layer whose base is named from where it lies is refused, with what makes it fit" {
	local fix
	machines
	qemu-img create -q -f qcow2 machines/base.qcow2 1M
	qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 machines/one.qcow2
	chmod 666 machines/one.qcow2
	run_berth 12 register machines/one.conf
	says "one.qcow2: its base 'base.qcow2' would be looked for in the guest's folder (qemu-img rebase "
	[ ! -e guests/one ]
	# shellcheck disable=SC2154  # what berth said
	fix=${stderr#*(}
	eval "${fix%)*}"
	run_berth 0 register machines/one.conf
	run_berth 0 start one
	# The same for a disk that is attached.
	qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 machines/more.qcow2
	printf '[hardware]\n[run]\naccel = tcg\n' >box.conf
	run_berth 0 build box.conf
	run_berth 12 attach box disk machines/more.qcow2
	says "more.qcow2: its base 'base.qcow2' would be"
	run ! grep more.qcow2 guests/box/guest.conf
}

@test "a disk that has gone since is named by every verb that needs it" {
	machines
	run_berth 0 register machines/one.conf
	rm machines/one.qcow2
	for verb in "start one" "snapshot one" "export one one.tar" "clone one three"; do
		# shellcheck disable=SC2086  # words
		run_berth 3 $verb
		says "'one' needs $BERTH_HOME/machines/one.qcow2, which is not there any more"
	done
	run_berth 3 show three
	run_berth 0 unregister one
}

@test "a folder that is gone with all its guests is a machine file that is gone, for every verb" {
	machines
	run_berth 0 register machines/one.conf
	run_berth 0 autostart on one
	rm -r machines
	for verb in "start one" "stop one" "export one one.tar" "clone one three" "attach one disk 1M" "show one"; do
		# shellcheck disable=SC2086  # words
		run_berth 3 $verb
		says "'one' is registered, and its machine file $BERTH_HOME/machines/one.conf is gone (berth unregister one)"
	done
	[ "$("$BERTH" list --json | jq -r '.guests[] | select(.name == "one" and .note == null).state')" = stopped ]
	run_berth 3 boot
	says "'one' is not started: 'one' is registered, and its machine file"
	run_berth 0 autostart off one
	run_berth 0 unregister one
}

@test "a machine file that is gone is named; its guest can be forgotten still" {
	machines
	run_berth 0 register machines/one.conf
	rm -r machines
	run_berth 3 start one
	says "$BERTH_HOME/machines/one.conf is gone (berth unregister one)"
	run_berth 0 unregister one
	run_berth 3 unregister one
}

@test "a clone of a registered guest has a disk of its own" {
	machines
	run_berth 0 register machines/one.conf
	run_berth 0 clone one three
	[ -f guests/three/one.qcow2 ]
	[ ! -L guests/three/one.qcow2 ]
	run_berth 0 destroy three
	[ -e machines/one.qcow2 ]
}

@test "what only the folder of a registered guest knows is not thrown away" {
	machines
	run_berth 0 register machines/one.conf
	run_berth 0 snapshot one kept
	run_berth 1 unregister one
	says "'one' has snapshots"
	run_berth 0 snapshot --delete kept one
	run_berth 0 unregister one
}

@test "names differ by more than capitals, whatever makes the guest" {
	paper web
	paper WEB
	run_berth 0 build web.conf
	for verb in build register up; do
		run_berth 4 $verb WEB.conf
		says "there is a guest 'web'"
	done
	run_berth 4 clone web Web
}

@test "what is destroyed or forgotten starts with the host no more" {
	paper a
	for way in "build destroy" "register unregister"; do
		run_berth 0 "${way% *}" a.conf
		run_berth 0 autostart on a
		[ -e autostart/a ]
		run_berth 0 "${way#* }" a
		[ ! -e autostart/a ]
	done
}
