#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Calls of ctys, from the words somebody types to what berth does.
# shellcheck disable=SC2016  # what looks like shell is to arrive as it is
load cli.bash

machine() {
	mkdir -p "$(dirname "$1")"
	printf '[hardware]\nuuid = 6e4154f1-0cf6-4bf3-a742-0000000000%s\n[run]\ndriver = null\n' "$2" >"$1"
}

@test "a call is shown as the calls of berth with -n, and nothing is done" {
	run_berth 0 as ctys -n -t qemu -a create=l:web,reuse,console:cli localhost
	[ "$output" = $'berth up --reuse --wait process label:web\nberth console label:web' ]
	run_berth 0 as ctys -n -t qemu -a "cancel=p:\$(touch x)/web.conf"
	[ ! -e x ]
}

@test "a symbolic link is the program of its name" {
	ln -s "$(realpath "$BERTH")" ctys
	run --separate-stderr ./ctys -n -t qemu -a cancel=l:web,force
	[ "$status" -eq 0 ] && [ "$output" = 'berth stop --force label:web' ]
}

@test "groups and macros are files along a path, and stay below it" {
	mkdir -p one two/lab
	echo '#include lab/all' >one/demo
	echo "localhost'(-a list=label,uuid)'" >two/lab/all
	echo 'COLS = label,uuid' >two/default
	CTYS_GROUPS_PATH=$PWD/one:$PWD/two run_berth 0 as ctys -n demo
	[ "$output" = 'berth list --running --output name,uuid' ]
	CTYS_MACRO_PATH=$PWD/two run_berth 0 as ctys -n -a list=macro:COLS
	[ "$output" = 'berth list --running --output name,uuid' ]
	mkdir three && echo 'localhost(-a info)' >outside
	CTYS_GROUPS_PATH=$PWD/three run_berth 12 as ctys -a info ../outside
}

@test "what is not there is status 12 and named, a wrong word 2 with its column" {
	run_berth 12 as ctys -t xen -a create=l:tst100 localhost
	says 'type xen'
	run_berth 12 as ctys -t qemu -a create=l:web lab00
	says 'lab00'
	run_berth 2 as ctys -t qemu -a create=l:web,konsole:none
	says "column 14: 'konsole'"
	run_berth 12 as ctys -t qemu -a cancel=all,reset
	run_berth 9 as ctys -a list localhost lab00
	[[ $output == TCP-container* ]]
}

@test "a name has to be all of it, and what is not there is status 3" {
	machine vm/tst10.conf 01
	run_berth 0 scan vm
	run_berth 3 as ctys -t qemu -a cancel=l:tst1
}

@test "ctys-vhost answers from the inventory" {
	machine vm/tst1.conf 01
	machine vm/tst10.conf 02
	machine vm/db.conf 03
	run_berth 0 scan vm
	run_berth 0 as ctys-vhost -o label -M all tst OR db NOT 'tst1;'
	[ "$output" = $'tst10\ndb' ]
	run_berth 0 as ctys-vhost -o machine,title tst10
	[ "$(wc -l <<<"$output")" -eq 2 ] && [ "$(tail -1 <<<"$output" | cut -d';' -f2,3,5)" = "NULL;tst10;6e4154f1-0cf6-4bf3-a742-000000000002" ]
	[ "$(tail -1 <<<"$output" | tr -cd ';' | wc -c)" -eq 46 ]
	run_berth 0 as ctys-vhost -o macro:TAB_CPORT -M all tst
	[[ $output == 'Label  stype'* ]]
	run_berth 0 as ctys-vhost -o label,index,titleidxasc -M all tst
	[[ $output == 'label(3:A)  INDEX(32:B)'* ]]
	run_berth 0 as ctys-vhost -o rec_gen:3_label_10%%2_stype_4,sort:reverse -M all tst
	[ "$output" = $'tst10;NULL\ntst1;NULL' ]
	run_berth 11 as ctys-vhost -M unique tst
	says tst1.conf
	says tst10.conf
	run_berth 3 as ctys-vhost nothing
	run_berth 2 as ctys-vhost 'a('
}

@test "enumerate shows what is defined, with the fields and the states that are asked for" {
	machine vm/web.conf 01
	printf '[hardware]\n[[eths]]\n[[[eth0]]]\ntype = bridge\n[network]\n[[eths]]\n[[[eth0]]]\naddress = 10.9.8.7\n' >vm/old.conf
	printf '[guest]\nstate = backup\n[run]\ndriver = null\n' >>vm/old.conf
	run_berth 0 as ctys -a enumerate=terse,label,vmstate,b:vm
	[ "$output" = 'web;active' ]
	run_berth 0 as ctys -a enumerate=terse,label,tcp,matchvstat:backup
	[ "$output" = 'old;10.9.8.7' ]
	run_berth 0 as ctys -a enumerate=machine,titleidx,matchvstat:present,sort:reverse
	[[ ${lines[0]} == 'HOST(1);DRIVER(2);NAME(3);ID(4);UUID(5);MAC(6);ADDRESS(7);'* ]]
	[ "$(wc -l <<<"$output")" -eq 3 ] && [ "$(sed -n 2p <<<"$output" | cut -d';' -f2,3,5)" = "null;web;6e4154f1-0cf6-4bf3-a742-000000000001" ]
	run_berth 12 as ctys -t xen -a enumerate
}

@test "the other programs" {
	run_berth 0 as ctys-plugins --quick-list
	[[ $output == *qemu* ]]
	run_berth 12 as ctys-genmconf -P -x VM root@lab00
	run_berth 12 as ctys-setupVDE -u me create
}

@test "a guest of ctys is imported, and nothing in its file is run" {
	cp "$BATS_TEST_DIRNAME"/../data/ctys/*.ctys .
	run_berth 0 import evil.ctys
	[ ! -e x ] && says 'would have to be worked out by a shell'
	run_berth 4 import evil.ctys
	run_berth 0 import --output - web.ctys
	[[ $output == *'vm_id = web'* ]] && [[ $output == *'bridge = br0'* ]]
	run_berth 0 check evil.conf
}

@test "ctys-createConfVM writes facts and a machine file, and asks nothing" {
	ACCELERATOR=QEMU DIST=CentOS MEMSIZE=64 IP=10.9.8.7 MAC=00:50:56:13:11:40 BRIDGE=br0 INSTCDROM=/iso/x.iso \
		run_berth 0 as ctys-createConfVM -t QEMU --label=tst488 --no-create-image --auto-all -D vm -C
	[ "$output" = "$BERTH_HOME/vm/tst488.ctys"$'\n'"$BERTH_HOME/vm/tst488.conf" ]
	grep -qx '#@#DIST = "CentOS"' vm/tst488.ctys && grep -qx 'MEMSIZE="64"' vm/tst488.ctys
	run_berth 0 check vm/tst488.conf
	run_berth 0 get vm/tst488.conf hardware.hdds.hdd0.size
	[ "$output" = 8G ]
	run_berth 0 get vm/tst488.conf run.accel
	[ "$output" = tcg ]
	run_berth 0 scan --records --no-titles -o name,mac,address,relay,memory vm
	[ "$output" = 'tst488;00:50:56:13:11:40;10.9.8.7;br0;64M' ]
}

@test "... again, what was said before counts, and the files that were there stay beside them" {
	MEMSIZE=64 run_berth 0 as ctys-createConfVM --label=web --auto-all
	echo '# mine' >>web.conf
	echo 'SMP=3' >defaults
	run_berth 0 as ctys-createConfVM --levo --label=web --defaults-file=defaults
	[[ $output == *$'\nc  MEMSIZE=64\n'* && $output == *$'\nc  SMP=1\n'* && $output == *$'\n-  UUID=\n'* ]]
	[ "$(find . -name 'web.conf*')" = ./web.conf ]
	CPU=host run_berth 0 as ctys-createConfVM -X --label=web --auto-all
	[ -z "$output" ] && [ "$(tail -1 web.conf.2*)" = '# mine' ]
	grep -qx 'MEMSIZE="64"' web.ctys && grep -q 'cpu = host' web.conf
	run_berth 0 scan --records --no-titles -o name .
	[ "$output" = web ]
	run_berth 0 as ctys-createConfVM --label=other --no-write-conf-files --defaults-file=defaults
	[[ $output == *'num_cpu = 3'* ]] && [ ! -e other.conf ]
}

@test "... what cannot be had is told, and nothing is written" {
	APPEND='$(touch x)' run_berth 2 as ctys-createConfVM --label=web --auto-all
	STARTERCALL=/opt/qemu-system-arm run_berth 12 as ctys-createConfVM --label=web --auto-all
	MEMSIZE=lots run_berth 10 as ctys-createConfVM --label=web --auto-all
	says "MEMSIZE: 'lots' is not a size"
	run_berth 12 as ctys-createConfVM -t XEN --label=web
	run_berth 3 as ctys-createConfVM --label=web -D nowhere
	run_berth 3 as ctys-createConfVM --label=web --defaults-file=nowhere
	[ ! -e web.conf ] && [ ! -e web.ctys ] && [ ! -e x ]
}

@test "facts of ctys are scanned: alone they are a guest that is defined, beside a machine file a part of it" {
	mkdir pool
	cp "$BATS_TEST_DIRNAME"/../data/ctys/web.ctys pool
	printf '#@#MAGICID-XEN\nLABEL=dom\n' >pool/dom.ctys
	printf 'MEMSIZE=7\n' >pool/wrong.ctys
	printf '#@#MAGICID-IGNORE\nLABEL=parked\n' >pool/parked.ctys
	printf 'LABEL=evil$(touch x)\nLABEL2=`touch x`\n' >pool/evil.ctys
	run_berth 0 scan --records --no-titles -o name,mac,address,memory,vmstate,id --sort name,mac pool
	[ "$output" = "parked;;;512M;ignore;$BERTH_HOME/pool/parked.ctys
web;00:50:56:13:11:40;192.168.1.220;512M;active;$BERTH_HOME/pool/web.ctys
web;00:50:56:13:11:41;;512M;active;$BERTH_HOME/pool/web.ctys" ]
	says 'wrong.ctys: LABEL is missing'
	[ ! -e x ]
	run_berth 0 find -o id --no-titles --unique id m:005056131140
	[ "$output" = "$BERTH_HOME/pool/web.ctys" ]
	run_berth 12 up l:web,t:192.168.1.220
	says "pool/web.ctys: is no machine file yet (berth import --register"
	run_berth 3 find l:parked
}

@test "a machine file that was made of facts stands for them, and they tell what it does not" {
	mkdir pool
	machine pool/web.conf 01
	printf '#@#LABEL = "web"\n#@#MAC0 = "00:50:56:13:11:40"\n' >pool/web.ctys
	run_berth 0 scan --records --no-titles -o name,vmstate,id pool
	[ "$output" = "web;active;$BERTH_HOME/pool/web.conf" ]
	run_berth 0 find --records --no-titles -o id "id:$BERTH_HOME/pool/web.ctys"
	[ "$output" = "$BERTH_HOME/pool/web.conf" ]
	run_berth 0 show --json "id:$BERTH_HOME/pool/web.ctys"
	[ "$(jq -r .name <<<"$output")" = web ]
	echo '#@#VMSTATE = "BACKUP"' >>pool/web.ctys
	run_berth 0 scan --records --no-titles -o name,vmstate
	[ "$output" = 'web;backup' ]
	run_berth 3 find l:web
	echo '#@#MAGICID-IGNORE' >pool/web.ctys
	run_berth 0 scan --records --no-titles -o name,vmstate
	[ "$output" = 'web;ignore' ]
	rm pool/web.ctys
	run_berth 0 scan --records --no-titles -o name,vmstate
	[ "$output" = 'web;active' ]
}
