# shellcheck shell=bash
# a client that changes its address under a running ping stays with its real server

# What is needed besides the peers.
needs() {
	peers_missing
	director_missing
	capture_missing
}

# Client 1 loses its address and has another one of the same network at once.
client_moves() {
	printf '%s\n' "address del $(client_address 1)/24 dev wan" \
		"address add $1/24 dev wan" \
		"route replace default via 203.0.113.1" | lab_ip_lines c1
}

# The director learns of it from the pair of cookies; ESP follows what IKE has shown.
stage() {
	local old moved=203.0.113.111 esp="(proto 50 or $CAPTURE_ESP_IN_UDP)" server sa
	old=$(client_address 1)
	peers_use_mobike
	stage_up 2 2 rr
	clients_start 2 "$LAB_VIP"
	expect "clients established" 2 "$(clients_initiate 1 2)"
	server=$(server_of_client "$old")
	sa=$(server_sa "$server" c1)
	capture_start at-client c1 wan src "$moved" and dst "$LAB_VIP"
	capture_start at-server "s$server" lan src "$moved"
	ping_begin 100
	expect_true "pings answered at the old address" lab_until 100 ping_reached 20
	client_moves "$moved"
	expect_true "the last ping answered at the new one" lab_until 300 ping_reached 100
	capture_stop at-client at-server
	expect_at_most "places where pings were lost" 1 "$(pings_gaps)"
	stage_say "lost there: $((100 - $(pings_answered | wc -l))) of 100"
	expect_captured "ESP packets from there, each one at the real server" \
		"$(capture_count at-client "$esp")" at-server "$esp"
	expect "real servers with an SA to the new address" "$server" \
		"$(server_of_client "$moved")"
	expect "and to the old one" "" "$(server_of_client "$old")"
	expect "the IKE SA there" "$sa" "$(server_sa "$server" c1)"
	expect "the director's entry of the new address" "ESTABLISHED gw$server" \
		"$(director_entry "$moved:4500")"
	expect "and of the old one" "ESTABLISHED gw$server" "$(director_entry "$old:4500")"
	expect_at_least "packets counted as moved" 1 "$(director_counter moved)"
	expect_good_end
}
