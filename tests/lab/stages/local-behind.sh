# shellcheck shell=bash
# method local with ESP in the director's kernel, for a network behind the director

needs() {
	peers_missing
	director_missing
	capture_missing
	peers_kernel_esp || echo "this kernel has no ESP"
}

# Prints connections of stdin with the director's link to the servers as what is behind.
behind() {
	sed "s|_ts = $LAB_INNER/32|_ts = 10.2.0.0/24|"
}

# Starts a strongSwan at the director, as a gateway to that network.
gateway_start() {
	link_configure dir lo "$LAB_VIP/32"
	server_connections | behind | peer_write dir
	peer_start dir
	peer_load dir
}

# Starts client 1, which wants to go there.
client_start() {
	client_connection 1 2 "$LAB_VIP" | behind | peer_write c1
	peer_start c1
	peer_load c1
}

# Pings host 1 of that network from client 1, by the tunnel.
ping_behind() {
	lab_in c1 ping -q -n -c 3 -i 0.2 -W 3 -I "$(client_inner 1)" "$(server_address 1)"
}

# What the director decrypts came with a mark of ours, and has to go on without it. Host 1 is no
# server here, and its way back is the director.
stage() {
	# shellcheck disable=SC2034 # topology.sh has it
	LAB_BACK=dir
	topology_up 1 1 || stage_fail "the network did not come up"
	watch_start || stage_fail "the counters could not be placed"
	peers_secret
	gateway_start || stage_fail "strongSwan of the director did not come up"
	{
		director_globals
		printf 'service vpn { address = {"%s"} server here { method = local } }\n' \
			"$LAB_VIP"
	} >"$LAB_DIR/director.conf"
	stage_director_start
	client_start
	capture_start behind dir lan
	capture_start outer net dir
	expect_true "client 1 gets in" client_initiate 1
	expect_true "host 1 behind the director answers" ping_behind
	capture_stop behind outer
	expect_captured "plain ESP that the director decrypted" 3 outer \
		"proto 50 and dst host $LAB_VIP"
	expect_captured_ends "what went there" \
		"10.2.0.11 > $(client_inner 1)"$'\n'"$(client_inner 1) > 10.2.0.11" behind icmp
	expect_good_end
}
