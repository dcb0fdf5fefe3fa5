# shellcheck shell=bash
# the director is one of its own servers: its strongSwan and a real server's, by turns

# Prints the addresses of the clients that have an IKE SA with the director's strongSwan.
local_clients() {
	peer_ctl dir --list-sas |
		sed -n "s/^  remote '[^']*' @ \([0-9a-fA-F.:]*\)\[.*/\1/p" | sort -u
}

# Two clients of each family by turns, then the VIP goes away from the director.
stage() {
	topology_up 4 1 || stage_fail "the network did not come up"
	watch_start || stage_fail "the counters could not be placed"
	servers_start || stage_fail "strongSwan of a real server did not come up"
	director_peer_start || stage_fail "strongSwan of the director did not come up"
	director_config_local rr
	stage_director_start
	expect "what the tool says about the local server" "local 255 []" \
		"$(director_query servers '.[] | select(.server == "here")
			| "\(.method) \(.table) \(.addresses)"')"
	clients_start 2 "$LAB_VIP" 1 2
	clients_start 2 "$LAB_VIP6" 3 4
	expect "clients established" 4 "$(clients_initiate 1 4)"
	expect "pings answered" 4 "$(clients_ping 1 4)"
	expect "spread by the table" 2/2 "$(director_spread)"
	expect "clients of the real server" \
		"$(client_address6 3) $(client_address 1)" "$(server_clients 1 | xargs)"
	expect "clients of the director" \
		"$(client_address6 4) $(client_address 2)" "$(local_clients | xargs)"
	expect "server of client 2 by the table" here \
		"$(director_server_of "$(client_address 2)")"
	lab_ip dir addr del "$LAB_VIP/32" dev lo
	client_ping_once 2 && stage_fail "a ping went through without the VIP"
	expect "IPsec packets to the default route without the VIP" 0 "$(watch_leaked)"
	expect_true "a ping by the real server still goes through" client_ping 1
	expect_good_end
}
