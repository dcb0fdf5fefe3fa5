# shellcheck shell=bash
# method tunnel: plain ESP over IPv6 in IPv6 packets (ip6tnl)

# As the stage tunnel.
needs() {
	peers_missing
	director_missing
	peers_kernel_esp || echo "this kernel has no ESP"
	tunnels_missing 6
}

# Two clients of the IPv6 address at two servers.
stage() {
	# shellcheck disable=SC2034 # director.sh writes it into the config
	DIRECTOR_METHOD=tunnel
	topology_up 2 2 || stage_fail "the network did not come up"
	servers_decapsulate || stage_fail "the real servers have no tunnel devices"
	watch_start || stage_fail "the counters could not be placed"
	servers_start || stage_fail "strongSwan of a real server did not come up"
	director_config rr
	stage_director_start
	clients_start 2 "$LAB_VIP6"
	expect "clients established" 2 "$(clients_initiate 1 2)"
	expect "spread by the real servers' SAs" 1/1 "$(servers_spread)"
	expect_agreement 1 2 6
	expect "pings answered" 2 "$(clients_ping 1 2)"
	expect "plain ESP packets that came out of the tunnels" 2 "$(watch_servers plain_esp)"
	expect "packets that came without a tunnel" 0 "$(watch_servers bare)"
	expect_at_least "IPv6 packets in IPv6, IKE_SA_INIT, IKE_AUTH, ESP" 6 "$(watch_servers tunnelled)"
	expect_good_end
}
