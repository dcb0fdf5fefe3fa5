# shellcheck shell=bash
# the clients run Libreswan: IKEv2, IKEv1 main and aggressive, transport, ESP in UDP, IPv6

# Fetches what is not installed, for it excludes strongSwan.
prepare() {
	libreswan_prepare
}

needs() {
	peers_missing
	libreswan_missing
	director_missing
	capture_missing
}

# Starts a Libreswan in each client, another sort of connection in each.
clients_of_all_sorts() {
	libreswan_client_start 1 "2 tunnel" "2 transport"
	libreswan_client_start 2 "1 tunnel"
	libreswan_client_start 3 "1-aggressive tunnel"
	PEER_ENCAP=yes libreswan_client_start 4 "2 tunnel"
	libreswan_client_start 5 "2 tunnel6"
}

# Prints how many of clients 1 to 5 built their tunnels.
tunnels_built() {
	local i built=0
	for i in 1 2 3 4; do libreswan_initiate "$i" tunnel && built=$((built + 1)); done
	libreswan_initiate 5 tunnel6 && built=$((built + 1))
	echo "$built"
}

# Five clients by turns at two servers, and what their rekeys and DPD look like from here.
stage() {
	stage_up 5 2 rr
	clients_of_all_sorts
	capture_start to-gw1 s1 lan
	capture_start to-gw2 s2 lan
	expect "clients established" 5 "$(tunnels_built)"
	expect_true "a transport mode child of client 1" libreswan_initiate 1 transport
	expect "spread by the real servers' SAs" 3/2 "$(servers_spread)"
	expect_agreement 1 4
	expect_agreement 5 5 6
	expect "pings answered" 5 "$(clients_ping 1 5)"
	expect_true "five pings of the VIP in transport mode" client_ping_host 1 "$LAB_VIP" 5
	expect_true "client 1 rekeys its IKE SA" libreswan_ctl c1 --rekey-ike --name c1-tunnel
	expect_true "client 1 rekeys its child" libreswan_ctl c1 --rekey-ipsec --name c1-tunnel
	expect_true "client 2 rekeys its child (IKEv1)" \
		libreswan_ctl c2 --rekey-ipsec --name c2-tunnel
	expect "pings answered" 5 "$(clients_ping 1 5)"
	expect_agreement 1 4
	capture_stop to-gw1 to-gw2
	expect_all_sorts
	expect_captured "plain ESP of client 5 over IPv6" 2 to-gw1 ip6 proto 50
	expect_good_end
}
