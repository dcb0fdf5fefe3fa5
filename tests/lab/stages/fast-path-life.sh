# shellcheck shell=bash
# neighbours, routes, links and the daemon itself come and go while ESP flows: none is lost

# shellcheck source=../affinity.sh
. "$LAB_HOME/affinity.sh"

needs() {
	peers_missing
	director_missing
	[ "$(director_best_path)" != off ] || echo "a fast path"
}

# Prints how many ways have no next hop.
ways_unresolved() {
	director_query stats .fast_path.ways_unresolved
}

# True when it is $1.
ways_unresolved_are() {
	[ "$(ways_unresolved)" = "$1" ]
}

# True when the director's device $1 has the program, or nft's chain that leads into its table.
carries_at() {
	lab_ip dir link show "$1" >/dev/null 2>&1 || return
	if [ "$(director_best_path)" = bpf ]; then
		lab_in dir tc filter show dev "$1" ingress | grep -q ipb_ingress
	else
		lab_in dir nft list chain netdev ipsec-balancer "at-$1" | grep -q 'goto carry6'
	fi
}

# Takes it off device $1.
carries_no_more_at() {
	if [ "$(director_best_path)" = bpf ]; then
		lab_in dir tc qdisc del dev "$1" clsact
	else
		lab_in dir nft "flush chain netdev ipsec-balancer at-$1
			delete chain netdev ipsec-balancer at-$1"
	fi
}

# Pings by the hundred from client 1 while a command runs; claims that all were answered.
expect_none_lost() {
	local what=$1 pid
	shift
	lab_in c1 ping -q -n -i 0.02 -c 200 -w 15 -I "$(client_inner 1)" "$LAB_INNER" \
		>"$LAB_DIR/pings" 2>&1 &
	pid=$!
	"$@" >>"$LAB_DIR/log/commands.log" 2>&1
	wait "$pid"
	# It sends more when an answer is late.
	expect "$what: pings lost" 0 "$(awk '/transmitted/ { print $1 - $4 }' "$LAB_DIR/pings")"
	expect_at_least "$what: pings answered" 200 \
		"$(awk '/transmitted/ { print $4 }' "$LAB_DIR/pings")"
}

# Has the kernel forget the servers' link-layer addresses, again and again.
neighbours_flap() {
	local i
	for i in 1 2 3 4 5 6 7 8; do
		lab_ip dir neigh flush dev lan
		lab_ip dir -6 neigh flush dev lan
		sleep 0.3
	done
}

# Has the link to the servers be of another size, and back, and other routes come and go.
links_flap() {
	local i
	for i in 1 2 3 4; do
		lab_ip dir route add "10.77.$i.0/24" via 10.2.0.11
		lab_ip dir link set lan mtu 1400
		sleep 0.3
		lab_ip dir route del "10.77.$i.0/24"
		lab_ip dir link set lan mtu 1500
		sleep 0.3
	done
}

# Kills the daemon and starts it; starts a new one of another configuration; stops it properly.
daemon_restarts() {
	director_kill
	stage_director_start
	director_stop
	stage_director_start
}

# Removes the link to the router in the middle, and makes it anew with other indexes.
uplink_is_made_anew() {
	lab_ip dir link del wan
	veth_lines dir dir wan 198.51.100.1/30 2001:db8:f::1/64 | lab_ip_lines net
	printf '%s\n' "route add 192.0.2.0/24 via 198.51.100.2" \
		"route add 2001:db8::/64 via 2001:db8:f::2" | lab_ip_lines net
	{
		uplink_lines
		echo "route add default via 198.51.100.1"
		echo "route add default via 2001:db8:f::1"
	} | lab_ip_lines dir
}

# Claims that it is known when the client was carried, where that is.
expect_seen() {
	[ "$(director_best_path)" = bpf ] || return 0
	expect_at_most "seconds since the client was carried, by show clients" 10 \
		"$(director_query clients '.[0].carried_s')"
}

# One client, whose server gets all; the daemon's part in its packets is none.
stage() {
	local before
	director_keeps_state
	stage_up 1 1 rr
	clients_start 2 "$LAB_VIP"
	expect "clients established" 1 "$(clients_initiate 1 1)"
	expect "fast path" "$(director_best_path)" "$(director_fast_path)"
	expect_none_lost "neighbours flap" neighbours_flap
	expect_none_lost "links and routes flap" links_flap
	expect_true "all ways are there again" lab_until 30 ways_unresolved_are 0
	expect_none_lost "killed, started, stopped, started" daemon_restarts
	expect "clients established, by the new one" 1 "$(director_established)"
	expect_true "the uplink has what carries" carries_at wan
	expect_true "the uplink is removed and made anew" uplink_is_made_anew
	expect_true "it has it again" lab_until 30 carries_at wan
	sleep 2 # all that was carried so far is counted by then
	before=$(director_fast_packets)
	expect_true "pings go on" client_ping 1 5
	expect_true "carried by the kernel" lab_until 30 director_fast_is $((before + 5))
	expect_seen
	expect_true "the link to the server goes down" lab_ip dir link set s1 down
	lab_ip dir link set lan down
	expect_true "its ways are gone" lab_until 30 ways_unresolved_are 2
	lab_ip dir link set lan up
	lab_ip dir link set s1 up
	lab_ip dir addr add 2001:db8:2::1/64 dev lan nodad 2>/dev/null
	lab_ip dir route replace default via 198.51.100.1
	expect_true "and come back" lab_until 50 ways_unresolved_are 0
	expect_true "pings go on" client_ping 1 5
	expect_true "somebody takes off what carries" carries_no_more_at wan
	expect_true "it is put back" lab_until 30 carries_at wan
	stage_say "what went up the stack: $(director_query stats '.fast_path_program // {} |
		to_entries | map(select(.value > 0) | "\(.key) \(.value)") | join(", ")')"
	expect_good_end
}
