# shellcheck shell=bash
# IKEv1 main and aggressive mode, direct routing: six clients over two real servers by rr

# As with IKEv2; main mode changes to port 4500 in the middle of the handshake.
stage() {
	stage_up 6 2 rr
	clients_start 1 "$LAB_VIP" 1 4
	clients_start 1-aggressive "$LAB_VIP" 5 6
	expect "clients established" 6 "$(clients_initiate 1 6)"
	expect "pings answered" 6 "$(clients_ping 1 6)"
	expect "spread by the real servers' SAs" 3/3 "$(servers_spread)"
	expect "spread by the director's count" 3/3 "$(director_spread)"
	expect_agreement 1 6
	expect_good_end
}
