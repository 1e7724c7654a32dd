#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# get, set, add and del: one value changes, every other byte stays.

load cli

setup_web() {
	machine web <<-'END'
		# my server
		[hardware]
		    os = debian-12          # the stable one
		      ram = 512
		    [[hdds]]
			[[[hdd0]]]
			    size = 8GB

		[users]
		    [[users]]
		        [[[user0]]]
		            name = ada
		            groups = sudo, adm
	END
	cp web.conf before
}

@test "get prints a value, a list, a section, everything" {
	setup_web
	run_berth 0 get web.conf hardware.ram
	[ "$output" = 512 ]
	run_berth 0 get web.conf users.users.user0.groups
	[ "$output" = "sudo, adm" ]
	run_berth 0 get web.conf users
	[ "$output" = "users.users.user0.name = ada"$'\n'"users.users.user0.groups = sudo, adm" ]
	run_berth 0 get web.conf
	[ "$(head -n 1 <<<"$output")" = "hardware.os = debian-12" ]
	run_berth 0 get web.conf --json users.users.user0.groups
	[ "$(jq -c .value <<<"$output")" = '["sudo","adm"]' ]
}

@test "get of what is not there" {
	setup_web
	run_berth 3 get web.conf hardware.cpus
	says "web.conf: there is no 'hardware.cpus'"
}

@test "set changes one line and nothing else" {
	setup_web
	run_berth 0 set web.conf hardware.os=debian-13
	[ "$(diff before web.conf | grep -c '^[<>]')" = 2 ]
	grep -x '    os = debian-13          # the stable one' web.conf
}

@test "set makes what is missing, at the end of its section and before its subsections" {
	setup_web
	run_berth 0 set web.conf hardware.num_cpu=2 config.hostname=www
	[ "$(grep -A 1 'ram = 512' web.conf | tail -n 1)" = "      num_cpu = 2" ]
	run_berth 0 get web.conf config.hostname
	[ "$output" = www ]
	run_berth 0 check web.conf
}

@test "set quotes what needs it, and reads it back" {
	setup_web
	for value in 'a, b' ' blank ' '#1' '' 'say "hi"' 'x=y=z'; do
		run_berth 0 set web.conf "config.root_passwd=$value"
		run_berth 0 get web.conf config.root_passwd
		[ "$output" = "$value" ]
	done
}

@test "set is all or nothing" {
	setup_web
	run_berth 10 set web.conf hardware.ram=1G hardware.hdds=none
	cmp before web.conf
}

@test "a section is not replaced by a value, nor a value by a section" {
	setup_web
	run_berth 10 set web.conf hardware=1
	run_berth 10 set web.conf hardware.ram.size=1
	cmp before web.conf
}

@test "a word that is no assignment" {
	setup_web
	run_berth 2 set web.conf hardware.ram
	says "'hardware.ram' is not of the form section.key=value"
}

@test "a dry run prints the file and leaves it alone" {
	setup_web
	run_berth 0 set --dry-run web.conf hardware.ram=1G
	prints "ram = 1G"
	cmp before web.conf
}

@test "add appends to a list, and makes the next numbered section" {
	setup_web
	run_berth 0 add web.conf users.users.user0.groups=audio
	run_berth 0 get web.conf users.users.user0.groups
	[ "$output" = "sudo, adm, audio" ]
	run_berth 0 add web.conf users.users.user+.name=eve users.users.user+.groups=sudo
	[ "$output" = users.users.user1 ]
	run_berth 0 get web.conf users.users.user1.name
	[ "$output" = eve ]
}

@test "del deletes a key, or a section with all that is in it" {
	setup_web
	run_berth 0 del web.conf hardware.hdds users.users.user0.groups
	run_berth 3 get web.conf hardware.hdds
	run_berth 0 get web.conf users
	[ "$output" = "users.users.user0.name = ada" ]
	cp web.conf before
	run_berth 3 del web.conf hardware.ram gui
	cmp before web.conf
}

@test "the file's mode stays, and a link is written through" {
	setup_web
	chmod 600 web.conf
	mkdir links
	ln -s ../web.conf links/one
	ln -s one links/two
	run_berth 0 set links/two hardware.ram=1G
	[ "$(readlink links/two)" = one ]
	[ "$(readlink links/one)" = ../web.conf ]
	[ "$(stat -c %a web.conf)" = 600 ]
	[ -z "$(find . -name 'web.conf?*')" ]
	run_berth 0 get web.conf hardware.ram
	[ "$output" = 1G ]
}

@test "the file stays its owner's" {
	[ "$(id -u)" = 0 ] || skip "only root gives files away"
	setup_web
	chmod 640 web.conf
	chown 1234:2345 web.conf || skip "not this root"
	run_berth 0 set web.conf hardware.ram=1G
	[ "$(stat -c %u:%g:%a web.conf)" = 1234:2345:640 ]
}

@test "who may not give files away edits all the same" {
	[ "$(id -u)" = 0 ] && setpriv --reuid 1234 --regid 2345 --clear-groups true || skip "only root becomes another"
	setup_web
	chown 1111:2345 web.conf
	chmod 777 .
	chmod 666 web.conf
	setpriv --reuid 1234 --regid 2345 --clear-groups "$BERTH" get web.conf >/dev/null || skip "berth is out of his reach"
	setpriv --reuid 1234 --regid 2345 --clear-groups "$BERTH" set web.conf hardware.ram=1G
	[ "$(stat -c %u:%g:%a web.conf)" = 1234:2345:666 ]
	[ -z "$(find . -name 'web.conf?*')" ]
}

@test "a file on standard input comes out on standard output" {
	setup_web
	run --separate-stderr sh -c "'$BERTH' set - hardware.ram=1G <web.conf"
	[ "$status" -eq 0 ]
	[ "$output" = "$(sed 's/ram = 512/ram = 1G/' web.conf)" ]
	run --separate-stderr sh -c "'$BERTH' add - users.users.user+.name=eve <web.conf"
	[ "$status" -eq 0 ]
	[ "$(head -n 1 <<<"$output")" = "# my server" ]
	run --separate-stderr sh -c "'$BERTH' del - users <web.conf"
	[ "$status" -eq 0 ]
	[ ! -e ./- ]
	cmp before web.conf
}

@test "a broken file is not edited" {
	echo '[hardware' >x.conf
	cp x.conf before
	run_berth 10 set x.conf hardware.ram=1
	says "x.conf:1:2: "
	cmp before x.conf
}

@test "explain knows every key" {
	run_berth 0 explain hardware.ram
	prints "emory"
	run_berth 0 explain hardware.hdds.hdd7.size
	run_berth 3 explain hardware.rma
	says "did you mean 'hardware.ram'?"
	run_berth 0 explain
	prints "hardware.hdds.*.size"
}

@test "an edit that makes a mistake is made, and told" {
	printf '%s\n' '[hardware]' 'ram = 512' >x.conf
	run_berth 0 set x.conf hardware.ram=4Q
	says "x.conf:2:7: ram: '4Q' is not a size (try 4G)"
	[ "$(cat x.conf)" = "$(printf '%s\n' '[hardware]' 'ram = 4Q')" ]
	run_berth 0 set --quiet x.conf hardware.ram=5Q
	[ -z "$stderr" ]
}

@test "an edit tells the warnings about what it touched, and no others" {
	printf '%s\n' '[hardware]' 'old = 1' 'ram = 512' >x.conf
	run_berth 0 set x.conf hardware.nope=1
	[ "$stderr" = "x.conf:4:1: warning: hardware.nope: unknown key, ignored" ]
	run_berth 0 set x.conf hardwar.ram=1G
	says "hardwar: unknown section, ignored with all that is in it (did you mean 'hardware'?)"
	run_berth 0 add x.conf users.users.user+.name=eve users.users.user+.nmae=eve
	[ "$(wc -l <<<"$stderr")" = 1 ]
	says "users.users.user0.nmae: unknown key, ignored (did you mean 'name'?)"
	run_berth 0 add x.conf users.users.user+.shel=sh
	says "users.users.user1.shel: unknown key, ignored"
	run_berth 0 set x.conf hardware.ram=1G
	[[ $stderr != *warning* ]]
	run_berth 0 set --quiet x.conf hardware.nope=2
	[ -z "$stderr" ]
}

@test "explain answers programs too" {
	run_berth 0 explain hardware.hdds.hdd7.size --json
	[ "$(jq -r '.schema + " " + .key + " " + .type' <<<"$output")" = "berth.explain/1 hardware.hdds.*.size size" ]
	run_berth 0 explain hardware --json
	jq -e '.type == "section" and (.keys | map(.key) | index("hardware.ram"))' <<<"$output"
	run_berth 0 explain run.driver --json
	jq -e '.help and (.aliases | type == "array")' <<<"$output"
	run_berth 0 explain --json
	[ "$(jq '.keys | length' <<<"$output")" = "$("$BERTH" explain | wc -l)" ]
	run_berth 3 explain hardware.rma --json
}
