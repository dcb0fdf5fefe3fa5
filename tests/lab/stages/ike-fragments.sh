# shellcheck shell=bash
# IKE messages in IP fragments: all pieces to one server

# Prints networks nobody has: a client that asks for them all as well sends IKE_AUTH messages
# (16 bytes a network, RFC 7296 3.13.1) that fit no packet.
many_networks() {
	seq -f ', 10.100.%g.0/24' 200 | tr -d '\n'
}

# Starts client $1 towards VIP $2, its messages big and not divided by IKE itself.
big_client_start() {
	client_connection "$1" 2 "$2" |
		sed "s|^remote_ts = .*|&$(many_networks)|" | peer_write "c$1"
	peer_start "c$1"
	peer_load "c$1"
}

# Both families, one at each server; smaller messages of the same tunnels come afterwards.
stage() {
	stage_up 2 2 rr
	watch_fragments
	peers_no_ike_fragments
	big_client_start 1 "$LAB_VIP"
	big_client_start 2 "$LAB_VIP6"
	expect "clients established" 2 "$(clients_initiate 1 2)"
	expect "spread by the real servers' SAs" 1/1 "$(servers_spread)"
	expect_agreement 1 1
	expect_agreement 2 2 6
	expect_at_least "later fragments at gw1" 2 "$(watch_packets s1 fragments)"
	expect_at_least "later fragments at gw2" 2 "$(watch_packets s2 fragments)"
	expect_true "rekeyed over IPv4" peer_ctl c1 --rekey --ike vpn
	expect_true "rekeyed over IPv6" peer_ctl c2 --rekey --ike vpn
	expect "pings answered" 2 "$(clients_ping 1 2)"
	expect_good_end
}
