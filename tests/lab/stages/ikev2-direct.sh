# shellcheck shell=bash
# IKEv2, direct routing: six clients over two real servers by rr

# Everyone gets in, everyone is at the server that the table names, half at each.
stage() {
	stage_up 6 2 rr
	clients_start 2 "$LAB_VIP"
	expect "clients established" 6 "$(clients_initiate 1 6)"
	expect "pings answered" 6 "$(clients_ping 1 6)"
	expect "spread by the real servers' SAs" 3/3 "$(servers_spread)"
	expect "spread by the director's count" 3/3 "$(director_spread)"
	expect "clients established in the table" 6 "$(director_established)"
	expect_agreement 1 6
	expect_good_end
}
