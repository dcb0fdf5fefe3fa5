# shellcheck shell=bash
# established clients renew and answer while neighbours have used up all limits

# Of a flood's packets of each kind five a second pass from the client's network, and five from
# everywhere; the client is in that network. All that it has to do all the same.
stage() {
	local kind floods=() server pid
	peers_server_dpd 2
	stage_up 1 1 rr 'limit-prefix = 24
		limit-first-source = 5
		limit-first-total = 5
		limit-isakmp-source = 5
		limit-isakmp-total = 5
		limit-esp-source = 5
		limit-esp-total = 5'
	clients_start 2 "$LAB_VIP" 1 1
	expect "clients established" 1 "$(clients_initiate 1 1)"
	server=$(server_of_client "$(client_address 1)")
	for kind in init later esp; do
		strangers_start "$kind" 203.0.113.128/25 60000 -r 300
		floods+=("$LAB_SPAWNED")
	done
	for kind in first isakmp esp; do
		expect_true "neighbours are over limit $kind" \
			lab_until 50 limits_are_over "$kind-source"
	done
	expect_lives_through 1 "$(client_address 1)" ike "$server" "authenticates anew" \
		peer_ctl c1 --rekey --reauth --ike vpn
	expect_lives_through 1 "$(client_address 1)" ike "$server" "rekeys its IKE SA" \
		peer_ctl c1 --rekey --ike vpn
	expect_dpd_answered "$server"
	for pid in "${floods[@]}"; do
		expect_true "the flood lasted" lab_alive "$pid"
		lab_end 50 "$pid"
	done
	expect "dropped of the client's own" 0 \
		"$(director_query stats '.limits."known-source".dropped')"
	expect_good_daemon
}

# True when limit $1 has dropped packets.
limits_are_over() {
	[ "$(director_query stats ".limits.\"$1\".dropped // 0")" -gt 100 ]
}
