# shellcheck shell=bash
# IKEv2 over IPv6 to the IPv6 VIP, with IPv4 clients beside them

# Four clients by IPv6 and two by IPv4, all of one service.
stage() {
	stage_up 6 2 rr
	clients_start 2 "$LAB_VIP6" 1 4
	clients_start 2 "$LAB_VIP" 5 6
	expect "clients established" 6 "$(clients_initiate 1 6)"
	expect "pings answered" 6 "$(clients_ping 1 6)"
	expect "spread by the real servers' SAs" 3/3 "$(servers_spread)"
	expect "spread by the director's count" 3/3 "$(director_spread)"
	expect_agreement 1 4 6
	expect_agreement 5 6
	expect_good_end
}
