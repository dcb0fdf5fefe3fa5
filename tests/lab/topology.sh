# shellcheck shell=bash
# The lab's network. Sourced by lib.sh.
#
#   c1 ... cN            203.0.113.0/24, 2001:db8:c::/64; inner 10.98.0.i
#    |  (bridge)
#   net ------- dir      198.51.100.0/30, 2001:db8:f::/64; the VIPs are routed to dir
#    |           | (bridge "lan")
#    | "ret"     |       10.2.0.0/24, 2001:db8:2::/64
#    +--- s1 ... sM      10.3.0.0/24, 2001:db8:3::/64; VIPs and inner 10.99.0.1 on lo
#
# Replies leave a real server by "ret" and never see the director: direct routing in earnest.
# With LAB_BACK=dir the director is the real servers' default route instead; method nat needs
# that, and LAB_METHOD=nat, for its servers have no VIP. With LAB_BACK=bridge that route is
# net at 10.2.0.254 and 2001:db8:2::fe: the link to net is a port of the bridge "lan", and
# replies pass the director as frames. dir's own default route points to net, where what
# should not have been sent would show up.

LAB_VIP=192.0.2.1
LAB_VIP6=2001:db8::1
LAB_VIP_B=192.0.2.2
LAB_INNER=10.99.0.1
LAB_CLIENTS=0
LAB_SERVERS=0
LAB_BACK=ret
LAB_METHOD=direct
REAL_SERVER=$LAB_HOME/../../contrib/realserver

# Prints the address of client $1.
client_address() {
	printf '203.0.113.%d' $((10 + $1))
}

# Prints the IPv6 address of client $1.
client_address6() {
	printf '2001:db8:c::%x' $((10 + $1))
}

# Prints the address that client $1 has inside the tunnel.
client_inner() {
	printf '10.98.0.%d' "$1"
}

# Prints the address of real server $1 on the director's link.
server_address() {
	printf '10.2.0.%d' $((10 + $1))
}

# Prints the IPv6 address of real server $1 on the director's link.
server_address6() {
	printf '2001:db8:2::%x' $((10 + $1))
}

# Prints the lines for ip(8) that give device $1 its addresses and take it up.
link_lines() {
	local dev=$1 address
	shift
	for address; do
		case $address in
		*:*) echo "address add $address dev $dev nodad" ;;
		*) echo "address add $address dev $dev" ;;
		esac
	done
	echo "link set $dev up"
}

# Gives device $2 of namespace $1 its addresses and takes it up.
link_configure() {
	local ns=$1
	shift
	link_lines "$@" | lab_ip_lines "$ns"
}

# Prints the lines for a bridge $1 with addresses; no snooping, so that no packet waits.
bridge_lines() {
	echo "link add $1 type bridge mcast_snooping 0 forward_delay 0"
	link_lines "$@"
}

# Prints the lines for device $1 with addresses, its other end being $3 in namespace $2.
veth_lines() {
	local dev=$1 ns=$2 port=$3
	shift 3
	echo "link add $dev type veth peer name $port netns $LAB_PREFIX$ns"
	link_lines "$dev" "$@"
}

# Prints the lines for the director's link to the router in the middle.
uplink_lines() {
	local dev=wan
	if [ "$LAB_BACK" = bridge ]; then
		echo "link set wan master lan up"
		dev=lan
	fi
	link_lines "$dev" 198.51.100.2/30 2001:db8:f::2/64
}

# Makes the router in the middle and the director.
topology_middle() {
	local behind=()
	[ "$LAB_BACK" != bridge ] || behind=(10.2.0.254/24 2001:db8:2::fe/64)
	lab_ns_add_router net && lab_ns_add_router dir || return 1
	{
		link_lines lo
		bridge_lines clients 203.0.113.1/24 2001:db8:c::1/64
		bridge_lines ret 10.3.0.1/24 2001:db8:3::1/64
		veth_lines dir dir wan 198.51.100.1/30 2001:db8:f::1/64 "${behind[@]}"
		echo "route add 192.0.2.0/24 via 198.51.100.2"
		echo "route add 2001:db8::/64 via 2001:db8:f::2"
	} | lab_ip_lines net || return 1
	{
		link_lines lo
		bridge_lines lan 10.2.0.1/24 2001:db8:2::1/64
		uplink_lines
		echo "route add default via 198.51.100.1"
		echo "route add default via 2001:db8:f::1"
	} | lab_ip_lines dir
}

# Makes client $1.
topology_client() {
	local ns=c$1
	lab_ns_add "$ns" || return 1
	{
		link_lines lo "$(client_inner "$1")/32"
		veth_lines wan net "c$1" "$(client_address "$1")/24" "$(client_address6 "$1")/64"
		echo "route add default via 203.0.113.1"
		echo "route add default via 2001:db8:c::1"
	} | lab_ip_lines "$ns"
}

# Makes real server $1.
topology_server() {
	local ns=s$1 host=$((10 + $1))
	lab_ns_add_router "$ns" || return 1
	{
		link_lines lo "$LAB_INNER/32"
		veth_lines lan dir "s$1" "10.2.0.$host/24" "$(server_address6 "$1")/64"
		veth_lines ret net "s$1" "10.3.0.$host/24" "$(printf '2001:db8:3::%x/64' "$host")"
		if [ "$LAB_BACK" = ret ]; then
			echo "route add default via 10.3.0.1"
			echo "route add default via 2001:db8:3::1"
		fi
	} | lab_ip_lines "$ns" || return 1
	case $LAB_BACK in
	ret) real_server "$1" up ;;
	dir) real_server "$1" up --gateway 10.2.0.1 --gateway 2001:db8:2::1 ;;
	bridge) real_server "$1" up --gateway 10.2.0.254 --gateway 2001:db8:2::fe ;;
	esac
}

# Runs command $2 of the program that sets up real servers at real server $1; further options
# may follow.
real_server() {
	local ns=s$1 command=$2
	shift 2
	lab_in "$ns" "$REAL_SERVER" "$command" --quiet --method "$LAB_METHOD" \
		--vip "$LAB_VIP" --vip "$LAB_VIP_B" --vip "$LAB_VIP6" "$@"
}

# Ties what clients and servers have in the middle to the bridges there.
topology_ports() {
	local i
	{
		for ((i = 1; i <= LAB_CLIENTS; i++)); do echo "link set c$i master clients up"; done
		for ((i = 1; i <= LAB_SERVERS; i++)); do echo "link set s$i master ret up"; done
	} | lab_ip_lines net || return 1
	for ((i = 1; i <= LAB_SERVERS; i++)); do echo "link set s$i master lan up"; done |
		lab_ip_lines dir
}

# Prints why tunnels of family $1 (4 or 6) cannot be had here; nothing when they can.
tunnels_missing() {
	local ns=${LAB_PREFIX}tun kind=ipip
	[ "$1" = 4 ] || kind=ip6tnl
	ip netns add "$ns"
	ip -n "$ns" link add probe type "$kind" external 2>/dev/null ||
		echo "this kernel has no $kind devices"
	ip netns del "$ns"
}

# Has the real servers take packets out of the director's tunnels; options may follow, such
# as --encapsulation gue.
servers_decapsulate() {
	local i
	for ((i = 1; i <= LAB_SERVERS; i++)); do
		real_server "$i" up --method tunnel --address "$(server_address "$i")" \
			--address "$(server_address6 "$i")" "$@" || return 1
	done
}

# Makes the whole network with $1 clients and $2 real servers.
topology_up() {
	local i
	LAB_CLIENTS=$1 LAB_SERVERS=$2
	topology_middle || return 1
	for ((i = 1; i <= LAB_CLIENTS; i++)); do topology_client "$i" || return 1; done
	for ((i = 1; i <= LAB_SERVERS; i++)); do topology_server "$i" || return 1; done
	topology_ports
}

# A plain policy router in the director's place: client i to server ((i-1) mod M) + 1. Shows
# that the lab itself works, so that a failing stage speaks of the director.
plain_router_up() {
	local i server
	for ((i = 1; i <= LAB_SERVERS; i++)); do
		lab_ip dir route add default via "$(server_address "$i")" table $((100 + i))
		lab_ip dir -6 route add default via "$(server_address6 "$i")" table $((100 + i))
	done
	for ((i = 1; i <= LAB_CLIENTS; i++)); do
		server=$(((i - 1) % LAB_SERVERS + 1))
		lab_ip dir rule add from "$(client_address "$i")" to "$LAB_VIP" \
			lookup $((100 + server))
		lab_ip dir -6 rule add from "$(client_address6 "$i")" to "$LAB_VIP6" \
			lookup $((100 + server))
	done
}

# Prints the lines for ip(8) that let the named devices carry 9000 bytes and more.
mtu_lines() {
	printf 'link set dev %s mtu 9200\n' "$@"
}

# Lets the whole network do so, so that the only narrow place is where the stage makes one.
topology_jumbo() {
	local clients servers i
	mapfile -t clients < <(seq -f 'c%g' "$LAB_CLIENTS")
	mapfile -t servers < <(seq -f 's%g' "$LAB_SERVERS")
	mtu_lines "${clients[@]}" "${servers[@]}" dir clients ret | lab_ip_lines net
	mtu_lines "${servers[@]}" wan lan | lab_ip_lines dir
	for i in "${clients[@]}"; do mtu_lines wan | lab_ip_lines "$i"; done
	for i in "${servers[@]}"; do mtu_lines lan ret | lab_ip_lines "$i"; done
}
