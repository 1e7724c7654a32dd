#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Guests by whatever one remembers of them: addresses, the inventory, patterns and tags.
load cli.bash

# A machine file that says all it can be known by: FILE NAME NUMBER [LINE OF [guest]]...
described() {
	local file=$1 name=$2 n=$3
	shift 3
	mkdir -p "$(dirname "$file")"
	{
		printf '[hardware]\nvm_id = %s\nuuid = 6e4154f1-0cf6-4bf3-a742-0000000000%02x\n' "$name" "$n"
		printf '[[eths]]\n[[[eth0]]]\ntype = bridge\nhw_addr = 52:54:00:12:34:%02x\n' "$n"
		printf '[network]\n[[eths]]\n[[[eth0]]]\naddress = 10.9.8.%d\n' "$n"
		printf '[run]\ndriver = null\n[guest]\n'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$file"
}

# means WORD FILE...: these are the machine files the address finds.
means() {
	local word=$1
	shift
	run_berth 0 find --json --all "$word"
	[ "$(jq -r '.guests[].id' <<<"$output" | sort)" = "$(printf '%s\n' "$@" | sort)" ] ||
		{ echo "$word: $output"; return 1; }
}

# reaches NAME WORD...: each of the words is that guest.
reaches() {
	local name=$1 word
	shift
	for word; do
		run_berth 0 show --json "$word"
		[ "$(jq -r .name <<<"$output")" = "$name" ] || { echo "$word is not $name"; return 1; }
	done
}

@test "eight addresses of one guest, which is switched off" {
	described pool/web.conf web 17
	described pool/db.conf db 18
	run_berth 0 build pool/web.conf pool/db.conf
	run_berth 0 scan pool
	run_berth 0 find --json web
	local path
	path=$(jq -r '.guests[0].id' <<<"$output")
	run_berth 0 find --json u:6E4154F10CF64BF3A742000000000011
	reaches web web WEB label:web "id:$path" f:guests/web u:6e4154f1-0cf6-4bf3-a742-000000000011 \
		uuid:6E4154F10CF64BF3A742000000000011 m:52-54-00-12-34-11 mac:525400123411 t:10.9.8.17 f:pool/web \
		"l:web,b:$BERTH_HOME" "dr:$(jq '.guests[0].record' <<<"$output")" localhost/web "localhost/t:10.9.8.17"
}

@test "verbs take addresses; those that take one guest take no pattern" {
	described web.conf web 17 'tags = lab'
	run_berth 0 build web.conf
	run_berth 0 start t:10.9.8.17
	[ "$("$BERTH" list --fast --json | jq -r '.guests[0].state')" = running ]
	run_berth 0 kill mac:525400123411
	run_berth 2 autostart on @lab
	says "'@lab' may be several guests, and this command takes one"
	run_berth 0 autostart on u:6e4154f10cf64bf3a742000000000011
	[ -e autostart/web ]
	run_berth 0 show 'we?'
}

@test "tst1 is not tst10" {
	described tst10.conf tst10 110
	run_berth 0 scan .
	run_berth 3 find tst1
	run_berth 3 find l:tst1
	run_berth 3 find t:10.9.8.11
	run_berth 3 find f:tst1
	means l:tst10 "$BERTH_HOME/tst10.conf"
	described tst1.conf tst1 11
	run_berth 0 scan
	means l:tst1 "$BERTH_HOME/tst1.conf"
	means 'tst1*' "$BERTH_HOME/tst1.conf" "$BERTH_HOME/tst10.conf"
}

@test "two copies are ambiguous: both are shown, with what decides" {
	described a/web.conf web 17
	described b/web.conf web 17
	run_berth 0 scan .
	run_berth 11 show uuid:6e4154f10cf64bf3a742000000000011
	says "fits 2 guests; id decides:"
	says "$BERTH_HOME/a/web.conf  id:$BERTH_HOME/a/web.conf"
	says "$BERTH_HOME/b/web.conf"
	run_berth 11 show web
	means "u:6e4154f10cf64bf3a742000000000011,b:$BERTH_HOME/b" "$BERTH_HOME/b/web.conf"
	means "id:$BERTH_HOME/a/web.conf" "$BERTH_HOME/a/web.conf"
	means f:a/web "$BERTH_HOME/a/web.conf"
	sed -i 's/:11/:12/' b/web.conf
	run_berth 0 scan
	run_berth 11 find l:web
	says "mac decides:"
}

@test "a copy of a guest of this host makes it ambiguous, the file it was made from does not" {
	described web.conf web 17
	run_berth 0 build web.conf
	run_berth 0 scan .
	reaches web m:525400123411
	cp web.conf copy.conf
	run_berth 0 scan
	run_berth 11 show m:525400123411
	reaches web web
}

@test "backups, templates and what is to be ignored are never found by an address, but by their file" {
	described web.conf web 17
	described old/web.conf web 17 'state = backup'
	described new/web.conf web 17 'state = template'
	described parked/web.conf web 17 '#@#MAGICID-IGNORE'
	described ctys/web.conf web 17 '#@#VMSTATE="BACKUP"'
	run_berth 0 scan --json .
	[ "$(jq -r '[.guests[].vmstate] | sort | join(" ")' <<<"$output")" = "active backup backup ignore template" ]
	means m:525400123411 "$BERTH_HOME/web.conf"
	means 'w*' "$BERTH_HOME/web.conf"
	run_berth 0 show old/web.conf
}

@test "the definition has the last word: what it says now, and what was meant, are both shown" {
	described web.conf web 17
	run_berth 0 scan .
	sed -i 's/10.9.8.17/10.9.8.99/' web.conf
	run_berth 3 show t:10.9.8.17
	says "$BERTH_HOME/web.conf says tcp '10.9.8.99', not '10.9.8.17' (berth scan)"
	run_berth 0 scan
	run_berth 3 show t:10.9.8.17
	says "no guest fits 't:10.9.8.17'"
	means t:10.9.8.99 "$BERTH_HOME/web.conf"
	rm web.conf
	run_berth 3 show t:10.9.8.99
	says "$BERTH_HOME/web.conf is gone (berth scan)"
}

@test "all that is said has to fit; what contradicts itself is said so" {
	described web.conf web 17
	run_berth 0 build web.conf
	run_berth 3 show l:web,t:10.9.8.18
	says "says tcp '10.9.8.17', not '10.9.8.18'"
	run_berth 2 show l:web,l:db
	says "'web' and 'db' contradict each other: a guest has one label"
	run_berth 2 show ""
	says "an address is empty"
	run_berth 2 show labl:web
	says "did you mean 'label'?"
	run_berth 2 show l:web,
	says "column 7"
	run_berth 12 show lab3/web
	says "'lab3', which is another host"
}

@test "patterns and tags: verbs that end guests want --yes when nobody can be asked" {
	described a.conf web1 1 'tags = lab, front'
	described b.conf web2 2 'tags = lab'
	described c.conf db 3 'tags = lab'
	described t.conf webt 4 'state = template' 'tags = lab'
	run_berth 0 build a.conf b.conf c.conf t.conf
	run_berth 0 start 'web*' @lab
	[ "$("$BERTH" list --running --fast --quiet | wc -l)" -eq 3 ]
	run_berth 2 kill 'web*' </dev/null
	says "kill: web1, web2: nobody is there to be asked (add --yes)"
	[ "$("$BERTH" list --running --fast --quiet | wc -l)" -eq 3 ]
	run_berth 0 kill --dry-run 'web*' </dev/null
	run_berth 0 kill --yes 'web*' </dev/null
	[ "$("$BERTH" list --running --fast --quiet | awk '{ print $1 }')" = db ]
	run_berth 2 destroy @front </dev/null
	run_berth 0 destroy -y @front </dev/null
	[ ! -e guests/web1 ] && [ -e guests/web2 ] && [ -e guests/webt ]
	run_berth 3 kill -y 'nobody*'
	says "no guest fits 'nobody*'"
}

@test "on a terminal they ask, and take nothing but yes for one" {
	described a.conf web1 1
	run_berth 0 build a.conf
	run_berth 0 start web1
	run script -qec "'$BERTH' kill 'web*'" /dev/null <<<n
	[[ $output == *"kill web1? [y/N]"*"nothing was done"* ]]
	[ "$("$BERTH" list --running --fast --quiet | wc -l)" -eq 1 ]
	run script -qec "'$BERTH' kill 'web*'" /dev/null <<<y
	[ "$("$BERTH" list --running --fast --quiet | wc -l)" -eq 0 ]
}

@test "guests that have come since the scan are found, those that are gone are not" {
	described web.conf web 17 'tags = lab'
	run_berth 0 scan
	run_berth 0 build web.conf
	reaches web m:525400123411
	described db.conf db 18 'tags = lab'
	run_berth 0 build db.conf
	reaches db t:10.9.8.18
	run_berth 0 rename db db2
	reaches db2 t:10.9.8.18
	run_berth 0 destroy db2
	run_berth 3 show t:10.9.8.18
	means @lab "$BERTH_HOME/guests/web/guest.conf"
}

@test "scan reads what is new, forgets what is gone, and keeps what it cannot look at" {
	described pool/a.conf a 1
	described pool/sub/b.conf b 2
	described .hidden/c.conf c 3
	printf 'port = 80\n' >pool/other.conf
	ln -s a.conf pool/link.conf
	run_berth 0 scan pool
	says "2 files read, 0 gone"
	run_berth 0 scan
	says "0 files read, 0 gone"
	touch -d 2001-01-01 pool/a.conf
	run_berth 0 scan
	says "1 files read, 0 gone"
	rm pool/a.conf
	echo '[hardware' >>pool/sub/b.conf
	run_berth 0 scan --json
	says "$BERTH_HOME/pool/sub/b.conf:"
	says "0 files read, 1 gone"
	[ "$(jq -r '.guests[].label' <<<"$output")" = b ]
	mv pool elsewhere
	run_berth 0 scan --json
	says "$BERTH_HOME/pool: No such file or directory"
	[ "$(jq '.guests | length' <<<"$output")" -eq 1 ]
	run_berth 0 scan --json --forget pool
	[ "$(jq '.guests | length' <<<"$output")" -eq 0 ]
	run_berth 3 scan nowhere
	run_berth 3 scan --forget nowhere
}

@test "without an inventory, a scan of base: or of the home directory finds it" {
	described home/vm/web.conf web 17
	described far/web.conf web2 18
	HOME=$BERTH_HOME/home run_berth 0 find m:525400123411
	run_berth 0 find "m:525400123412,b:$BERTH_HOME/far"
	rm -r cache
	HOME=$BERTH_HOME/home run_berth 3 find --resolve path,guests,inventory m:525400123411
	[ ! -e cache/inventory.db ]
	run_berth 2 find --resolve path,gests web
	says "'gests' is no step (path, guests, inventory, scan)"
	run_berth 2 find --resolve guests ./far/web.conf
}

@test "a damaged inventory is set aside and made anew" {
	described pool/web.conf web 17
	run_berth 0 build pool/web.conf
	run_berth 0 scan pool
	printf 'this is no database' | dd of=cache/inventory.db conv=notrunc status=none
	reaches web m:525400123411
	[ -e cache/inventory.db.bad ]
	dd if=/dev/zero of=cache/inventory.db bs=1024 seek=1 count=60 conv=notrunc status=none
	reaches web m:525400123411
	dd if=/dev/zero of=cache/inventory.db bs=1024 seek=1 count=60 conv=notrunc status=none
	run_berth 0 scan pool
	says "set aside"
	run_berth 0 scan
	rm -r cache
	run_berth 0 scan pool
	sqlite3 cache/inventory.db 'pragma user_version = 99'
	run_berth 0 scan pool
	says "set aside, and made anew"
	reaches web m:525400123411
}

@test "nobody runs what stands in a machine file or an address" {
	# shellcheck disable=SC2016
	described hostile.conf web 17 'tags = "$(touch x)", "`touch x`"' '#@#VMSTATE="$(touch x)"'
	run_berth 0 scan .
	# shellcheck disable=SC2016
	run_berth 0 find --all '@$(touch x)'
	run_berth 3 find "f:'; DROP TABLE guest; --"
	run_berth 2 find "l:';touch x;'"
	[ ! -e x ]
	means m:525400123411 "$BERTH_HOME/hostile.conf"
}

@test "who may not write the cache finds his guests all the same" {
	described web.conf web 17
	run_berth 0 build web.conf
	rm -rf cache
	touch cache
	run_berth 1 scan
	says "the inventory cannot be kept: $BERTH_HOME/cache"
	reaches web m:525400123411
}

@test "copy takes an address with keys in front of an absolute path" {
	described web.conf web 17
	run_berth 0 build web.conf
	local word
	for word in web u:6e4154f10cf64bf3a742000000000011 mac:52:54:00:12:34:11 "id:$BERTH_HOME/guests/web/guest.conf"; do
		run_berth 12 copy "$word:/etc/hosts" "$BERTH_HOME/hosts"
		says "null guests cannot be reached"
	done
	run_berth 3 copy m:/etc/hosts hosts
	says "there is no guest 'm'"
}
