# shellcheck shell=bash
# methods nat, direct, tunnel and local in one service, one server each; all challenged

# shellcheck source=../nat.sh
. "$LAB_HOME/nat.sh"

needs() {
	nat_missing
	tunnels_missing 4
	peers_kernel_esp || echo "this kernel has no ESP"
}

# Makes server 1 one of nat: no VIP, and its way back is the director.
become_nat() {
	real_server 1 down
	lab_ip s1 route del default && lab_ip s1 -6 route del default &&
		real_server 1 up --method nat --gateway 10.2.0.1 --gateway 2001:db8:2::1
}

# Prints the config: a method a server.
mixed_config() {
	director_globals
	director_service vpn "\"$LAB_VIP\"" rr 1 2 3 |
		sed -e 's|, "2001[^"]*"||' -e '/server gw1/a\		method = nat' \
			-e '/server gw3/a\		method = tunnel' \
			-e '$i\	server here { method = local }'
}

# Sends an AH packet from client $1.
send_ah() {
	stray "$1" -p ah -w 300 "$LAB_VIP" >>"$LAB_DIR/log/stray.log"
}

# Four clients, each at another sort of server, each asked for a cookie first. AH passes where addresses stay, conntrack knows
# of the first alone, and each server gets the packets in its own way.
stage() {
	# shellcheck disable=SC2034 # peers.sh: servers take IKE at whatever address they have
	PEER_LISTEN=%any
	topology_up 4 3 || stage_fail "the network did not come up"
	become_nat || stage_fail "server 1 cannot be one of nat"
	real_server 3 up --method tunnel --address "$(server_address 3)" ||
		stage_fail "server 3 has no tunnel device"
	watch_start || stage_fail "the counters could not be placed"
	servers_start || stage_fail "strongSwan of a real server did not come up"
	link_configure dir lo "$LAB_VIP/32" "$LAB_INNER/32"
	server_connections | peer_write dir
	peer_start dir
	peer_load dir
	director_lines "challenge = on"
	mixed_config >"$LAB_DIR/director.conf"
	stage_director_start
	capture_start inner dir lan
	clients_start 2 "$LAB_VIP"
	expect "clients established" 4 "$(clients_initiate 1 4)"
	expect "each after a cookie" 4 "$(director_counter challenged)"
	expect "spread by the table" 1/1/1/1 "$(director_spread)"
	expect_agreement 1 3
	expect "server of client 4" here "$(director_server_of "$(client_address 4)")"
	expect "pings answered" 4 "$(clients_ping 1 4)"
	capture_stop inner
	expect_captured_ends "to server 1: ESP in UDP" \
		"$(client_address 1).4500 > $(server_address 1).4500" inner \
		"$CAPTURE_ESP_IN_UDP and dst host $(server_address 1)"
	expect_captured_ends "to server 2: plain ESP" "$(client_address 2) > $LAB_VIP" inner \
		"ip proto 50"
	expect "to server 3: as many packets tunnelled as ESP, IKE and ESP" 1 \
		"$(watch_packets s3 plain_esp)"
	expect "of which none without a tunnel" 0 "$(watch_packets s3 bare)"
	expect "connections" "$(nat_connections_of -s "$(client_address 1)")" \
		"$(nat_connections)"
	send_ah 1
	send_ah 2
	send_ah 3
	expect "AH to nat refused" 1 "$(director_counter ah-nat)"
	expect "AH that came to servers 1, 2 and 3" 011 "$(for i in 1 2 3; do
		watch_packets "s$i" plain_ah | tr -d '\n'
	done)"
	expect "IPsec packets to the default route" 0 "$(watch_leaked)"
	expect_good_daemon
}
