# shellcheck shell=bash
# contrib/realserver: up, check, down for method tunnel, ipip and gue

# shellcheck source=../gateway.sh
. "$LAB_HOME/gateway.sh"

# Neither peers nor the director.
needs() {
	tunnels_missing 4
}

# Claims that pings to both VIPs through tunnels of the given kind come to the gateway: $1 the
# VIP's family, $2 the outer one, further options for ip(8) after them.
expect_through() {
	local inner=$1 outer=$2 vip=$LAB_VIP client=203.0.113.1 kind here there
	shift 2
	[ "$inner" = 4 ] || vip=$LAB_VIP6 client=2001:db8:c::1
	here=10.2.0.1 there=10.2.0.11
	[ "$outer" = 4 ] || here=2001:db8:2::1 there=2001:db8:2::b
	case $outer$inner in
	44) kind=ipip ;;
	46) kind=sit ;;
	6?) kind="ip6tnl mode any" ;;
	esac
	# shellcheck disable=SC2086 # a list of words
	lab_ip dir link add tunnel type $kind local $here remote $there "$@" ||
		stage_fail "the director's place has no tunnel of $kind $*"
	printf '%s\n' "link set tunnel up" "route replace $vip dev tunnel" | lab_ip_lines dir
	expect_true "$vip is served through $kind $*" vip_ping $client "$vip"
	lab_ip dir link del tunnel
}

# Method tunnel, ipip and gue; each family in its own, then in the other.
stage() {
	local gue="encap gue encap-sport auto encap-dport 6081"
	local own4=(--address 10.2.0.11) own6=(--address 2001:db8:2::b)
	gateway_make || stage_fail "the gateway could not be made"
	gateway_state >"$LAB_DIR/before"
	expect_up --method tunnel "${VIPS[@]}" "${own4[@]}" "${own6[@]}" --director 10.2.0.1
	expect_through 4 4
	expect_through 6 6
	expect_missing "setting net/ipv4/conf/ipb-decap4/rp_filter 2" \
		lab_in gw sysctl -qw net.ipv4.conf.ipb-decap4.rp_filter=1
	expect_missing "address $LAB_VIP/32 ipb-decap4" \
		lab_ip gw address del "$LAB_VIP/32" dev ipb-decap4
	expect_missing "tunnel ipb-decap6 ip6tnl 2001:db8:2::b any" lab_ip gw link del ipb-decap6
	expect_no_trace
	expect_up --method tunnel "${VIPS[@]}" "${own4[@]}"
	expect_through 6 4
	expect_no_trace
	expect_up --method tunnel "${VIPS[@]}" "${own6[@]}" --device vip0
	expect_through 4 6
	expect_no_trace
	expect_up --method tunnel "${VIPS[@]}" "${own4[@]}" "${own6[@]}" \
		--encapsulation gue --gue-port 6081
	# For the sender; nothing loads the part for IPv6 by itself.
	modprobe -q fou6
	# shellcheck disable=SC2086 # a list of words
	expect_through 4 4 $gue encap-csum
	# shellcheck disable=SC2086
	expect_through 6 6 $gue encap-udp6-csum
	expect_missing "gue 4 6081 10.2.0.11" lab_in gw ip fou del port 6081 local 10.2.0.11
	expect_no_trace
}
