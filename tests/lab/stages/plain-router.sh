# shellcheck shell=bash
# the lab by itself: a plain policy router in the director's place

# Peers only; the director has no part in it.
needs() {
	peers_missing
}

# Both IKE versions over both families, with every counter at work.
stage() {
	topology_up 4 2 || stage_fail "the network did not come up"
	watch_start || stage_fail "the counters could not be placed"
	plain_router_up
	servers_start || stage_fail "strongSwan of a real server did not come up"
	clients_start 2 "$LAB_VIP" 1 1
	clients_start 2 "$LAB_VIP6" 2 2
	clients_start 1 "$LAB_VIP" 3 3
	clients_start 1 "$LAB_VIP6" 4 4
	expect "clients established" 4 "$(clients_initiate 1 4)"
	expect "pings answered" 4 "$(clients_ping 1 4)"
	expect "spread" 2/2 "$(servers_spread)"
	expect_no_stray_ways
	# The leak counter must be able to count: without the routing rule, it does.
	lab_ip dir rule del from "$(client_address 1)" to "$LAB_VIP" lookup 101
	client_ping 1 && stage_fail "a ping went through without a route"
	expect_at_least "packets counted at the default route" 1 "$(watch_leaked)"
}
