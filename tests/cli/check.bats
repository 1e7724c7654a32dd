#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Every mistake a machine file can hold, with its place and its words, and status 10.

load cli

# wrong LINE...: the file of these lines is refused.
wrong() {
	printf '%s\n' "$@" >x.conf
	run_berth 10 check x.conf
}

@test "unequal brackets" {
	wrong '[[hardware]'
	prints "x.conf:1:1: section 'hardware' has 2 '[' but 1 ']'"
}

@test "a section two levels deeper" {
	wrong '[hardware]' '[[[hdd0]]]'
	prints "x.conf:2:1: section is 3 deep, expected at most 2"
}

@test "a key twice, a section twice, a key that is a section" {
	wrong '[hardware]' 'ram = 1' 'ram = 2' '[[ram]]' '[hardware]'
	prints "x.conf:3:1: 'ram' is set twice, first on line 2"
	prints "x.conf:4:1: 'ram' is both a key and a section, first on line 2"
	prints "x.conf:5:1: section 'hardware' appears twice, first on line 1"
}

@test "a line without '=', and one with ':'" {
	wrong '[hardware]' 'ram' 'os: debian-12'
	prints "x.conf:2:1: 'ram' has no '=', expected 'key = value' or '[section]'"
	prints "x.conf:3:3: 'os' is followed by ':', use '='"
}

@test "a comment of another INI" {
	wrong '; a comment' '[hardware]'
	prints "x.conf:1:1: ';' does not begin a comment, use '#'"
}

@test "quotes that do not close" {
	wrong '[config]' 'hostname = "web' 'root_passwd = """many' 'lines'
	prints "x.conf:2:12: quote is not closed"
	prints "x.conf:3:15: triple quote is never closed"
}

@test "interpolation of a key that is not there" {
	# shellcheck disable=SC2016
	wrong '[config]' 'hostname = %(nme)s'
	prints "x.conf:2:12: '%(nme)s' refers to no key of this section or above it"
}

@test "a NUL byte" {
	printf '[hardware]\nram = 5\00012\n' >x.conf
	run_berth 10 check x.conf
	prints "x.conf:2:8: NUL byte"
}

@test "invalid UTF-8" {
	printf '[config]\nhostname = caf\351\n' >x.conf
	run_berth 10 check x.conf
	prints "x.conf:2:15: byte 0xe9"
	prints "is not UTF-8"
}

@test "a nesting of 10,000" {
	{ head -c 10000 /dev/zero | tr '\0' '['; printf deep; head -c 10000 /dev/zero | tr '\0' ']'; echo; } >x.conf
	run_berth 10 check x.conf
	prints "x.conf:1:1: section is 10000 deep, expected at most 1"
}

@test "a file of 100 MB is refused unread" {
	truncate -s 100M x.conf
	run_berth 10 check x.conf
	prints "x.conf: larger than"
	run_berth 10 build x.conf
}

@test "a billion laughs" {
	{
		echo '[a]'
		echo 'x0 = ha'
		for i in $(seq 1 30); do echo "x$i = %(x$((i - 1)))s%(x$((i - 1)))s%(x$((i - 1)))s%(x$((i - 1)))s"; done
	} >x.conf
	run_berth 10 check x.conf
	prints "x.conf:"
}

@test "wrong types and ranges, all at once" {
	wrong '[hardware]' 'os = debian-12' 'ram = 4Q' 'num_cpu = many' \
		'[[eths]]' '[[[eth0]]]' 'hw_addr = 01:00:de:ad:be:ef' \
		'[network]' 'gateway = 10.0.2.256' \
		'[[eths]]' '[[[eth0]]]' 'address = 10.0.2.50' 'network = 255.0.255.0' \
		'[[open_ports]]' '[[[port0]]]' 'proto = icmp' 'port = 65536'
	prints "x.conf:3:7: "
	prints "'4Q' is not a size"
	prints "x.conf:4:11: "
	prints "x.conf:7:11: warning: "
	prints "x.conf:9:11: "
	prints "x.conf:13:11: "
	prints "x.conf:16:9: "
	prints "x.conf:17:8: "
	says "6 errors in 1 file"
}

@test "partitions that do not fit, and a logical one without an extended one" {
	wrong '[hardware]' 'os = debian-12' '[[hdds]]' '[[[hdd0]]]' 'size = 4GB' '[[[[partitions]]]]' \
		'[[[[[p0]]]]]' 'type = primary' 'fs = ext4' 'size = 5000'
	prints "x.conf:"
	wrong '[hardware]' 'os = debian-12' '[[hdds]]' '[[[hdd0]]]' 'size = 4GB' '[[[[partitions]]]]' \
		'[[[[[p0]]]]]' 'type = logical' 'fs = ext4' 'size = 500'
	prints "x.conf:"
}

@test "two disks in one place" {
	wrong '[hardware]' 'os = debian-12' '[[hdds]]' \
		'[[[hdd0]]]' 'size = 4GB' 'type = ide' 'pos = 0:0' \
		'[[[hdd1]]]' 'size = 4GB' 'type = ide' 'pos = 0:0'
	prints "0:0"
}

@test "a user without a name" {
	wrong '[hardware]' 'os = debian-12' '[users]' '[[users]]' '[[[user0]]]' 'passwd = x'
	prints "name"
}

@test "an unknown operating system" {
	wrong '[hardware]' 'os = debain-12'
	prints "x.conf:2:6: "
	prints "'debain-12'"
	prints "debian-12"
}

@test "an unknown key warns with the nearest one and is ignored" {
	printf '%s\n' '[hardware]' 'os = debian-12' 'rma = 512' >x.conf
	run_berth 0 check x.conf
	prints "x.conf:3:1: warning: "
	prints "ram"
}

@test "a key before the first section warns and is ignored" {
	printf '%s\n' 'stray = 1' '[hardware]' 'os = debian-12' >x.conf
	run_berth 0 check x.conf
	prints "x.conf:1:1: warning: "
}

@test "several files in one call; one that is not there is a mistake among others" {
	echo '[hardware' >bad.conf
	printf '%s\n' '[hardware]' 'os = debian-12' >good.conf
	run_berth 10 check bad.conf missing.conf good.conf
	prints "bad.conf:1:2: "
	prints "missing.conf: No such file or directory"
	says "2 errors in 2 files"
}

@test "files that are not there, and nothing else wrong" {
	printf '%s\n' '[hardware]' 'os = debian-12' >good.conf
	run_berth 3 check missing.conf good.conf gone.conf
	prints "missing.conf: No such file or directory"
	says "2 errors in 2 files"
	mkdir folder
	run_berth 10 check folder
}

@test "problems are data with --json" {
	echo '[hardware' >bad.conf
	run_berth 10 check --json bad.conf
	[ "$(jq -r '.schema + " " + .problems[0].file + ":" + (.problems[0].line | tostring)' <<<"$output")" = \
		"berth.check/1 bad.conf:1" ]
}

@test "a file on standard input" {
	run --separate-stderr sh -c "printf '[hardware]\nram = 4Q\n' | '$BERTH' check -"
	[ "$status" -eq 10 ]
	prints "-:2:7: "
}

@test "names that berth uses itself" {
	printf '[hardware]\nvm_id = web.new\n' >new.conf
	run_berth 10 check new.conf
	[[ $output == "new.conf:2:9: 'web.new' cannot name a guest: berth's own files end so (try another 'vm_id')" ]]
	printf '[hardware]\nvm_id = web\n[[hdds]]\n[[[d]]]\nsize = 1M\nname = guest.conf\n' >disk.conf
	run_berth 10 check disk.conf
	[[ $output == *"name: 'guest.conf' is a file of berth's own (try d.qcow2)" ]]
}
