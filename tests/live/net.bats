#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Networks between real guests, in a network namespace of our own: nothing here
# touches the host's. Guests have nothing to boot; QEMU itself makes them speak
# (announce-self) and writes down what they hear (filter-dump).

# shellcheck disable=SC2016,SC2317  # what stands in single quotes is for another shell

load live

# The namespace takes the host's place. In it everybody may open /dev/net/tun, as on most hosts.
inhost() {
	ip netns exec "$NS" sh -c 'mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200 && exec "$@"' sh "$@"
}

berth() {
	inhost "$BERTH" "$@"
}

setup_file() {
	[ "$(id -u)" -eq 0 ] || skip "only root can make a network namespace"
	NS=berth-net-$$
	export NS
	ip netns add "$NS"
	inhost ip link set lo up
	live_setup
}

teardown_file() {
	local name
	[ -n "${NS:-}" ] || return 0
	for name in $(inhost "$BERTH" net list --json | jq -r '.networks[].name'); do
		berth net remove "$name" --force || true
	done
	live_teardown
	ip netns del "$NS"
}

# guest NAME [LINE]...: a machine file with one interface.
guest() {
	local name=$1
	shift
	{
		printf '[hardware]\nvm_id = %s\nram = 64\n[[eths]]\n[[[eth0]]]\n' "$name"
		printf '%s\n' "$@"
		printf '[driver]\n[[qemu]]\nargs = -object, "filter-dump,id=dump,netdev=net0,file=%s/run/%s/heard.pcap"\n' \
			"$BERTH_HOME" "$name"
	} >"$BERTH_HOME/$name.conf"
}

start() {
	local name
	for name; do
		berth start --quiet "$BERTH_HOME/$name.conf"
	done
}

end() {
	local name
	for name; do
		berth kill --quiet "$BERTH_HOME/$name.conf"
	done
}

mac() {
	berth start "$BERTH_HOME/$1.conf" --dry-run --quiet --json | jq -r '.steps[].argv // [] | .[]' |
		grep -o 'mac=[0-9a-f:]*' | tr -d : | cut -c 5-
}

announce() {
	printf '%s\n%s\n' '{"execute":"qmp_capabilities"}' \
		'{"execute":"announce-self","arguments":{"initial":50,"max":100,"rounds":3,"step":20}}' |
		socat -t 1 - "UNIX-CONNECT:$BERTH_HOME/run/$1/qmp.sock" >/dev/null
}

heard() {
	od -An -v -tx1 "$BERTH_HOME/run/$1/heard.pcap" | tr -d ' \n' | grep -q "$2"
}

# hears A B: what B says reaches A.
hears() {
	announce "$2"
	until_true 5 heard "$1" "$3"
}

# client NAME: a machine on the bridge bt-lab, in a namespace of its own
client() {
	ip -n "$NS" link add "$1" type veth peer name "$1-b"
	ip -n "$NS" link set "$1-b" master bt-lab up
	ip -n "$NS" link set "$1" up
}

ask() {
	inhost busybox udhcpc -q -n -t 20 -T 1 -i "$1" -s "$BERTH_HOME/lease" -x "hostname:$1" >/dev/null 2>&1
}

resolves() {
	inhost busybox nslookup "$1" 10.5.0.1 | grep -q "$2"
}

# runs WHAT PROGRAM: the network's program does
runs() {
	pgrep --pidfile "$BERTH_HOME/run/.nets/lab/$1" "$2" >/dev/null 2>&1
}

end_program() {
	pkill --pidfile "$BERTH_HOME/run/.nets/lab/$1" "$2"
	until_true 5 eval "! runs $1 $2"
}

@test "one command is a network with addresses and names, and once more is nothing" {
	berth net create lab --nat 10.5.0.0/24 --vde nobody
	berth net list | grep -E '^lab +up +bt-lab +10\.5\.0\.0/24 +- +nobody'
	berth net check lab
	[ "$(inhost cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
	inhost nft list tables | grep -x 'table ip berth_lab'
	run berth net create lab
	[ "$status" -eq 0 ]
	[[ $output == *"is up already"* ]]
	berth net up --dry-run --json | jq -e '.steps == []'
}

@test "clients get addresses and know each other by name" {
	printf '#!/bin/sh\n[ "$1" = bound ] && echo "$ip $router $dns" >%s/$interface.lease\nexit 0\n' "$BERTH_HOME" >"$BERTH_HOME/lease"
	chmod +x "$BERTH_HOME/lease"
	client one
	client two
	ask one
	ask two
	grep -E '^10\.5\.0\.[0-9]+ 10\.5\.0\.1 10\.5\.0\.1$' "$BERTH_HOME/one.lease"
	[ "$(cut -d ' ' -f 1 "$BERTH_HOME/one.lease")" != "$(cut -d ' ' -f 1 "$BERTH_HOME/two.lease")" ]
	resolves one "$(cut -d ' ' -f 1 "$BERTH_HOME/one.lease")"
	resolves two.lab "$(cut -d ' ' -f 1 "$BERTH_HOME/two.lease")"
}

@test "a guest joins it by name, and its address and name are known" {
	guest db "type = network" "link = lab" "[network]" "[[eths]]" "[[[eth0]]]" "address = 10.5.0.20"
	start db
	until_true 5 resolves db 10.5.0.20
	ip -n "$NS" -json link show master bt-lab | jq -e '[.[].ifname | select(startswith("tap"))] | length == 1'
	pid=$(grep -oE '[0-9]+' "$BERTH_HOME/run/db.lock" | head -n 1)
	grep -E '^Uid:\s+65534' "/proc/$pid/status"
	grep -E '^CapEff:\s+0000000000000000' "/proc/$pid/status"
}

@test "a network in use is not taken away" {
	run berth net remove lab
	[ "$status" -eq 6 ]
	[[ $output == *"in use by"* ]]
}

@test "a user's guest joins it through the switch, without rights" {
	guest user "type = vde" "link = $BERTH_HOME/run/.nets/lab/user/vde"
	start user
	hears user db "$(mac db)"
	hears db user "$(mac user)"
	end user
}

@test "the guest's device goes with it" {
	end db
	ip -n "$NS" -json link show master bt-lab | jq -e '[.[].ifname | select(startswith("tap"))] == []'
}

@test "what has died is repaired" {
	end_program dnsmasq.pid dnsmasq
	inhost nft delete table ip berth_lab
	ip -n "$NS" link set vt-lab nomaster
	berth net list | grep -E '^lab +partial'
	run berth net check lab
	[ "$status" -eq 1 ]
	[[ $output == *"berth net up lab"* ]]
	berth net up
	berth net list | grep -E '^lab +up'
	berth net check lab
}

@test "a host that was started anew has its networks again" {
	ip -n "$NS" link del one
	ip -n "$NS" link del two
	end_program dnsmasq.pid dnsmasq
	end_program user/pid vde_switch
	inhost nft flush ruleset
	ip -n "$NS" link del bt-lab
	ip -n "$NS" link del vt-lab 2>/dev/null || true
	rm -rf "$BERTH_HOME/run/.nets"
	berth net up lab
	berth net list | grep -E '^lab +up'
}

@test "four that bring it up at once all end well, and it is there once" {
	local pids pid
	end_program dnsmasq.pid dnsmasq
	end_program user/pid vde_switch
	ip -n "$NS" link del bt-lab
	pids=()
	for _ in 1 2 3 4; do
		berth net up 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	berth net list | grep -E '^lab +up'
	berth net check lab
	[ "$(pgrep --full --count "dnsmasq --conf-file=$BERTH_HOME/run/.nets/lab")" = 1 ]
}

@test "killed after any step, a network can be made and removed all the same" {
	local k=0 created=137 removed=137
	while [ $created$removed != 00 ]; do
		created=0 removed=0
		BERTH_DIE_AFTER=$k berth net create half --vde nobody --nat 10.6.0.0/24 || created=$?
		[ $created -eq 0 ] || berth net create half --vde nobody --nat 10.6.0.0/24
		berth net list | grep -E '^half +up'
		BERTH_DIE_AFTER=$k berth net remove half || removed=$?
		[[ $created == @(0|137) && $removed == @(0|137) ]]
		run berth net remove half
		[[ $status == @(0|3) ]]
		run ! berth net check half
		k=$((k + 1))
	done
	[ $k -gt 8 ]
}

@test "removed, it leaves nothing" {
	berth net remove lab
	[ "$(berth net list --json | jq '.networks | length')" -eq 0 ]
	[ -z "$(inhost nft list tables)" ]
	[ "$(ip -n "$NS" -json link show | jq -r '[.[].ifname] | join(" ")')" = lo ]
	[ -z "$(find "$BERTH_HOME/nets" "$BERTH_HOME/run/.nets" -mindepth 1 -not -name '.lock*')" ]
	[ -z "$(pgrep --full "$BERTH_HOME/run/.nets")" ]
}

@test "an uplink joins with its addresses and routes, and gets them back" {
	ip -n "$NS" link add up0 type veth peer name wire
	ip -n "$NS" link set wire up
	ip -n "$NS" link set up0 up
	ip -n "$NS" addr add 192.0.2.5/24 dev up0
	ip -n "$NS" route add default via 192.0.2.1
	run berth net create lan --uplink up0
	[ "$status" -eq 6 ]
	[[ $output == *"--force"* ]]
	SSH_CONNECTION="192.0.2.9 5000 192.0.2.5 22" run berth net create lan --uplink up0
	[ "$status" -eq 6 ]
	[[ $output == *"this session came in by 'up0'"* ]]
	SSH_CONNECTION="192.0.2.9 5000 192.0.2.5 22" run inhost sh -c 'env -u SSH_CONNECTION "$@"; exit $?' sh "$BERTH" net create lan --uplink up0
	[[ $output == *"this session came in by 'up0'"* ]]
	berth net create lan --uplink up0 --force
	inhost ip route show default | grep 'via 192.0.2.1 dev bt-lan'
	inhost ip -br addr show bt-lan | grep 192.0.2.5/24
	run sh -c "ip -n '$NS' -br -4 addr show up0 | grep 192.0.2.5"
	[ "$status" -ne 0 ]
	berth net create lan
	berth net remove lan
	inhost ip route show default | grep 'via 192.0.2.1 dev up0'
	inhost ip -br addr show up0 | grep 192.0.2.5/24
}

@test "multicast joins guests without rights" {
	guest m1 "type = mcast" "link = 230.0.0.1:17000"
	guest m2 "type = mcast" "link = 230.0.0.1:17000"
	ip -n "$NS" route add 224.0.0.0/4 dev lo
	start m1 m2
	hears m1 m2 "$(mac m2)"
	hears m2 m1 "$(mac m1)"
	end m1 m2
}

@test "a cable joins two guests, over a port and over a socket" {
	mkdir -m 777 "$BERTH_HOME/cable"
	for link in 127.0.0.1:17001 "$BERTH_HOME/cable/socket"; do
		guest s1 "type = socket" "link = listen:$link"
		guest s2 "type = socket" "link = connect:$link"
		start s1 s2
		hears s1 s2 "$(mac s2)"
		hears s2 s1 "$(mac s1)"
		end s2 s1
	done
}

@test "a tap device that is there already is taken" {
	ip -n "$NS" tuntap add dev mine mode tap user nobody
	ip -n "$NS" link set mine up
	guest t1 "type = tap" "link = mine"
	start t1
	inhost ip -br link show mine | grep LOWER_UP
	end t1
	ip -n "$NS" link show mine
}

@test "top counts what goes through a tap device" {
	local pid
	ip -n "$NS" tuntap add dev counted mode tap user nobody
	ip -n "$NS" link set counted up
	guest t2 "type = tap" "link = counted"
	start t2
	berth top --json -d 2 >"$BERTH_HOME/top.json" 3>&- &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		announce t2
	done
	wait $pid
	jq -e '.guests[] | select(.name == "t2" and (.alien | not)) | .driver == "qemu" and .net_sent > 0 and .net_received >= 0' "$BERTH_HOME/top.json"
	end t2
}

@test "a user joins a bridge where root has set the helper up" {
	local home=$BERTH_HOME/user
	local as=(setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps=-all env "BERTH_HOME=$home")
	mkdir "$home" "$BERTH_HOME/etc"
	chown nobody "$home"
	ip -n "$NS" link add brh type bridge
	guest h1 "type = bridge" "bridge = brh"
	sed -i '/^.driver/,$d' "$BERTH_HOME/h1.conf"
	run inhost "${as[@]}" "$BERTH" start --quiet "$BERTH_HOME/h1.conf"
	[ "$status" -eq 5 ]
	[[ $output == *"only root can join the bridge 'brh'"* ]]
	inhost sh -c 'mount -t tmpfs none "$1" && mkdir -p "$1/up/qemu" "$1/work" && echo "allow brh" >"$1/up/qemu/bridge.conf" &&
		mount -t overlay -o "lowerdir=/etc,upperdir=$1/up,workdir=$1/work" overlay /etc &&
		cp /usr/lib/qemu/qemu-bridge-helper "$1" && chmod 4755 "$1/qemu-bridge-helper" &&
		mount --bind "$1/qemu-bridge-helper" /usr/lib/qemu/qemu-bridge-helper && shift && exec "$@"' sh "$BERTH_HOME/etc" \
		"${as[@]}" "$BERTH" start --quiet "$BERTH_HOME/h1.conf"
	ip -n "$NS" -json link show master brh | jq -e 'length == 1'
	inhost "${as[@]}" "$BERTH" kill --quiet "$BERTH_HOME/h1.conf"
	ip -n "$NS" -json link show master brh | jq -e '[.[].ifname] | length == 0'
}

@test "a forwarded port is open while the guest runs, and a taken one is named" {
	guest f1 "type = nat" "[network]" "[[forward]]" "web = 127.0.0.1:18080:80"
	start f1
	inhost socat -u /dev/null TCP:127.0.0.1:18080
	sed s/f1/f2/ "$BERTH_HOME/f1.conf" >"$BERTH_HOME/f2.conf"
	run berth start --quiet "$BERTH_HOME/f2.conf"
	[ "$status" -eq 6 ]
	[[ $output == *"network.forward.web: port 18080 of 127.0.0.1 is taken"* ]]
	end f1
	start f2
	end f2
}
