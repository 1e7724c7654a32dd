#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# A guest of qemu-init, imported and started: its images are used where they are.
# shellcheck disable=SC2016  # '$(touch ran)' is a name here

load live

setup_file() {
	live_setup
	cd "$BERTH_HOME" || return 1
	cat >old-qemud.rc <<-'END'
		NAME=old
		TGTARCH=qemu-system-x86_64
		KVM=0
		RAM=64
		NIC1=0
		PRECMD=touch ran
	END
	cat >old-qemu.cfg <<-'END'
		DSK1=my disk.qcow2
		CDR1=disc.iso
		-device virtio-balloon-pci,id=mine
		-name "$(touch ran)"
	END
	qemu-img create -q -f qcow2 "my disk.qcow2" 64M
	qemu-img create -q -f raw disc.iso 1M
	chmod 666 "my disk.qcow2" disc.iso
	berth import -q old-qemud.rc
	berth up --wait process old.conf
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

@test "it runs, and nothing of its files did" {
	[ "$(state old)" = running ]
	[ ! -e "$BERTH_HOME/ran" ] && [ ! -e ran ]
}

@test "its disk and its disc are the files that were there" {
	asks query-block | jq -e --arg disk "$BERTH_HOME/my disk.qcow2" --arg disc "$BERTH_HOME/disc.iso" '
		([.[].inserted.file] | sort) == ([$disk, $disc] | sort) and
		(.[] | select(.inserted.file == $disc).inserted.ro) and
		(.[] | select(.inserted.file == $disk).inserted | .drv == "qcow2" and (.ro | not))'
}

@test "options of the cfg-file reached QEMU as they are" {
	[ "$(asks query-name | jq -r .name)" = '$(touch ran)' ]
	asks query-balloon | jq -e '.actual == 67108864'
}

@test "it is ended, and its images stay" {
	berth kill old
	berth destroy old
	qemu-img check -q "$BERTH_HOME/my disk.qcow2"
}
