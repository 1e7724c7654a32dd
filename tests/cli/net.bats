#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Networks of the host, as far as nothing has to be made for them; tests/live/net.bats makes some.

load cli

# card TYPE [LINE]...: a guest with one interface
card() {
	{
		printf '[hardware]\nvm_id = web\nram = 64\n[[eths]]\n[[[eth0]]]\ntype = %s\n' "$1"
		shift
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | machine web
}

# host FILTER: facts of this host, changed
host() {
	"$BERTH" facts --json | jq "$1" >host.json
}

@test "a word that is none, a name too many, a name too few" {
	run_berth 2 net dance
	says "'dance' is nothing to do with networks"
	run_berth 2 net create
	run_berth 2 net list lab
	run_berth 2 net remove
}

@test "names and subnets that are none" {
	run_berth 2 net create a-very-long-name --dry-run
	says "at most 11"
	run_berth 2 net create ../etc --dry-run
	run_berth 2 net create 1st --dry-run
	run_berth 2 net create lab --nat 10.5.0.1/24 --dry-run
	says "'10.5.0.1/24' is not a subnet (try 10.5.0.0/24)"
	run_berth 2 net create lab --nat 10.5.0.0/30 --dry-run
	run_berth 2 net create lab --nat 10.5.0.0/24 --uplink lo --dry-run
	run_berth 2 net create lab --bridge a-name-far-too-long --dry-run
	run_berth 2 net create lab --bridge 'a"b' --dry-run
	run_berth 2 net create lab --bridge $'a\nb' --dry-run
	run_berth 10 net create lan --uplink lo --dry-run
	says "'lo' is no uplink"
}

@test "what is not there" {
	run_berth 3 net create lan --uplink no-such0 --dry-run
	says "no interface 'no-such0'"
	run_berth 3 net remove lab
	says "berth net create lab"
	run_berth 3 net check lab
	run_berth 3 net up lab
	run_berth 3 net create lab --vde nobody-of-that-name --dry-run
	says "there is no user 'nobody-of-that-name'"
}

@test "a subnet that the host uses is refused" {
	run_berth 6 net create lab --nat 127.0.0.0/24 --dry-run
	says "in use by lo (127.0.0.1/8)"
}

@test "a dry run makes nothing, and the script is what it shows" {
	run_berth 0 net create lab --bridge bt-lab --nat 10.211.7.0/24 --dry-run
	prints "ip link add name bt-lab"
	prints "| dhcp-range=10.211.7.128,10.211.7.254,255.255.255.0,1h"
	prints "table ip berth_lab"
	run_berth 0 net create lab --nat 10.211.7.0/24 --dry-run --sh
	sh -n - <<<"$output"
	run_berth 0 net create lab --nat 10.211.7.0/24 --dry-run --json
	jq -e '.schema == "berth.plan/1" and (.steps | length > 5)' <<<"$output"
	[ ! -e nets ]
}

@test "a network for a user has addresses, one on a bridge of its owner's has none" {
	run_berth 0 net create lab --vde nobody --dry-run
	prints "setpriv --reuid"
	prints "dhcp-range=10.88."
	run_berth 0 net create lab --bridge mine0 --dry-run
	prints "ip link add name mine0"
	[[ $output != *dnsmasq* ]]
}

@test "only root makes networks" {
	# The tree may lie in a home that nobody else may enter.
	install -m 0755 "$BERTH" berth
	run --separate-stderr as_nobody "$BERTH_HOME/berth" net create lab --bridge bt-lab
	[ "$status" -eq 5 ]
	says "only root can change networks"
}

@test "a file of a network that is damaged is named" {
	mkdir nets
	echo '[wrong]' >nets/lab.conf
	run_berth 10 net list
	says "nets/lab.conf: has no section [net]"
	printf '[net]\nsubnet = 10.5.0.0/24\n' >nets/lab.conf
	run_berth 10 net list
	says "nets/lab.conf:"
}

@test "every kind of interface wants a link that fits" {
	card network
	run_berth 10 check web.conf
	prints "type network needs a link, the name of a network (link = lab)"
	for bad in "tap a/b" "vde here" "mcast 10.0.0.1:7000" "mcast 230.0.0.1" "socket 127.0.0.1:1" "socket listen:70" "network a.b"; do
		card "${bad% *}" "link = ${bad#* }"
		run_berth 10 check web.conf
		prints "link: '${bad#* }' is not"
	done
	card nat "link = lab"
	run_berth 0 check web.conf
	prints "the link is ignored with type nat"
}

@test "forwarded ports that are none, or that collide" {
	for bad in 80 :80 80: 8080:80/sctp 0:80 8080:65536 1.2.3:8080:80 host:8080:80 8080:80:90:100; do
		card nat "[network]" "[[forward]]" "web = $bad"
		run_berth 10 check web.conf
		prints "web: '$bad' is not a forwarded port (try 8080:80"
	done
	card nat "[network]" "[[forward]]" "web = 8080:80" "more = 0.0.0.0:8080:81"
	run_berth 10 check web.conf
	prints "more: port 8080 leads to 'web' already"
	card nat "[network]" "[[forward]]" "web = 8080:80" "names = 8080:53/udp" "other = 127.0.0.2:8080:81"
	run_berth 0 check web.conf
	card mcast "link = 230.0.0.1:7000" "[network]" "[[forward]]" "web = 8080:80"
	run_berth 0 check web.conf
	prints "no interface is of type nat"
}

@test "a taken port is named, and one that is root's" {
	card nat "[network]" "[[forward]]" "web = 8080:80"
	host '. + { taken_ports: ["8080:80"] }'
	run_berth 6 start web.conf --dry-run --facts host.json
	says "web.conf:9: network.forward.web: port 8080 of 127.0.0.1 is taken on this host (choose another: web = 9080:80)"
	"$BERTH" set web.conf network.forward.web=80:80
	host '. + { low_port: 1024, run_uid: 65534 }'
	run_berth 5 start web.conf --dry-run --facts host.json
	says "only root can take port 80"
	host '. + { low_port: 1024, run_uid: 0 }'
	run_berth 0 start web.conf --dry-run --facts host.json
	prints "hostfwd=tcp:127.0.0.1:80-:80"
}

@test "a network that is missing, down, root's, or another's" {
	card network "link = lab"
	host '. + { uid: 0 }'
	run_berth 3 plan start web.conf --facts host.json
	says "this host has no network 'lab' (as root: berth net create lab)"
	host '. + { uid: 0, networks: { lab: { bridge: "bt-lab" } } }'
	run_berth 1 plan start web.conf --facts host.json
	says "the network 'lab' is not up (berth net up lab)"
	host '. + { uid: 1000, user: "ada", networks: { lab: { bridge: "bt-lab", user: "bob", socket: "/s" } } }'
	run_berth 5 plan start web.conf --facts host.json
	says "only root and bob can join the network 'lab'"
	says "berth net create NAME --vde ada"
	host '. + { uid: 1000, user: "ada", networks: { lab: { bridge: "bt-lab", user: "ada", socket: "/s" } } }'
	run_berth 0 plan start web.conf --facts host.json
	prints "vde,id=net0,sock=/s"
}

@test "an address that is not of the network" {
	card network "link = lab" "[network]" "[[eths]]" "[[[eth0]]]" "address = 10.6.0.2"
	host '. + { uid: 0, bridges: ["bt-lab"], networks: { lab: { bridge: "bt-lab", subnet: "10.5.0.0/24" } } }'
	run_berth 10 plan start web.conf --facts host.json
	says "address '10.6.0.2' is not in the network 'lab', which is 10.5.0.0/24"
}

@test "a bridge: root's device, the helper where it is set up, else what to type" {
	card bridge
	host '. + { uid: 0, run_uid: 65534, bridges: [], tun_shut: false }'
	run_berth 3 plan start web.conf --facts host.json
	says "this host has no bridge 'br0'"
	host '. + { uid: 0, run_uid: 65534, bridges: ["br0"], tun_shut: false }'
	run_berth 0 plan start web.conf --facts host.json
	prints "ip tuntap add dev tap"
	prints "elevateprivileges=deny"
	host '. + { uid: 0, run_uid: 65534, bridges: ["br0"], tun_shut: true }'
	run_berth 5 plan start web.conf --facts host.json
	says "chmod 0666 /dev/net/tun"
	host '. + { uid: 1000, user: "ada", bridges: ["br0"], helper_bridges: [] }'
	run_berth 5 plan start web.conf --facts host.json
	says "ip tuntap add dev tap0 mode tap user ada; ip link set tap0 master br0 up"
	host '. + { uid: 1000, user: "ada", bridges: ["br0"], helper_bridges: ["br0"] }'
	run_berth 0 plan start web.conf --facts host.json
	prints "bridge,id=net0,br=br0"
	[[ $output != *-sandbox* ]]
}

@test "containers have not every kind of network" {
	host '. + { uid: 0, state: "stopped", id_base: 1000000, id_count: 65536 } | .tools += { "lxc-start": "lxc-start", vzctl: "vzctl" }'
	card mcast "link = 230.0.0.1:7000" "[run]" "driver = lxc"
	run_berth 12 plan start web.conf --facts host.json
	says "a container cannot have a network of type mcast"
	card network "link = lab" "[run]" "driver = lxc"
	run_berth 3 plan start web.conf --facts host.json
	says "berth net create lab"
	host '. + { uid: 0, state: "stopped", id_base: 1000000, id_count: 65536, bridges: ["bt-lab"],
		networks: { lab: { bridge: "bt-lab", subnet: "10.5.0.0/24" } } } | .tools += { "lxc-start": "lxc-start" }'
	run_berth 0 plan start web.conf --facts host.json
	prints "link = bt-lab"
	prints "nets/lab.d/dhcp/web.0"
}

@test "what QEMU would start a program for is refused before it starts" {
	local word host=$BATS_TEST_DIRNAME/../golden/host.json
	for word in tap,id=n tap,id=n,script=/etc/up,downscript=no tap,id=n,script=no bridge,id=n,helper=/bin/h; do
		printf '[hardware]\nvm_id = raw\n[driver]\n[[qemu]]\nargs = -netdev, "%s"\n' "$word" >raw.conf
		run_berth 12 plan start raw.conf --facts "$host"
		says "raw.conf:5: driver.qemu.args: '$word': QEMU would start a program, which its sandbox forbids"
	done
	for word in tap,id=n,fd=7 tap,id=n,ifname=tap0,script=no,downscript=no user,id=n; do
		printf '[hardware]\nvm_id = raw\n[driver]\n[[qemu]]\nargs = -netdev, "%s"\n' "$word" >raw.conf
		run_berth 0 plan start raw.conf --facts "$host"
	done
}
