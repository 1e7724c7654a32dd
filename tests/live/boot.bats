#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Disks as the file says, and guests that boot from them by themselves: BIOS with an MBR
# and its logical partitions, UEFI with a GPT, several disks in several formats.

load live

# The disks of two examples in one guest, and a twin of those controllers in the other: one template serves both.
setup_file() {
	live_setup
	{ sed '/^\[config\]/,$d' "$EXAMPLES/partitions.conf"; sed -n '/hdd1/,$p' "$EXAMPLES/disks.conf"; } >"$BERTH_HOME/parts.conf"
	berth set "$BERTH_HOME/parts.conf" hardware.hdds.hdd0.name=system.qcow2 users.users.user0.name=ada \
		users.users.user0.groups=sudo
	conf uefi uefi hardware.hdds.hdd1.size=16M hardware.hdds.hdd1.type=scsi hardware.hdds.hdd2.size=16M \
		hardware.hdds.hdd2.type=sata
	build_shared "$BERTH_HOME/parts.conf" "$BERTH_HOME/uefi.conf"
	berth start --quiet parts uefi
}

teardown_file() {
	live_teardown
}

# The partition types and sizes in MiB of a guest's disk: "83 3500".
partitions() {
	qemu-img convert -O raw "$1" "$BATS_TEST_TMPDIR/raw"
	sfdisk --json "$BATS_TEST_TMPDIR/raw" | jq -r '.partitiontable.partitions[] | "\(.type) \(.size / 2048)"'
}

# booted NAME: to its login prompt, and its agent answers
booted() {
	berth wait --quiet "$1" --stage login --timeout 400
	berth exec --timeout 100 "$1" -- true
}

@test "BIOS, MBR, logical partitions and swap: the file's layout, and it boots" {
	booted parts
	run -0 berth exec parts -- findmnt -rno TARGET,FSTYPE --real
	[[ $output == *"/ ext4"* ]]
	[[ $output == *"/home ext3"* ]]
	[[ $output == *"/srv ext2"* ]]
	[ "$(berth exec parts -- swapon --noheadings --show=SIZE)" = 512M ]
	berth exec parts -- grep BOOT_IMAGE /proc/cmdline
	[ "$(berth exec parts -- systemctl --failed --no-legend)" = "" ]
}

@test "several disks, each in its format and with its file system" {
	run -0 berth exec parts -- lsblk -nro NAME,FSTYPE,MOUNTPOINT
	[[ $output == *"ext4 /data"* ]]
	[[ $output == *ntfs* ]]
	berth kill parts
	[ "$(partitions "$BERTH_HOME/guests/parts/system.qcow2" | head -n 2 | tr '\n' ,)" = "83 3500,82 512," ]
	[ "$(partitions "$BERTH_HOME/guests/parts/system.qcow2" | sed -n '4,5p' | tr '\n' ,)" = "83 1000,83 900," ]
	for pair in system.qcow2:qcow2 data.vmdk:vmdk exchange.vdi:vdi scratch.img:raw; do
		[ "$(qemu-img info --output=json "$BERTH_HOME/guests/parts/${pair%:*}" | jq -r .format)" = "${pair#*:}" ]
	done
	berth destroy parts
}

@test "UEFI, GPT: the firmware finds the loader, and the guest sees the firmware" {
	booted uefi
	berth exec uefi -- test -d /sys/firmware/efi
	berth exec uefi -- findmnt -rno FSTYPE /boot/efi | grep -x vfat
	berth exec uefi -- grep BOOT_IMAGE /proc/cmdline
	berth stop uefi
	berth destroy uefi
}
