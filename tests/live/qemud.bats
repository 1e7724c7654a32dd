#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# A host of qemu-init, imported and run by the names that its people know: the images
# are used where they are, by a guest that powers off when it is asked to.
# shellcheck disable=SC2016  # '$(touch ran)' is a name here

load live

setup_file() {
	live_setup
	cd "$BERTH_HOME" || return 1
	mkdir etc vm
	cat >vm/old-qemud.rc <<-'END'
		NAME=old
		TGTARCH=qemu-system-x86_64
		KVM=0
		RAM=64
		NIC1=0
		PRECMD=touch ran
	END
	cat >vm/old-qemu.cfg <<-'END'
		DSK1=system.raw
		CDR1=disc.iso
		-drive file=data.qcow2,if=virtio
		-drive "file=my disk.qcow2,if=virtio"
		-device virtio-balloon-pci,id=mine
		-name "$(touch ran)"
	END
	cc -c -o tiny.o "$BATS_TEST_DIRNAME/tiny_guest.S"
	objcopy -O binary -j .rodata tiny.o vm/system.raw
	truncate -s 1M vm/system.raw
	qemu-img create -q -f qcow2 vm/data.qcow2 64M
	qemu-img create -q -f qcow2 "vm/my disk.qcow2" 64M
	qemu-img create -q -f raw vm/disc.iso 1M
	chmod 666 vm/*.qcow2 vm/*.raw vm/disc.iso
	printf 'old\t%s/vm\n' "$BERTH_HOME" >etc/registered
	echo old >etc/autostart
	berth import -q etc
	ln -s "$BERTH" qemud
	./qemud start
}

setup() {
	cd "$BERTH_HOME" || return 1
}

teardown_file() {
	live_teardown
}

# What the guest's QEMU itself says on its monitor.
asks() {
	python3 - "$BERTH_HOME/run/old/qmp.sock" "$1" <<-'END'
		import json, socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.settimeout(20)
		s.connect(sys.argv[1])
		f = s.makefile("rw")
		f.readline()
		for name in ("qmp_capabilities", sys.argv[2]):
		    f.write(json.dumps({"execute": name}) + "\n")
		    f.flush()
		    answer = json.loads(f.readline())
		    while "return" not in answer:
		        answer = json.loads(f.readline())
		print(json.dumps(answer["return"]))
	END
}

@test "it started with its host, and nothing of its files ran" {
	[ "$(./qemud status)" = "old  running" ]
	[ -z "$(find . -name ran)" ]
}

@test "its disks and its disc are the files that were there, in berth's hands or not" {
	asks query-block | jq -e --arg vm "$BERTH_HOME/vm" '
		[.[].inserted | select(.) | .file |= sub("^.*/"; "")] |
		(map(.file) | sort) == ["data.qcow2", "disc.iso", "my disk.qcow2", "system.raw"] and
		(.[] | select(.file == "disc.iso").ro) and
		(.[] | select(.file == "system.raw") | .drv == "raw" and .["node-name"] == "disk0") and
		(.[] | select(.file == "data.qcow2") | .drv == "qcow2" and .["node-name"] == "disk1") and
		(.[] | select(.file == "my disk.qcow2") | .drv == "qcow2" and (.ro | not))'
	# Nobody else may open what a section names.
	run ! qemu-img info vm/data.qcow2
	[[ $output == *"lock"* ]]
}

@test "options of the cfg-file reached QEMU as they are" {
	[ "$(asks query-name | jq -r .name)" = '$(touch ran)' ]
	asks query-balloon | jq -e '.actual == 67108864'
}

@test "the system on its disk boots, and obeys qemud stop" {
	berth wait old --stage login --timeout 20
	run -0 ./qemud stop old
	[[ $output != *"did not end by itself"* ]]
	[ "$(./qemud status)" = "old  stopped" ]
	run -3 ./qemud stop old
}

@test "it is forgotten, and its images stay" {
	berth unregister old
	[ -e vm/old-qemud.rc ] && [ -e vm/system.raw ]
	qemu-img check -q vm/data.qcow2
}
