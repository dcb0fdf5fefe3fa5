# shellcheck shell=bash
# method tunnel: plain ESP in IPv4 packets (ipip), fragments, and ICMP for what is too big

# Device in the director, decapsulation in the real servers, ESP in the peers' kernel.
needs() {
	peers_missing
	director_missing
	peers_kernel_esp || echo "this kernel has no ESP"
	tunnels_missing 4
}

# Pings from client $1 through its tunnel, the rest being options; true when all came back.
tunnel_ping() {
	local client=$1
	shift
	lab_in "c$client" ping -n -c 3 -i 0.2 -W 3 -I "$(client_inner "$client")" "$@" \
		"$LAB_INNER" >>"$LAB_DIR/log/c$client-ping.log" 2>&1
}

# Prints how many of clients 1 to 4 got answers to such pings.
tunnel_pings() {
	local i answered=0
	for i in 1 2 3 4; do tunnel_ping "$i" "$@" && answered=$((answered + 1)); done
	echo "$answered"
}

# Four clients at two servers. What a client sends with DF set and does not fit into the
# tunnel is answered by the director; the client's kernel then knows the way's MTU.
stage() {
	# shellcheck disable=SC2034 # director.sh writes it into the config
	DIRECTOR_METHOD=tunnel
	topology_up 4 2 || stage_fail "the network did not come up"
	servers_decapsulate || stage_fail "the real servers have no tunnel devices"
	watch_start || stage_fail "the counters could not be placed"
	servers_start || stage_fail "strongSwan of a real server did not come up"
	director_config rr
	director_traces >"$LAB_DIR/before"
	stage_director_start
	expect "tunnel devices" "$(tunnel_expected)" "$(tunnel_devices)"
	clients_start 2 "$LAB_VIP"
	expect "clients established" 4 "$(clients_initiate 1 4)"
	expect "spread by the real servers' SAs" 2/2 "$(servers_spread)"
	expect_agreement 1 4
	expect "clients with answers to pings of 56 bytes" 4 "$(tunnel_pings)"
	expect "plain ESP packets that came out of the tunnels" 12 "$(watch_servers plain_esp)"
	expect "of 1400 bytes, which ESP makes too long" 4 "$(tunnel_pings -M dont -s 1400)"
	expect "of 9000 bytes" 4 "$(tunnel_pings -M dont -s 9000)"
	expect "MTU of the way before anything was too big" "" "$(client_mtu 1)"
	expect_true "of 1300 bytes with DF" tunnel_ping 1 -M 'do' -s 1300
	expect_true "none of 1400 bytes with DF" lab_not tunnel_ping 1 -M 'do' -s 1400
	expect "MTU of the way as the client's kernel now knows it" 1480 "$(client_mtu 1)"
	expect_true "of 1400 bytes with DF where there is need" tunnel_ping 1 -M want -s 1400
	expect "packets that came without a tunnel" 0 "$(watch_servers bare)"
	expect_at_least "IPv4 packets in IPv4" 100 "$(watch_servers tunnelled)"
	expect_good_end
	director_run --cleanup
	director_traces >"$LAB_DIR/after"
	expect_true "ruleset, rules and routes are as before" \
		cmp "$LAB_DIR/before" "$LAB_DIR/after"
	expect "tunnel devices that are left" "" "$(tunnel_devices)"
}

# Prints the names of the director's tunnel devices.
tunnel_devices() {
	lab_ip dir -o link show group 83 | sed 's/^[0-9]*: \([^@:]*\).*/\1/' | sort | tr '\n' ' '
}

# Prints which there should be: nft sends into those of single servers.
tunnel_expected() {
	case $(director_best_path) in
	nft) echo "ipb-ip6tnl-0 ipb-ip6tnl-1 ipb-ipip-0 ipb-ipip-1 " ;;
	*) echo "ipb-tunnel4 ipb-tunnel6 " ;;
	esac
}

# Prints the MTU that client $1 has learned of its way to the VIP.
client_mtu() {
	lab_ip "c$1" route get "$LAB_VIP" | sed -n 's/.* mtu \([0-9]*\).*/\1/p'
}
