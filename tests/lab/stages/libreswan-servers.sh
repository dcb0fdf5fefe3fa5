# shellcheck shell=bash
# the real servers run Libreswan: IKEv2, IKEv1 main and aggressive, transport, ESP in UDP

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

# Starts a strongSwan in each client, another sort of connection in each.
clients_of_all_sorts() {
	clients_start 2 "$LAB_VIP" 1 1
	clients_start 1 "$LAB_VIP" 2 2
	clients_start 1-aggressive "$LAB_VIP" 3 3
	peers_force_encap
	clients_start 2 "$LAB_VIP" 4 4
}

# Four clients by turns at two servers; one with a transport mode child beside its tunnel, one
# with ESP in UDP. Then both servers start rekeys.
stage() {
	topology_up 4 2 || stage_fail "the network did not come up"
	watch_start || stage_fail "the counters could not be placed"
	libreswan_servers_start "1 2 tunnel" "1 2 transport" "2 1 tunnel" \
		"3 1-aggressive tunnel" "4 2 tunnel" || stage_fail "Libreswan did not come up"
	director_config rr
	stage_director_start
	clients_of_all_sorts
	capture_start to-gw1 s1 lan
	capture_start to-gw2 s2 lan
	expect "clients established" 4 "$(clients_initiate 1 4)"
	expect_true "a transport mode child of client 1" \
		peer_ctl c1 --initiate --child host --timeout 15
	expect "spread by the real servers' SAs" 2/2 "$(servers_spread)"
	expect_agreement 1 4
	expect "pings answered" 4 "$(clients_ping 1 4)"
	expect_true "five pings of the VIP in transport mode" client_ping_host 1 "$LAB_VIP" 5
	expect_true "server rekeys the IKE SA of client 1" \
		libreswan_ctl s1 --rekey-ike --name c1-tunnel
	expect_true "server rekeys the child of client 1" \
		libreswan_ctl s1 --rekey-ipsec --name c1-tunnel
	expect_true "server rekeys the child of client 2 (IKEv1)" \
		libreswan_ctl s2 --rekey-ipsec --name c2-tunnel
	expect "pings answered" 4 "$(clients_ping 1 4)"
	expect_agreement 1 4
	capture_stop to-gw1 to-gw2
	expect_all_sorts
	expect_captured_ends "from and to" "$(client_address 4).4500 > $LAB_VIP.4500" \
		to-gw2 "$CAPTURE_ESP_IN_UDP"
	expect_good_end
}
