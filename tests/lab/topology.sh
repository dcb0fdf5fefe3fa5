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
# dir's default route points to net, where what should not have been sent would show up.

LAB_VIP=192.0.2.1
LAB_VIP6=2001:db8::1
LAB_VIP_B=192.0.2.2
LAB_INNER=10.99.0.1
LAB_CLIENTS=0
LAB_SERVERS=0

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

# Gives device $2 of namespace $1 its addresses and takes it up.
link_configure() {
	local ns=$1 dev=$2 address
	shift 2
	for address; do
		case $address in
		*:*) lab_ip "$ns" addr add "$address" dev "$dev" nodad ;;
		*) lab_ip "$ns" addr add "$address" dev "$dev" ;;
		esac || return 1
	done
	lab_ip "$ns" link set "$dev" up
}

# Makes a bridge $2 in namespace $1 with addresses; no snooping, so that no packet waits.
bridge_add() {
	local ns=$1 dev=$2
	shift 2
	lab_ip "$ns" link add "$dev" type bridge mcast_snooping 0 forward_delay 0 &&
		link_configure "$ns" "$dev" "$@"
}

# Makes a veth between device $2 of namespace $1 and port $4 of namespace $3's bridge $5.
veth_to_bridge() {
	lab_ip "$1" link add "$2" type veth peer name "$4" netns "$LAB_PREFIX$3" &&
		lab_ip "$3" link set "$4" master "$5" up
}

# Makes the router in the middle and the director.
topology_middle() {
	lab_ns_add net && lab_ns_add dir || return 1
	lab_ns_forward net && lab_ns_forward dir || return 1
	bridge_add net clients 203.0.113.1/24 2001:db8:c::1/64
	bridge_add net ret 10.3.0.1/24 2001:db8:3::1/64
	bridge_add dir lan 10.2.0.1/24 2001:db8:2::1/64
	lab_ip net link add dir type veth peer name wan netns "${LAB_PREFIX}dir" || return 1
	link_configure net dir 198.51.100.1/30 2001:db8:f::1/64
	link_configure dir wan 198.51.100.2/30 2001:db8:f::2/64
	lab_ip net route add 192.0.2.0/24 via 198.51.100.2
	lab_ip net -6 route add 2001:db8::/64 via 2001:db8:f::2
	lab_ip dir route add default via 198.51.100.1
	lab_ip dir -6 route add default via 2001:db8:f::1
}

# Makes client $1.
topology_client() {
	local ns=c$1
	lab_ns_add "$ns" && veth_to_bridge "$ns" wan net "c$1" clients || return 1
	link_configure "$ns" lo "$(client_inner "$1")/32"
	link_configure "$ns" wan "$(client_address "$1")/24" "$(client_address6 "$1")/64"
	lab_ip "$ns" route add default via 203.0.113.1
	lab_ip "$ns" -6 route add default via 2001:db8:c::1
}

# Makes real server $1: VIPs on lo, which it neither announces nor answers ARP for.
topology_server() {
	local ns=s$1 host
	host=$((10 + $1))
	lab_ns_add "$ns" && lab_ns_forward "$ns" || return 1
	lab_in "$ns" sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
	veth_to_bridge "$ns" lan dir "s$1" lan && veth_to_bridge "$ns" ret net "s$1" ret ||
		return 1
	link_configure "$ns" lo "$LAB_VIP/32" "$LAB_VIP_B/32" "$LAB_VIP6/128" "$LAB_INNER/32"
	link_configure "$ns" lan "10.2.0.$host/24" "$(server_address6 "$1")/64"
	link_configure "$ns" ret "10.3.0.$host/24" "$(printf '2001:db8:3::%x/64' "$host")"
	lab_ip "$ns" route add default via 10.3.0.1
	lab_ip "$ns" -6 route add default via 2001:db8:3::1
}

# Makes the whole network with $1 clients and $2 real servers.
topology_up() {
	local i
	LAB_CLIENTS=$1 LAB_SERVERS=$2
	topology_middle || return 1
	for ((i = 1; i <= LAB_CLIENTS; i++)); do topology_client "$i" || return 1; done
	for ((i = 1; i <= LAB_SERVERS; i++)); do topology_server "$i" || return 1; done
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
