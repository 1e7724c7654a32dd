#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2016  # what looks like shell is to arrive as it is
# The language of tables: which fields, of which rows, in what order, as what.

load cli

# Aliens of this host are nobody's business here.
list() {
	run_berth "$1" list --fast --filter note!=alien "${@:2}"
}

guests() {
	local name
	for name in "$@"; do
		paper "$name"
		run_berth 0 build "$name.conf"
	done
}

tables() {
	mkdir -p config
	cat >config/tables.conf
}

@test "fields are chosen, in any order, with titles and widths" {
	guests web db
	list 0 -o driver,name,name:2=N
	[ "$output" = "DRIVER  NAME  N
null    db    db
null    web   we" ]
	list 0 -o 'id:12L=FILE,name' --filter name=db --no-titles
	[ "$output" = "b/guest.conf  db" ]
	list 0 --output name,note? --quiet
	[ "$output" = "db
web" ]
	list 0 -o '3,2'
	prints "NAME  DRIVER"
}

@test "without a list of fields it is as it was, and +FIELD adds one" {
	guests web
	list 0
	[ "${lines[0]}" = "NAME  STATE    DRIVER  OS  CPUS  MEMORY  ADDRESS  SSH" ]
	list 0 -o +id
	[ "${lines[0]}" = "NAME  STATE    DRIVER  OS  CPUS  MEMORY  ADDRESS  SSH  PID  NOTE  ID" ]
	list 0 --json
	[ "$(jq -c '.guests[0] | keys_unsorted' <<<"$output")" = \
		'["name","state","driver","os","cpus","memory","address","ssh","pid","note"]' ]
}

@test "rows are filtered, sorted, and made unique" {
	guests tst2 tst10 db
	list 0 -o name --sort name
	[ "$output" = "NAME
db
tst2
tst10" ]
	list 0 -o name --sort -name --filter 'name=tst*' --filter 'name!~0$'
	[ "$output" = "NAME
tst2" ]
	list 0 -o driver --unique driver
	[ "$output" = "DRIVER
null" ]
	list 0 -o name --filter name=tst
	[ "$output" = NAME ]
}

@test "programs get CSV, XML, lines, and JSON by key" {
	guests web
	list 0 --csv -o 'name:1=N,address,state'
	[ "$output" = $'name,address,state\r\nweb,,stopped\r' ]
	list 0 --csv --no-titles -o name
	[ "$output" = $'web\r' ]
	list 0 --xml -o name,address
	[ "$output" = '<?xml version="1.0" encoding="UTF-8"?>
<guests>
  <row>
    <name>web</name>
    <address/>
  </row>
</guests>' ]
	list 0 --lines -o name,address,driver
	[ "$output" = "name=web
address=
driver=null" ]
	list 0 --json -o name:1=N,address
	[ "$(jq -c . <<<"$output")" = '{"schema":"berth.list/1","guests":[{"name":"web","address":null}]}' ]
	list 2 --csv --json
	says "--csv and --json exclude each other"
}

@test "all 22 fields of the older record are there, in their order" {
	guests web
	list 0 --csv --no-titles -o 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22
	[ "$(tr -cd , <<<"$output" | wc -c)" -eq 21 ]
	[ "$(cut -d , -f 1-4 <<<"$output")" = "$(uname -n),null,web,$BERTH_HOME/guests/web/guest.conf" ]
	list 0 --json -o all
	[ "$(jq '.guests[0] | keys_unsorted | index("arch")' <<<"$output")" -eq 21 ]
}

@test "--output help says what there is, for every command that prints rows" {
	run_berth 0 list -o help
	[[ "${lines[0]}" =~ ^FIELD\ +NUMBER\ +TITLE\ +MEANING ]]
	prints "hardware address"
	run_berth 0 list --json --output help
	[ "$(jq -r '.fields[] | select(.field == "mac") | .number' <<<"$output")" = 6 ]
	run_berth 0 drivers -o help
	run_berth 0 top -o help
	run_berth 0 snapshot -o help
	run_berth 0 net -o help
}

@test "the other tables speak it, too" {
	guests web
	run_berth 0 drivers --csv -o driver --filter driver=null
	[ "$output" = $'driver\r\nnull\r' ]
	run_berth 0 net list --json -o name
	[ "$(jq -c .networks <<<"$output")" = '[]' ]
	run_berth 0 snapshot --list web -o name
	[ "$output" = NAME ]
	run_berth 0 top -d 0.1 -n 1 -o name:4,cpu --filter driver=none
	[ "$output" = "NAME  CPU%" ]
	run_berth 0 top -d 0.1 -n 1 --json -o name --filter driver=none
	[ "$(jq -c .guests <<<"$output")" = '[]' ]
}

@test "mistakes are told with the place" {
	list 2 -o name,stat
	says "--output:6: 'stat' is no field, did you mean 'state'? ('berth list --output help' lists them)"
	list 2 -o name:x
	says "--output:6: 'x' is no width, expected 1 to 1000 and then L, R or B (try 15L)"
	list 2 -o ''
	says "--output:1: a field is missing"
	list 2 --sort colour
	says "--sort: 'colour' is no field"
	list 2 --unique name,
	says "--unique: a field is missing in ''"
	list 2 --filter name
	says "--filter: 'name' is no condition (try 'name=web*'"
	list 2 --filter 'name~['
	says "--filter: '[' is no regular expression"
	run_berth 2 top -n 1 --sort colour
	says "'berth top --output help'"
}

@test "tables have names, use one another, and the user's own go first" {
	guests web
	tables <<-'END'
		[table]
		    short = name:2, driver=D   # a comment
		    long = """@short,
		              id:5L=F"""
		    TAB_TCP = name
	END
	list 0 -o @short
	[ "$output" = "NA  D
we  null" ]
	list 0 -o 'state,@long' --no-titles
	[ "$output" = "stopped  we  null  .conf" ]
	list 0 -o @TAB_TCP
	[ "$output" = "NAME
web" ]
	list 0 -o @TAB_CPORT
	[[ "${lines[0]}" =~ ^Label\ +stype\ +CPORT\ +PM\ +MAC\ +TCP$ ]]
	rm config/tables.conf
	list 0 -o @TAB_TCP
	[[ "${lines[0]}" =~ ^TCP-container\ +TCP-guest\ +label\ +sesstype\ +c\ +USER\ +GROUP$ ]]
}

@test "settings of an ordinary user, without BERTH_HOME" {
	mkdir -p etc/berth
	printf '[table]\nmine = name=MINE\n' >etc/berth/tables.conf
	chmod -R a+rX .
	run --separate-stderr as_nobody env -u BERTH_HOME HOME=/nonexistent XDG_CONFIG_HOME="$PWD/etc" XDG_RUNTIME_DIR="$PWD/r" \
		XDG_DATA_HOME="$PWD/d" XDG_CACHE_HOME="$PWD/c" "$BERTH" list --fast -o @mine
	[ "$output" = MINE ]
}

@test "malformed tables are told with file, line and column" {
	tables <<-'END'
		[table]
		ring = name, @ring
		a = @b
		b = name,@a
		wrong = name, stat:3
		wide = "name:0"
		far = """name,
		    stat"""
		evil = "$(touch x)"
	END
	file=$BERTH_HOME/config/tables.conf
	list 10 -o @ring
	says "$file:2:15: table 'ring' uses itself (@ring, @ring)"
	list 10 -o @a
	says "$file:4:11: table 'a' uses itself (@a, @b, @a)"
	list 10 -o @wrong
	says "$file:5:15: 'stat' is no field, did you mean 'state'?"
	list 10 -o @wide
	says "$file:6:14: '0' is no width"
	list 10 -o @far
	says "$file:8:5: 'stat' is no field"
	list 10 -o @evil
	[ ! -e x ]
	list 3 -o @rng
	says "--output:2: there is no table 'rng' (did you mean '@ring'? tables stand in $file)"
	printf '[tabel]\na = name\n' >config/tables.conf
	list 10 -o @a
	says "$file:1:1: 'tabel' has no meaning here (tables stand in the section [table])"
	printf '[table]\na\n' >config/tables.conf
	list 10 -o @a
	says "$file:2:1:"
	list 0 -o name
}

@test "nothing of a table paints on the terminal" {
	guests web
	list 0 -o $'name=\e[31mred'
	[ "${lines[0]}" = '?[31mred' ]
	list 0 -o $'name=\xff\xc2\x9b'
	[ "${lines[0]}" = '??' ]
}

@test "an expression that would take all memory is refused at once" {
	list 2 --filter 'name~(((a{99}){99}){99}){99}'
	says "--filter: '(((a{99}){99}){99}){99}' repeats too much"
	list 2 --filter 'name~(a*)*\1'
	says "refers back, which takes too long"
}

@test "scan, find, sessions and vnc speak it, too: what is defined has a row for each interface" {
	mkdir pool
	printf '%s\n' '[hardware]' 'vm_id = web' 'ram = 64M' '[[eths]]' '[[[eth0]]]' 'type = bridge' 'bridge = br0' \
		'hw_addr = 52:54:00:12:34:11' '[[[eth1]]]' 'type = bridge' 'bridge = br1' 'hw_addr = 52:54:00:12:34:12' \
		'[network]' '[[eths]]' '[[[eth0]]]' 'address = 10.9.8.17' '[run]' 'driver = null' >pool/web.conf
	printf '[hardware]\nvm_id = db\n[run]\ndriver = null\n[guest]\nstate = backup\n' >pool/db.conf
	run_berth 0 scan -o name,6,7,relay,memory,vmstate,id:8L=F --sort name,6 pool
	[ "$output" = "NAME  MAC                ADDRESS    RELAY  MEMORY  VMSTATE  F
db    -                  -          -        512M  backup   /db.conf
web   52:54:00:12:34:11  10.9.8.17  br0       64M  active   web.conf
web   52:54:00:12:34:12  -          br1       64M  active   web.conf" ]
	run_berth 0 scan --csv --no-titles -o name,user --unique name --filter vmstate=active
	[ "$output" = "web,$(id -un)"$'\r' ]
	run_berth 0 scan --json --filter relay=br1
	[ "$(jq -c '[.guests[] | [.label, (.details.records | length)]]' <<<"$output")" = '[["web",2]]' ]
	run_berth 0 find -o 1,relay --filter mac='*:12' --records --no-titles l:web
	[ "$output" = "$(uname -n);br1" ]
	run_berth 0 scan -o numbered --records --filter name=db
	[ "$(head -1 <<<"$output" | tr -cd ';' | wc -c)" -eq 46 ]
	[ "$(tail -1 <<<"$output" | cut -d';' -f2,3,19)" = "null;db;backup" ]
	run_berth 0 scan -o name,vmstate=KEPT,os --titles numbers --filter name=db
	prints "NAME(3)  KEPT(19)  OS"
	run_berth 0 scan -o name,vmstate,os --titles letters --records --filter name=db
	prints "NAME(3:A);VMSTATE(19:B);OS(C)"
	run_berth 2 scan -o name --titles loud
	says "--titles: 'loud' is neither 'numbers' nor 'letters'"
	run_berth 2 find -o colour l:web
	says "'colour' is no field"
	run_berth 0 sessions -o guest,kind --csv
	[ "$output" = $'guest,kind\r' ]
	run_berth 0 vnc -o screen=S,guest
	prints "S  GUEST"
}

@test "list takes whatever else finds a guest" {
	guests web db
	printf '[hardware]\nvm_id = tagged\nuuid = 6e4154f1-0cf6-4bf3-a742-000000000001\n[guest]\ntags = lab\n[run]\ndriver = null\n' >tagged.conf
	run_berth 0 build tagged.conf
	list 0 -o name --no-titles u:6e4154f10cf64bf3a742000000000001 web
	[ "$output" = $'tagged\nweb' ]
	list 0 -o name --no-titles @lab 'we*'
	[ "$output" = $'tagged\nweb' ]
	list 0 -o name --no-titles ./web.conf WEB
	[ "$output" = web ]
	list 3 u:6e4154f10cf64bf3a742000000000009
	says "no guest fits"
	list 3 nobody
	printf '[hardware]\nvm_id = unbuilt\n' >unbuilt.conf
	list 3 unbuilt.conf
	says "'unbuilt' is not built"
}
