#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Disks as the file says, and guests that boot from them by themselves: BIOS with an MBR
# and its logical partitions, UEFI with a GPT, several disks in several formats.

load live

setup_file() {
	live_setup
}

teardown_file() {
	live_teardown
}

# The partition types and sizes in MiB of a guest's disk: "83 3500".
partitions() {
	qemu-img convert -O raw "$1" "$BATS_TEST_TMPDIR/raw"
	sfdisk --json "$BATS_TEST_TMPDIR/raw" | jq -r '.partitiontable.partitions[] | "\(.type) \(.size / 2048)"'
}

# up NAME: from the machine file to a login prompt, then what the guest says of itself.
up() {
	cp "$EXAMPLES/$1.conf" "$BERTH_HOME/$1.conf"
	berth up "$BERTH_HOME/$1.conf" --timeout 400
}

@test "BIOS, MBR, logical partitions and swap: the file's layout, and it boots" {
	up partitions
	run -0 berth exec parts -- findmnt -rno TARGET,FSTYPE --real
	[[ $output == *"/ ext4"* ]]
	[[ $output == *"/home ext3"* ]]
	[[ $output == *"/srv ext2"* ]]
	[ "$(berth exec parts -- swapon --noheadings --show=SIZE)" = 512M ]
	berth exec parts -- grep BOOT_IMAGE /proc/cmdline
	[ "$(berth exec parts -- systemctl --failed --no-legend)" = "" ]
	berth kill parts
	[ "$(partitions "$BERTH_HOME/guests/parts/hdd0.qcow2" | head -n 2 | tr '\n' ,)" = "83 3500,82 512," ]
	[ "$(partitions "$BERTH_HOME/guests/parts/hdd0.qcow2" | sed -n '4,5p' | tr '\n' ,)" = "83 1000,83 900," ]
	berth destroy parts
}

@test "UEFI, GPT: the firmware finds the loader, and the guest sees the firmware" {
	up uefi
	berth exec uefi -- test -d /sys/firmware/efi
	berth exec uefi -- findmnt -rno FSTYPE /boot/efi | grep -x vfat
	berth exec uefi -- grep BOOT_IMAGE /proc/cmdline
	berth stop uefi
	berth destroy uefi
}

@test "several disks, each in its format and with its file system" {
	up disks
	run -0 berth exec disks -- lsblk -nro NAME,FSTYPE,MOUNTPOINT
	[[ $output == *"ext4 /data"* ]]
	[[ $output == *ntfs* ]]
	berth kill disks
	for pair in system.qcow2:qcow2 data.vmdk:vmdk exchange.vdi:vdi scratch.img:raw; do
		[ "$(qemu-img info --output=json "$BERTH_HOME/guests/disks/${pair%:*}" | jq -r .format)" = "${pair#*:}" ]
	done
	berth destroy disks
}
