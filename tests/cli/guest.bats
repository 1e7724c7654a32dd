#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The life of a guest, with a hypervisor of paper: every arrow of src/model/state.c, and
# what is said when there is none.

load cli

state() {
	"$BERTH" list --json | jq -r --arg name "$1" '.guests[] | select(.name == $name and .note != "alien").state'
}

@test "a guest is built, started, killed and destroyed" {
	paper web
	run_berth 0 build web.conf
	[ "$(state web)" = stopped ]
	run_berth 0 start web
	[ "$(state web)" = running ]
	run_berth 0 kill web
	[ "$(state web)" = stopped ]
	run_berth 0 destroy web
	[ "$(state web)" = "" ]
	[ ! -e guests/web ]
}

@test "what is so already is said, with status 4, and nothing changes" {
	paper web
	run_berth 0 build web.conf
	run_berth 4 build web.conf
	says "'web' is built already (berth destroy web to build it anew)"
	run_berth 4 kill web
	says "'web' is not running"
	run_berth 0 start web
	run_berth 4 start web
	says "'web' is running already"
	[ "$(state web)" = running ]
}

@test "a name nobody has" {
	run_berth 3 start nobody
	says "there is no guest 'nobody'"
	paper webserver
	run_berth 0 build webserver.conf
	run_berth 3 start websrever
	says "did you mean 'webserver'?"
}

@test "a name no guest can have" {
	run_berth 2 start -- -web
	says "'-web' is not a name a guest can have"
}

@test "a name of 63 characters is one, of 64 it is not, whoever gives it" {
	local long longer
	long=$(printf 'a%.0s' {1..63})
	longer=${long}a
	paper "$long"
	run_berth 0 up "$long.conf"
	run_berth 0 kill "$long"
	paper "$longer"
	for verb in build up register; do
		run_berth 10 $verb "$longer.conf"
		says "$longer.conf:2:9: vm_id: '$longer' is not a name"
		says "at most 63"
	done
	run_berth 2 start "$longer"
	says "'$longer' is not a name a guest can have"
	run_berth 2 clone "$long" "$longer"
	run_berth 2 rename "$long" "$longer"
	run_berth 2 snapshot "$long" "$longer"
	[ "$("$BERTH" list --json | jq '[.guests[] | select(.note == null)] | length')" = 1 ]
	run_berth 0 destroy "$long"
}

@test "a file that is not there" {
	run_berth 3 build nothing.conf
	says "nothing.conf: No such file or directory"
}

@test "a verb this hypervisor does not have" {
	paper web
	run_berth 0 build web.conf
	run_berth 0 start web
	run_berth 12 pause web
	says "null guests cannot be paused"
}

@test "a driver this berth does not have" {
	paper web
	run_berth 12 build web.conf --driver qmeu
	says "'qmeu' is no driver of this berth (did you mean 'qemu'?)"
}

@test "several guests in one call: what failed is named, the rest is done" {
	paper one
	paper two
	run_berth 0 build one.conf two.conf
	run_berth 0 start one
	run_berth 9 start one two
	says "'one' is running already"
	says "start: 1 of 2 guests failed"
	[ "$(state two)" = running ]
}

@test "a destroyed guest that runs is ended first" {
	paper web
	run_berth 0 build web.conf
	run_berth 0 start web
	run_berth 0 destroy web
	[ ! -e guests/web ]
	[ ! -e run/web ]
}

@test "what a killed destroy left is named, and destroy deletes it" {
	paper web
	run_berth 0 build web.conf
	BERTH_DIE_AFTER=5 run "$BERTH" destroy web
	[ -e guests/web.new ]
	run_berth 3 start web
	says "only what a killed build or destroy has left of it (berth destroy web)"
	cp -a guests again
	run_berth 0 destroy web
	[ ! -e guests/web.new ]
	run_berth 3 destroy web
	says "there is no guest 'web'"
	rm -r guests
	mv again guests
	run_berth 0 destroy web.conf
	[ ! -e guests/web.new ]
}

@test "the lock is held by the guest's own process and nobody else" {
	paper web
	run_berth 0 build web.conf
	run_berth 0 start web
	run flock --nonblock --conflict-exit-code 99 run/web.lock true
	[ "$status" -eq 99 ]
	[ "$(ps -o comm= -p "$(fuser run/web.lock 2>/dev/null | tr -d ' ')")" = sleep ]
	run_berth 0 kill web
	flock --nonblock run/web.lock true
}

@test "a guest whose process died is stopped, whatever it left lying about" {
	paper web
	run_berth 0 build web.conf
	run_berth 0 start web
	fuser --kill -KILL run/web.lock
	until flock --nonblock run/web.lock true; do :; done
	[ "$(state web)" = stopped ]
	run_berth 0 start web
}

@test "--json says what was done" {
	paper web
	run_berth 0 build web.conf --json
	[ "$(jq -r '.schema + " " + .verb + " " + .guest + " " + .driver' <<<"$output")" = "berth.done/1 build web null" ]
}

@test "list is a table for people and data for programs" {
	paper web
	# --fast: other people's containers on this host are none of our business here.
	run_berth 0 list --fast
	[ "$output" = "NAME  STATE  DRIVER  OS  CPUS  MEMORY  ADDRESS  SSH" ]
	run_berth 0 build web.conf
	run_berth 0 list --fast
	prints "web   stopped  null"
	run_berth 0 list --fast --running --json
	[ "$(jq '.guests | length' <<<"$output")" = 0 ]
}

@test "a start without standard descriptors keeps the lock with the guest" {
	paper web
	run_berth 0 build web.conf
	"$BERTH" start web <&- >&- 2>&-
	[ "$(state web)" = running ]
	run_berth 4 start web
}

@test "a built guest stays with the driver it was built for" {
	paper web
	run_berth 0 build web.conf
	run_berth 4 start web --driver qemu
	says "'web' is built for null already (berth destroy web, then build it for qemu)"
	"$BERTH" set web.conf run.driver=qemu
	run_berth 0 start web.conf
	[ "$("$BERTH" list --json | jq -r '.guests[] | select(.name == "web" and .note != "alien").driver')" = null ]
}

@test "up of a hypervisor that cannot be reached ends when the guest runs" {
	paper web
	run_berth 0 up web.conf
	[ "$(state web)" = running ]
}

@test "what berth believes is not the guests' user's to change" {
	[ "$(id -u)" -eq 0 ] || skip "only root gives guests a user of their own"
	cat >disk.conf <<-END
		[hardware]
		vm_id = disk
		[[hdds]]
		[[[d]]]
		size = 1M
	END
	run_berth 0 build disk.conf
	[ "$(stat -c '%U %a' guests/disk/guest.conf)" = "root 600" ]
	[ "$(stat -c %U guests/disk guests/disk/record.json | sort -u)" = root ]
	[ "$(stat -c %U guests/disk/d.qcow2)" != root ]
}

@test "a copy has one end here and one in a guest" {
	run_berth 2 copy web:/etc/fstab db:/tmp
	says "guest to guest is not possible: copy it here first"
	run_berth 2 copy a b
	says "one of the two has to be in a guest"
}

@test "when all of several guests fail, the status is what they have in common" {
	paper web
	run_berth 0 build web.conf
	run_berth 0 start web
	run_berth 4 start web web
	run_berth 3 start nobody noone
	run_berth 1 start nobody web
	run_berth 1 start web nobody web
	says "start: 3 of 3 guests failed"
}

@test "every key with its place is data with --json" {
	machine web <<-'END'
		[hardware]
		vm_id = web
		[run]
		driver = null
		[config]
		root_passwd = hush
		[users]
		[[users]]
		[[[user0]]]
		name = ada
		groups = sudo, adm
	END
	run_berth 0 show web.conf --expanded --json
	[ "$(jq -r .schema <<<"$output")" = berth.expanded/1 ]
	[ "$(jq -c '.keys[1] | [.key, .value, .line, .default]' <<<"$output")" = '["run.driver","null",4,false]' ]
	jq -e '.keys[0].file | endswith("web.conf")' <<<"$output"
	[ "$(jq -c '.keys[] | select(.key == "config.root_passwd").value' <<<"$output")" = null ]
	[ "$(jq -c '.keys[] | select(.key == "users.users.user0.groups").value' <<<"$output")" = '["sudo","adm"]' ]
	jq -e '[.keys[] | select(.default)] | length > 0 and all(.file == null and .line == null)' <<<"$output"
	[ "$(jq '.keys | length' <<<"$output")" = "$("$BERTH" show web.conf --expanded | wc -l)" ]
	[[ $output != *hush* ]]
}

@test "a log that goes on is no document" {
	run_berth 2 log --follow --json nobody
	says "--follow and --json exclude each other"
}

# A guest of paper on a bridge: wired NAME ADDRESS
wired() {
	machine "$1" <<-END2
		[hardware]
		vm_id = $1
		    [[eths]]
		        [[[eth0]]]
		        type = bridge
		        bridge = br0
		[network]
		    [[eths]]
		        [[[eth0]]]
		        address = $2
		[run]
		driver = null
	END2
}

@test "an address is one guest's, as long as that runs" {
	wired one 10.97.50.2
	wired two 10.97.50.2
	wired three 10.97.50.20
	run_berth 0 up one.conf
	run_berth 0 build two.conf
	run_berth 6 start two
	says "guest.conf:4: eth0: address '10.97.50.2' is used by 'one', which is running"
	run_berth 6 up two.conf
	says "is used by 'one'"
	[ "$(state two)" = stopped ]
	run_berth 0 up three.conf
	run_berth 0 kill one
	run_berth 0 start two
	run_berth 6 start one
	says "address '10.97.50.2' is used by 'two', which is running"
}

@test "an address on a network of the guest's own is nobody else's" {
	local name
	for name in one two; do
		wired "$name" 10.97.50.2
		sed -i 's/type = bridge/type = nat/; /bridge = br0/d' "$name.conf"
		run_berth 0 up "$name.conf"
	done
}

@test "a port that was another's for one start is not remembered as that of the record" {
	port() { "$BERTH" list --fast --json | jq -r '.guests[] | select(.name == "web").ssh'; }
	mkdir -p guests/web run cache
	printf '[hardware]\nvm_id = web\n' >guests/web/guest.conf
	printf '{ "schema": "berth.record/1", "driver": "qemu", "ssh_port": 20001 }\n' >guests/web/record.json
	echo 20002 >run/web.port
	flock run/web.lock sleep 60 3>&- &
	SECONDS=0
	while flock -n run/web.lock true; do :; done
	# A record that was written a moment ago is not kept.
	until grep -qs '^web ' cache/gists; do [ "$(port)" = 127.0.0.1:20002 ]; [ $SECONDS -lt 20 ]; done
	rm run/web.port
	[ "$(port)" = 127.0.0.1:20001 ]
}
