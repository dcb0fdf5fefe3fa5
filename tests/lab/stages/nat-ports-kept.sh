# shellcheck shell=bash
# clients behind a NAT that keeps ports where it can, with affinity = session
# shellcheck disable=SC2016 # the variables in single quotes are jq's

# The first keeps 500 and 4500 and is what an unchanged client of the address would be; the
# second gets others and is scheduled by itself. A third one as well.
stage() {
	local i server
	director_affinity session
	stage_up 3 3 rr
	masquerade_start 1 3 "$LAB_NAT" || stage_fail "no NAT at the router"
	clients_start 2 "$LAB_VIP"
	expect "clients established" 3 "$(clients_initiate 1 3)"
	expect "pings answered" 3 "$(clients_ping 1 3)"
	expect "clients of each real server, by its own SAs" 1/1/1 "$(peers_spread)"
	server=$(server_of_peer c1)
	expect "where the first comes from" "$LAB_NAT:4500" "$(server_sees "$server" c1)"
	for i in 2 3; do
		expect_true "client $i comes from another port" test "$LAB_NAT:4500" != \
			"$(server_sees "$(server_of_peer "c$i")" "c$i")"
	done
	expect_flow_agreement 1 3
	expect "server of the address, where ESP without UDP would go" "gw$server" \
		"$(director_query clients --arg client "$LAB_NAT" \
			'.[] | select(.client == $client) | .server')"
	expect_good_end
}
